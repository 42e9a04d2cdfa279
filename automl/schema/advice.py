"""Schema of the ``advice:`` section: the names of warnings that may be silenced."""

from __future__ import annotations

import re

from automl.pipeline_file.sections import AdviceSection
from automl.plugins import Registry
from automl.schema.components import Shelf, offers
from automl.schema.notation import reference
from automl.schema.subschemas import Schema


def advice_schema(shelf: Shelf, registry: Registry) -> Schema:
    """The section, with every name that some rule or some component has."""
    section = shelf.section(AdviceSection, "advice")
    one = {"anyOf": [*_names(registry), reference()]}
    for option in section["properties"]["silence"]["anyOf"]:
        match option.get("type"):
            case "string":
                option |= one
            case "array":
                option["items"] = one
    return section


def _names(registry: Registry) -> list[Schema]:
    rules = [offer.record for offer in registry.offers() if offer.family == "advice"]
    known: list[Schema] = [{"const": record.id, "description": record.summary} for record in rules]
    for offer, component in offers(registry, "components"):
        name = offer.record.id
        if component is None:  # its engine is not here, and nobody can tell what it would say
            known.append({"type": "string", "pattern": rf"^{re.escape(name)}\.[^.]+$"})
            continue
        known += [{"const": f"{name}.{key}", "description": said} for key, said in component.advice.items()]
    return known
