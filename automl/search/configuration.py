"""From a searcher's flat values to the parameters of a learner, a network and the stages upstream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from automl.errors import PlanError, did_you_mean
from automl.learning import Learner, Network
from automl.params import Params, tuning_range
from automl.plugins import Registry
from automl.search.space import Space, nested, parse_space


@dataclass(frozen=True)
class Configuration:
    """What one trial trains.

    Attributes:
        name: the trial's name in the ledger.
        number: 1, 2, ... for trials; 0, -1, ... for baselines.
        values: the flat values, for people and for the ledger.
        bindings: the tuned parameters of stages upstream.
        epochs: train up to this epoch.
        continues: the trial to go on from.
    """

    name: str
    number: int
    seed: int
    learner: str
    parameters: Mapping[str, Any]
    epochs: int
    network: str | None = None
    network_parameters: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Any] = field(default_factory=dict)
    continues: int | None = None
    resumable: bool = False


class ModelSpace:
    """The joint space of a network, its learner and the stages upstream."""

    def __init__(
        self,
        network: str,
        declared: Mapping[str, Any] | None,
        upstream: Mapping[str, Any],
        conditions: Mapping[str, tuple[str, str]],
        registry: Registry,
    ) -> None:
        """Join the spaces.

        Args:
            network: id of the network.
            declared: the space as written; None takes every parameter that has a tuning range.
            upstream: the tuned parameters above the search, binding to domain in the file's notation.
            conditions: of these, those that exist only under a choice: to the choice's binding and value.
            registry: what is offered.
        """
        self.network = network
        self._network_type: type[Network] = registry.get("networks", network)
        self.learner = self._network_type.learner
        self._learner_type: type[Learner] = registry.get("learners", self.learner)
        raw = default_space(self._fields()) if declared is None else dict(declared)
        own = parse_space(raw)
        above = {
            name: parse_space({name: spec}, "", *conditions.get(name, (None, None))) for name, spec in upstream.items()
        }
        self._upstream = {name: [d.name for d in (*space.dimensions, *space.fixed)] for name, space in above.items()}
        self.space = Space(
            (*(d for space in above.values() for d in space.dimensions), *own.dimensions),
            (*(d for space in above.values() for d in space.fixed), *own.fixed),
        )

    def _fields(self) -> dict[str, type[Params]]:
        """Which Params each key of the space belongs to; the network's win over the learner's."""
        return space_keys(self._network_type, self._learner_type)

    def bindings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The tuned parameters of stages upstream that are active under these values."""
        found: dict[str, Any] = {}
        for name, dimensions in self._upstream.items():
            if name in values:
                inner = {f"value{d.removeprefix(name)}": values[d] for d in dimensions if d in values}
                found[name] = nested(inner)["value"]
        return found

    def first_bindings(self) -> dict[str, Any]:
        """The first value of every tuned parameter upstream: what baselines are trained on."""
        return self.bindings(self.space.complete(self.space.lowest()))

    def is_own(self, name: str) -> bool:
        """Whether a dimension belongs to the network or its learner, not to a stage upstream."""
        return all(name not in dimensions for dimensions in self._upstream.values())

    def parameters(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Learner and network parameters; raises PlanError if a combination is not legal."""
        own = nested({name: value for name, value in values.items() if self.is_own(name)})
        fields = self._fields()
        network = {name: value for name, value in own.items() if fields[name] is self._network_type.Params}
        learner = {name: value for name, value in own.items() if fields[name] is self._learner_type.Params}
        try:
            self._network_type.Params.model_validate(network)
            self._learner_type.Params.model_validate(learner)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PlanError(f"the space allows an illegal value: {where}: {first['msg']} (values: {own})") from error
        return learner, network


def space_keys(network: type[Network], learner: type[Learner]) -> dict[str, type[Params]]:
    """Every key that a ``space:`` may have, with the Params model it belongs to."""
    keys: dict[str, type[Params]] = dict.fromkeys(learner.Params.model_fields, learner.Params)
    return keys | dict.fromkeys(network.Params.model_fields, network.Params)


def default_space(fields: Mapping[str, type[Params]]) -> dict[str, Any]:
    """The space of a search that declares none: every parameter whose author gave a tuning range."""
    ranges = {name: tuning_range(params, name) for name, params in fields.items()}
    return {name: spec for name, spec in ranges.items() if spec is not None}


def check_space(
    network: type[Network], learner: type[Learner], declared: Mapping[str, Any]
) -> Iterable[tuple[tuple[str, ...], str]]:
    """What is wrong with a declared space: a path inside it, and a sentence."""
    fields = space_keys(network, learner)
    for key, spec in declared.items():
        if key not in fields:
            hint = did_you_mean(key, fields)
            yield (key,), f"{network.id} and its learner have no parameter {key!r}{f'; {hint}' if hint else ''}"
            continue
        try:
            space = parse_space({key: spec})
        except ValueError as error:
            yield (key,), str(error)
            continue
        yield from _illegal(key, space, fields[key])


def _illegal(key: str, space: Space, params: type[Params]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Every choice and both ends of every range must be legal parameters."""
    for values in space.probes():
        try:
            params.model_validate(nested(values))
        except ValidationError as error:
            relevant = [e for e in error.errors() if e["loc"] and e["loc"][0] == key]
            if relevant:
                yield (key,), in_words(relevant[0])
                return


def in_words(error: ErrorDetails) -> str:
    """pydantic's error as a sentence: the parameter, what it should be, and what was found."""
    where = ".".join(str(step) for step in error["loc"])
    found = "" if error["type"] == "missing" else f", found {error['input']!r}"
    return f"{where}: {error['msg']}{found}"
