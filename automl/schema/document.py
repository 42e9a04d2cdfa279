"""JSON Schema (2020-12) of pipeline files, made from the sections of the format and from the installed plugins."""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter

from automl.columns import KINDS
from automl.components import Component, Stage, Transform
from automl.pipeline_file.sections import DataSection, FileSection, RunSection, StageName, StageSection
from automl.plugins import Registry
from automl.schema.advice import advice_schema
from automl.schema.components import (
    Shelf,
    chosen,
    is_tunable,
    names,
    needs_parameters,
    offers,
    use_section,
    with_parameters,
)
from automl.schema.data import data_schema
from automl.schema.notation import REFERENCE, reference
from automl.schema.search import search_params
from automl.schema.subschemas import NULL, Schema, either
from automl.search.parameters import NetworkSearchParams

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANY: Final[Schema] = {"type": "object"}


def build_schema(registry: Registry) -> Schema:
    """What a pipeline file may look like, given these plugins.

    The schema takes every file that the parser takes. What the parser refuses beyond it is told by
    `automl.schema.rules`.
    """
    shelf = Shelf({"reference": REFERENCE})
    whole = shelf.section(FileSection, "file")
    keys = whole["properties"]
    keys["run"] = _told(keys["run"], either(shelf.put("run", _run(shelf, registry)), NULL, reference()))
    advice = shelf.put("advice", advice_schema(shelf, registry))
    keys["advice"] = _told(keys["advice"], either(advice, NULL, reference()))
    observers = use_section(shelf, registry, "observers", nullable=True)
    keys["track"] = _told(keys["track"], either({"type": "array", "items": observers}, NULL, reference()))
    required = whole.pop("required")
    data, stage = shelf.put("data", data_schema(shelf, registry)), shelf.put("stage", _stage(shelf, registry))
    below = [shelf.put(f"layer.{name}", _layer(shelf, model)) for name, model in _LAYERED]
    return {
        "$schema": DIALECT,
        "title": "automl pipeline",
        **whole,
        "description": "A pipeline file of automl (distribution automl-pipelines), with the plugins installed here.",
        "if": {"properties": {"extends": NULL}},
        "then": {"required": required, "properties": {"data": either(data, reference()), "stages": _stages(stage)}},
        "else": {
            "properties": {"data": either(below[0], NULL, reference()), "stages": either(_stages(below[1], NULL), NULL)}
        },
        "$defs": dict(sorted(shelf.definitions.items())),
    }


_LAYERED: Final = (("data", DataSection), ("stage", StageSection))


def _stages(stage: Schema, *others: Schema) -> Schema:
    found: Schema = {
        "type": "object",
        "propertyNames": TypeAdapter(StageName).json_schema(),
        "additionalProperties": either(stage, *others, reference()),
    }
    return either(found if others else {**found, "minProperties": 1}, reference())


def _told(told: Schema, schema: Schema) -> Schema:
    """A schema with the description and default that the declaration has for the key."""
    return {**{word: told[word] for word in ("description", "default") if word in told}, **schema}


def _run(shelf: Shelf, registry: Registry) -> Schema:
    section = shelf.section(RunSection, "run")
    executor = section["properties"]["executor"]
    chosen_executor = use_section(shelf, registry, "executors", nullable=True)
    section["properties"]["executor"] = _told(executor, either(chosen_executor, NULL))
    return section


def _layer(shelf: Shelf, model: type[Any]) -> Schema:
    """A section in a file that extends others: keys may be missing, and null removes what the other says."""
    section = shelf.section(model, "layer")
    section.pop("required")
    for key, value in section["properties"].items():
        section["properties"][key] = (
            _told(value, either(_ANY, NULL, reference())) if _nested(value) else either(value, NULL)
        )
    return section


def _nested(value: Schema) -> bool:
    return any("$ref" in part and part != reference() for part in (value, *value.get("anyOf", ())))


def _stage(shelf: Shelf, registry: Registry) -> Schema:
    """One stage: what stands under ``with``, ``columns`` and ``gate`` depends on ``use``."""
    section = shelf.section(StageSection, "stage")
    known = list(offers(registry, "components"))
    section["allOf"] = [
        chosen(offer.record.id, _then(shelf, registry, offer.record.id, component))
        for offer, component in known
        if component is not None
    ]
    several = [offer.record.id for offer, component in known if component is None or is_tunable(component)]
    section["allOf"].append(_several(several, [o.record.id for o, component in known if is_tunable(component)]))
    keys = section["properties"]
    one = either({"enum": several}, reference())
    one_of_several = {
        "type": "object",
        "properties": {
            "tune": either({"type": "array", "items": one, "minItems": 2, "uniqueItems": True}, reference())
        },
        "required": ["tune"],
        "additionalProperties": False,
    }
    keys["use"] = _told(keys["use"], either(names(registry, "components"), one_of_several))
    return section


def _several(allowed: list[str], described: list[str]) -> Schema:
    """``use: {tune: [A, B]}``: ``with`` holds parameters by id."""
    by_id = {
        "type": "object",
        "properties": {name: either(_component(name), reference()) for name in described},
        "propertyNames": {"enum": allowed},
    }
    return {
        "if": {"properties": {"use": {"type": "object"}}, "required": ["use"]},
        "then": {"properties": {"with": either(by_id, NULL, reference())}},
    }


def _component(name: str) -> Schema:
    return {"$ref": f"#/$defs/components.{name}"}


def _then(shelf: Shelf, registry: Registry, name: str, component: type[Component]) -> Schema:
    params, where = component.Params, f"components.{name}"
    if issubclass(params, NetworkSearchParams):
        under = search_params(params, where, shelf, registry)
    else:
        under = shelf.params(params, where, tunable=is_tunable(component))
    then = with_parameters(under, required=needs_parameters(params), nullable=True)
    then["properties"]["columns"] = _columns(component)
    judged = issubclass(component, Stage) and component.consumes == "model"
    metrics = {"propertyNames": names(registry, "metrics")} if judged else {"maxProperties": 0}
    then["properties"]["gate"] = either({"type": "object", **metrics}, NULL, reference())
    return then


def _columns(component: type[Component]) -> Schema:
    """Only transforms select columns, and none of a kind that they do not accept."""
    if not issubclass(component, Transform):
        return either(NULL, reference())
    others = [kind for kind in KINDS if kind not in component.accepts]
    selector = {"type": "object", "properties": {"kind": {"enum": others}}, "required": ["kind"]}
    return {"not": {"anyOf": [{"enum": others}, selector]}} if others else {}
