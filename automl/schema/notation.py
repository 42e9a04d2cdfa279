"""The file's own notation around a value: ``${...}`` in place of it, ``{tune: ...}``, and the dimensions of a space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from automl.schema.subschemas import ANNOTATIONS, NULL, Schema, either, named, ref, types

REFERENCE: Final[Schema] = {
    "type": "string",
    "pattern": r"\$\{[^{}]*\}",
    "description": "a reference: ${vars.NAME}, ${env:NAME} or ${env:NAME:-default}",
}
NOTATION: Final = frozenset({"int", "float", "choice", "one_of"})
"""Keys of a dimension: a mapping with one of them is no choice of that name."""

_STRING: Final[Schema] = {"type": "string"}


def reference() -> Schema:
    return ref("reference")


def or_reference(value: Schema) -> Schema:
    """A value or a reference that stands for it; plain text takes references anyway."""
    bare = {key: value[key] for key in value if key not in ("description", "default")}
    return value if bare in ({}, _STRING) else either(value, reference())


def with_references(schema: Any) -> Any:
    """A schema in which any value inside may be a reference."""
    return everywhere(schema, lambda value: or_reference(with_references(value)))


def everywhere(schema: Any, wrap: Callable[[Schema], Schema], suffix: str = "") -> Any:
    """A schema in which the value of each key and each entry of a list is what ``wrap`` makes of it.

    Definitions that the schema itself refers to are those with ``suffix`` behind their names.
    """
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    if "$ref" in found:
        found["$ref"] += suffix
    for key in ("anyOf", "allOf", "oneOf"):
        if key in found:
            found[key] = [everywhere(part, wrap, suffix) for part in found[key]]
    for key in ("properties", "patternProperties"):
        if key in found:
            found[key] = {name: wrap(part) for name, part in found[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = wrap(found[key])
    if "prefixItems" in found:
        found["prefixItems"] = [wrap(part) for part in found["prefixItems"]]
    return found


def not_tuned(value: Schema) -> Schema:
    """A value in whose place ``{tune: ...}`` means a search, also where it is a mapping with keys of the user's own."""
    if not isinstance(value.get("additionalProperties"), dict):
        return value
    return {**value, "not": {"required": ["tune"], "maxProperties": 1}}


class Dimensions:
    """What a search may try in a parameter's place, given the schema of the parameter's value.

    ``definitions`` are those that the value refers to.
    """

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = {**definitions, "reference": REFERENCE}

    def tuned(self, value: Schema, *, auto: bool = False) -> Schema:
        """``{tune: ...}`` in the place of a value; ``auto`` where the author declared a range."""
        options = [{"const": "auto", "description": "the range that the component declares"}] if auto else []
        options += [self._list(value), *self._ranges(value), reference()]
        return _keys({"tune": {"anyOf": options}}, "tune")

    def dimension(self, value: Schema) -> Schema:
        """A key of a ``space``: a constant, a list, a range, or choices with dimensions of their own."""
        constant = _plain(value)
        if types(value, self._definitions) & {"array", "object"}:
            constant = {"allOf": [constant, {"not": {"type": ["array", "object"]}}]}
        about = {key: value[key] for key in ANNOTATIONS if key in value}
        return {
            **about,
            "anyOf": [constant, self._list(value), *self._ranges(value), *self._alone(_undescribed(value))],
        }

    def dimensions(self, model: Schema, seen: tuple[str, ...] = ()) -> Schema:
        """A mapping whose keys are those of a model, each a dimension."""
        properties = {name: self._dimension_in(part, seen) for name, part in model.get("properties", {}).items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _dimension_in(self, value: Schema, seen: tuple[str, ...]) -> Schema:
        target = value.get("$ref")
        return {} if target in seen else self.dimension(value)

    def _list(self, value: Schema) -> Schema:
        return {"type": "array", "items": _plain(value), "minItems": 1}

    def _ranges(self, value: Schema) -> list[Schema]:
        bare = _undescribed(value)
        kinds = types(bare, self._definitions)
        flags = {"log": or_reference({"type": "boolean"})}
        found = [_keys({"choice": self._list(value)}, "choice")]
        if kinds & {"integer", "number"}:
            step = or_reference({"type": ["integer", "null"], "exclusiveMinimum": 0})
            buckets = or_reference({"type": ["integer", "null"], "minimum": 2})
            found.append(_keys({"int": _bounds(bare, "integer"), "step": step, "buckets": buckets, **flags}, "int"))
        if "number" in kinds:
            step = or_reference({"type": ["number", "null"], "exclusiveMinimum": 0})
            found.append(_keys({"float": _bounds(bare, "number"), "step": step, **flags}, "float"))
        return [*found, _keys({"one_of": self._branches(bare)}, "one_of")]

    def _branches(self, value: Schema) -> Schema:
        """Choices by name; each a value by itself, or a key of the value's mapping with dimensions inside."""
        own: dict[str, Schema] = {}
        free = False
        for option in self._objects(value):
            own |= option.get("properties", {})
            free = free or bool(option.get("additionalProperties", "properties" not in option))
        nothing = {"anyOf": [NULL, {"type": "object", "maxProperties": 0}, reference()]}
        found: Schema = {"type": "object", "minProperties": 1, "additionalProperties": {} if free else nothing}
        if own:
            found["properties"] = {name: either(nothing, *self._inside(part)) for name, part in own.items()}
        if not free:
            found["propertyNames"] = either({"enum": list(own)}, value) if own else value
        return found

    def _alone(self, value: Schema) -> list[Schema]:
        """One choice with dimensions of its own, without ``one_of``: ``{adamw: {learning_rate: ...}}``."""
        own: dict[str, Schema] = {}
        for option in self._objects(value):
            own |= option.get("properties", {})
        own = {name: part for name, part in own.items() if name not in NOTATION}
        if not own:
            return []
        empty = {"type": "object", "maxProperties": 0}
        properties = {name: either(empty, *self._inside(part)) for name, part in own.items()}
        counts = {"minProperties": 1, "maxProperties": 1}
        return [{"type": "object", "properties": properties, "additionalProperties": False, **counts}]

    def _inside(self, value: Schema) -> list[Schema]:
        return [self.dimensions(option) for option in self._objects(value)]

    def _objects(self, value: Schema) -> list[Schema]:
        """The mappings that a value may be."""
        if "$ref" in value:
            return self._objects(self._definitions.get(named(value["$ref"]), {}))
        if "anyOf" in value:
            return [found for part in value["anyOf"] for found in self._objects(part)]
        return [value] if value.get("type") == "object" else []


def _bounds(value: Schema, kind: str) -> Schema:
    number = or_reference({"allOf": [{"type": kind}, value]})
    return {"type": "array", "items": number, "minItems": 2, "maxItems": 2, "description": "[low, high], both included"}


def _keys(properties: Mapping[str, Schema], required: str) -> Schema:
    values = {name: or_reference(value) for name, value in properties.items()}
    return {"type": "object", "properties": values, "required": [required], "additionalProperties": False}


def _plain(value: Schema) -> Schema:
    return or_reference(with_references(_undescribed(value)))


def _undescribed(value: Schema) -> Schema:
    return {key: part for key, part in value.items() if key not in ("description", "default")}
