"""Bringing numeric columns to one scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import field_validator

from automl.components import Fitted, Transform
from automl.params import Params, param
from automl_tabular.moments import are_counts, finite, finite_pairs, fit_weights, means_and_deviations, quantiles
from automl_tabular.selection import block, column_values, columns_of, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.columns import Trait
    from automl.dataset import Rows


@dataclasses.dataclass(frozen=True)
class LinearScaleFitted(Fitted):
    """(x - ``center``) / ``spread`` * ``width`` + ``offset`` for each column, float64 [columns] each.

    A column whose ``spread`` is 0 was constant: its values become ``flat``. Infinite values stay infinite unless
    ``bounds`` clip them; missing ones stay missing.
    """

    columns: Sequence[str]
    center: np.ndarray
    spread: np.ndarray
    width: float
    offset: float
    flat: float
    bounds: Sequence[float] | None = None

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.columns, "scale")
        out = columns_of(frame, self.columns)
        missing = np.isnan(out[self.spread == 0.0])
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            out -= self.center[:, None]
            out /= self.spread[:, None]
            out *= self.width
            out += self.offset
        out[self.spread == 0.0] = np.where(missing, np.nan, self.flat)
        if self.bounds is not None:
            np.clip(out, *self.bounds, out=out)
        return block(out, self.columns, frame.index)


class StandardScalerParams(Params):
    with_mean: bool = param(True, description="Subtract the mean.")
    with_std: bool = param(True, description="Divide by the standard deviation (of the population, ddof 0).")


class StandardScaler(Transform):
    """Mean 0 and standard deviation 1 over the training rows; constant columns become 0, missing stays missing."""

    id = "scale.standard"
    scales = "standard"
    weights = "mean and deviation are weighted"
    fitted = LinearScaleFitted
    Params = StandardScalerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"with_mean": False}, {"with_std": False}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """All but the scale."""
        return ("there", "kind", "gaps")

    def fit(self, train: Rows) -> LinearScaleFitted:
        train = train.counted()
        columns, weight = list(train.frame.columns), fit_weights(train)
        means, deviations = means_and_deviations(columns_of(train.frame, columns), weight)
        return LinearScaleFitted(
            columns,
            means if self.params.with_mean else np.zeros_like(means),
            deviations if self.params.with_std else np.where(deviations > 0, 1.0, 0.0),
            width=1.0,
            offset=0.0,
            flat=0.0,
        )


class MinMaxScalerParams(Params):
    feature_range: tuple[float, float] = param((0.0, 1.0), description="Where smallest and largest value go.")
    clip: bool = param(False, description="Hold later values inside the range as well.")

    @field_validator("feature_range")
    @classmethod
    def _ascends(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not (np.isfinite(value).all() and value[0] < value[1]):
            raise ValueError(f"feature_range ascends and is finite, found {list(value)}")
        return value


class MinMaxScaler(Transform):
    """x' = a + (x - min)(b - a)/(max - min) over the training rows.

    Constant columns become 0, or the end of the range that is nearest to 0. Missing stays missing.
    """

    id = "scale.minmax"
    scales = "range"
    weights = "a row of weight 0 is as if it were not there; other weights make no difference"
    fitted = LinearScaleFitted
    Params = MinMaxScalerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"feature_range": [-1, 1], "clip": True}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """All but the scale."""
        return ("there", "kind", "gaps")

    def fit(self, train: Rows) -> LinearScaleFitted:
        train = train.counted()
        columns = list(train.frame.columns)
        values = [finite(column_values(train.frame, name)) for name in columns]
        low = np.array([v.min() if len(v) else 0.0 for v in values], dtype=np.float64)
        high = np.array([v.max() if len(v) else 0.0 for v in values], dtype=np.float64)
        a, b = self.params.feature_range
        return LinearScaleFitted(
            columns,
            low,
            high - low,
            width=b - a,
            offset=a,
            flat=float(np.clip(0.0, a, b)),
            bounds=[a, b] if self.params.clip else None,
        )


@dataclasses.dataclass(frozen=True)
class QuantileFitted(Fitted):
    """``quantiles`` [columns, q] of the training rows at ``references`` [q]; ``normal``: as normal scores."""

    columns: Sequence[str]
    references: np.ndarray
    quantiles: np.ndarray
    normal: bool

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.columns, QuantileScaler.id)
        out = np.empty((len(self.columns), len(frame)))
        for place, name in enumerate(self.columns):
            out[place] = self._scores(column_values(frame, name), self.quantiles[place])
        return block(out, self.columns, frame.index)

    def _scores(self, values: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
        """As `sklearn.preprocessing.QuantileTransformer.transform`, its bounds included."""
        from scipy.special import ndtri

        missing = np.isnan(values)
        if quantiles[0] == quantiles[-1]:
            return np.where(missing, np.nan, 0.0)
        # Repeated values make repeated quantiles; the mean of the ascending and the descending look-up is their middle.
        up = np.interp(values, quantiles, self.references)
        down = np.interp(-values, -quantiles[::-1], -self.references[::-1])
        scores = 0.5 * (up - down)
        slack = _BOUNDS_THRESHOLD if self.normal else 0.0
        scores[values + slack > quantiles[-1] if self.normal else values == quantiles[-1]] = 1.0
        scores[values - slack < quantiles[0] if self.normal else values == quantiles[0]] = 0.0
        if self.normal:
            edge = _BOUNDS_THRESHOLD - np.spacing(1)
            scores = np.clip(ndtri(scores), ndtri(edge), ndtri(1 - edge))
        scores[missing] = np.nan
        return scores


_BOUNDS_THRESHOLD = 1e-7
"""scikit-learn's: keeps the normal scores of the extremes finite, at 5.2."""


class QuantileScalerParams(Params):
    output: Literal["normal", "uniform"] = param(
        "normal", description="The distribution of the result.", tune=["normal", "uniform"]
    )
    n_quantiles: int = param(
        1000, description="Landmarks kept per column, at most one per training row.", ge=2, le=100_000
    )


class QuantileScaler(Transform):
    """Ranks among the training rows, as uniform or normal scores; constant columns become 0, missing stays missing.

    Equals `sklearn.preprocessing.QuantileTransformer` with ``subsample=None``: all training rows enter, so no chance
    is in it. Values beyond the training rows' range take the score of its end.
    """

    id = "scale.quantile"
    weights = "the landmarks are weighted quantiles"
    engines = ("scipy",)
    fitted = QuantileFitted
    Params = QuantileScalerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"output": "uniform", "n_quantiles": 10}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """All but the scale."""
        return ("there", "kind", "gaps")

    def fit(self, train: Rows) -> QuantileFitted:
        train = train.counted()
        columns, weight = list(train.frame.columns), fit_weights(train)
        rows = len(train) if weight is None or not are_counts(weight) else int(weight.sum())
        references = np.linspace(0, 1, max(2, min(self.params.n_quantiles, rows)))
        landmarks = np.zeros((len(columns), len(references)))
        for place, name in enumerate(columns):
            values, counted = finite_pairs(column_values(train.frame, name), weight)
            if len(values):
                # Interpolation can undo the order in the last place; sorted quantiles are what np.interp needs.
                landmarks[place] = np.maximum.accumulate(quantiles(values, references, counted))
        return QuantileFitted(columns, references, landmarks, self.params.output == "normal")
