"""Too little room is told before a run, or in its middle, and leaves nothing half-written."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import writing

from automl.errors import StoreError
from automl.quantities import parse_size
from automl.store import Store
from automl.store.room import Estimate, check_room, estimate, format_size, free_bytes

FULL = """
import resource, sys, writing
from automl.errors import StoreError
from automl.store import Store
store = Store(sys.argv[1])
with store.locked():
    writing.put_table(store, 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    for attempt in (lambda: writing.put_table(store, 2), lambda: writing.put_training(store, 1, size=100_000)):
        try:
            attempt()
        except StoreError as error:
            print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    writing.put_training(store, 1)
"""


@pytest.mark.parametrize("limit", [1, 20_000, 80_000])
def test_a_disk_that_is_full_in_the_middle_leaves_nothing_half_written(tmp_path: Path, limit: int) -> None:
    """A limit on the size of a file stands for the full disk: the same call fails, at the same place."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, str(tmp_path), str(limit)],
        capture_output=True, text=True, check=True, cwd=Path(writing.__file__).parent,
    )  # fmt: skip
    told = done.stdout.splitlines()
    assert len(told) == 2
    for line in told:
        assert line.startswith(f"the disk that holds {tmp_path} is full (File too large), ")
        assert line.endswith("run again: it goes on from where it was")
        assert "nothing half-written was kept; mend: automl cache gc --max-size SIZE" in line
    store = Store(tmp_path)
    assert list(store.faults()) == []
    assert {key for key, _ in store.records()} == {writing.key(1), writing.key(1, "training")}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_a_run_writes_is_estimated_from_the_shape_of_its_data() -> None:
    table = 1_000_000 * 20 * 8 + 1_000_000 * 10
    assert estimate(rows=1_000_000, columns=20, stages=4, scratch=0) == Estimate(table, 5 * table)
    bound = estimate(rows=1_000_000, columns=20, stages=1, open_stages=2, variants=3, scratch=10 * table)
    assert bound == Estimate(table, 8 * table)
    capped = estimate(rows=1_000_000, columns=20, stages=1, open_stages=2, variants=300, scratch=10 * table)
    assert capped == Estimate(table, 12 * table)


def test_a_run_that_cannot_fit_is_refused_with_both_numbers(tmp_path: Path) -> None:
    root = tmp_path / "not" / "yet" / "there"
    with pytest.raises(StoreError) as caught:
        check_room(root, Estimate(least=10**18, most=10**18))
    text = str(caught.value)
    assert text.startswith(f"this run writes at least 1000000.0 TB into {root}, and the disk has ")
    assert text.endswith("left; mend: automl cache gc --max-size 1GB, or a working folder on a larger disk")
    warning = check_room(root, Estimate(least=1, most=10**18))
    assert warning is not None
    assert "may write up to 1000000.0 TB" in warning
    assert check_room(root, Estimate(least=1, most=1)) is None
    assert abs(free_bytes(root) - shutil.disk_usage(tmp_path).free) < 10**9
    assert not root.exists()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (99_949, "99.9 KB"), (123_456, "123 KB"), (4_200_000, "4.2 MB"),
     (999_600, "1.0 MB"), (2_000_000_000, "2.0 GB"), (3 * 10**12, "3.0 TB")],
)  # fmt: skip
def test_sizes_are_written_as_they_are_read(size: int, text: str) -> None:
    assert format_size(size) == text
    assert parse_size(text) == pytest.approx(size, rel=0.05)
