"""A writer that is killed at any moment, while others read: no value is ever half-read."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import writing

from automl.errors import StoreError, ValueLostError
from automl.store import Store


def read_all(root: Path) -> int:
    """Read what is there; each value is whole and what its key says, or not there."""
    store, found = Store(root), 0
    for number in range(7):
        entry = store.get(writing.key(number))
        try:
            if entry is not None:
                assert entry.state == {"number": number}
                assert entry.dataset.frame.equals(writing.table(number).frame)
                found += 1
            training = store.get(writing.key(number, "training"))
            if training is not None:
                assert np.array_equal(training.state["weights"], np.full(1000, float(number)))
                found += 1
        except ValueLostError as lost:
            if lost.damaged:  # else it was removed between the look and the reading: the writer does that all the time
                raise
    return found


def test_a_reader_beside_a_writer_that_is_killed_at_random_moments(tmp_path: Path) -> None:
    root, draw, found = tmp_path / "store", random.Random(4), 0
    for _ in range(6):
        writer = subprocess.Popen([sys.executable, writing.__file__, str(root)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        until = time.monotonic() + draw.uniform(0.05, 0.6)
        while time.monotonic() < until:
            found += read_all(root)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert list(Store(root).faults()) == []
        read_all(root)
    assert found, "nothing was read while it was written"
    store = Store(root)
    with store.locked():
        assert list((root / "tmp").iterdir()) == []
        for number in range(7):
            writing.put_table(store, number)
    assert read_all(root) >= 7


def test_a_table_that_is_open_stays_readable_when_it_is_evicted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        writing.put_table(store, 1)
        reader = Store(tmp_path)
        early, late = reader.get(writing.key(1)), reader.get(writing.key(1))
        assert early is not None
        assert late is not None
        frame = early.dataset.frame
        store.remove(writing.key(1))
        assert frame.equals(writing.table(1).frame)
        with pytest.raises(ValueLostError, match="is not there; mend: run again") as caught:
            _ = late.dataset
        assert not caught.value.damaged
        with pytest.raises(ValueLostError, match=r"state\.zip is not there"):
            _ = late.state


def test_only_the_holder_of_the_lock_writes(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"is not locked by this process; mend: write inside Store\.locked"):
        writing.put_table(Store(tmp_path), 1)
