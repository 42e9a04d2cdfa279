"""A grid over axes with conditions, of any size, by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from automl_tuners.axes import Axis, Code


@dataclass(frozen=True)
class Ladder:
    """An axis and the codes of it that a grid has."""

    axis: Axis
    codes: Sequence[Code]


def is_endless(axis: Axis) -> bool:
    """Whether an axis has more codes than can be counted."""
    return axis.kind == "real" and axis.low < axis.high


def spaced(axis: Axis, resolution: int | None) -> Ladder:
    """All codes of an axis, or ``resolution`` evenly spaced ones of an endless one."""
    if not is_endless(axis):
        return Ladder(axis, [axis.low] if axis.kind == "real" else range(int(axis.low), int(axis.high) + 1))
    if resolution is None:
        raise ValueError(f"{axis.name} is endless, and no resolution is given")
    shares = [place / (resolution - 1) for place in range(resolution)]
    low, high = axis.low, axis.high
    between = [low * (high / low) ** share if axis.log else low + (high - low) * share for share in shares[1:-1]]
    return Ladder(axis, [low, *(min(max(code, low), high) for code in between), high])


class Grid:
    """Every combination of active codes once, the last axis varying fastest. Only counts of it are kept.

    Attributes:
        size: how many combinations there are.
    """

    def __init__(self, ladders: Sequence[Ladder]) -> None:
        self._ladders = ladders
        asked_by = {name: i for i, ladder in enumerate(ladders) for name, _ in ladder.axis.conditions}
        # For each place, the axes before it that a condition at or after it asks for: what its count depends on.
        self._matters = [
            [ladder.axis.name for ladder in ladders[:i] if asked_by.get(ladder.axis.name, -1) >= i]
            for i in range(len(ladders) + 1)
        ]
        self._count = cache(self._count_from)
        self.size = self._below(0, {})

    def at(self, index: int) -> dict[str, Code]:
        """The combination at a place from 0 to ``size`` - 1."""
        codes: dict[str, Code] = {}
        for i, ladder in enumerate(self._ladders):
            name = ladder.axis.name
            if not ladder.axis.is_active(codes):
                continue
            if name not in self._matters[i + 1]:
                place, index = divmod(index, self._below(i + 1, codes))
                codes[name] = ladder.codes[place]
                continue
            for code in ladder.codes:
                codes[name] = code
                if index < (size := self._below(i + 1, codes)):
                    break
                index -= size
        return codes

    def _below(self, i: int, codes: Mapping[str, Code]) -> int:
        """Combinations of the axes from ``i`` on, under the codes of those before."""
        return self._count(i, tuple((name, codes[name]) for name in self._matters[i] if name in codes))

    def _count_from(self, i: int, relevant: tuple[tuple[str, Code], ...]) -> int:
        if i == len(self._ladders):
            return 1
        ladder, codes = self._ladders[i], dict(relevant)
        if not ladder.axis.is_active(codes):
            return self._below(i + 1, codes)
        if ladder.axis.name not in self._matters[i + 1]:
            return len(ladder.codes) * self._below(i + 1, codes)
        return sum(self._below(i + 1, {**codes, ladder.axis.name: code}) for code in ladder.codes)
