"""Scores, times and parameters as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.search.space import nested


def figure(value: float) -> str:
    """A score to four significant digits, so that scores of one search line up: 0.5213, 48.12, 48,123."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude < -4:
        return f"{value:.3e}"
    return f"{value:,.{max(3 - magnitude, 0)}f}"


def clock(seconds: float) -> str:
    """Time since a start: 00:12, 1:02:03."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


def duration(seconds: float) -> str:
    """How long something took: 0.3 s, 42 s, 3 min 5 s, 1 h 12 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def one_line(text: str) -> str:
    """The first line that says something, with single spaces."""
    return next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")


def outcome(summary: Mapping[str, Any]) -> str:
    """What a stage says of its result: ``20,640 rows, 9 columns`` or ``rmse 0.5213, mae 0.4012``."""
    parts = []
    for name, value in summary.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        if isinstance(value, int):
            parts.append(f"{value:,} {name}")
        else:
            parts.append(f"{name} {figure(value) if isinstance(value, float) else value}")
    return ", ".join(parts)


def parameters(values: Mapping[str, Any]) -> str:
    """A trial's flat values in short: ``depth 3, optimizer adamw (learning_rate 0.0021)``."""
    return _parameters(nested(values))


def _parameters(values: Mapping[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            for branch, inner in value.items():
                parts.append(f"{name} {branch} ({_parameters(inner)})")
        else:
            parts.append(f"{name} {_value(value)}")
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return str(value)


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
