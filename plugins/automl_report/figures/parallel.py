"""Parallel coordinates of the trials: every tuned parameter an axis, every trial a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from automl.model import SearchResult, TrialRecord
from automl_report.figures.style import Axis, Parallel, Picture
from automl_report.figures.ticks import linear_ticks, log_ticks, tick_text
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
    low, high = float(shown.min()), float(shown.max())
    ticks = [(tick, tick_text(tick)) for tick in linear_ticks(low, high)]
    axes.append(Axis(search.objective, shown.tolist(), ticks, (low, high)))
    merits = (shown - low) / (high - low) if high > low else np.ones(len(shown))
    figure = Parallel(axes, (merits if search.greater_is_better else 1 - merits).tolist())
    caption = (
        "A line is a trial, the yellow ones are the best. The worst tenth of the scores stands at the end of the last "
        "axis."
    )
    width = max(110 * len(axes) + 100, 640)
    return Picture("parallel", "What the trials tried", caption, figure, height=460, least_width=width)


def _is_log(name: str, space: Mapping[str, Any]) -> bool | None:
    """Whether the space declares a log range; None if it does not know the dimension."""
    domain = space.get(name)
    if isinstance(domain, Mapping):
        return bool(domain.get("log", False))
    return str(domain).endswith(", log") if domain is not None else None


def _axis(name: str, column: list[Any], log: bool | None) -> Axis:
    label = ".".join(name.split(".")[-2:])
    present = [value for value in column if value is not _ABSENT]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return _categories(label, column)
    if not all(math.isfinite(value) for value in present):
        return _categories(label, column)
    if log is None:
        log = min(present) > 0 and max(present) / min(present) >= _LOG_RATIO
    return _numbers(label, column, present, log and min(present) > 0)


def _categories(label: str, column: list[Any]) -> Axis:
    """Equally spaced places with their names, absent ones at the foot."""
    texts = [_ABSENT if value is _ABSENT else setting(value) for value in column]
    ordered = sorted(set(texts), key=lambda text: (text != _ABSENT, text))
    places = {text: float(place) for place, text in enumerate(ordered)}
    ticks = [(place, text) for text, place in places.items()]
    return Axis(label, [places[text] for text in texts], ticks, (-0.3, len(ordered) - 0.7))


def _numbers(label: str, column: list[Any], present: list[float], log: bool) -> Axis:
    """A scale of numbers, or of their decimal logarithms; absent ones stand below it at a tick of their own."""
    scaled = np.log10(np.array(present, dtype=np.float64)) if log else np.array(present, dtype=np.float64)
    low, high = float(scaled.min()), float(scaled.max())
    span = high - low or 1.0
    below = low - 0.15 * span
    some_absent = len(present) < len(column)
    values = iter(scaled.tolist())
    found = log_ticks(low, high) if log else linear_ticks(low, high, all(isinstance(v, int) for v in present))
    ticks = [(math.log10(tick) if log else tick, f"{tick:.4g}") for tick in found]
    return Axis(
        label,
        [below if value is _ABSENT else next(values) for value in column],
        [(below, _ABSENT), *ticks] if some_absent else ticks,
        (below - 0.03 * span if some_absent else low - 0.03 * span, low + 1.03 * span),
    )
