"""Schema of the ``data:`` section: its reader is named, or chosen by the suffix of the path."""

from __future__ import annotations

from typing import Final

from automl.components import Reader
from automl.pipeline_file.sections import DataSection
from automl.plugins import Offer, Registry
from automl.schema.components import Shelf, chosen, names, offers
from automl.schema.notation import reference
from automl.schema.subschemas import NULL, Schema, either, ref

_PATH: Final = "path"
_UNNAMED: Final[Schema] = {"properties": {"use": NULL}}
_NO_PATH: Final[Schema] = {"properties": {_PATH: NULL}}


def data_schema(shelf: Shelf, registry: Registry) -> Schema:
    """The section, with the parameters of each reader under ``with``."""
    section = shelf.section(DataSection, "data")
    readers = [(offer, reader) for offer, reader in offers(registry, "readers") if reader is not None]
    suffixes = [suffix for offer in registry.offers() if offer.family == "readers" for suffix in offer.record.suffixes]
    section["properties"]["use"] = either(names(registry, "readers"), NULL)
    section["allOf"] = [{"if": _UNNAMED, "then": _path_ending(suffixes)}]
    for offer, reader in readers:
        then = _reader(shelf, offer, reader)
        section["allOf"].append(chosen(offer.record.id, then))
        if offer.record.suffixes:
            by_suffix = {"allOf": [_UNNAMED, _path_ending(list(offer.record.suffixes))]}
            section["allOf"].append({"if": by_suffix, "then": then})
    return section


def _path_ending(suffixes: list[str]) -> Schema:
    """``path`` is given and ends in one of these, in whatever case."""
    either_case = ["".join(f"[{c}{c.upper()}]" if c.isalpha() else f"\\{c}" for c in suffix) for suffix in suffixes]
    path = {"type": "string", "pattern": f"({'|'.join(either_case)})$"}
    return {"properties": {_PATH: either(path, reference())}, "required": [_PATH]}


def _reader(shelf: Shelf, offer: Offer, reader: type[Reader]) -> Schema:
    """``data.path`` is the reader's own ``path``, so it stands there or under ``with``, not in both places."""
    name = f"readers.{offer.record.id}"
    shelf.params(reader.Params, name)
    needed = list(shelf.definitions[name].get("required", ()))
    if _PATH not in reader.Params.model_fields:
        return {"properties": {**_NO_PATH["properties"], **_with(ref(name), needed)}, **_required(needed)}
    above = dict(shelf.definitions[name])
    above["properties"] = {key: value for key, value in above["properties"].items() if key != _PATH}
    rest = [key for key in needed if key != _PATH]
    above["required"] = rest
    short = shelf.put(f"{name}.above", above)
    return {
        "if": _NO_PATH,
        "then": {"properties": _with(ref(name), needed), **_required(needed)},
        "else": {"properties": _with(short, rest), **_required(rest)},
    }


def _with(under: Schema, needed: list[str]) -> dict[str, Schema]:
    return {"with": either(under, reference()) if needed else either(under, NULL, reference())}


def _required(needed: list[str]) -> Schema:
    return {"required": ["with"]} if needed else {}
