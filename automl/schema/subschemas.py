"""Working on JSON schemas: where the schemas inside a schema are, and what pydantic leaves to be mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticUndefined, core_schema

Schema = dict[str, Any]

ANNOTATIONS: Final[tuple[str, ...]] = ("title", "description", "default")
NULL: Final[Schema] = {"type": "null"}

_DEFINITIONS: Final = "#/$defs/"
_BY_NAME: Final = ("properties", "patternProperties", "$defs")
_LISTED: Final = ("anyOf", "allOf", "oneOf", "prefixItems")
_SINGLE: Final = ("items", "additionalProperties", "not", "propertyNames", "contains", "if", "then", "else")
_UNTRANSLATED: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
}
"""pydantic's own words, which it leaves standing where a constraint is on a union or on a converted type."""
_INTERNAL: Final = ("title", "identity", "tune")


class _Written(GenerateJsonSchema):
    """What a file may hold: before a function of the author's converts it, where the author does not say, anything."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        of_a_model = schema["schema"]["type"].startswith("model")
        if of_a_model or schema.get("json_schema_input_schema", PydanticUndefined) is not PydanticUndefined:
            return super().function_before_schema(schema)
        return {}


def model_schema(model: type[BaseModel], prefix: str) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a model as a file writes it, and the definitions that it refers to, named ``prefix:Name``."""
    schema = model.model_json_schema(schema_generator=_Written)
    definitions = schema.pop("$defs", {})

    def mended(part: Schema) -> Schema:
        kept = {_UNTRANSLATED.get(key, key): value for key, value in part.items() if key not in _INTERNAL}
        if "$ref" in kept:
            kept |= ref(f"{prefix}:{named(kept['$ref'])}")
        return kept

    return deep(schema, mended), {f"{prefix}:{name}": deep(part, mended) for name, part in definitions.items()}


def deep(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """The schema with every schema inside it, and itself, changed; the inner ones first."""
    if not isinstance(schema, dict):
        return schema
    return change(inner(schema, lambda part: deep(part, change)))


def inner(schema: Schema, change: Callable[[Any], Any]) -> Schema:
    """The schema with each schema directly inside it changed."""
    found = dict(schema)
    for key in _BY_NAME:
        if key in found:
            found[key] = {name: change(part) for name, part in found[key].items()}
    for key in _LISTED:
        if key in found:
            found[key] = [change(part) for part in found[key]]
    for key in _SINGLE:
        if isinstance(found.get(key), dict):
            found[key] = change(found[key])
    return found


def either(schema: Schema, *others: Schema) -> Schema:
    """A schema that takes what ``schema`` takes, or one of the others; what describes it stays in front."""
    about = {key: schema[key] for key in ANNOTATIONS if key in schema}
    bare = {key: value for key, value in schema.items() if key not in about}
    if not bare:
        return schema
    options = bare["anyOf"] if set(bare) == {"anyOf"} else [bare]
    return {**about, "anyOf": [*options, *(other for other in others if other not in options)]}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"{_DEFINITIONS}{name}"}


def types(schema: Any, definitions: Mapping[str, Schema]) -> frozenset[str]:
    """The JSON types that a schema may take, as far as it tells; all of them if it does not."""
    everything = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
    if not isinstance(schema, dict):
        return everything
    if "$ref" in schema:
        return types(definitions.get(named(schema["$ref"]), {}), definitions)
    if "anyOf" in schema:
        return frozenset().union(*(types(part, definitions) for part in schema["anyOf"]))
    if "type" in schema:
        return frozenset({schema["type"]} if isinstance(schema["type"], str) else schema["type"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return frozenset(_type_of(value) for value in values)
    return everything


def named(reference: str) -> str:
    """The name of the definition that a ``$ref`` points to."""
    return reference.removeprefix(_DEFINITIONS)


def _type_of(value: Any) -> str:
    known = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array"}
    return known.get(type(value), "object")
