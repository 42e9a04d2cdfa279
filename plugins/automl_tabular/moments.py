"""Location and spread of a column, where a square or a sum of its values may not fit into a float64."""

from __future__ import annotations

import numpy as np


def finite(values: np.ndarray) -> np.ndarray:
    """The values that are neither missing nor infinite."""
    return values[np.isfinite(values)]


def mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Mean and population standard deviation (ddof 0) of the finite values.

    The deviation is exactly 0.0 for a constant or empty column: the rounding of a mean would leave 1e-17, and
    dividing by that turns nothing into noise. An empty column has mean 0.0.
    """
    values = finite(values)
    if not len(values):
        return 0.0, 0.0
    if values.min() == values.max():
        return float(values[0]), 0.0
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        mean, deviation = values.mean(), values.std()
        if np.isfinite(mean) and np.isfinite(deviation) and deviation > 0:
            return float(mean), float(deviation)
        # Squares overflow above 1e154 and vanish below 1e-162: compute in units of the largest value.
        unit = np.abs(values).max()
        scaled = values / unit
        return float(scaled.mean() * unit), float(scaled.std() * unit)


def finite_mean(values: np.ndarray) -> float:
    """Mean of the finite values, 0.0 if there are none."""
    return mean_and_deviation(values)[0]


def finite_median(values: np.ndarray) -> float:
    """Median of the finite values, 0.0 if there are none."""
    values = finite(values)
    if not len(values):
        return 0.0
    middle = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]]
    return float(middle[0] + (middle[1] - middle[0]) / 2 if middle[0] != middle[1] else middle[0])
