"""The exponent of a power transform by maximum likelihood, of rows with weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from automl_tabular.moments import mean_and_deviation

HALF_THE_EXPONENTS: Final = 336.0
"""Half of what a float64's exponent can be, as a natural logarithm: the square of e to this power is finite."""


def most_likely(
    transform: Callable[[float], np.ndarray], slope: np.ndarray, weight: np.ndarray, bounds: tuple[float, float]
) -> float:
    """The lambda under which the transformed rows are most likely normal, each row as often as its weight says.

    `scipy.stats` has it for rows that count alike; this maximises the same function with weights.

    Args:
        transform: the values under a lambda, float64 [n].
        slope: what the logarithm of the transform's derivative gains with lambda, float64 [n].
        weight: float64 [n], above 0.
        bounds: between which lambda lies.
    """
    from scipy import optimize

    gain = float(np.average(slope, weights=weight))

    def cost(lmbda: float) -> float:
        with np.errstate(all="ignore"):
            deviation = mean_and_deviation(transform(lmbda), weight)[1]
            value = float(np.log(deviation) - (lmbda - 1.0) * gain)
        return value if np.isfinite(value) else np.inf

    return float(optimize.fminbound(cost, *bounds, xtol=1e-8))
