"""The exponent of a power transform by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from automl_tabular.moments import mean_and_deviation

HALF_THE_EXPONENTS: Final = 336.0
"""Half of what a float64's exponent can be, as a natural logarithm: the square of e to this power is finite."""


def most_likely(
    transform: Callable[[float], np.ndarray], slope: np.ndarray, weight: np.ndarray | None, bounds: tuple[float, float]
) -> float:
    """The lambda under which the transformed rows are most likely normal, each row as often as its weight says.

    `scipy.stats.yeojohnson_normmax` and `boxcox_normmax` maximise the same function for rows that count alike; they
    take 7 ms for a short column, most of it around the computation, and know no weights.

    Args:
        transform: the values under a lambda, float64 [n].
        slope: what the logarithm of the transform's derivative gains with lambda, float64 [n].
        weight: float64 [n], above 0; None where all rows count alike.
        bounds: between which lambda lies.
    """
    from scipy import optimize

    gain = float(np.average(slope, weights=weight))

    def cost(lmbda: float) -> float:
        deviation = mean_and_deviation(transform(lmbda), weight)[1]
        value = float(np.log(deviation) - (lmbda - 1.0) * gain)
        return value if np.isfinite(value) else np.inf

    with np.errstate(all="ignore"):  # near the bounds the transform leaves the numbers, and the optimizer meets inf
        return float(optimize.fminbound(cost, *bounds, xtol=1e-8))
