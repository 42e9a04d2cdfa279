"""Schemas of parameters: of every component that a file may name, and of what stands under ``use`` and ``with``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from automl.components import Component, Transform
from automl.errors import AutoMLError
from automl.params import Params, tuning_range
from automl.plugins import Offer, Registry
from automl.schema.notation import Dimensions, everywhere, not_tuned, or_reference, reference, with_references
from automl.schema.subschemas import NULL, Schema, either, model_schema, ref

_TUNED = ":tuned"


@dataclass
class Shelf:
    """The definitions that a schema refers to, filled while it is made."""

    definitions: dict[str, Schema] = field(default_factory=dict)

    def put(self, name: str, schema: Schema) -> Schema:
        """Define a schema under a name; a reference to it comes back."""
        self.definitions[name] = schema
        return ref(name)

    def model(self, model: type[BaseModel], name: str) -> tuple[Schema, dict[str, Schema]]:
        """The bare schema of a model and its bare definitions; the shelf gets them with references allowed."""
        bare, definitions = model_schema(model, name)
        for inner, part in definitions.items():
            self.put(inner, with_references(part))
        return bare, definitions

    def section(self, section: type[BaseModel], name: str) -> Schema:
        """A section of the file, in which null stands for an absent key."""
        bare, _ = self.model(section, name)
        found = with_references(bare)
        for key, value in found["properties"].items():
            if key not in bare.get("required", ()):
                found["properties"][key] = either(value, NULL)
        return found

    def params(self, params: type[Params], name: str, *, tunable: bool = False) -> Schema:
        """The parameters of a component; ``tunable``: each may be ``{tune: ...}`` instead."""
        bare, definitions = self.model(params, name)
        if not tunable:
            return self.put(name, with_references(bare))
        notation = Dimensions(definitions)

        def tuned(value: Schema, *, auto: bool = False) -> Schema:
            fixed = not_tuned(everywhere(value, tuned, _TUNED))
            return either(or_reference(fixed), notation.tuned(value, auto=auto))

        for inner, part in definitions.items():
            self.put(inner + _TUNED, everywhere(part, tuned, _TUNED))
        made = everywhere(bare, tuned)
        for key, value in bare.get("properties", {}).items():
            declared = key in params.model_fields and tuning_range(params, key) is not None
            made["properties"][key] = tuned(value, auto=declared)
        return self.put(name, made)


def offers(registry: Registry, family: str) -> Iterator[tuple[Offer, Any]]:
    """Every offer of a family with its class; None where its module or its engine is not there."""
    for offer in registry.offers():
        if offer.family == family:
            try:
                yield offer, offer.record.load()
            except AutoMLError:
                yield offer, None


def names(registry: Registry, family: str) -> Schema:
    """The ids of a family, each with its summary."""
    known = [{"const": o.record.id, "description": o.record.summary} for o in registry.offers() if o.family == family]
    return {"anyOf": [*known, reference()]} if known else reference()


def chosen(name: str, then: Schema) -> Schema:
    """A condition: where ``use`` is this id."""
    return {"if": {"properties": {"use": {"const": name}}, "required": ["use"]}, "then": then}


def use_section(shelf: Shelf, registry: Registry, family: str, *, nullable: bool) -> Schema:
    """``ID`` or ``{use: ID, with: {...}}`` of a family whose parameters no search varies.

    ``nullable``: null stands for an absent ``with``.
    """
    section: Schema = {
        "type": "object",
        "properties": {"use": names(registry, family), "with": {"type": ["object", "null"] if nullable else "object"}},
        "required": ["use"],
        "additionalProperties": False,
        "allOf": [],
    }
    section["properties"]["with"] = either(section["properties"]["with"], reference())
    bare_names: list[Schema] = []
    for offer, component in offers(registry, family):
        name = offer.record.id
        params = getattr(component, "Params", None)
        required = False
        if params is not None:
            under = shelf.params(params, f"{family}.{name}")
            required = needs_parameters(params)
            section["allOf"].append(chosen(name, with_parameters(under, required=required, nullable=nullable)))
        if not required:
            bare_names.append({"const": name, "description": offer.record.summary})
    return {"anyOf": [*bare_names, section, reference()]}


def with_parameters(under: Schema, *, required: bool, nullable: bool) -> Schema:
    """What ``with`` holds, for the ``then`` of a condition; ``required`` if some parameter has no default."""
    value = either(under, reference()) if required or not nullable else either(under, NULL, reference())
    return {"properties": {"with": value}, **({"required": ["with"]} if required else {})}


def needs_parameters(params: type[BaseModel]) -> bool:
    return any(field.is_required() for field in params.model_fields.values())


def is_tunable(component: type[Component] | None) -> bool:
    """Whether a search below may vary the component's parameters."""
    return component is not None and issubclass(component, Transform)
