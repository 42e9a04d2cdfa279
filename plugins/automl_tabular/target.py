"""Transforms of the target, undone when predicting."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automl.advice.findings import Finding
from automl.components import Fitted, Transform
from automl.errors import DataError, StageError
from automl.params import Params, param
from automl_tabular.moments import fit_weights, mean_and_deviation
from automl_tabular.selection import block, column_values, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView
    from automl.dataset import Rows

_LARGEST_EXPONENT = 709.0
"""exp of more overflows; a prediction that far out is held at 1e308 instead of becoming infinite."""


@dataclasses.dataclass(frozen=True)
class StandardisedTargetFitted(Fitted):
    column: str
    mean: float
    deviation: float

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, [self.column], TargetStandardise.id)
        values = (column_values(frame, self.column) - self.mean) / self.deviation
        return block(values[None], [self.column], frame.index)

    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values * self.deviation + self.mean


class TargetStandardise(Transform):
    """The target with mean 0 and standard deviation 1 over the training rows; predictions come back in its unit."""

    id = "target.standardise"
    weights = "mean and deviation are weighted"
    on_target = True
    fitted = StandardisedTargetFitted

    def fit(self, train: Rows) -> StandardisedTargetFitted:
        column = _only_column(train.frame, self.id)
        train = train.counted()
        mean, deviation = mean_and_deviation(column_values(train.frame, column), fit_weights(train))
        return StandardisedTargetFitted(column, mean, deviation or 1.0)


@dataclasses.dataclass(frozen=True)
class LogTargetFitted(Fitted):
    column: str
    method: Literal["log1p", "log"]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raises DataError counting the rows outside the logarithm's domain."""
        require(frame, [self.column], TargetLog.id)
        values = column_values(frame, self.column)
        message = _outside(self.column, values, self.method)
        if message:
            raise DataError(f"{TargetLog.id}: {message}; mend: {_mend(self.method)}")
        logs = np.log1p(values) if self.method == "log1p" else np.log(values)
        return block(logs[None], [self.column], frame.index)

    def inverse(self, values: np.ndarray) -> np.ndarray:
        exponents = np.minimum(values, _LARGEST_EXPONENT)
        return np.expm1(exponents) if self.method == "log1p" else np.exp(exponents)


class TargetLogParams(Params):
    method: Literal["log1p", "log"] = param(
        "log1p", description="log1p is ln(1 + y), for amounts that may be 0; log is ln y."
    )


class TargetLog(Transform):
    """The logarithm of the target, for amounts that vary by factors; predictions come back in its unit."""

    id = "target.log"
    weights = "a row of weight 0 is as if it were not there; other weights make no difference"
    advice = {"domain": "The target holds values that have no logarithm."}
    on_target = True
    fitted = LogTargetFitted
    Params = TargetLogParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"method": "log"}]

    @classmethod
    def examine(cls, params: TargetLogParams, view: StageView) -> Iterable[Finding]:
        if view.target is not None and view.data.kinds[view.target] == "numeric":
            message = _outside(view.target, view.training(view.target).to_numpy(), params.method)
            if message:
                yield Finding(message, ("with",), mend=_mend(params.method), severity="error", name="domain")

    def fit(self, train: Rows) -> LogTargetFitted:
        """Raises DataError counting the training rows outside the logarithm's domain."""
        fitted = LogTargetFitted(_only_column(train.frame, self.id), self.params.method)
        fitted.apply(train.counted().frame)
        return fitted


def _outside(name: str, values: np.ndarray, method: str) -> str | None:
    """What is wrong with a target of which a value has no logarithm."""
    bound = -1.0 if method == "log1p" else 0.0
    outside = values <= bound
    if not outside.any():
        return None
    return (
        f"{int(outside.sum())} of {len(values)} rows have a target {name!r} of {bound:g} or less "
        f"(smallest {np.nanmin(values):g}), where {method} is not defined"
    )


def _mend(method: str) -> str:
    return f"{'method: log1p, or ' if method == 'log' else ''}target.standardise instead"


def _only_column(frame: pd.DataFrame, who: str) -> str:
    if frame.shape[1] != 1:
        raise StageError(f"{who}: expected the target as the one column, found {list(frame.columns)[:20]}")
    return str(frame.columns[0])
