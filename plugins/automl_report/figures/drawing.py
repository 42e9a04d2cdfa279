"""Charts as SVG inside the page: no script, so that a page is small, prints, and needs nothing but a browser.

A plotting library for browsers would be half of every report or more: plotly.js alone is 4.8 MB, 2 MB as compressed
text, and its smaller bundles are not on the Python package index. What a report draws are lines, dots, bars, a matrix
and parallel coordinates.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

import numpy as np

from automl_report.figures.style import Axis, Bars, Cells, Chart, Dots, Line, Numbers, Parallel, Picture, Ticks
from automl_report.figures.ticks import linear_ticks, tick_text

_WIDTH = 400
"""Of a picture in px: what a card on a wide screen, and the whole of a telephone, nearly have; texts stay legible."""
_MOST_ENLARGED = 1.35
_LETTER = 6.8
"""Width of a letter of 12 px, about."""
_MOST_TIPS = 400
_VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))


def draw(picture: Picture) -> str:
    """The picture's figure as markup: an SVG, and its legend above it."""
    figure, height, width = picture.figure, picture.height, max(picture.least_width, _WIDTH)
    if isinstance(figure, Parallel):
        return _framed(_parallel(figure, width, height), width, height, picture.title)
    return _legend(figure) + _framed(_Canvas(figure, width, height).markup(picture.id), width, height, picture.title)


def _framed(inside: str, width: int, height: int, title: str) -> str:
    most = f'style="max-width:{width * _MOST_ENLARGED:.0f}px"'
    frame = f'viewBox="0 0 {width} {height}" {most} role="img" aria-label="{_escape(title)}"'
    return f'<svg class="chart" {frame}>{inside}</svg>'


def _legend(chart: Chart) -> str:
    entries: dict[str, str] = {}
    for mark in chart.marks:
        if isinstance(mark, Cells) or not mark.name:
            continue
        if isinstance(mark, Line):
            swatch = f'<path d="M0 5h22" stroke="{mark.colour}" stroke-width="{mark.width}" {_dashed(mark.dash)}/>'
        else:
            shape = '<circle cx="11" cy="5" r="4" ' if isinstance(mark, Dots) else '<path d="M2 0h18v10h-18z" '
            swatch = f'{shape}fill="{mark.colour}" fill-opacity="{mark.opacity}"/>'
        text = f'<li><svg class="swatch" viewBox="0 0 22 10" aria-hidden="true">{swatch}</svg>{_escape(mark.name)}</li>'
        entries.setdefault(mark.name, text)
    return f'<ul class="legend">{"".join(entries.values())}</ul>' if entries else ""


