"""From a searcher's flat values to the parameters of a learner, a network and the stages upstream."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from automl.attribution import named_errors
from automl.errors import PlanError, did_you_mean
from automl.learning import Learner, Network
from automl.params import Params, field_names, tuning_range
from automl.plugins import Registry
from automl.search.dimensions import Condition, Dimension
from automl.search.space import Space, nested, parse_dimensions, parse_space


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
            declared: the space as written; None takes the network's own, or else every parameter that has a tuning
                range. A network's own is always there: what is declared overrides it by name.
            upstream: the tuned parameters above the search, binding to domain in the file's notation.
            conditions: of these, those that exist only under a choice: to the choice's binding and value.
            registry: what is offered.
        """
        self.network = network
        self._network_type: type[Network] = registry.get("networks", network)
        self.learner = self._network_type.learner
        self._learner_type: type[Learner] = registry.get("learners", self.learner)
        fields = self._fields()
        with named_errors(self._network_type, "space", "network"):
            own = self._network_type.space()
        if own is not None:
            dimensions = _overridden(own, declared or {}, self._network_type, fields)
        else:
            dimensions = list(parse_dimensions(default_space(fields) if declared is None else declared))
        above = {name: list(_above(name, spec, conditions.get(name))) for name, spec in upstream.items()}
        self._upstream = {name: [d.name for d in dimensions] for name, dimensions in above.items()}
        self.space = Space.of([*chain.from_iterable(above.values()), *dimensions])

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
        learner = {name: value for name, value in own.items() if fields.get(name) is self._learner_type.Params}
        network = {name: value for name, value in own.items() if name not in learner}
        try:
            self._network_type.Params.model_validate(network)
            self._learner_type.Params.model_validate(learner)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PlanError(f"the space allows an illegal value: {where}: {first['msg']} (values: {own})") from error
        return learner, network


def _above(binding: str, spec: Any, condition: tuple[str, str] | None) -> Iterator[Dimension]:
    """The dimensions of one tuned parameter upstream."""
    under = () if condition is None else (Condition(condition[0], (condition[1],)),)
    return parse_dimensions({binding: spec}, "", under)


def _overridden(
    own: Space | Mapping[str, Any],
    declared: Mapping[str, Any],
    network: type[Network],
    fields: Mapping[str, type[Params]],
) -> list[Dimension]:
    """A network's own dimensions, those that are declared in the place of those of the same name, and new ones last.

    Raises PlanError at a declared name that is neither in the network's own space nor a parameter.
    """
    dimensions = [*own.dimensions, *own.fixed] if isinstance(own, Space) else list(parse_dimensions(own))
    for key, spec in declared.items():
        names = [dimension.name for dimension in dimensions]
        new = list(parse_dimensions({key: spec}))
        if key not in names:
            if key not in fields:
                hint = did_you_mean(key, [*names, *fields])
                raise PlanError(
                    f"the space of network {network.id!r} has no dimension {key!r}; "
                    f"{hint or 'it has ' + ', '.join(names)}"
                )
            dimensions += new
            continue
        replaced = {d.name for d in new}
        if isinstance(spec, Mapping) and "one_of" in spec:
            replaced |= {name for name in names if name.startswith(f"{key}.")}
        place = names.index(key)
        under = dimensions[place].conditions
        new = [replace(d, conditions=d.conditions or under) for d in new]
        kept = [d for d in dimensions if d.name not in replaced]
        dimensions = [*kept[:place], *new, *kept[place:]]
    return dimensions


def space_keys(network: type[Network], learner: type[Learner]) -> dict[str, type[Params]]:
    """Every key that a ``space:`` may have, with the Params model it belongs to."""
    keys: dict[str, type[Params]] = dict.fromkeys(learner.Params.model_fields, learner.Params)
    return keys | dict.fromkeys(network.Params.model_fields, network.Params)


def takes_more(network: type[Network]) -> bool:
    """Whether its parameters are known only once its own space is (`Network.space`)."""
    return network.Params.model_config.get("extra") == "allow"


def has_own_space(network: type[Network]) -> bool:
    """Whether a network brings dimensions that no tuning range tells; to find them may take an engine."""
    return takes_more(network) or (
        inspect.getattr_static(network, "space") is not inspect.getattr_static(Network, "space")
    )


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
        if key not in fields and not takes_more(network):
            hint = did_you_mean(key, fields)
            yield (key,), f"{network.id} and its learner have no parameter {key!r}{f'; {hint}' if hint else ''}"
            continue
        try:
            space = parse_space({key: spec})
        except ValueError as error:
            yield (key,), str(error)
            continue
        if key in fields:
            yield from _illegal(key, space, fields[key])


def check_guesses(
    network: type[Network],
    learner: type[Learner],
    declared: Mapping[str, Any] | None,
    guesses: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[tuple[int], str]]:
    """What is wrong with first guesses, as far as it can be told without the stages upstream: a place, a sentence."""
    if has_own_space(network):
        return  # the run says so: to find a network's own space may take an engine
    fields = space_keys(network, learner)
    try:
        space = parse_space(default_space(fields) if declared is None else declared)
    except ValueError:
        return  # `check_space` says so
    for place, guess in enumerate(guesses):
        # Anything else with a dot is a parameter of a stage upstream, ``filled.strategy``.
        own = {key: value for key, value in guess.items() if "." not in key or key.split(".")[0] in fields}
        try:
            space.read(own)
        except ValueError as error:
            yield (place,), str(error)


def _illegal(key: str, space: Space, params: type[Params]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Every choice and both ends of every range must be legal parameters."""
    for values in space.probes():
        try:
            params.model_validate(nested(values))
        except ValidationError as error:
            relevant = [e for e in error.errors() if e["loc"] and e["loc"][0] == key]
            if relevant:
                yield (key,), in_words(relevant[0], params)
                return


def in_words(error: ErrorDetails, params: type[Params]) -> str:
    """pydantic's error about these parameters as a sentence: which one, what it should be, and what was found."""
    *owners, last = error["loc"] or ("",)
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = field_names(params, owners)
        hint = did_you_mean(str(last), known)
        return f"there is no parameter {where!r}; expected one of {', '.join(known)}" + (f"; {hint}" if hint else "")
    found = "" if error["type"] == "missing" else f", found {error['input']!r}"
    message = error["msg"].removeprefix("Value error, ")
    choices = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    hint = did_you_mean(str(error["input"]), choices) if choices else None
    return f"{where}: {message}{found}" + (f"; {hint}" if hint else "")
