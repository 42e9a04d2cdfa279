"""What one dimension of a search may be: ranges of numbers, numbers in order, choices.

All share four verbs: ``sample`` (the value at a quantile), ``contains``, ``settle`` (a contained value as ``sample``
would give it) and ``count``. Booleans are no numbers here, so that ``true`` never passes for 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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
        return self.low + int(u * self.count) * self.step

    def contains(self, value: Any) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def settle(self, value: Any) -> int:
        return int(value)

    @property
    def count(self) -> int:
        return (self.high - self.low) // self.step + 1

    @property
    def probes(self) -> tuple[int, ...]:
        """The values that stand for all: both ends."""
        return (self.low, self.high)

    def to_state(self) -> dict[str, Any]:
        return {"int": [self.low, self.high], "log": self.log, "step": self.step}

    def __str__(self) -> str:
        return f"int {self.low} to {self.high}{', log' if self.log else ''}{_every(self.step, 1)}"


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
            return self._at(int(u * (self.count or 1)), self.step)
        return self.low + u * (self.high - self.low)

    def contains(self, value: Any) -> bool:
        if not is_number(value) or not self.low <= value <= self.high:
            return False
        # Room for what adding up steps rounds, in both units that the sum is made of.
        return not self.step or abs(value - self.settle(value)) <= 1e-6 * self.step + 1e-12 * abs(value)

    def settle(self, value: Any) -> float:
        return self._at(round((value - self.low) / self.step), self.step) if self.step else float(value)

    def _at(self, place: int, step: float) -> float:
        return min(self.low + place * step, self.high)

    @property
    def count(self) -> int | None:
        """None for a continuous range."""
        if self.low == self.high:
            return 1
        return math.floor((self.high - self.low) / self.step + 1e-9) + 1 if self.step else None

    @property
    def probes(self) -> tuple[float, ...]:
        """The values that stand for all: both ends."""
        return (self.low, self.high)

    def to_state(self) -> dict[str, Any]:
        return {"float": [self.low, self.high], "log": self.log, "step": self.step}

    def __str__(self) -> str:
        return f"float {self.low:g} to {self.high:g}{', log' if self.log else ''}{_every(self.step, None)}"


@dataclass(frozen=True)
class Ordered:
    """One of some numbers, each as likely as the next, in an order that means something."""

    values: tuple[int | float, ...]

    @classmethod
    def buckets(cls, low: int, high: int, number: int, log: bool = False) -> Ordered:
        """``number`` whole numbers from ``low`` to ``high``, both included, evenly spaced; duplicates are merged.

        ``log``: evenly spaced in the logarithm, before they are rounded.
        """
        shares = [place / max(number - 1, 1) for place in range(number)]
        spread = [low * (high / low) ** share if log else low + share * (high - low) for share in shares]
        return cls(tuple(dict.fromkeys([low, *(round(value) for value in spread[1:-1]), high])))

    def sample(self, u: float) -> int | float:
        """The value at the quantile ``u`` in [0, 1)."""
        return self.values[int(u * len(self.values))]

    def contains(self, value: Any) -> bool:
        return is_number(value) and value in self.values

    def settle(self, value: Any) -> int | float:
        return self.values[self.values.index(value)]

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def probes(self) -> tuple[int | float, ...]:
        """The values that stand for all: both ends."""
        return (self.values[0], self.values[-1])

    def to_state(self) -> dict[str, Any]:
        return {"ordered": list(self.values)}

    def __str__(self) -> str:
        return "one of " + ", ".join(f"{value:g}" for value in self.values) + ", in order"


@dataclass(frozen=True)
class Choice:
    """One of some values; no order is assumed."""

    values: tuple[Any, ...]

    def sample(self, u: float) -> Any:
        """The value at the quantile ``u`` in [0, 1)."""
        return self.values[int(u * len(self.values))]

    def contains(self, value: Any) -> bool:
        return any(same(value, known) for known in self.values)

    def settle(self, value: Any) -> Any:
        """The very value, where 1 and 1.0 are both there."""
        equal = [known for known in self.values if same(value, known)]
        return next((known for known in equal if type(known) is type(value)), equal[0])

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def probes(self) -> tuple[Any, ...]:
        """The values that stand for all: each."""
        return self.values

    def to_state(self) -> dict[str, Any]:
        return {"choice": list(self.values)}

    def __str__(self) -> str:
        return "one of " + ", ".join(str(value) for value in self.values)


Domain = Int | Float | Ordered | Choice


def from_state(state: Mapping[str, Any]) -> Domain:
    """The domain whose ``to_state`` this is."""
    if "choice" in state:
        return Choice(tuple(state["choice"]))
    if "ordered" in state:
        return Ordered(tuple(state["ordered"]))
    kind = Int if "int" in state else Float
    low, high = state["int" if "int" in state else "float"]
    return kind(low, high, state["log"], state["step"])


def same(value: Any, other: Any) -> bool:
    """Whether two values are one choice; True is not 1."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def among(value: Any, values: Iterable[Any]) -> bool:
    """Whether a value is one of these choices."""
    return any(same(value, other) for other in values)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_domain(spec: Any, name: str) -> Domain:
    """One dimension in the notation of the file; a plain value is a Choice of one. Raises ValueError."""
    if isinstance(spec, list):
        spec = {"choice": spec}
    if not isinstance(spec, Mapping):
        return Choice((spec,))
    kinds = {"int", "float", "choice"} & set(spec)
    if len(kinds) != 1:
        raise ValueError(f"{name}: expected one of int, float, choice, one_of, found {sorted(spec)}")
    kind = kinds.pop()
    unknown = set(spec) - {kind, "log", "step", *(["buckets"] if kind == "int" else [])}
    if unknown:
        more = ", and int takes buckets" if kind == "int" else ""
        raise ValueError(f"{name}: unknown key {sorted(unknown)[0]!r}; a range takes log and step{more}")
    if kind == "choice":
        if set(spec) != {kind}:
            raise ValueError(f"{name}: log and step belong to a range, not to choice")
        values = spec["choice"]
        if not isinstance(values, Sequence) or isinstance(values, str) or not values:
            raise ValueError(f"{name}: choice takes a list of values, found {values!r}")
        return Choice(tuple(values))
    return _parse_range(kind, spec, name)


def _parse_range(kind: str, spec: Mapping[str, Any], name: str) -> Int | Float | Ordered:
    bounds = spec[kind]
    if not isinstance(bounds, Sequence) or len(bounds) != 2 or not all(is_number(b) for b in bounds):
        raise ValueError(f"{name}: {kind} takes [low, high], found {bounds!r}")
    low, high = bounds
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name}: {kind} takes finite bounds, found {bounds!r}")
    step = spec.get("step")
    if step is not None and not (is_number(step) and step > 0 and (kind == "float" or isinstance(step, int))):
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
    buckets = spec.get("buckets")
    if buckets is None:
        return Int(low, high, log, step or 1)
    if not isinstance(buckets, int) or isinstance(buckets, bool) or buckets < 2:
        raise ValueError(f"{name}: buckets is a whole number of 2 or more, found {buckets!r}")
    if step is not None:
        raise ValueError(f"{name}: buckets and step do not go together")
    return Ordered.buckets(low, high, buckets, log)


def _every(step: float | None, usual: int | None) -> str:
    return "" if step == usual else f", every {step:g}"
