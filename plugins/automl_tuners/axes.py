"""A search space in the one form that every engine takes as it is meant.

Engines differ in what they make of a step that does not divide the range, of a choice of mixed types, of ``None``
among strings. So each dimension becomes an `Axis` of codes: whole numbers, reals, or the places of a choice's values.
Codes go into the engine, and what comes out of it is decoded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from automl.search.domains import Choice, Domain, Float, Int, Ordered
from automl.search.space import Space

Code = int | float
Conditions = tuple[tuple[str, tuple[Code, ...]], ...]
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Axis:
    """A dimension in codes from ``low`` to ``high``, both included.

    Attributes:
        kind: ``whole``: ordered integers; ``real``; ``place``: unordered, 0 to the number of values - 1.
        log: uniform in the logarithm.
        conditions: names of earlier axes with the codes of theirs under which this one is active; all must hold.
    """

    name: str
    domain: Domain
    kind: Literal["whole", "real", "place"]
    low: Code
    high: Code
    log: bool = False
    conditions: Conditions = ()

    def is_active(self, codes: Mapping[str, Code]) -> bool:
        """Whether the axis exists under the codes of those before it."""
        return all(codes.get(parent) in when for parent, when in self.conditions)

    def decode(self, code: Code) -> Any:
        """The value that a code stands for."""
        match self.domain:
            case Choice(values=values) | Ordered(values=values):
                return values[int(code)]
            case Int(low=low, step=step) if step > 1:
                return low + int(code) * step
            case Float(low=low, high=high, step=float() | int() as step) if step:
                return min(low + int(code) * step, high)
            case Int():
                return int(code)
            case _:
                return float(code)

    def encode(self, value: Any) -> Code:
        """The code that stands for a value of the domain; the nearest, if the value lies between two steps."""
        match self.domain:
            case Ordered(values=values):
                return values.index(value)
            case Choice(values=values):
                # True == 1 == 1.0, and a choice may hold all three.
                equal = [place for place, known in enumerate(values) if known == value]
                return next((place for place in equal if type(values[place]) is type(value)), equal[0])
            case Int(low=low, step=step) if step > 1:
                return round((value - low) / step)
            case Float(low=low, step=float() | int() as step) if step:
                return min(round((value - low) / step), int(self.high))
            case Int():
                return int(value)
            case _:
                return float(value)

    def sample(self, u: float) -> Code:
        """The code at the quantile ``u`` in [0, 1)."""
        if self.kind == "real" or self.log:
            return self.domain.sample(u)
        return int(self.low) + int(u * (self.high - self.low + 1))

    def codes(self) -> Iterator[Code]:
        """Every code; a range of reals gives an endless, evenly spread sequence without repetition."""
        if self.kind != "real":
            yield from range(int(self.low), int(self.high) + 1)
        elif self.low == self.high:
            yield self.low
        else:
            for i in itertools.count():
                yield self.sample(i * _GOLDEN % 1.0)


def is_modelled(axis: Axis) -> bool:
    """Whether an axis is what a model over numbers can have: a number, always active, with more than one value."""
    return not axis.conditions and axis.kind != "place" and axis.low < axis.high


def axes_of(space: Space) -> list[Axis]:
    """The dimensions of a space as axes, parents before children."""
    axes: dict[str, Axis] = {}
    for dimension in space:
        conditions = tuple(
            (condition.parent, tuple(axes[condition.parent].encode(value) for value in condition.values))
            for condition in dimension.conditions
        )
        axes[dimension.name] = Axis(dimension.name, dimension.domain, *_range(dimension.domain), conditions)
    return list(axes.values())


def decode(axes: Sequence[Axis], codes: Mapping[str, Code]) -> dict[str, Any]:
    """Values by name, in the order of the axes; names that are no axis are left out."""
    return {axis.name: axis.decode(codes[axis.name]) for axis in axes if axis.name in codes}


def encode(axes: Sequence[Axis], values: Mapping[str, Any]) -> dict[str, Code]:
    """Codes by name, in the order of the axes; names that are no active axis are left out."""
    codes: dict[str, Code] = {}
    for axis in axes:
        if axis.is_active(codes):
            codes[axis.name] = axis.encode(values[axis.name])
    return codes


def configurations(axes: Sequence[Axis], chosen: Mapping[str, Code] | None = None) -> Iterator[dict[str, Code]]:
    """Every combination of active codes, the last axis varying fastest. Endless where an axis is real."""
    codes = dict(chosen or {})
    if not axes:
        yield codes
    elif not axes[0].is_active(codes):
        yield from configurations(axes[1:], codes)
    else:
        for code in axes[0].codes():
            yield from configurations(axes[1:], {**codes, axes[0].name: code})


def _range(domain: Domain) -> tuple[Literal["whole", "real", "place"], Code, Code, bool]:
    if isinstance(domain, Choice):
        return "place", 0, len(domain.values) - 1, False
    if isinstance(domain, Ordered):
        return "whole", 0, len(domain.values) - 1, False
    if isinstance(domain, Int):
        if domain.step > 1:
            return "whole", 0, (domain.high - domain.low) // domain.step, False
        return "whole", domain.low, domain.high, domain.log
    if domain.step:
        return "whole", 0, math.floor((domain.high - domain.low) / domain.step + 1e-9), False
    return "real", domain.low, domain.high, domain.log
