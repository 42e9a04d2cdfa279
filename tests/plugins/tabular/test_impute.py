from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer as Reference

from automl.components import Fitted
from automl.dataset import Rows
from automl.errors import StageError
from automl_tabular.impute import SimpleImputer

NAN = float("nan")
INF = float("inf")


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_numbers_as_scikit_learn_fills_them(rows: Callable[..., Rows], strategy: str) -> None:
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=(300, 3)), 1)
    values[rng.random(values.shape) < 0.2] = np.nan
    train = rows(dict(zip("abc", values.T, strict=True)))
    result = SimpleImputer(SimpleImputer.Params(strategy=strategy)).fit(train).apply(train.frame)
    np.testing.assert_allclose(result, Reference(strategy=strategy).fit_transform(values), rtol=1e-14)


def test_levels_and_truths_take_the_most_frequent(rows: Callable[..., Rows], loaded: Callable[[Fitted], Any]) -> None:
    train = rows({"c": ["b", "a", None, "a", "b"], "t": [True, None, True, False, False]})
    fitted = loaded(SimpleImputer(SimpleImputer.Params(strategy="mean")).fit(train))
    assert fitted.fill == {"c": "a", "t": False}
    result = fitted.apply(train.frame)
    assert result["c"].tolist() == ["b", "a", "a", "a", "b"]
    assert result.dtypes.astype(str).to_dict() == {"c": "str", "t": "boolean"}


def test_indicator_for_columns_that_missed_values_in_training(rows: Callable[..., Rows]) -> None:
    train = rows({"a": [1.0, NAN], "a_missing": [0.0, 1.0], "b": [1.0, 2.0], "c": ["x", None]})
    result = SimpleImputer(SimpleImputer.Params(indicator=True)).fit(train).apply(train.frame)
    assert result.columns.tolist() == ["a", "a_missing", "b", "c", "a_missing_2", "c_missing"]
    assert result["a_missing_2"].tolist() == [0.0, 1.0]
    assert result["c_missing"].dtype == "float64"


def test_a_column_without_values(rows: Callable[..., Rows]) -> None:
    train = rows({"a": [NAN, NAN], "i": [INF, -INF], "c": [None, None]}, kinds={"c": "categorical"})
    fitted = SimpleImputer().fit(train)
    assert fitted.fill == {"a": 0.0, "i": 0.0, "c": "missing"}
    assert fitted.apply(train.frame)["i"].tolist() == [INF, -INF]


def test_ordinal_columns_stay_ordinal(rows: Callable[..., Rows]) -> None:
    train = rows({"o": ["low", None]}, kinds={"o": "ordinal"})
    assert SimpleImputer().fit(train).kinds() == {"o": "ordinal"}


def test_constants(rows: Callable[..., Rows]) -> None:
    def fill(value: Any, columns: dict[str, Any]) -> pd.DataFrame:
        train = rows(columns)
        return SimpleImputer(SimpleImputer.Params(strategy="constant", fill_value=value)).fit(train).apply(train.frame)

    assert fill(-1, {"a": [NAN, 2.0]})["a"].tolist() == [-1.0, 2.0]
    assert fill("none", {"c": [None, "x"]})["c"].tolist() == ["none", "x"]
    assert fill(True, {"t": [None, False]})["t"].tolist() == [True, False]
    assert fill(None, {"a": [NAN], "c": [None, "x"][:1]}).iloc[0].tolist() == [0.0, 0.0]
    with pytest.raises(StageError, match="column 'c' is categorical and cannot be filled with -1"):
        fill(-1, {"c": [None, "x"]})


def test_sums_beyond_the_range_of_a_float(rows: Callable[..., Rows]) -> None:
    train = rows({"a": [1.7e308, 1.5e308, NAN]})
    for strategy in ("mean", "median"):
        fitted = SimpleImputer(SimpleImputer.Params(strategy=strategy)).fit(train)
        assert fitted.fill["a"] == pytest.approx(1.6e308)
