"""The search space: typed dimensions, some of which exist only under a choice of another.

In a file::

    depth: {int: [1, 5]}                              # Int
    rate:  {float: [1e-4, 1e-2], log: true}           # Float
    act:   {choice: [relu, selu]}  or  [relu, selu]   # Choice
    width: 64                                         # Fixed
    optimizer: {one_of: {adam: {learning_rate: ...}, sgd: {learning_rate: ..., momentum: 0.9}}}

A `Space` is flat: ``optimizer`` is a Choice over ``adam`` and ``sgd``, and ``optimizer.adam.learning_rate`` is a
dimension that is active when ``optimizer`` is ``adam``. Every searcher sees this one form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.fingerprint import seed_from

Value = bool | int | float | str | None


@dataclass(frozen=True)
class Int:
    """Integers from ``low`` to ``high``, both included. ``log``: uniform in the logarithm. ``step``: low + i * step."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    def sample(self, u: float) -> int:
        """The value at the quantile ``u`` in [0, 1)."""
        if self.log:
            low, high = math.log(self.low - 0.5) if self.low >= 1 else math.log(0.5), math.log(self.high + 0.5)
            return int(min(max(round(math.exp(low + u * (high - low))), self.low), self.high))
        count = (self.high - self.low) // self.step + 1
        return self.low + int(u * count) * self.step

    def contains(self, value: Any) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"int {self.low} to {self.high}{', log' if self.log else ''}"


