"""The plan as a picture: Mermaid or Graphviz text, or an SVG that is laid out here and needs no network.

The layout is that of layered graphs (K. Sugiyama et al., 1981): a stage stands one row below the lowest of its inputs,
edges over several rows get a place in each of them, and rows are ordered by the mean place of what they stand on.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from automl.explain import Forecast, State

_FILLS: Final[Mapping[State, tuple[str, str]]] = {
    "unchanged": ("#e3f4e8", "#2e7d4f"),
    "run": ("#fdebd3", "#b45f06"),
    "waits": ("#fff8d6", "#8a7400"),
    "tuned": ("#e3edfb", "#2457a6"),
}
"""Fill and line of each state; the state is written in the box as well."""

_MEANINGS: Final[Mapping[State, str]] = {
    "unchanged": "in the store, would not run",
    "run": "would run",
    "waits": "runs unless what it waits for comes out as before",
    "tuned": "inside the search, once per value of what is tuned",
}

_LETTER, _BOX_HEIGHT, _GAP, _ROW_HEIGHT, _MARGIN = 7.6, 58.0, 28.0, 112.0, 24.0
_SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A stage in the picture, with the names of the stages that it reads."""

    forecast: Forecast
    inputs: Sequence[str]

    @property
    def name(self) -> str:
        return self.forecast.stage


def mermaid(boxes: Sequence[Box]) -> str:
    """A Mermaid flowchart, as Markdown pages show it."""
    ids = {box.name: f"s{number}" for number, box in enumerate(boxes)}
    lines = ["flowchart TD"]
    for box in boxes:
        text = "<br/>".join(_mermaid_text(part) for part in (box.name, box.forecast.component, box.forecast.state))
        lines.append(f'  {ids[box.name]}["{text}"]:::{box.forecast.state}')
    lines += [f"  {ids[above]} --> {ids[box.name]}" for box in boxes for above in box.inputs]
    for state in dict.fromkeys(box.forecast.state for box in boxes):
        fill, line = _FILLS[state]
        lines.append(f"  classDef {state} fill:{fill},stroke:{line},color:#1b1b1b")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def dot(boxes: Sequence[Box]) -> str:
    """A Graphviz digraph."""
    lines = ["digraph pipeline {", '  node [shape=box, style="rounded,filled", fontname="sans-serif"];']
    for box in boxes:
        fill, line = _FILLS[box.forecast.state]
        label = _dot_text("\n".join((box.name, box.forecast.component, box.forecast.state)))
        about = f"label={label}, tooltip={_dot_text(box.forecast.reason or _MEANINGS[box.forecast.state])}"
        lines.append(f'  {_dot_text(box.name)} [{about}, fillcolor="{fill}", color="{line}"];')
    lines += [f"  {_dot_text(above)} -> {_dot_text(box.name)};" for box in boxes for above in box.inputs]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def page(title: str, boxes: Sequence[Box]) -> str:
    """One self-contained HTML page: the picture, what its colours mean, and a table that says why."""
    states = list(dict.fromkeys(box.forecast.state for box in boxes))
    legend = "".join(
        f'<li><span style="background:{_FILLS[state][0]};border-color:{_FILLS[state][1]}"></span>'
        f"<b>{state}</b>: {_MEANINGS[state]}</li>"
        for state in states
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (box.name, box.forecast.component, box.forecast.state, box.forecast.reason)
        )
        + "</tr>"
        for box in boxes
    )
    return _PAGE.format(title=escape(title), svg=svg(boxes), legend=legend, rows=rows)


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 2rem; }}
h1 {{ font-size: 1.4rem; }}
svg {{ max-width: 100%; height: auto; }}
ul {{ list-style: none; padding: 0; }}
li span {{ display: inline-block; width: 1em; height: 1em; border: 1.5px solid; border-radius: 3px;
  margin-right: .5em; vertical-align: -.15em; }}
