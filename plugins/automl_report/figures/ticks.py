"""Where the ticks of an axis stand."""

from __future__ import annotations

import math


def linear_ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """About six round numbers within the range."""
    if low == high or not math.isfinite(high - low):
        return [low]
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((digit * power for digit in (1, 2, 5, 10) if digit * power >= raw * 0.999), 10 * power)
    if whole:
        step = max(1.0, round(step))
    first = math.ceil(low / step - 1e-9)
    ticks = [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]
    return ticks or [low, high]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of each decade within [10^low, 10^high]; 1 only where there are many decades; else both ends."""
    digits = (1, 2, 5) if high - low < 3 else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = [digit * 10.0**decade for decade in decades for digit in digits]
    inside = [tick for tick in ticks if low - 1e-9 <= math.log10(tick) <= high + 1e-9]
    return inside if len(inside) > 1 else sorted({10.0**low, 10.0**high})


def tick_text(value: float) -> str:
    """Short, with separators where a number is long: 0.05, 1,000, 2e+06."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 and value == round(value) else f"{value:.4g}"
