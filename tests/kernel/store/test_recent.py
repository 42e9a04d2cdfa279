"""Tables that stay in memory: they are those on the disk in every respect, and few."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import writing

from automl.dataset import Dataset
from automl.store import Store
from automl.store.recent import Recent

ROWS = 500


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path)
    with store.locked():
        yield store


def mixed() -> Dataset:
    """Columns of each dtype, the numbers cut from one matrix whose rows lie together: no column lies in one piece."""
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(ROWS, 4))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    frame = pd.DataFrame(matrix, columns=list("abcd"), index=np.arange(ROWS) * 2, copy=False)
    frame["text"] = pd.Series([None, "", "é", "a", "b"] * 100, index=frame.index, dtype="str")
    frame["flag"] = pd.array([True, None, False, True] * 125, dtype="boolean")
    frame["day"] = pd.Series([pd.NaT, pd.Timestamp("2026-01-01")] * 250, index=frame.index).astype("datetime64[us]")
    kinds = {**dict.fromkeys("abcd", "numeric"), "text": "text", "flag": "boolean", "day": "datetime"}
    return Dataset.make(frame, dict.fromkeys(frame, "feature"), kinds)  # type: ignore[arg-type]


def assert_alike(kept: Dataset, loaded: Dataset) -> None:
    pd.testing.assert_frame_equal(kept.frame, loaded.frame, check_exact=True)
    assert kept.columns == loaded.columns, "names, roles, kinds, hashes and owners"
    assert kept.fingerprint == loaded.fingerprint
    for name in kept.columns:
        mine, other = kept.frame[name], loaded.frame[name]
        assert type(mine.array) is type(other.array)
        if mine.dtype == "float64":
            assert mine.to_numpy().strides == other.to_numpy().strides == (8,)
    assert kept.frame.to_numpy().flags.f_contiguous == loaded.frame.to_numpy().flags.f_contiguous


def test_a_table_kept_in_memory_lies_there_as_it_is_loaded(store: Store) -> None:
    """Were it to lie otherwise, a mean might end in another digit, and a run that was killed in another model."""
    entry = store.put(writing.key(0), {"stage": "mixed", "recipe": {}}, dataset=mixed())
    read = Store(store.root).get(entry.key)
    assert read is not None
    assert_alike(entry.dataset, read.dataset)
    upper = writing.put_on(store, entry, 1)
    read = Store(store.root).get(upper.key)
    assert read is not None
    assert_alike(upper.dataset, read.dataset)
    assert {column.owner for column in upper.dataset.columns.values()} == {entry.key, upper.key}


def test_what_is_there_already_is_served_and_not_what_was_put_instead(store: Store) -> None:
    first = writing.put_table(store, 1)
    other = store.put(first.key, {"stage": "table", "recipe": {}}, dataset=writing.table(2))
    assert other.dataset.fingerprint == first.fingerprint == writing.table(1).fingerprint


def test_the_least_recently_used_leave_the_memory(store: Store) -> None:
    entries = [writing.put_table(store, number) for number in range(4)]
    tables = [entry.dataset for entry in entries]
    size = int(max(table.frame.memory_usage().sum() for table in tables))
    recent = Recent(limit=2 * size)
    recent.hold(entries[0], tables[0])
    recent.hold(entries[1], tables[1])
    assert recent.get(entries[0]) is tables[0]
    recent.hold(entries[2], tables[2])
    assert [recent.get(entry) is not None for entry in entries] == [True, False, True, False]
    tight = Recent(limit=size // 2)
    tight.hold(entries[0], tables[0])
    assert tight.get(entries[0]) is tables[0], "the newest stays though it is too large"
    tight.hold(entries[1], tables[1])
    assert tight.get(entries[0]) is None
    assert entries[0].dataset is tables[0], "the store's own has room"


def test_a_table_goes_with_its_entry(store: Store) -> None:
    entry = writing.put_table(store, 1)
    frame = weakref.ref(entry.dataset.frame)
    del entry
    gc.collect()
    assert frame() is None