table {{ border-collapse: collapse; margin-top: 1rem; }}
th, td {{ text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
</style>
</head>
<body>
<h1>{title}</h1>
{svg}
<ul>{legend}</ul>
<table><thead><tr><th>stage</th><th>uses</th><th>state</th><th>why</th></tr></thead><tbody>{rows}</tbody></table>
</body>
</html>
"""


def svg(boxes: Sequence[Box]) -> str:
    """The picture alone."""
    layout = Layout(boxes)
    edges = "".join(f'<path d="{path}" marker-end="url(#tip)"/>' for path in layout.edges())
    parts = "".join(_drawn(box, layout.places[box.name]) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:.0f}" height="{layout.height:.0f}" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" role="img" aria-label="The stages of the pipeline" '
        'font-family="system-ui, sans-serif" text-anchor="middle">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>'
        f'<g fill="none" stroke="#666" stroke-width="1.4">{edges}</g>{parts}</svg>'
    )


@dataclass(frozen=True)
class Place:
    """The middle of a box, or of the gap that an edge passes through, in pixels."""

    x: float
    y: float
    width: float


def _drawn(box: Box, place: Place) -> str:
    fill, line = _FILLS[box.forecast.state]
    left, top = place.x - place.width / 2, place.y - _BOX_HEIGHT / 2
    about = f"{box.forecast.state}: {box.forecast.reason or _MEANINGS[box.forecast.state]}"
    return (
        f"<g><title>{escape(about)}</title>"
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{_BOX_HEIGHT:.1f}" rx="7" '
        f'fill="{fill}" stroke="{line}" stroke-width="1.5"/>'
        f'<text x="{place.x:.1f}" y="{place.y - 11:.1f}" font-size="14" font-weight="600">{escape(box.name)}</text>'
        f'<text x="{place.x:.1f}" y="{place.y + 6:.1f}" font-size="12">{escape(box.forecast.component)}</text>'
        f'<text x="{place.x:.1f}" y="{place.y + 21:.1f}" font-size="11" fill="{line}">{box.forecast.state}</text></g>'
    )


Slot = str | tuple[str, str, int]
"""A box by its name, or where an edge passes a row: (from, to, row)."""


class Layout:
    """Where everything stands. ``boxes`` come inputs first."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._boxes = {box.name: box for box in boxes}
        self._row: dict[str, int] = {}
        for box in boxes:
            self._row[box.name] = max((self._row[above] + 1 for above in box.inputs), default=0)
        self._chains = [self._chain(above, box.name) for box in boxes for above in box.inputs]
        rows = self._ordered()
        widths = [sum(self._width(slot) for slot in row) + _GAP * (len(row) - 1) for row in rows]
        self.width = max(widths) + 2 * _MARGIN
        self.height = (len(rows) - 1) * _ROW_HEIGHT + _BOX_HEIGHT + 2 * _MARGIN
        self.places: dict[Slot, Place] = {}
        for number, row in enumerate(rows):
            x = (self.width - widths[number]) / 2
            for slot in row:
                width = self._width(slot)
                self.places[slot] = Place(
                    x + width / 2, _MARGIN + _BOX_HEIGHT / 2 + number * _ROW_HEIGHT, width
                )  # fmt: skip
                x += width + _GAP

    def edges(self) -> Iterator[str]:
        """The path of each edge: down through its places, each piece an S."""
        half = _BOX_HEIGHT / 2
        for chain in self._chains:
            path = ""
            for upper, lower in itertools.pairwise(chain):
                one, other = self.places[upper], self.places[lower]
                start = one.y + half
                end = other.y - half
                middle = (start + end) / 2
                path += f"{'L' if path else 'M'}{one.x:.1f} {start:.1f}"
                path += f"C{one.x:.1f} {middle:.1f} {other.x:.1f} {middle:.1f} {other.x:.1f} {end:.1f}"
            yield path

    def _chain(self, above: str, below: str) -> list[Slot]:
        between = range(self._row[above] + 1, self._row[below])
        return [above, *((above, below, row) for row in between), below]

    def _ordered(self) -> list[list[Slot]]:
        rows: list[list[Slot]] = [[] for _ in range(max(self._row.values()) + 1)]
        for name, row in self._row.items():
            rows[row].append(name)
        uppers: dict[Slot, list[Slot]] = {}
        lowers: dict[Slot, list[Slot]] = {}
        for chain in self._chains:
            for passed in chain[1:-1]:
                assert isinstance(passed, tuple)
                rows[passed[2]].append(passed)
            for upper, lower in itertools.pairwise(chain):
                uppers.setdefault(lower, []).append(upper)
                lowers.setdefault(upper, []).append(lower)
        for _ in range(_SWEEPS):
            for fixed, slots in itertools.pairwise(rows):
                _sort_by_mean_place(slots, fixed, uppers)
            for fixed, slots in itertools.pairwise(reversed(rows)):
                _sort_by_mean_place(slots, fixed, lowers)
        return rows

    def _width(self, slot: Slot) -> float:
        if isinstance(slot, tuple):
            return _GAP / 2
        box = self._boxes[slot]
        return max(110.0, _LETTER * max(len(box.name) * 1.1, len(box.forecast.component)) + 28)


def _sort_by_mean_place(row: list[Slot], fixed: Sequence[Slot], neighbours: Mapping[Slot, Sequence[Slot]]) -> None:
    """Sort a row by the mean place of its neighbours in the fixed row; who has none there keeps its own place."""
    place = {slot: number / len(fixed) for number, slot in enumerate(fixed)}
    own = {slot: number / len(row) for number, slot in enumerate(row)}

    def mean(slot: Slot) -> float:
        near = [place[other] for other in neighbours.get(slot, ())]
        return sum(near) / len(near) if near else own[slot]

    row.sort(key=mean)
