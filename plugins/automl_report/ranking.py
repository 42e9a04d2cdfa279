"""What a threshold over scores catches: the counts behind ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np


def threshold_counts(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the positives and of the negatives at or above each distinct score, from the highest score down.

    Args:
        positive: bool [n].
        score: float [n]; +inf is allowed and comes first. No NaN.
        weight: float64 [n] or None for ones.

    Returns:
        True positives and false positives, [distinct scores] each; the last entries are the totals.
    """
    order = np.argsort(-score)
    ordered = score[order]
    last_of_ties = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    hit = positive[order]
    if weight is None:
        caught = np.cumsum(hit)[last_of_ties]
        return caught, last_of_ties + 1 - caught
    heavy = weight[order]
    return np.cumsum(heavy * hit)[last_of_ties], np.cumsum(heavy * ~hit)[last_of_ties]


def roc_points(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rates, beginning at (0, 0); NaN rates where one side has no weight."""
    caught, false = threshold_counts(positive, score, weight)
    return _from_zero(false), _from_zero(caught)


def roc_area(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area under the ROC curve by the trapezoidal rule (ties count half); NaN where one side has no weight."""
    false, caught = roc_points(positive, score, weight)
    return float(np.trapezoid(caught, false))


def precision_recall_points(
    positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision at each distinct score, from the highest down; NaN where there are no positives."""
    caught, false = threshold_counts(positive, score, weight)
    flagged = caught + false
    precision = np.divide(caught, flagged, out=np.zeros(len(flagged)), where=flagged > 0)
    return _from_zero(caught)[1:], precision


def average_precision(positive: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Sum over the thresholds of (recall gained) x (precision), without interpolation; NaN without positives.

    The definition of ``sklearn.metrics.average_precision_score``.
    """
    recall, precision = precision_recall_points(positive, score, weight)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _from_zero(counts: np.ndarray) -> np.ndarray:
    """Counts as shares of their total, with a leading 0."""
    total = counts[-1]
    return np.concatenate(([0.0], counts / total)) if total > 0 else np.full(len(counts) + 1, np.nan)
