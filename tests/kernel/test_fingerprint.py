"""Equal content has equal fingerprints and other content another, whatever the memory looks like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from automl.columns import TEST, TRAIN, VALID
from automl.dataset import Dataset
from automl.fingerprint import array_fingerprint, digest, seed_from, series_fingerprint

floats = st.lists(st.floats(), min_size=1, max_size=20)
strings = st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=20)


def text(values: list) -> pd.Series:
    return pd.Series(values, dtype="str")


@given(floats)
def test_a_slice_prints_as_a_copy(values: list[float]) -> None:
    array = np.array(values)
    spread = np.repeat(array, 3)[::3]
    assert array_fingerprint(array) == array_fingerprint(spread)
    assert series_fingerprint(pd.Series(array)) == series_fingerprint(pd.Series(spread, index=range(5, 5 + len(array))))


@given(strings, st.integers(0, 20))
def test_chunks_and_slices_of_strings_do_not_show(values: list, cut: int) -> None:
    whole = text(values)
    parts = pa.chunked_array([pa.array(values[:cut], pa.large_string()), pa.array(values[cut:], pa.large_string())])
    chunked = pd.Series(pd.array(parts, dtype=whole.dtype))
    sliced = text(["before", *values, "after"]).iloc[1:-1]
    assert series_fingerprint(whole) == series_fingerprint(chunked) == series_fingerprint(sliced)


@given(strings, strings)
def test_strings_print_alike_exactly_if_they_are_alike(one: list, other: list) -> None:
    assert (series_fingerprint(text(one)) == series_fingerprint(text(other))) == (one == other)


def test_string_boundaries_and_missing_count() -> None:
    prints = {
        series_fingerprint(text(values))
        for values in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["abc", None], [None, "abc"], ["", "abc"])
    }
    assert len(prints) == 7


def test_all_nans_are_one_and_zero_has_no_sign() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    assert array_fingerprint(odd) == array_fingerprint(np.array([np.nan, np.nan]))
    assert array_fingerprint(np.array([-0.0])) == array_fingerprint(np.array([0.0]))


def test_the_dtype_the_shape_and_the_order_count() -> None:
    arrays = [
        np.zeros(2),
        np.zeros(2, dtype="float32"),
        np.zeros(2, dtype="int64"),
        np.zeros((2, 1)),
        np.array([0.0, 1.0]),
        np.array([1.0, 0.0]),
        np.array([0.0, np.nan]),
        np.array([0.0, np.inf]),
    ]
    assert len({array_fingerprint(array) for array in arrays}) == len(arrays)


def test_a_missing_boolean_is_neither_true_nor_false() -> None:
    series = [pd.Series([value, True], dtype="boolean") for value in (True, False, None)]
    assert len({series_fingerprint(one) for one in series}) == 3


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))
    assert digest(value, 1) != digest(value, 2)


def test_seeds_depend_on_every_part() -> None:
    seeds = {seed_from(a, b) for a in range(30) for b in ("x", "y", ("x",))}
    assert len(seeds) == 90
    assert all(0 <= seed < 2**32 for seed in seeds)


def dataset(frame: pd.DataFrame, part: list[int] | None = None) -> Dataset:
    roles = dict.fromkeys(frame.columns, "feature")
    kinds = dict.fromkeys(frame.columns, "numeric")
    return Dataset.make(frame, roles, kinds, None if part is None else np.array(part, dtype="int16"))


def test_a_table_prints_its_rows_columns_and_partition() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    tables = [
        dataset(frame),
        dataset(frame[["b", "a"]]),
        dataset(frame.rename(columns={"a": "c"})),
        dataset(frame.set_axis([0, 2])),
        dataset(frame, [TRAIN, VALID]),
        dataset(frame, [VALID, TRAIN]),
        dataset(frame.iloc[:1]),
    ]
    assert len({table.fingerprint for table in tables}) == len(tables)
    assert dataset(frame).fingerprint == dataset(frame.copy()).fingerprint


@given(st.lists(st.sampled_from([0, 1, 2, TEST]), min_size=4, max_size=30), st.integers(0, 2))
def test_a_fold_holds_its_own_rows_out_and_test_rows_never_come(part: list[int], fold: int) -> None:
    table = dataset(pd.DataFrame({"a": np.arange(len(part), dtype="float64")}), part)
    seen = table.under(fold)
    codes = np.array(part)
    assert seen.frame.index.tolist() == np.flatnonzero(codes >= 0).tolist()
    assert seen.rows(VALID, ["a"]).frame.index.tolist() == np.flatnonzero(codes == fold).tolist()
    assert seen.rows(TRAIN, ["a"]).frame.index.tolist() == np.flatnonzero((codes >= 0) & (codes != fold)).tolist()
    refit = table.under("all")
    assert refit.rows(TRAIN, ["a"]).frame.index.tolist() == np.flatnonzero(codes >= 0).tolist()
