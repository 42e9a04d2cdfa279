"""How numbers and names are written for people."""

from __future__ import annotations

import math
from typing import Any

DASH = "\u2013"
MINUS = "\u2212"
_BASELINE = "baseline."
_KNOWN = {"hist_gradient_boosting": "histogram boosting", "constant": "a constant"}


def number(value: float | None) -> str:
    """Four significant digits, whole with separators from 10,000 on; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    if 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:#.4g}".rstrip(".")


def percent(share: float) -> str:
    return f"{100 * share:.2g} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"


def count(amount: int, thing: str) -> str:
    """``1 trial``, ``2,000 trials``."""
    return f"{amount:,} {thing}{'' if amount == 1 else 's'}"


def model_label(name: str, kind: str | None = None) -> str:
    """``mlp (t7)`` for a trial, ``histogram boosting`` for a baseline."""
    if name.startswith(_BASELINE):
        short = name.removeprefix(_BASELINE)
        return _KNOWN.get(short, short.replace("_", " "))
    return f"{kind} ({name})" if kind else name


def setting(value: Any) -> str:
    """A parameter's value."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(setting(item) for item in value) + "]"
    return str(value)