class _Canvas:
    """A chart's frame: where its numbers lie in the picture."""

    def __init__(self, chart: Chart, width: int, height: int) -> None:
        self._chart = chart
        cells = next((mark for mark in chart.marks if isinstance(mark, Cells)), None)
        self._x = chart.x_range or _range(chart, "x")
        self._y = chart.y_range or _range(chart, "y")
        if cells is not None:
            rows, columns = len(cells.shares), len(cells.shares[0])
            self._x, self._y = (-0.5, columns - 0.5), (rows - 0.5, -0.5)
        self._across = chart.x_ticks or _ticks(*self._x, chart.whole_x)
        self._up = chart.y_ticks or _ticks(*self._y, whole=False)
        self._left = 30 + _LETTER * min(_longest(self._up), 20)
        self._slanted = len(self._across) * _longest(self._across) * _LETTER > 0.8 * width
        # What the texts under the axis take up; slanted ones by their slope.
        self._texts = 22 + (_LETTER * 0.75 * min(_longest(self._across), 20) if self._slanted else 16)
        self._right, self._top, self._bottom = width - 14.0, 12.0, height - self._texts - 12

    def markup(self, name: str) -> str:
        """Grid, marks, and titles of the axes; ``name`` is the picture's own on its page."""
        clip = f"clip-{name}"
        parts = [*self._grid()]
        box = f'<rect x="{self._left:.1f}" y="{self._top:.1f}" width="{self._right - self._left:.1f}" '
        parts.append(f'<clipPath id="{clip}">{box}height="{self._bottom - self._top:.1f}"/></clipPath>')
        parts.append(f'<g clip-path="url(#{clip})">')
        for mark in self._chart.marks:
            if isinstance(mark, Line):
                parts.append(self._line(mark))
            elif isinstance(mark, Dots):
                parts += self._dots(mark)
            elif isinstance(mark, Bars):
                parts.append(self._bars(mark))
            else:
                parts += self._cells(mark)
        parts.append("</g>")
        middle, half = (self._left + self._right) / 2, (self._top + self._bottom) / 2
        parts.append(_text(middle, self._bottom + self._texts, self._chart.x, "middle", "title"))
        parts.append(
            f'<g transform="translate(12 {half:.1f}) rotate(-90)">{_text(0, 0, self._chart.y, "middle", "title")}</g>'
        )
        return "".join(parts)

    def _grid(self) -> Iterable[str]:
        lines = [f"M{self._place_x(x):.1f} {self._top:.1f}V{self._bottom:.1f}" for x, _ in self._across]
        lines += [f"M{self._left:.1f} {self._place_y(y):.1f}H{self._right:.1f}" for y, _ in self._up]
        yield f'<path class="grid" d="{"".join(lines)}"/>'
        for x, text in self._across:
            if self._slanted:
                at = f"translate({self._place_x(x):.1f} {self._bottom + 12:.1f}) rotate(-40)"
                yield f'<g transform="{at}">{_text(0, 0, text, "end")}</g>'
            else:
                yield _text(self._place_x(x), self._bottom + 16, text, "middle")
        for y, text in self._up:
            yield _text(self._left - 6, self._place_y(y) + 4, text, "end")

    def _place_x(self, value: float) -> float:
        return _between(value, self._x, self._left, self._right)

    def _place_y(self, value: float) -> float:
        return _between(value, self._y, self._bottom, self._top)

    def _line(self, line: Line) -> str:
        steps: list[str] = []
        drawing = False
        for x, y in zip(line.x, line.y, strict=True):
            if not (_known(x) and _known(y)):
                drawing = False
                continue
            assert x is not None
            assert y is not None
            across, up = f"{self._place_x(x):.1f}", f"{self._place_y(y):.1f}"
            joined = f"H{across}V{up}" if line.step else f"L{across} {up}"
            steps.append(joined if drawing else f"M{across} {up}")
            drawing = True
        stroke = f'stroke="{line.colour}" stroke-width="{line.width}" {_dashed(line.dash)}'
        return f'<path class="line" d="{"".join(steps)}" {stroke}/>'

    def _dots(self, dots: Dots) -> Iterable[str]:
        places = [
            (self._place_x(x), self._place_y(y), place)
            for place, (x, y) in enumerate(zip(dots.x, dots.y, strict=True))
            if _known(x) and _known(y) and x is not None and y is not None
        ]
        style = f'stroke="{dots.colour}" stroke-width="{dots.size}" stroke-opacity="{dots.opacity}"'
        if not dots.tips or len(places) > _MOST_TIPS:
            yield f'<path class="dots" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y, _ in places)}" {style}/>'
            return
        for x, y, place in places:
            yield f'<path class="dots" d="M{x:.1f} {y:.1f}h0" {style}><title>{_escape(dots.tips[place])}</title></path>'

    def _bars(self, bars: Bars) -> str:
        foot = self._place_y(0.0)
        drawn = [
            f"M{self._place_x(low):.1f} {foot:.1f}V{self._place_y(height):.1f}H{self._place_x(high):.1f}V{foot:.1f}z"
            for low, high, height in zip(bars.edges[:-1], bars.edges[1:], bars.heights, strict=True)
        ]
        return f'<path d="{"".join(drawn)}" fill="{bars.colour}" fill-opacity="{bars.opacity}"/>'

    def _cells(self, cells: Cells) -> Iterable[str]:
        for row, shares in enumerate(cells.shares):
            for column, share in enumerate(shares):
                left, right = self._place_x(column - 0.5) + 1, self._place_x(column + 0.5) - 1
                top, bottom = self._place_y(row - 0.5) + 1, self._place_y(row + 0.5) - 1
                text = cells.texts[row][column]
                yield (
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
                    f'fill="{cells.colour}" fill-opacity="{0.05 + 0.8 * share:.3f}">'
                    f"<title>{_escape(text)} ({share:.1%})</title></rect>"
                )
                if cells.named:
                    middle = (left + right) / 2
                    yield _text(middle, (top + bottom) / 2 - 2, text, "middle", "cell")
                    yield _text(middle, (top + bottom) / 2 + 13, f"{share:.0%}", "middle", "cell")


