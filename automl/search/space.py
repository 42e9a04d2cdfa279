"""The search space: typed dimensions, some of which exist only under certain values of others.

In a file::

    depth: {int: [1, 5]}                              # Int
    width: {int: [16, 256], log: true, buckets: 9}    # Ordered: 16, 23, 32, 45, 64, 91, 128, 181, 256
    rate:  {float: [1e-4, 1e-2], log: true}           # Float
    act:   {choice: [relu, selu]}  or  [relu, selu]   # Choice
    units: 64                                         # fixed
    optimizer: {one_of: {adam: {learning_rate: ...}, sgd: {learning_rate: ..., momentum: 0.9}}}

A `Space` is flat: ``optimizer`` is a Choice over ``adam`` and ``sgd``, and ``optimizer.adam.learning_rate`` is a
dimension under the condition that ``optimizer`` is ``adam``. Every searcher sees this one form, whatever it was
written in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from automl.errors import did_you_mean
from automl.fingerprint import seed_from
from automl.search import dimensions as extent
from automl.search.dimensions import Condition, Dimension, settled
from automl.search.domains import Choice, parse_domain, same


@dataclass(frozen=True)
class Space:
    """Dimensions, parents before children, and values that are fixed; names are dotted paths.

    `Space.of` makes one of any dimensions; the constructor takes what is in order already.
    """

    dimensions: tuple[Dimension, ...]
    fixed: tuple[Dimension, ...] = ()
    """Constants: a Choice of one value each, active under conditions as dimensions are."""

    @classmethod
    def of(cls, dimensions: Iterable[Dimension]) -> Space:
        """A space of dimensions in which each parent comes before its children.

        A domain of one value is fixed. A condition on something fixed is settled for good: a child that can never be
        active is left out with its own, any other has the conditions of its fixed parent.

        Raises:
            ValueError: a name comes twice, or a condition names a parent that does not come before.
        """
        known: dict[str, Dimension] = {}
        never: set[str] = set()
        for dimension in dimensions:
            if dimension.name in known or dimension.name in never:
                raise ValueError(f"{dimension.name}: there are two dimensions of this name")
            lost = any(condition.parent in never for condition in dimension.conditions)
            conditions = None if lost else settled(dimension, known)
            if conditions is None:
                never.add(dimension.name)
            else:
                known[dimension.name] = replace(dimension, conditions=conditions)
        constants = (d for d in known.values() if d.domain.count == 1)
        return cls(
            tuple(d for d in known.values() if d.domain.count != 1),
            tuple(replace(d, domain=Choice((d.domain.sample(0.0),))) for d in constants),
        )

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions)

    def __len__(self) -> int:
        return len(self.dimensions)

    def active(self, values: Mapping[str, Any]) -> list[Dimension]:
        """The dimensions that exist under these values."""
        alive: dict[str, Any] = {}
        found: list[Dimension] = []
        for dimension in self.dimensions:
            if dimension.is_active(alive):
                found.append(dimension)
                if dimension.name in values:
                    alive[dimension.name] = values[dimension.name]
        return found

    def sample(self, seed: int, number: int) -> dict[str, Any]:
        """Values for trial ``number``: each dimension draws from its own stream, so adding one changes no other."""
        values: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.is_active(values):
                stream = np.random.default_rng(seed_from(seed, number, dimension.name))
                values[dimension.name] = dimension.domain.sample(stream.random())
        return values

    def lowest(self) -> dict[str, Any]:
        """The first choice or the low end of every dimension that is active under the others' own."""
        values: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.is_active(values):
                values[dimension.name] = dimension.domain.sample(0.0)
        return values

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``values`` with the fixed ones that are active under them."""
        return {**values, **{d.name: d.domain.sample(0.0) for d in self.fixed if d.is_active(values)}}

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise ValueError unless these are a value in its range for each dimension that is active, and no others.

        Fixed values may be there, as they are.
        """
        known: dict[str, Any] = {}
        for dimension in self.dimensions:
            if not dimension.is_active(known):
                continue
            if dimension.name not in values:
                raise ValueError(f"{dimension.name}: expected {dimension.domain}, found no value")
            value = known[dimension.name] = values[dimension.name]
            if not dimension.domain.contains(value):
                raise ValueError(f"{dimension.name}: expected {dimension.domain}, found {value!r}")
        complete = self.complete(known)
        for name, value in values.items():
            if name not in complete or (name not in known and not same(value, complete[name])):
                names = [dimension.name for dimension in self.dimensions]
                hint = did_you_mean(name, names) or f"expected {', '.join(known) or 'none'}"
                raise ValueError(f"{name}: no dimension of this name is varied here; {hint}, found {value!r}")

    def combinations(self) -> tuple[int, int]:
        """How many combinations its discrete dimensions make, conditions heeded; and the number of continuous ones."""
        return extent.combinations(self.dimensions), sum(d.domain.count is None for d in self.dimensions)

    def probes(self) -> Iterator[dict[str, Any]]:
        """Few assignments that together show every choice and both ends of every range, fixed values included."""
        for assignment in extent.probes(self.dimensions):
            yield self.complete(assignment)

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A guess as a person writes it, as flat values of all dimensions that are active under it.

        Args:
            values: as the file has them, ``{depth: 2, optimizer: {adamw: {learning_rate: 1e-3}}}``, or by dotted
                name, ``{optimizer.adamw.learning_rate: 1e-3}``. A dimension that is left out takes the middle of its
                range, the value at the quantile 0.5; what is fixed may be given as it is.

        Raises:
            ValueError: says which dimension, what was expected and what was found.
        """
        given = self._flat(values, "")
        found: dict[str, Any] = {}
        for dimension in self.dimensions:
            if not dimension.is_active(found):
                continue
            name, domain = dimension.name, dimension.domain
            if name in given and not domain.contains(given[name]):
                raise ValueError(f"{name}: expected {domain}, found {given[name]!r}")
            found[name] = domain.settle(given[name]) if name in given else domain.sample(0.5)
        complete = self.complete(found)
        for name, value in given.items():
            if name not in complete:
                conditions = next(d.conditions for d in (*self.dimensions, *self.fixed) if d.name == name)
                raise ValueError(f"{name}: it exists only where {' and '.join(map(str, conditions))}, found {value!r}")
            if name not in found and not same(value, complete[name]):
                raise ValueError(f"{name}: expected {complete[name]!r}, to which the space fixes it, found {value!r}")
        return found

    def _flat(self, values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        """By dotted name. Raises ValueError at a name that is none."""
        domains = {d.name: d.domain for d in (*self.dimensions, *self.fixed)}
        found: dict[str, Any] = {}
        for key, value in values.items():
            name = f"{prefix}{key}"
            domain = domains.get(name)
            if domain is None and isinstance(value, Mapping) and any(other.startswith(f"{name}.") for other in domains):
                found |= self._flat(value, f"{name}.")
            elif domain is None:
                here = [other for other in domains if other.startswith(prefix)]
                hint = did_you_mean(name, here)
                expected = f"one of {', '.join(here)}" if here else "nothing"
                raise ValueError(f"{name}: no dimension of this name; {hint or f'expected {expected}'}")
            elif isinstance(domain, Choice) and isinstance(value, Mapping) and not domain.contains(value):
                if len(value) != 1:
                    raise ValueError(f"{name}: expected one choice with its own dimensions, found {sorted(value)}")
                ((choice, inner),) = value.items()
                own = {} if inner is None else inner
                if not isinstance(own, Mapping):
                    raise ValueError(f"{name}.{choice}: expected its own dimensions as a mapping, found {own!r}")
                found |= {name: choice, **self._flat(own, f"{name}.{choice}.")}
            else:
                found[name] = value
        return found

    def adopt(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Flat values of another search's trial as values of this space; None if they do not fit it.

        ``values`` are complete, fixed ones included. What one space names and the other leaves to a parameter's
        default cannot be compared, so a name too many or too few does not fit.
        """
        found: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.is_active(found):
                value = values.get(dimension.name)
                if not dimension.domain.contains(value):
                    return None
                found[dimension.name] = dimension.domain.settle(value)
        complete = self.complete(found)
        constants = complete.keys() - found.keys()
        fits = complete.keys() == values.keys() and all(same(complete[name], values[name]) for name in constants)
        return found if fits else None

    def to_state(self) -> dict[str, Any]:
        """Plain values, as JSON takes them."""
        return {"dimensions": [d.to_state() for d in self.dimensions], "fixed": [d.to_state() for d in self.fixed]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Space:
        """The space whose ``to_state`` this is."""
        return cls(*(tuple(map(Dimension.from_state, state[part])) for part in ("dimensions", "fixed")))

    def describe(self) -> dict[str, str]:
        return {dimension.name: str(dimension.domain) for dimension in self.dimensions}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flat values as the parameters they stand for.

    ``{"optimizer": "adamw", "optimizer.adamw.learning_rate": 1e-3}`` becomes
    ``{"optimizer": {"adamw": {"learning_rate": 1e-3}}}``; ``{"optimizer": "adamw"}`` alone stays a string.
    """
    out: dict[str, Any] = {}
    for name, value in values.items():
        children = {
            other.removeprefix(f"{name}.{value}."): inner
            for other, inner in values.items()
            if other.startswith(f"{name}.{value}.")
        }
        if "." not in name:
            out[name] = {value: nested(children)} if children else value
    return out


def spelled_out(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Dimensions as `parse_space` reads them: ``{adamw: {...}}``, a choice alone, becomes ``{one_of: {adamw: {...}}}``.

    So a file may write in a space what a parameter takes, with dimensions inside.
    """
    return {key: _spelled_out(spec) for key, spec in raw.items()}


def _spelled_out(spec: Any) -> Any:
    if not isinstance(spec, Mapping) or len(spec) != 1:
        return spec
    ((key, inner),) = spec.items()
    if not isinstance(inner, Mapping) or key in ("int", "float", "choice"):
        return spec
    branches = inner if key == "one_of" else spec
    return {"one_of": {name: spelled_out(own) if isinstance(own, Mapping) else own for name, own in branches.items()}}


def parse_space(raw: Mapping[str, Any]) -> Space:
    """Read the notation of the file. Raises ValueError saying what is wrong with which dimension."""
    return Space.of(parse_dimensions(raw))


def parse_dimensions(
    raw: Mapping[str, Any], prefix: str = "", conditions: tuple[Condition, ...] = ()
) -> Iterator[Dimension]:
    """The dimensions of `parse_space`, parents first, constants among them; all under ``conditions``."""
    for key, spec in raw.items():
        name = f"{prefix}{key}"
        if not (isinstance(spec, Mapping) and set(spec) == {"one_of"}):
            yield Dimension(name, parse_domain(spec, name), conditions)
            continue
        branches = spec["one_of"]
        if not isinstance(branches, Mapping) or not branches:
            raise ValueError(f"{name}: one_of takes a mapping of choices to their own dimensions, found {branches!r}")
        yield Dimension(name, Choice(tuple(branches)), conditions)
        for value, inner in branches.items():
            own = {} if inner is None else inner
            if not isinstance(own, Mapping):
                raise ValueError(f"{name}.{value}: expected its own dimensions as a mapping, found {own!r}")
            if dotted := [key for key in own if "." in str(key)]:
                raise ValueError(f"{name}.{value}: expected names without a dot, found {dotted[0]!r}")
            yield from parse_dimensions(own, f"{name}.{value}.", (Condition(name, (value,)),))
