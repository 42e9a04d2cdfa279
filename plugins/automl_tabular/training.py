"""What the learners of this plugin share: rows made ready, training in one go, probabilities as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Fitted
from automl.errors import StageError
from automl.learning import Epoch, Task, Training
from automl_tabular.selection import block

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows


class OneGo(Training):
    """A training whose one epoch is the whole of it. ``fit`` trains and returns the model."""

    def __init__(self, fit: Callable[[], Fitted], valid: Rows | None) -> None:
        self._fit = fit
        self._valid = valid
        self._fitted: Fitted | None = None

    def epoch(self) -> Epoch:
        if self._fitted is None:
            self._fitted = self._fit()
        if self._valid is None:
            return Epoch({})
        predicted = self._fitted.apply(self._valid.frame)
        values = predicted.to_numpy(dtype=np.float64)
        return Epoch({}, values[:, 0] if values.shape[1] == 1 else values)

    def mark(self) -> None:
        """Nothing to remember: there is one model."""

    def finish(self) -> Fitted:
        if self._fitted is None:
            raise StageError("the training was finished before its first epoch")
        return self._fitted


def truth_and_weight(train: Rows, task: Task, who: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What to learn from: target (float64 values or int64 codes) and weight of the rows that count, and their mask.

    Returns:
        target [m] (or [m, targets]), weight float64 [m] with a mean of 1, and a boolean mask [n] of the m rows with a
        weight above 0. What a penalty comes to must not depend on the unit of the weights.

    Raises:
        StageError: there is no target, or no row counts.
    """
    if train.target is None:
        raise StageError(f"{who}: the rows have no target")
    target = task.truth(train.target)
    if train.weight is None:
        weight = np.ones(len(train))
    else:
        weight = train.weight.to_numpy(dtype=np.float64)
        if not (np.isfinite(weight) & (weight >= 0)).all():
            raise StageError(f"{who}: weights are numbers of 0 or more; some are missing, infinite or negative")
    known = target >= 0 if task.is_classification else np.isfinite(target).all(axis=tuple(range(1, target.ndim)))
    if not known.all():
        raise StageError(f"{who}: {int((~known).sum())} of {len(known)} training rows have a target that is no value")
    counts = weight > 0
    if not counts.any():
        raise StageError(f"{who}: of {len(train)} training rows, none has a weight above 0")
    weight = weight[counts] / weight.max()  # a sum of weights near the largest float64 would overflow
    return target[counts], weight / weight.mean() if weight.min() < 1.0 else weight, counts


def as_frame(predicted: np.ndarray, columns: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """Predictions [n, columns] as float64 columns: those of a regression, or probabilities named by the classes."""
    return block(np.ascontiguousarray(predicted.T), columns, index)


def probabilities(raw: np.ndarray, present: Sequence[int], classes: int) -> np.ndarray:
    """Raw scores of the classes that training saw as probabilities of all classes, float64 [n, classes].

    Args:
        raw: logits of the second class [n, 1] where two are present, one column for each class where more are, and
            anything of length n where there is but one.
        present: codes of the classes that training saw, ascending; all others get probability 0.
        classes: how many there are.
    """
    out = np.zeros((len(raw), classes))
    if len(present) == 1:
        out[:, present[0]] = 1.0
        return out
    if len(present) == 2:
        # exp of a number that is not positive never overflows.
        small = np.exp(-np.abs(raw[:, 0]))
        likelier, other = 1 / (1 + small), small / (1 + small)
        out[:, present[1]] = np.where(raw[:, 0] >= 0, likelier, other)
        out[:, present[0]] = np.where(raw[:, 0] >= 0, other, likelier)
        return out
    exponentials = np.exp(raw - raw.max(axis=1, keepdims=True))
    out[:, list(present)] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return out


def limited_threads(threads: int) -> Any:
    """A context in which BLAS and OpenMP use at most so many threads."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=threads)
