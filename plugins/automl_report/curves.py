"""What pictures of predictions are drawn from: confusion counts, ROC and precision-recall curves, residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl_report.judgement import Judgement
from automl_report.metrics import confusion, ranking_score
from automl_report.ranking import precision_recall_points, roc_points

CURVE_POINTS = 500
_MOST_CLASSES = 24
_BINS = 60
_GRID = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True)
class Confusion:
    """``counts[i][j]``: test rows of ``truth_labels[i]`` that were called ``called_labels[j]``, or their weight."""

    truth_labels: list[str]
    called_labels: list[str]
    counts: np.ndarray


def confusion_of(judgement: Judgement, name: str) -> Confusion:
    """Counts by class; of more than 24 classes the most frequent ones are kept and the rest counted together."""
    task, truth = judgement.task, judgement.truth
    classes = list(task.classes)
    counts = confusion(truth, judgement.predictions[name].argmax(axis=1), len(classes), judgement.weight)
    unseen, counts = counts[-1, :-1], counts[:-1, :-1]
    if len(classes) > _MOST_CLASSES:
        frequent = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[: _MOST_CLASSES - 1])
        place = np.full(len(classes), len(frequent))
        place[frequent] = np.arange(len(frequent))
        into = np.eye(len(frequent) + 1, dtype=counts.dtype)[place]
        counts, unseen = into.T @ counts @ into, unseen @ into
        classes = [classes[k] for k in frequent] + [f"{len(classes) - len(frequent)} others"]
    if not unseen.any():
        return Confusion(classes, classes, counts)
    return Confusion([*classes, "(not in training)"], classes, np.vstack([counts, unseen]))


def roc_of(judgement: Judgement, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """False and true positive rates; None where undefined.

    Multiclass: the macro average, that is the mean over the classes (each against the rest) of the true positive
    rate at equal false positive rates.
    """
    truth, predicted = judgement.truth, judgement.predictions[name]
    if not np.isfinite(predicted).all():
        return None
    if judgement.task.kind == "binary":
        curve = roc_points(truth == 1, ranking_score(truth, predicted[:, 1]), judgement.weight)
        return None if np.isnan(curve).any() else _thinned(*curve)
    rates = []
    for k in range(predicted.shape[1]):
        false, caught = roc_points(truth == k, ranking_score(truth, predicted[:, k]), judgement.weight)
        if not np.isnan(false).any() and not np.isnan(caught).any():
            rates.append(np.interp(_GRID, false, caught))
    return (np.append(0.0, _GRID), np.append(0.0, np.mean(rates, axis=0))) if rates else None


def precision_recall_of(judgement: Judgement, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Recall and precision of the positive class of a binary task; None for other tasks or where undefined."""
    truth, predicted = judgement.truth, judgement.predictions[name]
    if judgement.task.kind != "binary" or not np.isfinite(predicted).all():
        return None
    recall, precision = precision_recall_points(truth == 1, ranking_score(truth, predicted[:, 1]), judgement.weight)
    return None if np.isnan(recall).any() else _thinned(recall, precision)


def residuals_of(judgement: Judgement, name: str) -> np.ndarray:
    """Prediction minus truth, in the target's unit [n]."""
    residuals: np.ndarray = judgement.predictions[name] - judgement.truth
    return residuals


def residual_histogram(judgement: Judgement, names: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Bin edges shared by all names, and the rows in each bin, each as much as it weighs.

    The bins span the middle 98 % of all residuals; what lies beyond is counted in the outermost bins.
    """
    residuals = {name: residuals_of(judgement, name) for name in names}
    known = {name: np.isfinite(values) for name, values in residuals.items()}
    low, high = np.quantile(np.concatenate([*(residuals[n][k] for n, k in known.items()), np.zeros(1)]), [0.01, 0.99])
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    weight = judgement.weight
    return edges, {
        name: np.histogram(
            np.clip(values[known[name]], edges[0], edges[-1]),
            edges,
            weights=None if weight is None else weight[known[name]],
        )[0]
        for name, values in residuals.items()
    }


def residual_quantiles(judgement: Judgement, name: str, levels: Sequence[float]) -> np.ndarray:
    """Quantiles of the finite residuals, of rows with weights by these; empty where there is none."""
    residuals = residuals_of(judgement, name)
    known = np.isfinite(residuals)
    if not known.any():
        return np.empty(0)
    if judgement.weight is None:
        return np.asarray(np.quantile(residuals[known], levels))
    return np.asarray(np.quantile(residuals[known], levels, weights=judgement.weight[known], method="inverted_cdf"))


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most 500 points, both ends among them."""
    if len(x) <= CURVE_POINTS:
        return x, y
    kept = np.linspace(0, len(x) - 1, CURVE_POINTS).round().astype(int)
    return x[kept], y[kept]