def _parallel(figure: Parallel, width: int, height: int) -> str:
    """Upright axes, and a line for each entry, the best drawn last."""
    left, right, top, bottom = 80.0, width - 60.0, 74.0, height - 16.0
    across = np.linspace(left, right, len(figure.axes))
    parts: list[str] = []
    for entry in np.argsort(figure.merits, kind="stable"):
        ups = [_between(axis.values[entry], axis.range, bottom, top) for axis in figure.axes]
        steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, ups, strict=True))
        parts.append(f'<path class="line" d="M{steps}" stroke="{_viridis(figure.merits[entry])}" stroke-width="1.6"/>')
    for x, axis in zip(across, figure.axes, strict=True):
        parts += _axis(axis, float(x), top, bottom)
    return "".join(parts)


def _axis(axis: Axis, x: float, top: float, bottom: float) -> Iterable[str]:
    yield f'<path class="axis" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'
    label = _text(0, 0, axis.label, "start", "title")
    yield f'<g transform="translate({x:.1f} {top - 12:.1f}) rotate(-18)">{label}</g>'
    for value, text in axis.ticks:
        up = _between(value, axis.range, bottom, top)
        yield f'<path class="axis" d="M{x - 4:.1f} {up:.1f}h4"/>'
        yield _text(x - 7, up + 4, text, "end", "tick halo")


def _viridis(share: float) -> str:
    """From dark violet to yellow."""
    place = min(max(share, 0.0), 1.0) * (len(_VIRIDIS) - 1)
    low = min(int(place), len(_VIRIDIS) - 2)
    mixed = [round(a + (b - a) * (place - low)) for a, b in zip(_VIRIDIS[low], _VIRIDIS[low + 1], strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _range(chart: Chart, axis: str) -> tuple[float, float]:
    """All that is drawn along an axis, with a margin; bars begin at zero."""
    found: list[float] = []
    for mark in chart.marks:
        if isinstance(mark, Bars):
            found += list(mark.edges) if axis == "x" else [0.0, *mark.heights]
        elif not isinstance(mark, Cells):
            values: Numbers = mark.x if axis == "x" else mark.y
            found += [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if low == high:
        return low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    from_zero = axis == "y" and low == 0 and any(isinstance(mark, Bars) for mark in chart.marks)
    margin = 0.04 * (high - low)
    return low if from_zero else low - margin, high + margin


def _ticks(low: float, high: float, whole: bool) -> Ticks:
    return [(tick, tick_text(tick)) for tick in linear_ticks(low, high, whole)]


def _between(value: float, ends: Sequence[float], first: float, last: float) -> float:
    share = (value - ends[0]) / (ends[1] - ends[0]) if ends[1] != ends[0] else 0.5
    return first + min(max(share, -1.0), 2.0) * (last - first)  # far outside is outside


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _dashed(dash: str) -> str:
    return {"dash": 'stroke-dasharray="7 5"', "dot": 'stroke-dasharray="2 4"'}.get(dash, "")


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    if not text:
        return ""
    shown = _escape(text if len(text) <= 60 else f"{text[:59]}…")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{shown}</text>'


def _longest(ticks: Ticks) -> int:
    return max((len(text) for _, text in ticks), default=1)


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
