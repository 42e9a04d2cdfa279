"""Partitions: shares, strata, seeds, and what cannot be divided."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from automl.columns import TEST, TRAIN, VALID
from automl.dataset import Dataset
from automl.errors import DataError
from automl_tabular.shares import apportion, apportion_strata
from automl_tabular.splitters import KFold, RandomSplit, StratifiedSplit

Build = Callable[..., Dataset]


def counts(part: np.ndarray) -> dict[int, int]:
    return dict(zip(*(v.tolist() for v in np.unique(part, return_counts=True)), strict=True))


def test_random_split_honours_shares_and_seed(dataset: Build) -> None:
    data = dataset({"y": np.arange(1000.0)})
    params = RandomSplit.Params(test=0.2, valid=0.1)
    part = RandomSplit(params, seed=1).split(data)
    assert part.dtype == np.int16
    assert counts(part) == {TEST: 200, VALID: 100, TRAIN: 700}
    assert (part == RandomSplit(params, seed=1).split(data)).all()
    assert (part != RandomSplit(params, seed=2).split(data)).any()


@given(st.integers(0, 500), st.lists(st.floats(0.01, 1), min_size=1, max_size=5))
def test_apportion_rounds_each_share_up_or_down(total: int, raw: list[float]) -> None:
    shares = np.array(raw) / np.sum(raw)
    found = apportion(total, shares.tolist())
    assert found.sum() == total
    assert (np.abs(found - total * shares) < 1 + 1e-6).all()


@given(st.lists(st.integers(0, 40), max_size=30), st.floats(0, 0.45), st.floats(0, 0.45))
def test_strata_keep_shares_each_and_together(sizes: list[int], valid: float, test: float) -> None:
    shares = np.array([1 - valid - test, valid, test])
    found = apportion_strata(sizes, shares.tolist())
    assert found.sum(axis=1).tolist() == sizes
    assert (found >= 0).all()
    assert all(row[0] >= 1 for row, size in zip(found, sizes, strict=True) if size)
    several = np.array(sizes, dtype=int)[np.array(sizes, dtype=int) > 1]
    wanted = several.sum() * shares
    total = found[[size > 1 for size in sizes]].sum(axis=0) if sizes else np.zeros(3)
    taken_for_training = max(0.0, total[0] - wanted[0])
    assert (np.abs(total - wanted)[1:] <= 1 + taken_for_training + 1e-6).all()


def test_many_tiny_strata_do_not_lose_the_test_part() -> None:
    found = apportion_strata([2] * 100, (0.6, 0.2, 0.2))
    assert found.sum(axis=0).tolist() == [120, 40, 40]


def test_stratified_by_class_with_a_class_of_one_row_and_missing(dataset: Build) -> None:
    by = ["a"] * 60 + ["b"] * 30 + ["lonely"] + [None] * 9
    data = dataset({"by": by, "y": np.arange(100.0)})
    part = StratifiedSplit(StratifiedSplit.Params(by="by", test=0.2, valid=0.2), seed=3).split(data)
    assert counts(part[:60]) == {TEST: 12, VALID: 12, TRAIN: 36}
    assert counts(part[60:90]) == {TEST: 6, VALID: 6, TRAIN: 18}
    assert part[90] == TRAIN
    assert counts(part[91:]) == {TEST: 2, VALID: 2, TRAIN: 5}


def test_stratified_by_edges_that_are_closed_on_the_right(dataset: Build) -> None:
    income = np.repeat([1.5, 3.0, 4.4, 5.0, 90.0], 20)
    data = dataset({"income": income, "y": np.arange(100.0)})
    params = StratifiedSplit.Params(by="income", bins=[0, 1.5, 3, 4.5, 6, float("inf")])
    part = StratifiedSplit(params, seed=0).split(data)
    for value in np.unique(income):
        assert counts(part[income == value]) == {TEST: 4, VALID: 4, TRAIN: 12}
    assert StratifiedSplit.columns(params) == ["income"]


def test_a_numeric_target_is_cut_into_deciles(dataset: Build) -> None:
    y = np.random.default_rng(0).permutation(1000).astype(float)
    part = StratifiedSplit(seed=0).split(dataset({"x": y, "y": y}))
    for tenth in range(10):
        inside = (y >= tenth * 100) & (y < (tenth + 1) * 100)
        assert abs(int((part[inside] == TEST).sum()) - 20) <= 1


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"by": "x"}, "column 'x' is numeric, so it needs `bins`"),
        ({"by": "c", "bins": 3}, "column 'c' is categorical and cannot be cut"),
        ({"by": "xx"}, "there is no column 'xx' to stratify by; did you mean 'x'?"),
    ],
)
def test_columns_that_make_no_strata(dataset: Build, params: dict[str, object], words: str) -> None:
    data = dataset({"x": np.arange(30.0), "c": list("abc") * 10, "y": np.arange(30.0)})
    for splitter in (StratifiedSplit, KFold):
        with pytest.raises(DataError) as caught:
            splitter(splitter.Params(**params)).split(data)
        assert words in str(caught.value)


@pytest.mark.parametrize("stratified", [True, False])
def test_folds_are_even_disjoint_and_beside_the_test_part(dataset: Build, stratified: bool) -> None:
    y = ["rare"] * 10 + ["often"] * 90
    part = KFold(KFold.Params(folds=4, test=0.2, stratified=stratified), seed=5).split(dataset({"y": y}))
    assert counts(part) == {TEST: 20, 0: 20, 1: 20, 2: 20, 3: 20}
    if stratified:
        assert counts(part[:10]) == {TEST: 2, 0: 2, 1: 2, 2: 2, 3: 2}
    assert not (np.diff(np.flatnonzero(part == 0)) == 4).all()
    assert KFold.folds(KFold.Params(folds=4)) == 4


def test_folds_without_a_test_part(dataset: Build) -> None:
    part = KFold(KFold.Params(folds=3, test=0.0)).split(dataset({"y": list("ab") * 5}))
    assert sorted(counts(part).values()) == [3, 3, 4]


def test_too_few_rows(dataset: Build) -> None:
    with pytest.raises(DataError, match="1 rows cannot make folds"):
        KFold(KFold.Params(folds=5, test=0.5, stratified=False)).split(dataset({"y": list("ab")}))
    for rows in (0, 1, 2):
        with pytest.raises(DataError, match=f"{rows} rows in"):
            RandomSplit().split(dataset({"y": np.arange(float(rows))}))
    with pytest.raises(DataError, match="leave none for the valid part"):
        StratifiedSplit().split(dataset({"y": ["a", "b", "c", "d", "e"]}))


@pytest.mark.parametrize(
    ("splitter", "params"),
    [
        (RandomSplit, {"test": 0.5, "valid": 0.5}),
        (RandomSplit, {"test": -0.1}),
        (StratifiedSplit, {"bins": [3, 1]}),
        (StratifiedSplit, {"bins": [3]}),
        (StratifiedSplit, {"bins": 1}),
        (KFold, {"folds": 1}),
        (KFold, {"stratified": False, "by": "x"}),
    ],
)
def test_impossible_parameters(splitter: type[RandomSplit], params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        splitter.Params(**params)
