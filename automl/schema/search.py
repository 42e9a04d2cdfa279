"""Schema of a search's parameters: ``space`` by the network it is for, ``tuner`` by the searcher that it names."""

from __future__ import annotations

from typing import Any

from automl.plugins import Registry
from automl.schema.components import Shelf, names, offers, use_section
from automl.schema.notation import Dimensions, or_reference, reference, with_references
from automl.schema.subschemas import NULL, Schema, either
from automl.search.configuration import space_keys, takes_more
from automl.search.parameters import NetworkSearchParams


def search_params(params: type[NetworkSearchParams], name: str, shelf: Shelf, registry: Registry) -> Schema:
    """The parameters of a search over networks; a reference to their definition."""
    bare, _ = shelf.model(params, name)
    made = with_references(bare)
    own = made["properties"]
    own["network"] = _about(bare, "network", names(registry, "networks"))
    own["tuner"] = _about(bare, "tuner", use_section(shelf, registry, "searchers", nullable=False))
    own["objective"] = _about(bare, "objective", either(names(registry, "metrics"), NULL))
    own["baselines"]["items"] = names(registry, "learners")
    default = params.model_fields["network"].default
    made["allOf"] = [
        {
            "if": {"properties": {"network": {"const": network}}, **({} if network == default else _GIVEN)},
            "then": {"properties": {"space": _about(bare, "space", space)}},
        }
        for network, space in _spaces(shelf, registry)
    ]
    return shelf.put(name, made)


_GIVEN: Schema = {"required": ["network"]}


def _spaces(shelf: Shelf, registry: Registry) -> list[tuple[str, Schema]]:
    """The space of every network whose learner is there as well."""
    learners = {offer.record.id: learner for offer, learner in offers(registry, "learners")}
    found: list[tuple[str, Schema]] = []
    for offer, network in offers(registry, "networks"):
        learner = learners.get(getattr(network, "learner", ""))
        if network is not None and learner is not None:
            name = f"space.{offer.record.id}"
            found.append((offer.record.id, either(shelf.put(name, _space(network, learner, name, shelf)), NULL)))
    return [(network, either(space, reference())) for network, space in found]


def _space(network: Any, learner: Any, name: str, shelf: Shelf) -> Schema:
    """Every key of `space_keys` as a dimension."""
    properties: dict[str, Schema] = {}
    models: dict[Any, tuple[Schema, Dimensions]] = {}
    for key, params in space_keys(network, learner).items():
        if params not in models:
            bare, definitions = shelf.model(params, f"{name}.{'network' if params is network.Params else 'learner'}")
            models[params] = bare, Dimensions(definitions)
        bare, notation = models[params]
        properties[key] = or_reference(notation.dimension(bare["properties"][key]))
    # What the network's own space names beyond its parameters is known only to its engine.
    return {"type": "object", "properties": properties, "additionalProperties": takes_more(network)}


def _about(bare: Schema, key: str, schema: Schema) -> Schema:
    """A schema with the description and default that the declaration has for the key."""
    told = bare["properties"][key]
    return {**{word: told[word] for word in ("description", "default") if word in told}, **schema}
