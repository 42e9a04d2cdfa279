"""The built-in metrics, in numpy.

A metric is called after every epoch of every trial and hundreds of times for a bootstrap interval. The functions of
``sklearn.metrics`` spend 1 to 12 ms a call on 10,000 rows (38 ms for a multiclass ROC AUC), most of it on checking
their input, and importing them costs each worker two seconds. The definitions are theirs, and the tests hold every
metric to them; where a score is undefined the answer is NaN and no warning.

A true class that was never trained on has the code -1 and is always wrong: no predicted class equals it, its
probability is 0, and in a ranking it is a negative that stands above everyone.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from automl.learning import Metric, TaskKind
from automl_report.ranking import average_precision, roc_area

_REGRESSION: frozenset[TaskKind] = frozenset({"regression"})
_BINARY: frozenset[TaskKind] = frozenset({"binary"})
_CLASSIFICATION: frozenset[TaskKind] = frozenset({"binary", "multiclass"})


class _FiniteMetric(Metric):
    """A metric that is NaN where there are no rows or where truth, predictions or the result are not finite.

    A row of weight 0 is no row: nothing that stands in it counts.
    """

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        if weight is not None:
            counts = weight > 0
            truth, predicted, weight = truth[counts], predicted[counts], weight[counts]
        if not len(truth) or not np.isfinite(predicted).all() or not np.isfinite(truth).all():
            return float("nan")
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value = float(self.finite_score(truth, np.asarray(predicted, dtype=np.float64), weight))
        return value if np.isfinite(value) else float("nan")

    @abstractmethod
    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        """`score` for at least one row, finite values and positive weights."""

    def undefined(self, truth: np.ndarray, weight: np.ndarray | None = None) -> str | None:
        if weight is not None:
            truth = truth[weight > 0]
        if not len(truth):
            return "there are no rows" if weight is None else "no row has a weight above 0"
        return self.unscorable(truth)

    def unscorable(self, truth: np.ndarray) -> str | None:  # noqa: ARG002 - most can score any values
        """`undefined` for at least one row, all of which count."""
        return None


class RootMeanSquaredError(_FiniteMetric):
    """Root mean squared error"""

    id: ClassVar[str] = "rmse"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _REGRESSION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(np.sqrt(np.average((truth - predicted) ** 2, weights=weight)))


class MeanAbsoluteError(_FiniteMetric):
    """Mean absolute error"""

    id: ClassVar[str] = "mae"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _REGRESSION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(np.average(np.abs(truth - predicted), weights=weight))


class R2(_FiniteMetric):
    """Explained share of the variance (R²)"""

    id: ClassVar[str] = "r2"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _REGRESSION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        if _is_constant(truth):
            return np.nan  # their mean may be rounded to another number, and the spread be above 0
        mean = np.average(truth, weights=weight)
        spread = np.average((truth - mean) ** 2, weights=weight)
        return float(1.0 - np.average((truth - predicted) ** 2, weights=weight) / spread) if spread > 0 else np.nan

    def unscorable(self, truth: np.ndarray) -> str | None:
        return "all true values are equal, so that there is no variance to explain" if _is_constant(truth) else None


class MeanAbsolutePercentageError(_FiniteMetric):
    """Mean absolute percentage error

    A fraction: 0.1 is ten per cent. NaN where a true value is 0 (scikit-learn divides by 2.2e-16 there).
    """

    id: ClassVar[str] = "mape"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _REGRESSION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(np.average(np.abs((truth - predicted) / truth), weights=weight))

    def unscorable(self, truth: np.ndarray) -> str | None:
        zeros = int((truth == 0).sum())
        return f"{zeros:,} of {len(truth):,} true values are 0, and it divides by them" if zeros else None


class MedianAbsoluteError(_FiniteMetric):
    """Median absolute error

    With weights: the middle of the lower and the upper weighted median.
    """

    id: ClassVar[str] = "medae"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _REGRESSION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        error = np.abs(truth - predicted)
        if weight is None:
            return float(np.median(error))
        order = np.argsort(error)
        order = order[weight[order] > 0]
        reached = np.cumsum(weight[order])
        half, slack = reached[-1] / 2, 1e-12 * reached[-1]  # sums of weights are rounded
        middle = [
            np.searchsorted(reached, half - slack, side="left"),
            min(np.searchsorted(reached, half + slack, side="right"), len(reached) - 1),
        ]
        return float(error[order[middle]].mean())


class Accuracy(_FiniteMetric):
    """Accuracy"""

    id: ClassVar[str] = "accuracy"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(np.average(predicted.argmax(axis=1) == truth, weights=weight))


class BalancedAccuracy(_FiniteMetric):
    """Balanced accuracy

    Mean recall over the classes that occur among the true ones, the unseen one (-1) included.
    """

    id: ClassVar[str] = "balanced_accuracy"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        counts = confusion(truth, predicted.argmax(axis=1), predicted.shape[1], weight)
        rows = counts.sum(axis=1)
        return float((counts.diagonal()[rows > 0] / rows[rows > 0]).mean())


class RocAuc(_FiniteMetric):
    """Area under the ROC curve

    Multiclass: one class against the rest, mean over the classes for which both sides occur. NaN if there are none.
    """

    id: ClassVar[str] = "roc_auc"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        positives = range(1, 2) if predicted.shape[1] == 2 else range(predicted.shape[1])
        areas = np.array([roc_area(truth == k, ranking_score(truth, predicted[:, k]), weight) for k in positives])
        defined = areas[~np.isnan(areas)]
        return float(defined.mean()) if len(defined) else np.nan

    def unscorable(self, truth: np.ndarray) -> str | None:
        return _one_class(truth)


class PrAuc(_FiniteMetric):
    """Area under the precision-recall curve (average precision)"""

    id: ClassVar[str] = "pr_auc"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _BINARY

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return average_precision(truth == 1, ranking_score(truth, predicted[:, 1]), weight)

    def unscorable(self, truth: np.ndarray) -> str | None:
        return None if (truth == 1).any() else "no row is of the positive class"


class LogLoss(_FiniteMetric):
    """Log loss

    Probabilities are clipped to [2.2e-16, 1 - 2.2e-16], so that a row costs 36 nats at most.
    """

    id: ClassVar[str] = "log_loss"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        of_true_class = np.where(truth >= 0, predicted[np.arange(len(truth)), truth], 0.0)
        smallest = np.finfo(np.float64).eps
        return float(np.average(-np.log(np.clip(of_true_class, smallest, 1.0 - smallest)), weights=weight))


class Brier(_FiniteMetric):
    """Brier score

    Mean squared error of the positive class's probability; a row of an unseen class costs 1.
    """

    id: ClassVar[str] = "brier"
    greater_is_better: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = _BINARY

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        error = np.where(truth >= 0, predicted[:, 1] - truth, 1.0)
        return float(np.average(error**2, weights=weight))


class F1(_FiniteMetric):
    """F1 score

    Binary: of the positive class, NaN where it neither occurs nor is predicted. Multiclass: mean over all classes
    that occur or are predicted, the unseen one (-1) included.
    """

    id: ClassVar[str] = "f1"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        classes = predicted.shape[1]
        counts = confusion(truth, predicted.argmax(axis=1), classes, weight)
        both = counts.sum(axis=0) + counts.sum(axis=1)
        if classes == 2:
            return float(2 * counts[1, 1] / both[1]) if both[1] > 0 else np.nan
        return float((2 * counts.diagonal()[both > 0] / both[both > 0]).mean())


class Precision(_FiniteMetric):
    """Precision

    Binary: the share of the rows called positive that are, NaN where none is called so. Multiclass: mean over all
    classes that occur or are predicted, the unseen one (-1) included; 0 for a class that is never predicted.
    """

    id: ClassVar[str] = "precision"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        counts = confusion(truth, predicted.argmax(axis=1), predicted.shape[1], weight)
        return _share_of_right(counts, counts.sum(axis=0))


class Recall(_FiniteMetric):
    """Recall

    Binary: the share of the positive rows that are called so, NaN where there is none. Multiclass: mean over all
    classes that occur or are predicted, the unseen one (-1) included; 0 for a class that never occurs.
    """

    id: ClassVar[str] = "recall"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        counts = confusion(truth, predicted.argmax(axis=1), predicted.shape[1], weight)
        return _share_of_right(counts, counts.sum(axis=1))


class Mcc(_FiniteMetric):
    """Matthews correlation coefficient

    Gorodkin (2004) for more than two classes. 0 where one class is predicted for all rows, NaN where all rows are of
    one class.
    """

    id: ClassVar[str] = "mcc"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = _CLASSIFICATION

    def finite_score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        counts = confusion(truth, predicted.argmax(axis=1), predicted.shape[1], weight).astype(np.float64)
        true, called, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
        true_spread, called_spread = total**2 - true @ true, total**2 - called @ called
        if not true_spread > 0:
            return np.nan
        if not called_spread > 0:
            return 0.0
        return float((counts.trace() * total - true @ called) / np.sqrt(true_spread * called_spread))

    def unscorable(self, truth: np.ndarray) -> str | None:
        return _one_class(truth)


def _share_of_right(counts: np.ndarray, of: np.ndarray) -> float:
    """Right rows as a share of ``of`` [classes + 1]: of the positive class of two, else the mean over the classes."""
    if len(counts) == 3:  # two classes, and the unseen one
        return float(counts[1, 1] / of[1]) if of[1] > 0 else np.nan
    met = counts.sum(axis=0) + counts.sum(axis=1) > 0
    return float(np.divide(counts.diagonal(), of, out=np.zeros(len(of)), where=of > 0)[met].mean())


def _one_class(truth: np.ndarray) -> str | None:
    return "all rows are of one class" if _is_constant(truth) else None


def _is_constant(values: np.ndarray) -> bool:
    return bool((values == values[0]).all())


def confusion(truth: np.ndarray, called: np.ndarray, classes: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Weight of each pair (true class, predicted class): [classes + 1, classes + 1]; the last row is code -1."""
    size = classes + 1
    pairs = np.where(truth >= 0, truth, classes) * size + called
    return np.bincount(pairs, weights=weight, minlength=size * size).reshape(size, size)


def ranking_score(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The probability, raised to infinity for rows of an unseen class."""
    return np.where(truth >= 0, probability, np.inf)
