"""Location and spread of a column, where a square or a sum of its values may not fit into a float64.

Weights count as repeated rows would, wherever a statistic allows it; see `quantiles` for the one where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import StageError

if TYPE_CHECKING:
    from automl.dataset import Rows

_MOST_COUNTED = 2.0**53
"""Above this float64 has no longer every whole number."""


def fit_weights(train: Rows) -> np.ndarray | None:
    """How often each row to learn from counts, float64 [n]; None where all count alike.

    Whole-numbered weights are counts, divided by what divides them all; others are brought to a mean of 1.

    Raises StageError if one is missing, infinite, negative or 0: `Rows.counted` leaves those of 0 out.
    """
    if train.weight is None or not len(train):
        return None
    weight = train.weight.to_numpy(dtype=np.float64)
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise StageError("weights are finite numbers above 0 here; mend: correct the weight column")
    if weight.min() == weight.max():
        return None
    if (np.mod(weight, 1.0) == 0).all() and weight.sum() < _MOST_COUNTED:
        return weight / float(np.gcd.reduce(weight.astype(np.int64)))
    share = weight / weight.max()  # a sum of weights near the largest float64 would overflow
    return share / share.mean()


def finite(values: np.ndarray) -> np.ndarray:
    """The values that are neither missing nor infinite."""
    return values[np.isfinite(values)]


def finite_pairs(values: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The finite values with their weights."""
    known = np.isfinite(values)
    return values[known], None if weight is None else weight[known]


def mean_and_deviation(values: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and population standard deviation (ddof 0) of the finite values, by their weights.

    The deviation is exactly 0.0 for a constant or empty column: the rounding of a mean would leave 1e-17, and
    dividing by that turns nothing into noise. An empty column has mean 0.0.
    """
    values, weight = finite_pairs(values, weight)
    if not len(values):
        return 0.0, 0.0
    if values.min() == values.max():
        return float(values[0]), 0.0
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        mean, deviation = _moments(values, weight)
        if np.isfinite(mean) and np.isfinite(deviation) and deviation > 0:
            return mean, deviation
        # Squares overflow above 1e154 and vanish below 1e-162: compute in units of the largest value.
        unit = float(np.abs(values).max())
        mean, deviation = _moments(values / unit, weight)
        return mean * unit, deviation * unit


_AT_ONCE = 1_000_000
"""Numbers whose moments are computed in one go; the steps between need several times their memory."""


def means_and_deviations(columns: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """`mean_and_deviation` of each row of a C-ordered float64 array [columns, n]: float64 [columns] each."""
    means, deviations = np.zeros(len(columns)), np.zeros(len(columns))
    if not columns.size:
        return means, deviations
    step = max(1, _AT_ONCE // columns.shape[1])
    for first in range(0, len(columns), step):
        part = columns[first : first + step]
        plain = np.zeros(len(part), dtype=bool)
        if weight is None and len(part) > 1:
            plain = np.isfinite(part).all(axis=1) & (part.min(axis=1) != part.max(axis=1))
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                found = part[plain].mean(axis=1), part[plain].std(axis=1)
            is_sound = np.isfinite(found[0]) & np.isfinite(found[1]) & (found[1] > 0)
            plain[plain] = is_sound
            for out, values in zip((means, deviations), found, strict=True):
                out[first : first + len(part)][plain] = values[is_sound]
        for place in np.flatnonzero(~plain):
            means[first + place], deviations[first + place] = mean_and_deviation(part[place], weight)
    return means, deviations


def _moments(values: np.ndarray, weight: np.ndarray | None) -> tuple[float, float]:
    if weight is None:
        return float(values.mean()), float(values.std())
    mean = float(np.average(values, weights=weight))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))


def finite_mean(values: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean of the finite values, 0.0 if there are none."""
    return mean_and_deviation(values, weight)[0]


def finite_median(values: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Median of the finite values, 0.0 if there are none.

    With weights the middle of the lower and the upper weighted median.
    """
    values, weight = finite_pairs(values, weight)
    if not len(values):
        return 0.0
    ordered, reached = _cumulated(values, np.ones(len(values)) if weight is None else weight)
    half = reached[-1] / 2
    slack = 1e-12 * reached[-1]
    lower = ordered[np.searchsorted(reached, half - slack, side="left")]
    upper = ordered[min(int(np.searchsorted(reached, half + slack, side="right")), len(ordered) - 1)]
    return float(lower + (upper - lower) / 2 if lower != upper else lower)


def most_frequent(values: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The finite value with the largest total weight, of equal ones the smallest; 0.0 if there are none."""
    values, weight = finite_pairs(values, weight)
    if not len(values):
        return 0.0
    distinct, place = np.unique(values, return_inverse=True)
    totals = np.bincount(place, weights=weight)
    return float(distinct[_first_of_largest(totals)])


def _first_of_largest(totals: np.ndarray) -> int:
    """Where the largest total is; sums that differ by rounding alone are equal."""
    return int(np.argmax(totals >= totals.max() * (1 - 1e-12)))


def quantiles(values: np.ndarray, shares: Sequence[float] | np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Quantiles of finite values, at least one, interpolated as `numpy.quantile` does; float64 [shares].

    Whole-numbered weights count as so many rows. Others stretch the axis along which is interpolated: each value lies
    in the middle of its own weight, so that equal weights change nothing. Weights are as `fit_weights` gives them.
    """
    wanted = np.asarray(shares, dtype=np.float64)
    if weight is None:
        result: np.ndarray = np.quantile(values, wanted)
        return result
    ordered, reached = _cumulated(values, weight)
    position = wanted * max(reached[-1] - 1, 0.0)
    if not are_counts(weight):
        middles = reached - np.diff(reached, prepend=0.0) / 2 - 0.5
        return np.interp(position, middles, ordered)
    whole = np.floor(position)
    low = ordered[np.searchsorted(reached, whole, side="right")]
    high = ordered[np.minimum(np.searchsorted(reached, whole + 1, side="right"), len(ordered) - 1)]
    return low + (high - low) * (position - whole)


def are_counts(weight: np.ndarray) -> bool:
    """Whether weights, as `fit_weights` gives them, are whole numbers."""
    return bool((np.mod(weight, 1.0) == 0).all())


def _cumulated(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values in order, and the weight of each together with all before it."""
    order = np.argsort(values, kind="stable")
    return values[order], np.cumsum(weight[order])
