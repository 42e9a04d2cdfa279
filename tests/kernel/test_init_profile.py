"""What is found out about a table before a pipeline is drafted for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from automl.errors import DataError
from automl.table_profile import ColumnProfile, TableProfile, profile_table

ROWS = 100
DRAW = np.random.default_rng(3)


def look(target: object = None, **columns: object) -> TableProfile:
    frame = pd.DataFrame(columns, index=range(ROWS))
    frame["y"] = DRAW.normal(size=ROWS) if target is None else target
    return profile_table(frame, "y")


def only(**column: object) -> ColumnProfile:
    (found,) = look(**column).columns
    return found


@pytest.mark.parametrize(
    ("name", "values", "guess"),
    [
        ("id", np.arange(ROWS) * 3, "id"),
        ("PassengerId", DRAW.permutation(ROWS) * 11, "id"),
        ("Unnamed: 0", np.arange(ROWS), "id"),
        ("row", np.arange(ROWS) + 5, "id"),
        ("key", [f"k{n}" for n in range(ROWS)], "id"),
        ("humid", DRAW.permutation(ROWS) * 11, "feature"),
        ("x", DRAW.normal(size=ROWS), "feature"),
        ("id", DRAW.integers(0, 5, size=ROWS), "feature"),
        ("x", np.ones(ROWS), "constant"),
        ("x", ["a"] * ROWS, "constant"),
        ("x", [1.0] * 50 + [np.nan] * 50, "feature"),
        ("x", [None] * ROWS, "empty"),
    ],
)
def test_what_a_column_looks_like(name: str, values: object, guess: str) -> None:
    assert only(**{name: values}).guess == guess


def test_numbers_are_described() -> None:
    values = np.exp(DRAW.normal(size=ROWS))
    values[:25] = np.nan
    found = only(x=values)
    assert found.kind == "numeric"
    assert found.missing == 0.25
    assert found.distinct == 75
    assert found.skewness == pytest.approx(stats.skew(values, nan_policy="omit"))
    assert (found.minimum, found.maximum) == (np.nanmin(values), np.nanmax(values))
    assert not found.whole
    assert only(x=[1e300, -1e300, *range(ROWS - 2)]).whole


def test_levels_are_described() -> None:
    found = only(x=["a"] * 50 + ["b"] * 30 + ["?"] * 20)
    assert (found.kind, found.distinct) == ("categorical", 2)
    assert found.missing == pytest.approx(0.2)
    assert found.shares == (0.5, 0.3)


@pytest.mark.parametrize(
    ("values", "task", "declared"),
    [
        (["yes", "no"] * 50, "binary", False),
        ([True, False] * 50, "binary", False),
        ([0, 1] * 50, "binary", False),
        (["a", "b", "c", "a"] * 25, "multiclass", False),
        ([1, 2, 3, 4] * 25, "multiclass", True),
        ([0.5, 1.0, 1.5, 2.5] * 25, "regression", True),
        (np.arange(ROWS), "regression", False),
    ],
)
def test_the_task_is_told_from_the_target(values: object, task: str, declared: bool) -> None:
    target = look(values, x=DRAW.normal(size=ROWS)).target
    assert (target.task, target.declared) == (task, declared)


def test_classes_are_counted_and_rows_without_a_target_are_not() -> None:
    table = look([1.0] * 60 + [0.0] * 30 + [np.nan] * 10, x=DRAW.normal(size=ROWS))
    assert (table.rows, table.target.missing) == (90, 10)
    assert table.target.classes == {"1": 60, "0": 30}


def test_a_skewed_target_is_told_from_one_that_its_logarithm_mends() -> None:
    values = np.exp(DRAW.normal(size=ROWS)) * 1000
    target = look(values, x=DRAW.normal(size=ROWS)).target
    assert target.skewness == pytest.approx(stats.skew(values))
    assert target.log_skewness == pytest.approx(stats.skew(np.log1p(values)))
    assert look(-values, x=DRAW.normal(size=ROWS)).target.log_skewness is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1] * ROWS, "nothing to predict"),
        ([None] * ROWS, "nothing to predict"),
        ([f"name {n}" for n in range(ROWS)], "another value in each of its 100 rows"),
        (pd.date_range("2024-01-01", periods=ROWS).to_numpy(), "is a date"),
    ],
)
def test_targets_that_cannot_be_predicted(values: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        look(values, x=DRAW.normal(size=ROWS))


def test_a_declared_task_is_kept_or_refused() -> None:
    frame = pd.DataFrame({"x": range(ROWS), "y": [1, 2, 3, 4] * 25, "word": ["a", "b", "c", "d"] * 25})
    assert profile_table(frame, "y", task="regression").target.task == "regression"
    with pytest.raises(DataError, match="has 4 classes; mend: --task multiclass"):
        profile_table(frame, "y", task="binary")
    with pytest.raises(DataError, match="a regression needs numbers"):
        profile_table(frame, "word", task="regression")


def test_names_that_are_not_there_or_named_twice() -> None:
    frame = pd.DataFrame({"price": [1.0, 2.0], "size": [3.0, 4.0]})
    with pytest.raises(DataError, match="did you mean 'price'"):
        profile_table(frame, "prise")
    with pytest.raises(DataError, match="did you mean 'size'"):
        profile_table(frame, "price", ids=["sise"])
    with pytest.raises(DataError, match="two roles"):
        profile_table(frame, "price", ignore=["price"])
    with pytest.raises(DataError, match="more than once"):
        profile_table(pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "a", "price"]), "price")


def test_the_table_is_not_changed() -> None:
    frame = pd.DataFrame({"x": ["1", "?", "3"], "y": [1.5, 2.5, 3.25]})
    before = frame.copy()
    profile_table(frame, "y")
    pd.testing.assert_frame_equal(frame, before)
