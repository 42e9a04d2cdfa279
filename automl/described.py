"""Parameters of components for people: what each is called, may be, is by default, and means."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from automl.params import Params, models_in, tuning_range

_WORDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "object": "mapping",
}
_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_PLAIN = re.compile(r"[A-Za-z_](?:[\w .+-]*[\w.+-])?")
_WORD_OF_YAML = re.compile(r"(?i)null|true|false")


@dataclass(frozen=True)
class Described:
    """One parameter in words; those of nested models have dotted names. ``tuned`` is "" where no range is declared."""

    name: str
    type: str
    range: str
    default: str
    tuned: str
    meaning: str


def described(params: type[BaseModel], prefix: str = "") -> Iterator[Described]:
    """Every parameter of a component, each followed by those of the models inside it."""
    definitions = params.model_json_schema().get("$defs", {})
    properties = _properties(params)
    for name, field in params.model_fields.items():
        key = field.alias or name
        tuned = tuning_range(params, name) if issubclass(params, Params) else None
        meaning = " ".join((field.description or "").split())
        yield Described(
            f"{prefix}{key}",
            _type(properties[key], definitions),
            _range(field, properties[key]),
            _default(field),
            "" if tuned is None else flow(tuned),
            meaning if _is_identity(field) else f"{meaning} Stays out of keys.",
        )
        for inner in models_in(field.annotation):
            yield from described(inner, f"{prefix}{key}.")


def _properties(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of each field; a model may describe itself as a choice of names and of its fields."""
    schema = model.model_json_schema()
    schema = schema["$defs"][model.__name__] if "properties" not in schema and "$ref" in schema else schema
    branches = [schema, *schema.get("anyOf", ())]
    found: dict[str, Any] = next(branch["properties"] for branch in branches if "properties" in branch)
    return found


def _is_identity(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return not isinstance(extra, dict) or bool(extra.get("identity", True))


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _type(definitions.get(schema["$ref"].rsplit("/", 1)[-1], {"type": "object"}), definitions)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option, definitions) for option in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return ", ".join(flow(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "null":
        return "null"
    if schema.get("type") == "array":
        items = _type(schema["items"], definitions) if "items" in schema else ""
        return f"list of {items}" if items else "list"
    return _WORDS.get(schema.get("type", ""), "anything")


def _range(field: FieldInfo, schema: Mapping[str, Any]) -> str:
    """Bounds and patterns. The field is asked: the JSON schema of a union or of a converted type lacks the bounds."""
    found = [
        f"{sign} {flow(getattr(constraint, name))}"
        for constraint in _constraints(field)
        for name, sign in _BOUNDS.items()
        if getattr(constraint, name, None) is not None
    ]
    found += [option["pattern"] for option in [schema, *schema.get("anyOf", ())] if "pattern" in option]
    return ", ".join(dict.fromkeys(found))


def _constraints(annotated: Any) -> Iterator[Any]:
    """What ``Annotated`` and ``Field`` say of a type, or of the types inside it."""
    if isinstance(annotated, FieldInfo):
        yield from annotated.metadata
        yield from _constraints(annotated.annotation)
        return
    for said in getattr(annotated, "__metadata__", ()):
        yield from said.metadata if isinstance(said, FieldInfo) else (said,)
    for argument in get_args(annotated):
        yield from _constraints(argument)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return flow(value)


def flow(value: Any) -> str:
    """A plain value in YAML's flow notation, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _WORD_OF_YAML.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=isinstance(value, str) and not value.isprintable())
