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

from automl.search.space import Choice, Domain, Float, Int, Space

Code = int | float
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Axis:
    """A dimension in codes from ``low`` to ``high``, both included.

    Attributes:
        kind: ``whole``: ordered integers; ``real``; ``place``: unordered, 0 to the number of values - 1.
        log: uniform in the logarithm.
        parent: name of the axis that decides whether this one is active; None if it always is.
        when: the code of ``parent`` under which it is active.
    """

    name: str
    domain: Domain
    kind: Literal["whole", "real", "place"]
    low: Code
    high: Code
    log: bool = False
    parent: str | None = None
    when: Code | None = None

    def is_active(self, codes: Mapping[str, Code]) -> bool:
        """Whether the axis exists under the codes of those before it."""
        return self.parent is None or codes.get(self.parent) == self.when

    def decode(self, code: Code) -> Any:
        """The value that a code stands for."""
        match self.domain:
            case Choice(values=values):
                return values[int(code)]
            case Int(low=low, step=step) if step > 1:
                return low + int(code) * step
            case Float(low=low, high=high, step=float() | int() as step) if step:
                return min(low + int(code) * step, high)
            case Int():
                return int(code)
            case _:
                return float(code)

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


def axes_of(space: Space) -> list[Axis]:
    """The dimensions of a space as axes, parents before children."""
    choices = {d.name: d.domain for d in space if isinstance(d.domain, Choice)}
    axes = []
    for dimension in space:
        when = None
        if dimension.parent is not None:
            when = choices[dimension.parent].values.index(dimension.when)
        kind, low, high, log = _range(dimension.domain)
        axes.append(Axis(dimension.name, dimension.domain, kind, low, high, log, dimension.parent, when))
    return axes


def decode(axes: Sequence[Axis], codes: Mapping[str, Code]) -> dict[str, Any]:
    """Values by name, in the order of the axes; names that are no axis are left out."""
    return {axis.name: axis.decode(codes[axis.name]) for axis in axes if axis.name in codes}


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
    if isinstance(domain, Int):
        if domain.step > 1:
            return "whole", 0, (domain.high - domain.low) // domain.step, False
        return "whole", domain.low, domain.high, domain.log
    if domain.step:
        return "whole", 0, math.floor((domain.high - domain.low) / domain.step + 1e-9), False
    return "real", domain.low, domain.high, domain.log
