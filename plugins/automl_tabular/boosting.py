"""Histogram gradient boosting: the baseline that is hard to beat on tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Fitted
from automl.learning import Learner, Task, Trial
from automl.params import Params, param
from automl_tabular.selection import matrix
from automl_tabular.training import OneGo, as_frame, limited_threads, probabilities, truth_and_weight
from automl_tabular.trees import Forest

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows


@dataclasses.dataclass(frozen=True)
class BoostingFitted(Fitted):
    """The trees and what they start from.

    Attributes:
        columns: input columns, those without any training value left out.
        start: float64 [outputs], the raw score before the first tree.
        forest: the fields of `automl_tabular.trees.Forest`.
        names: of the columns that are predicted: the targets of a regression, or all classes.
        present: codes of the classes that training saw; empty for a regression.
    """

    columns: Sequence[str]
    start: np.ndarray
    forest: Mapping[str, np.ndarray]
    names: Sequence[str]
    present: Sequence[int]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        values = matrix(frame, self.columns, HistGradientBoosting.id)
        # Without trees (no columns, or one class) the start is all there is.
        raw = Forest(**self.forest).sums(values, self.start) if self.forest else np.tile(self.start, (len(values), 1))
        if self.present:
            raw = probabilities(raw, self.present, len(self.names))
        return as_frame(raw, self.names, frame.index)


class HistGradientBoostingParams(Params):
    learning_rate: float = param(
        0.1, description="Shrinkage of each tree.", gt=0, le=1, tune={"float": [0.02, 0.3], "log": True}
    )
    max_iter: int = param(
        100, description="Trees (for each class, where there are more than two).", ge=1, tune={"int": [50, 500]}
    )
    max_leaf_nodes: int = param(31, description="Leaves of a tree.", ge=2, tune={"int": [7, 127], "log": True})
    min_samples_leaf: int = param(20, description="Training rows in a leaf.", ge=1, tune={"int": [5, 100], "log": True})
    l2_regularization: float = param(
        0.0, description="L2 penalty on leaf values.", ge=0, tune={"float": [1e-3, 10.0], "log": True}
    )


class HistGradientBoosting(Learner):
    """scikit-learn's histogram gradient boosting with its defaults, without early stopping.

    All rows train, missing values included as they are; each of several targets has its own trees. The model is kept
    as plain arrays and walked by numpy, so predicting needs no scikit-learn and loads no pickle.
    """

    id = "baseline.hist_gradient_boosting"
    weights = "scikit-learn weighs loss and bins (older releases the loss alone); `min_samples_leaf` counts rows"
    engines = ("sklearn",)
    epochwise = False
    several_targets = True
    takes_gaps = True
    fitted = BoostingFitted
    Params = HistGradientBoostingParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"max_iter": 10}, {"max_iter": 10, "max_leaf_nodes": 7, "learning_rate": 0.3}]

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> OneGo:
        target, weight, counts = truth_and_weight(train, trial.task, self.id)
        values = train.matrix("float64")[counts]
        # scikit-learn cannot bin a column without any value, and no tree could use it.
        known = ~np.isnan(values).all(axis=0)
        values, columns = values[:, known], train.frame.columns[known].tolist()

        def fit() -> BoostingFitted:
            present = np.unique(target).tolist() if trial.task.is_classification else []
            names = trial.task.classes or trial.task.prediction_columns
            if not columns or len(present) == 1:
                return BoostingFitted(columns, _start(target, weight, present), {}, names, present)
            outputs = [target] if target.ndim == 1 else list(target.T)
            with limited_threads(trial.threads):
                models = [self._model(trial.task, trial.seed) for _ in outputs]
                for model, output in zip(models, outputs, strict=True):
                    model.fit(values, output, sample_weight=None if train.weight is None else weight)
            # scikit-learn offers no public way to its trees; tests compare the walk with its own predictions.
            rounds = zip(*(model._predictors for model in models), strict=True)
            trees = [tree.nodes for of_all in rounds for of_one in of_all for tree in of_one]
            start = np.concatenate([np.ravel(model._baseline_prediction) for model in models]).astype(np.float64)
            forest = Forest.from_hist_gradient_boosting(trees).state()
            return BoostingFitted(columns, start, forest, names, present)

        return OneGo(fit, valid)

    def _model(self, task: Task, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingClassifier if task.is_classification else HistGradientBoostingRegressor
        return kind(**self.params.model_dump(), early_stopping=False, random_state=seed)


def _start(target: np.ndarray, weight: np.ndarray, present: Sequence[int]) -> np.ndarray:
    """Raw scores without any tree: the mean, or log odds of the classes that are present."""
    if not present:
        return np.atleast_1d(np.average(target, weights=weight, axis=0))
    logs = np.log(np.bincount(target, weights=weight)[list(present)])
    return logs[1:] - logs[:1] if len(present) == 2 else logs
