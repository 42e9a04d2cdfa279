"""Parallel coordinates of the trials: every tuned parameter an axis, every trial a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from automl.model import SearchResult, TrialRecord
from automl_report.figures.style import Picture, new_figure, plain
from automl_report.wording import setting

_ABSENT = "(none)"
"""Tick of trials in which a conditional parameter did not exist."""
_LOG_RATIO = 50.0
"""A range of positive numbers that spans more is drawn on a log axis where the space does not say."""


def parallel_coordinates(search: SearchResult, trials: Sequence[TrialRecord]) -> Picture | None:
    """None with fewer than two trials or where no parameter varies."""
    settings = [{**t.bindings, **t.parameters} for t in trials]
    names = list(dict.fromkeys(name for values in settings for name in values))
    columns = {name: [values.get(name, _ABSENT) for values in settings] for name in names}
    varying = {name: column for name, column in columns.items() if len({repr(value) for value in column}) > 1}
    if len(trials) < 2 or not varying:
        return None
    scores = np.array([t.score for t in trials], dtype=np.float64)
    worst = np.quantile(scores, 0.1 if search.greater_is_better else 0.9)
    best = scores.max() if search.greater_is_better else scores.min()
    # Trials that went far astray would flatten the axis that matters: they stand at its end.
    shown = np.clip(scores, min(worst, best), max(worst, best))
    axes = [_axis(name, column, _is_log(name, search.space)) for name, column in varying.items()]
    axes.append({"label": plain(search.objective), "values": shown})
    figure = new_figure(margin={"l": 70, "r": 70, "t": 90, "b": 24})
    figure.add_parcoords(
        dimensions=axes,
        labelangle=-18,
        line={
            "color": shown,
            "colorscale": "Viridis",
            "reversescale": not search.greater_is_better,
            "cmin": float(shown.min()),
            "cmax": float(shown.max()),
        },
    )
    caption = (
        "A line is a trial, the yellow ones are the best. Drag along an axis to keep part of it, drag its name to "
        "move it. The worst tenth of the scores stands at the end of the last axis."
    )
    width = 110 * len(axes) + 100
    return Picture("parallel", "What the trials tried", caption, figure, height=460, least_width=width)


def _is_log(name: str, space: Mapping[str, Any]) -> bool | None:
    """Whether the space declares a log range; None if it does not know the dimension."""
    domain = space.get(name)
    if isinstance(domain, Mapping):
        return bool(domain.get("log", False))
    return str(domain).endswith(", log") if domain is not None else None


def _axis(name: str, column: list[Any], log: bool | None) -> dict[str, Any]:
    """One dimension of ``plotly.graph_objects.Parcoords``."""
    label = plain(".".join(name.split(".")[-2:]))
    present = [value for value in column if value is not _ABSENT]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return {"label": label, **_categories(column)}
    if not all(math.isfinite(value) for value in present):
        return {"label": label, **_categories(column)}
    if log is None:
        log = min(present) > 0 and max(present) / min(present) >= _LOG_RATIO
    return {"label": label, **_numbers(column, present, log and min(present) > 0)}


def _categories(column: list[Any]) -> dict[str, Any]:
    """Equally spaced places with their names, absent ones at the foot."""
    texts = [_ABSENT if value is _ABSENT else setting(value) for value in column]
    ordered = sorted(set(texts), key=lambda text: (text != _ABSENT, text))
    places = {text: place for place, text in enumerate(ordered)}
    return {
        "values": [places[text] for text in texts],
        "tickvals": list(range(len(ordered))),
        "ticktext": [plain(text) for text in ordered],
        "range": [-0.3, len(ordered) - 0.7],
    }


def _numbers(column: list[Any], present: list[float], log: bool) -> dict[str, Any]:
    """A scale of numbers, or of their decimal logarithms; absent ones stand below it at a tick of their own."""
    scaled = np.log10(np.array(present, dtype=np.float64)) if log else np.array(present, dtype=np.float64)
    low, high = float(scaled.min()), float(scaled.max())
    span = high - low or 1.0
    below = low - 0.15 * span
    some_absent = len(present) < len(column)
    values = iter(scaled.tolist())
    ticks = _log_ticks(low, high) if log else _linear_ticks(low, high, all(isinstance(v, int) for v in present))
    places = [math.log10(tick) if log else tick for tick in ticks]
    texts = [f"{tick:.4g}" for tick in ticks]
    return {
        "values": [below if value is _ABSENT else next(values) for value in column],
        "tickvals": [below, *places] if some_absent else places,
        "ticktext": [_ABSENT, *texts] if some_absent else texts,
        "range": [below - 0.03 * span if some_absent else low - 0.03 * span, low + 1.03 * span],
    }


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of each decade within [10^low, 10^high]; 1 only where there are many decades; else both ends."""
    digits = (1, 2, 5) if high - low < 3 else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = [digit * 10.0**decade for decade in decades for digit in digits]
    inside = [tick for tick in ticks if low - 1e-9 <= math.log10(tick) <= high + 1e-9]
    return inside if len(inside) > 1 else sorted({10.0**low, 10.0**high})


def _linear_ticks(low: float, high: float, whole: bool) -> list[float]:
    """About six round numbers within the range."""
    if low == high:
        return [low]
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= raw * 0.999)
    if whole:
        step = max(1.0, round(step))
    first = math.ceil(low / step - 1e-9)
    ticks = [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]
    return ticks or [low, high]
