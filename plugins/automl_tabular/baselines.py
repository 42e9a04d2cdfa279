"""Baselines without trees: what a network must beat to be worth anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.columns import KINDS
from automl.components import Fitted
from automl.learning import Learner, Trial
from automl.params import Params, param
from automl_tabular.moments import mean_and_deviation
from automl_tabular.selection import matrix
from automl_tabular.training import OneGo, as_frame, limited_threads, probabilities, truth_and_weight

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows


@dataclasses.dataclass(frozen=True)
class ConstantFitted(Fitted):
    """``values``: the mean of each target, or the share of each class; ``columns``: what they are called."""

    values: np.ndarray
    columns: Sequence[str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return as_frame(np.tile(self.values, (len(frame), 1)), self.columns, frame.index)


class ConstantBaseline(Learner):
    """The mean of the target, or the share of each class, whatever the row."""

    id = "baseline.constant"
    weights = "mean and shares are weighted"
    stochastic = False
    epochwise = False
    several_targets = True
    accepts = frozenset(KINDS)
    takes_gaps = True
    fitted = ConstantFitted

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> OneGo:
        target, weight, _ = truth_and_weight(train, trial.task, self.id)

        def fit() -> ConstantFitted:
            if trial.task.is_classification:
                totals = np.bincount(target, weights=weight, minlength=trial.task.outputs)
                return ConstantFitted(totals / totals.sum(), trial.task.classes)
            # Relative to one value, so that no sum leaves the range of a float.
            mean = target[0] + np.average(target - target[0], weights=weight, axis=0)
            return ConstantFitted(np.atleast_1d(mean), trial.task.prediction_columns)

        return OneGo(fit, valid)


@dataclasses.dataclass(frozen=True)
class LinearFitted(Fitted):
    """Coefficients on standardised columns.

    Attributes:
        columns: input columns.
        means, deviations: of the training rows, float64 [columns]; what is not finite takes the mean.
        coefficients: float64 [outputs, columns].
        intercepts: float64 [outputs].
        names: of the columns that are predicted: the targets of a regression, or all classes.
        present: codes of the classes that training saw; empty for a regression.
    """

    columns: Sequence[str]
    means: np.ndarray
    deviations: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    names: Sequence[str]
    present: Sequence[int]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        values = _standardised(matrix(frame, self.columns, LinearBaseline.id), self.means, self.deviations)
        # One column after the other: a matrix product sums in an order that depends on the number of rows.
        raw = np.tile(self.intercepts, (len(frame), 1))
        for place in range(len(self.columns)):
            raw += values[:, place, None] * self.coefficients[:, place]
        if self.present:
            raw = probabilities(raw, self.present, len(self.names))
        return as_frame(raw, self.names, frame.index)


class LinearBaselineParams(Params):
    alpha: float = param(
        1.0,
        description="Strength of the L2 penalty on the coefficients of standardised columns.",
        gt=0,
        tune={"float": [1e-3, 1e3], "log": True},
    )
    max_iter: int = param(1000, description="Longest run of the optimizer of a classification.", ge=1)


class LinearBaseline(Learner):
    """Ridge or logistic regression of scikit-learn on standardised columns; missing values take the mean."""

    id = "baseline.linear"
    weights = "the columns' means and deviations and the loss are weighted"
    engines = ("sklearn",)
    stochastic = False
    epochwise = False
    several_targets = True
    takes_gaps = True
    fitted = LinearFitted
    Params = LinearBaselineParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"alpha": 10.0}]

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> OneGo:
        target, weight, counts = truth_and_weight(train, trial.task, self.id)
        raw = train.matrix("float64")[counts]
        columns = list(train.frame.columns)

        def fit() -> LinearFitted:
            moments = [mean_and_deviation(raw[:, place], weight / weight.max()) for place in range(raw.shape[1])]
            means, deviations = (np.array([pair[i] for pair in moments], dtype=np.float64) for i in (0, 1))
            values = _standardised(raw, means, deviations)
            with limited_threads(trial.threads):
                if trial.task.is_classification:
                    solution = self._logistic(values, target, weight)
                else:
                    solution = self._ridge(values, target, weight)
            present = np.unique(target).tolist() if trial.task.is_classification else []
            names = trial.task.classes or trial.task.prediction_columns
            return LinearFitted(columns, means, deviations, *solution, names, present)

        return OneGo(fit, valid)

    def _ridge(self, values: np.ndarray, target: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.linear_model import Ridge

        if not values.shape[1]:
            means = np.atleast_1d(np.average(target, weights=weight, axis=0))
            return np.zeros((len(means), 0)), means
        model = Ridge(alpha=self.params.alpha).fit(values, target, sample_weight=weight)
        return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)

    def _logistic(self, values: np.ndarray, target: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(target)) == 1:
            return np.zeros((1, values.shape[1])), np.zeros(1)
        # scikit-learn refuses a matrix without columns; one of zeros leaves the intercepts, that is the shares.
        padded = values if values.shape[1] else np.zeros((len(values), 1))
        model = LogisticRegression(C=1 / self.params.alpha, max_iter=self.params.max_iter)
        model.fit(padded, target, sample_weight=weight)
        return model.coef_[:, : values.shape[1]], model.intercept_


def _standardised(values: np.ndarray, means: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Standardised columns; 0, the mean, for constant columns and for what is missing or infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (values - means) / np.where(deviations > 0, deviations, 1.0)
    return np.where(np.isfinite(scaled) & (deviations > 0), scaled, 0.0)
