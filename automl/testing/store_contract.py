"""The contract suite of stores; inherit it and say how to open one.

::

    class TestMine(StoreContract):
        def make_store(self, root: Path) -> Any:
            return MyStore(root)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.dataset import Dataset
from automl.errors import AutoMLError, StoreError
from automl.fingerprint import digest
from automl.testing.endless_writer import key_of, state_of
from automl.testing.samples import SAMPLES, unsplit

_KEY = digest("a recipe")
_STATE = {"mean": 1.5, "levels": ["a", "ü"], "none": None, "values": np.arange(2000, dtype="float64")}


class StoreContract:
    """What every store does.

    An author supplies ``make_store``, which opens the store in a folder; opening the same folder again gives the
    same values. The class itself, called with the folder, does the same: another process opens it so.
    """

    def make_store(self, root: Path) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "store"

    def test_what_was_put_is_got_by_this_and_by_later_stores(self, root: Path) -> None:
        store = self.make_store(root)
        with store.locked():
            assert_state(store.put(_KEY, {"why": "test"}, state=_STATE).state)
            assert_state(store.get(_KEY).state)
        later = self.make_store(root).get(_KEY)
        assert later.record["why"] == "test"
        assert_state(later.state)

    def test_a_table_comes_back_as_it_was(self, root: Path) -> None:
        data, store = sample(), self.make_store(root)
        with store.locked():
            entry = store.put(_KEY, {}, dataset=data)
            assert entry.fingerprint == data.fingerprint
        assert_dataset(self.make_store(root).get(_KEY).dataset, data)

    def test_nothing_is_there_before_it_is_put(self, root: Path) -> None:
        store = self.make_store(root)
        assert store.get(_KEY) is None
        with store.locked():
            assert store.get(_KEY) is None

    def test_equal_recipes_keep_the_first_value(self, root: Path) -> None:
        store = self.make_store(root)
        with store.locked():
            store.put(_KEY, {"turn": 1}, state=_STATE)
            again = store.put(_KEY, {"turn": 2}, state=_STATE)
        assert again.record["turn"] == self.make_store(root).get(_KEY).record["turn"] == 1

    def test_equal_values_have_equal_fingerprints(self, root: Path) -> None:
        store = self.make_store(root)
        with store.locked():
            one, other = (store.put(digest(name), {}, state=_STATE) for name in "ab")
            different = store.put(digest("c"), {}, state={**_STATE, "mean": 1.6})
        assert one.fingerprint == other.fingerprint != different.fingerprint

    def test_what_cannot_be_stored_leaves_nothing(self, root: Path) -> None:
        store = self.make_store(root)
        with store.locked():
            with pytest.raises(AutoMLError):
                store.put(_KEY, {}, state={"made of": object()})
            assert store.get(_KEY) is None
            assert_state(store.put(_KEY, {}, state=_STATE).state)

    def test_one_writes_at_a_time_and_readers_read_on(self, root: Path) -> None:
        store = self.make_store(root)
        with store.locked():
            store.put(_KEY, {}, state=_STATE)
            with pytest.raises(StoreError), self.make_store(root).locked():
                pass
            assert_state(self.make_store(root).get(_KEY).state)
        with self.make_store(root).locked():
            pass

    @pytest.mark.parametrize("values", [1, 3])
    def test_a_writer_killed_in_mid_write_leaves_whole_values_only(self, root: Path, values: int) -> None:
        kind = type(self.make_store(root))
        command = [sys.executable, "-m", "automl.testing.endless_writer", kind.__module__, kind.__qualname__, str(root)]
        known = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        writer = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
            command, env=known, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer, writer.stdout as told:
            done = [int(told.readline()) for _ in range(values)]
            writer.kill()
        store = self.make_store(root)
        for number in (*done, *range(values, values + 50)):
            entry = store.get(key_of(number))
            assert entry is not None or number not in done, f"value {number} was put, and is not there"
            if entry is not None:
                assert entry.state["number"] == number
                np.testing.assert_array_equal(entry.state["values"], state_of(number)["values"])
        with store.locked():  # what the killed one left behind is in nobody's way
            for number in range(values + 3):
                entry = store.put(key_of(number), {"number": number}, state=state_of(number))
                assert entry.state["number"] == number

    @pytest.mark.parametrize("harm", ["cut", "changed", "removed"])
    def test_a_damaged_value_is_never_served(self, root: Path, tmp_path: Path, harm: str) -> None:
        data, store = sample(), self.make_store(root)
        with store.locked():
            store.put(_KEY, {"why": "test"}, dataset=data, state=_STATE)
        for file in sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file()):
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(root, copy)
            if not damage(copy / file, harm):
                continue
            try:
                entry = self.make_store(copy).get(_KEY)
                found = None if entry is None else (entry.state, entry.dataset)
            except StoreError:
                continue
            if found is not None:
                assert_state(found[0], f"with {file} {harm}")
                assert_dataset(found[1], data)

    @pytest.mark.parametrize("harm", ["cut", "removed"])
    def test_a_damaged_value_can_be_put_again(self, root: Path, harm: str) -> None:
        store = self.make_store(root)
        with store.locked():
            store.put(_KEY, {}, state=_STATE)
        largest = max((path for path in root.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        damage(largest, harm)
        store = self.make_store(root)
        with store.locked():
            assert store.get(_KEY) is None
            assert_state(store.put(_KEY, {}, state=_STATE).state)


def sample() -> Dataset:
    return unsplit(SAMPLES[0].frame())


def damage(file: Path, harm: str) -> bool:
    """Cut off a file's end, change a byte in its middle, or remove it; False if there is nothing to harm."""
    data = file.read_bytes()
    if harm == "removed":
        file.unlink()
        return True
    if not data:
        return False
    middle = len(data) // 2
    file.write_bytes(data[:-1] if harm == "cut" else data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    return True


def assert_state(found: Any, where: str = "") -> None:
    assert {**found, "values": None} == {**_STATE, "values": None}, where
    np.testing.assert_array_equal(found["values"], _STATE["values"], err_msg=where)


def assert_dataset(found: Dataset, expected: Dataset) -> None:
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.fingerprint == expected.fingerprint