@dataclass(frozen=True)
class Float:
    """Reals from ``low`` to ``high``. ``log``: uniform in the logarithm. ``step``: low + i * step."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def sample(self, u: float) -> float:
        """The value at the quantile ``u`` in [0, 1)."""
        if self.log:
            return float(
                min(max(math.exp(math.log(self.low) + u * math.log(self.high / self.low)), self.low), self.high)
            )
        if self.step:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            return min(self.low + int(u * count) * self.step, self.high)
        return self.low + u * (self.high - self.low)

    def contains(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"float {self.low:g} to {self.high:g}{', log' if self.log else ''}"


@dataclass(frozen=True)
class Choice:
    """One of some values; no order is assumed."""

    values: tuple[Any, ...]

    def sample(self, u: float) -> Any:
        """The value at the quantile ``u`` in [0, 1)."""
        return self.values[int(u * len(self.values))]

    def contains(self, value: Any) -> bool:
        return value in self.values

    def __str__(self) -> str:
        return "one of " + ", ".join(str(value) for value in self.values)


Domain = Int | Float | Choice


@dataclass(frozen=True)
class Dimension:
    """A named domain. ``parent`` and ``when`` say under which value of which Choice it is active (always if None)."""

    name: str
    domain: Domain
    parent: str | None = None
    when: Any = None


@dataclass(frozen=True)
class Space:
    """Dimensions, parents before children, and values that are fixed; names are dotted paths."""

    dimensions: tuple[Dimension, ...]
    fixed: tuple[Dimension, ...] = ()
    """Constants: a Choice of one value each, with the same conditions."""

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions)

    def __len__(self) -> int:
        return len(self.dimensions)

    def active(self, values: Mapping[str, Any]) -> list[Dimension]:
        """The dimensions that exist under these values."""
        alive: list[Dimension] = []
        names: set[str] = set()
        for dimension in self.dimensions:
            parent = dimension.parent
            if parent is None or (parent in names and values.get(parent) == dimension.when):
                alive.append(dimension)
                names.add(dimension.name)
        return alive

    def sample(self, seed: int, number: int) -> dict[str, Any]:
        """Values for trial ``number``: each dimension draws from its own stream, so adding one changes no other."""
        values: dict[str, Any] = {}
        for dimension in self.dimensions:
            parent = dimension.parent
            if parent is None or values.get(parent) == dimension.when:
                stream = np.random.default_rng(seed_from(seed, number, dimension.name))
                values[dimension.name] = dimension.domain.sample(stream.random())
        return values

    def lowest(self) -> dict[str, Any]:
        """The first choice or the low end of every dimension that is active under the others' own."""
        values: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.parent is None or values.get(dimension.parent) == dimension.when:
                values[dimension.name] = dimension.domain.sample(0.0)
        return values

    def combinations(self) -> tuple[int, int]:
        """How many combinations its discrete dimensions make, conditions heeded; and the number of continuous ones."""
        below: dict[tuple[str, Any], list[Dimension]] = {}
        for dimension in self.dimensions:
            if dimension.parent is not None:
                below.setdefault((dimension.parent, dimension.when), []).append(dimension)

        def count(dimension: Dimension) -> int:
            domain = dimension.domain
            if isinstance(domain, Choice):
                return sum(
                    math.prod(count(inner) for inner in below.get((dimension.name, value), ()))
                    for value in domain.values
                )
            if isinstance(domain, Int):
                return (domain.high - domain.low) // domain.step + 1
            return math.floor((domain.high - domain.low) / domain.step + 1e-9) + 1 if domain.step else 1

        continuous = sum(isinstance(d.domain, Float) and not d.domain.step for d in self.dimensions)
        return math.prod(count(d) for d in self.dimensions if d.parent is None), continuous

    def probes(self) -> Iterator[dict[str, Any]]:
        """Few assignments that together show every choice and both ends of every range, fixed values included."""
        roots = [self._probes_of(d) for d in (*self.dimensions, *self.fixed) if d.parent is None]
        for turn in range(max((len(options) for options in roots), default=1)):
            assignment: dict[str, Any] = {}
            for options in roots:
                assignment |= options[turn % len(options)]
            yield assignment

    def _probes_of(self, dimension: Dimension) -> list[dict[str, Any]]:
        domain = dimension.domain
        found: list[dict[str, Any]] = []
        for value in domain.values if isinstance(domain, Choice) else (domain.low, domain.high):
            below = [
                self._probes_of(inner)
                for inner in (*self.dimensions, *self.fixed)
                if inner.parent == dimension.name and inner.when == value
            ]
            for turn in range(max((len(options) for options in below), default=1)):
                assignment = {dimension.name: value}
                for options in below:
                    assignment |= options[turn % len(options)]
                found.append(assignment)
        return found

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``values`` with the fixed ones that are active under them."""
        out = dict(values)
        for constant in self.fixed:
            if constant.parent is None or out.get(constant.parent) == constant.when:
                assert isinstance(constant.domain, Choice)
                out[constant.name] = constant.domain.values[0]
        return out

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


def parse_space(raw: Mapping[str, Any], prefix: str = "", parent: str | None = None, when: Any = None) -> Space:
    """Read the notation of the file. Raises ValueError saying what is wrong with which dimension."""
    dimensions: list[Dimension] = []
    fixed: list[Dimension] = []
    for key, spec in raw.items():
        name = f"{prefix}{key}"
        if isinstance(spec, Mapping) and set(spec) == {"one_of"}:
            branches = spec["one_of"]
            if not isinstance(branches, Mapping) or not branches:
                raise ValueError(
                    f"{name}: one_of takes a mapping of choices to their own dimensions, found {branches!r}"
                )
            choice = Dimension(name, Choice(tuple(branches)), parent, when)
            (dimensions if len(branches) > 1 else fixed).append(choice)
            for value, inner in branches.items():
                if not isinstance(inner or {}, Mapping):
                    raise ValueError(f"{name}.{value}: expected its own dimensions as a mapping, found {inner!r}")
                # Under the only branch there is, dimensions are as free as the choice itself would be.
                condition = (name, value) if len(branches) > 1 else (parent, when)
                below = parse_space(inner or {}, f"{name}.{value}.", *condition)
                dimensions += below.dimensions
                fixed += below.fixed
            continue
        domain = parse_domain(spec, name)
        if isinstance(domain, Choice) and len(domain.values) == 1:
            fixed.append(Dimension(name, domain, parent, when))
        else:
            dimensions.append(Dimension(name, domain, parent, when))
    return Space(tuple(dimensions), tuple(fixed))


def parse_domain(spec: Any, name: str) -> Domain:
    """One dimension; a plain value is a Choice of one. Raises ValueError."""
    if isinstance(spec, list):
        spec = {"choice": spec}
    if not isinstance(spec, Mapping):
        return Choice((spec,))
    kinds = {"int", "float", "choice"} & set(spec)
    if len(kinds) != 1:
        raise ValueError(f"{name}: expected one of int, float, choice, one_of, found {sorted(spec)}")
    kind = kinds.pop()
    unknown = set(spec) - {kind, "log", "step"}
    if unknown:
        raise ValueError(f"{name}: unknown key {sorted(unknown)[0]!r}; a range takes log and step")
    if kind == "choice":
        if set(spec) != {kind}:
            raise ValueError(f"{name}: log and step belong to a range, not to choice")
        values = spec["choice"]
        if not isinstance(values, Sequence) or isinstance(values, str) or not values:
            raise ValueError(f"{name}: choice takes a list of values, found {values!r}")
        return Choice(tuple(values))
    return _parse_range(kind, spec, name)


def _parse_range(kind: str, spec: Mapping[str, Any], name: str) -> Int | Float:
    bounds = spec[kind]
    if not isinstance(bounds, Sequence) or len(bounds) != 2 or not all(_is_number(b) for b in bounds):
        raise ValueError(f"{name}: {kind} takes [low, high], found {bounds!r}")
    low, high = bounds
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name}: {kind} takes finite bounds, found {bounds!r}")
    step = spec.get("step")
    if step is not None and not (_is_number(step) and step > 0 and (kind == "float" or isinstance(step, int))):
        raise ValueError(f"{name}: step is a {'whole ' if kind == 'int' else ''}number above 0, found {step!r}")
    log = spec.get("log", False)
    if not isinstance(log, bool):
        raise ValueError(f"{name}: log is true or false, found {log!r}")
    if low > high:
        raise ValueError(f"{name}: the range is upside down: {low!r} is above {high!r}")
    if log and low <= 0:
        raise ValueError(f"{name}: a log range begins above 0, found {low!r}")
    if log and step is not None:
        raise ValueError(f"{name}: log and step do not go together")
    if kind == "float":
        return Float(float(low), float(high), log, step)
    if not all(isinstance(b, int) for b in bounds):
        raise ValueError(f"{name}: int takes whole numbers, found {bounds!r}")
    return Int(low, high, log, step or 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
