"""Removing what disturbs: columns without content, extreme values."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import model_validator

from automl.components import Fitted, Transform
from automl.params import Params, param
from automl_tabular.moments import finite_pairs, fit_weights, quantiles
from automl_tabular.selection import block, column_values, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.columns import Trait
    from automl.dataset import Rows


@dataclasses.dataclass(frozen=True)
class DropConstantFitted(Fitted):
    """``kept``: the columns that vary."""

    kept: Sequence[str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.kept, DropConstant.id)
        return frame[list(self.kept)]


class DropConstantParams(Params):
    missing_counts: bool = param(
        True, description="Take missing for a value of its own: a column of one value and missing varies."
    )


class DropConstant(Transform):
    """Drop the columns that hold the same value, or none, in all training rows."""

    id = "clean.constant"
    weights = "a row of weight 0 is as if it were not there; other weights make no difference"
    accepts = frozenset({"numeric", "categorical", "ordinal", "boolean", "datetime", "text"})
    fitted = DropConstantFitted
    Params = DropConstantParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"missing_counts": False}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """Everything of a column that varies; with three values it does so under every fold."""
        varies = values is not None and values.nunique() > 2
        return ["values"] if varies else ["kind", "gaps", "scale"]

    def fit(self, train: Rows) -> DropConstantFitted:
        frame = train.counted().frame
        varies = [name for name in frame.columns if frame[name].nunique(dropna=not self.params.missing_counts) > 1]
        return DropConstantFitted(varies)


@dataclasses.dataclass(frozen=True)
class WinsorizeFitted(Fitted):
    """``low`` and ``high`` of each column, float64 [columns]; infinite where training knew no value."""

    columns: Sequence[str]
    low: np.ndarray
    high: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.columns, Winsorize.id)
        out = np.empty((len(self.columns), len(frame)))
        for place, name in enumerate(self.columns):
            np.clip(column_values(frame, name), self.low[place], self.high[place], out=out[place])
        return block(out, self.columns, frame.index)


class WinsorizeParams(Params):
    lower: float = param(0.01, description="The quantile that smaller values become.", ge=0, lt=1)
    upper: float = param(0.99, description="The quantile that larger values become.", gt=0, le=1)

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if not self.lower < self.upper:
            raise ValueError(f"lower {self.lower:g} stays below upper {self.upper:g}")
        return self


class Winsorize(Transform):
    """Hold numbers between two quantiles of the training rows, infinite ones included; missing stays missing."""

    id = "clean.winsorize"
    weights = "the quantiles are weighted"
    fitted = WinsorizeFitted
    Params = WinsorizeParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"lower": 0.05, "upper": 0.95}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """Gaps, and the bulk of the values unless that is cut."""
        keeps_bulk = params.lower <= 0.25 and params.upper >= 0.75
        return ("there", "kind", "gaps", *(("scale",) if keeps_bulk else ()))

    def fit(self, train: Rows) -> WinsorizeFitted:
        train = train.counted()
        columns, weight = list(train.frame.columns), fit_weights(train)
        bounds = np.array([self._bounds(*finite_pairs(column_values(train.frame, name), weight)) for name in columns])
        low, high = bounds.reshape(-1, 2).T
        return WinsorizeFitted(columns, low, high)

    def _bounds(self, values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        if not len(values):
            return np.array([-np.inf, np.inf])
        return quantiles(values, [self.params.lower, self.params.upper], weight)
