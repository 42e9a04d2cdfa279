"""Filling missing values."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automl.columns import Kind, Trait
from automl.components import Fitted, Transform
from automl.errors import StageError
from automl.params import Params, param
from automl_tabular.levels import level_totals
from automl_tabular.moments import finite_mean, finite_median, fit_weights, most_frequent
from automl_tabular.naming import fresh_name
from automl_tabular.selection import column_values, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows

Fill = float | bool | str

_EMPTY: Mapping[str, Fill] = {"numeric": 0.0, "boolean": False}
_FITTING: Mapping[type, str] = {bool: "boolean", int: "numeric", float: "numeric", str: "categorical"}
"""The columns that a value to fill with is for."""
_EMPTY_TEXT = "missing"
"""What fills a column without any value to learn from."""


@dataclasses.dataclass(frozen=True)
class SimpleImputerFitted(Fitted):
    """``fill``: the value for each column. ``indicators``: the name of the 0/1 column beside it, where there is one."""

    fill: Mapping[str, Fill]
    indicators: Mapping[str, str]
    column_kinds: Mapping[str, Kind]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        require(frame, self.fill, SimpleImputer.id)
        columns: dict[str, Any] = {}
        for name, fill in self.fill.items():
            if self.column_kinds[name] == "numeric":
                values = column_values(frame, name)
                values[np.isnan(values)] = fill
                columns[name] = values
            else:
                columns[name] = frame[name].fillna(fill)
        for name, indicator in self.indicators.items():
            columns[indicator] = frame[name].isna().to_numpy(dtype=np.float64)
        return pd.DataFrame(columns, index=frame.index)

    def kinds(self) -> Mapping[str, Kind]:
        return self.column_kinds


class SimpleImputerParams(Params):
    strategy: Literal["mean", "median", "most_frequent", "constant"] = param(
        "median",
        description="What fills a numeric column; columns of levels take the most frequent one under mean and median.",
        tune=["mean", "median", "most_frequent"],
    )
    fill_value: bool | float | str | None = param(
        None,
        description="What `strategy: constant` fills with: a number, a level, or true or false; if absent 0, "
        '"missing" and false.',
    )
    indicator: bool = param(
        False,
        description="Add <column>_missing, 1 where the value was missing, for columns with missing training values.",
        tune=[False, True],
    )


class SimpleImputer(Transform):
    """Fill missing values with a statistic of the training rows, or with a constant.

    Infinite values are no part of a statistic and stay as they are. Of equally frequent values the smallest is
    taken. A column with no value in the training rows gets 0, "missing" or false.
    """

    id = "impute.simple"
    weights = "mean, median and most frequent value are weighted"
    accepts = frozenset({"numeric", "categorical", "ordinal", "boolean"})
    fitted = SimpleImputerFitted
    Params = SimpleImputerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"strategy": "mean", "indicator": True}, {"strategy": "most_frequent"}, {"strategy": "constant"}]

    @classmethod
    def outputs(cls, params: SimpleImputerParams, columns: Sequence[str]) -> Sequence[str]:
        taken = set(columns)
        return [*columns, *(fresh_name(f"{name}_missing", taken) for name in columns if params.indicator)]

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """All but the gaps."""
        return ("there", "kind", "scale")

    def fit(self, train: Rows) -> SimpleImputerFitted:
        """Raises StageError where ``fill_value`` is of another kind than the column."""
        train = train.counted()
        weight = fit_weights(train)
        fill = {name: self._fill_of(train.frame[name], train.kinds[name], weight) for name in train.frame.columns}
        taken = set(train.frame.columns)
        indicators = {
            name: fresh_name(f"{name}_missing", taken)
            for name in train.frame.columns
            if self.params.indicator and train.frame[name].isna().any()
        }
        return SimpleImputerFitted(fill, indicators, dict(train.kinds))

    def _fill_of(self, series: pd.Series, kind: Kind, weight: np.ndarray | None) -> Fill:
        strategy = self.params.strategy
        if strategy == "constant":
            return self._constant(str(series.name), kind)
        if kind == "numeric":
            values = series.to_numpy(dtype=np.float64)
            statistic = {"mean": finite_mean, "median": finite_median, "most_frequent": most_frequent}[strategy]
            return statistic(values, weight)
        totals = level_totals(series, weight)
        if not totals:
            return _EMPTY.get(kind, _EMPTY_TEXT)
        least = max(totals.values()) * (1 - 1e-12)  # sums of weights differ by rounding
        most = min(level for level, total in totals.items() if total >= least)
        return most == "True" if kind == "boolean" else most

    def _constant(self, name: str, kind: Kind) -> Fill:
        value = self.params.fill_value
        if value is None:
            return _EMPTY.get(kind, _EMPTY_TEXT)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind == "numeric" and is_number:
            return float(value)
        if kind == "boolean" and (isinstance(value, bool) or value in (0, 1)):
            return bool(value)
        if kind in ("categorical", "ordinal") and isinstance(value, str):
            return value
        raise StageError(
            f"{self.id}: column {name!r} is {kind} and cannot be filled with {value!r}; "
            f"mend: columns: {_FITTING[type(value)]}, with a stage of its own for other kinds"
        )
