"""What all pictures share: a chart's parts, and colours by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PALETTE = ("#2f7ed8", "#e8743b", "#19a979", "#945ecf", "#c9a227", "#ed4a7b", "#13a4b4", "#8c8c8c")
"""Legible on white and on near-black. The winner has the first colour."""
QUIET = "#808080"

Numbers = Sequence[float | None]
Ticks = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Line:
    """Points joined in order; None and NaN leave a hole. ``step`` keeps each value until the next point."""

    x: Numbers
    y: Numbers
    colour: str
    name: str = ""
    width: float = 1.6
    dash: str = ""
    step: bool = False


@dataclass(frozen=True)
class Dots:
    """Points by themselves. ``tips`` are what a pointer that rests on one is told."""

    x: Numbers
    y: Numbers
    colour: str
    name: str = ""
    size: float = 5.0
    opacity: float = 1.0
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Bars:
    """Bars from zero to ``heights`` [n] between neighbouring ``edges`` [n + 1]."""

    edges: Sequence[float]
    heights: Sequence[float]
    colour: str
    name: str = ""
    opacity: float = 0.55


@dataclass(frozen=True)
class Cells:
    """A matrix: ``shares`` [rows][columns] from 0 to 1 as depths of colour, with texts, the first row at the top."""

    shares: Sequence[Sequence[float]]
    texts: Sequence[Sequence[str]]
    colour: str
    named: bool = True


@dataclass(frozen=True)
class Chart:
    """Marks in a frame of two axes; ranges and ticks are found where they are not given."""

    marks: Sequence[Line | Dots | Bars | Cells]
    x: str = ""
    y: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_ticks: Ticks | None = None
    y_ticks: Ticks | None = None
    whole_x: bool = False
    """Ticks of the horizontal axis are whole numbers."""


@dataclass(frozen=True)
class Axis:
    """One upright axis of parallel coordinates; ``range`` is what its foot and its head stand for."""

    label: str
    values: Sequence[float]
    ticks: Ticks
    range: tuple[float, float]


@dataclass(frozen=True)
class Parallel:
    """Upright axes side by side and a line for each entry; ``merits`` from 0 to 1 colour them, the best brightest."""

    axes: Sequence[Axis]
    merits: Sequence[float]


@dataclass(frozen=True)
class Picture:
    """A drawing and what stands around it. ``least_width`` in px: narrower screens scroll sideways."""

    id: str
    title: str
    caption: str
    figure: Chart | Parallel
    height: int = 270
    least_width: int = 0


def colours(names: list[str]) -> dict[str, str]:
    """A colour for each name, in order."""
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(names)}


def labels(models: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Names of models as the document labels them."""
    return {name: str(model["label"]) for name, model in models.items()}
