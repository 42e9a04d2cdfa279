"""What a worker holds of its own, and how much it may."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from automl.executors.memory import memory_for_each, own_memory

_SIZE = 200_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell only the most that was ever held")
def test_memory_of_its_own_counts_and_a_mapped_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    with path.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, _SIZE)
    before = own_memory()
    mapped = np.memmap(path, dtype="uint8", mode="r")
    assert int(mapped.sum()) == 0  # it has been read in
    assert own_memory() < before + _SIZE / 2
    held = np.ones(_SIZE, dtype="uint8")
    assert own_memory() > before + _SIZE / 2
    del mapped, held


def test_workers_share_half_of_the_memory_within_bounds() -> None:
    shares = [memory_for_each(workers) for workers in (1, 2, 4, 1_000_000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] <= 4 * 10**9
    assert shares[-1] == 10**9
