"""Transforms of the target, undone when predicting."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automl.components import Fitted, Transform
from automl.errors import DataError, StageError
from automl.params import Params, param
from automl_tabular.moments import mean_and_deviation
from automl_tabular.selection import block, column_values, require

if TYPE_CHECKING:
    import pandas as pd

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
    on_target = True
    fitted = StandardisedTargetFitted

    def fit(self, train: Rows) -> StandardisedTargetFitted:
        column = _only_column(train.frame, self.id)
        mean, deviation = mean_and_deviation(column_values(train.frame, column))
        return StandardisedTargetFitted(column, mean, deviation or 1.0)


@dataclasses.dataclass(frozen=True)
class LogTargetFitted(Fitted):
    column: str
    method: Literal["log1p", "log"]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raises DataError counting the rows outside the logarithm's domain."""
        require(frame, [self.column], TargetLog.id)
        values = column_values(frame, self.column)
        bound = -1.0 if self.method == "log1p" else 0.0
        outside = values <= bound
        if outside.any():
            raise DataError(
                f"{TargetLog.id}: {int(outside.sum())} of {len(values)} rows have a target {self.column!r} of "
                f"{bound:g} or less (smallest {np.nanmin(values):g}), where {self.method} is not defined; "
                f"mend: {'method: log1p, or ' if self.method == 'log' else ''}target.standardise instead"
            )
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
    on_target = True
    fitted = LogTargetFitted
    Params = TargetLogParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"method": "log"}]

    def fit(self, train: Rows) -> LogTargetFitted:
        """Raises DataError counting the training rows outside the logarithm's domain."""
        fitted = LogTargetFitted(_only_column(train.frame, self.id), self.params.method)
        fitted.apply(train.frame)
        return fitted


def _only_column(frame: pd.DataFrame, who: str) -> str:
    if frame.shape[1] != 1:
        raise StageError(f"{who}: expected the target as the one column, found {list(frame.columns)[:20]}")
    return str(frame.columns[0])
