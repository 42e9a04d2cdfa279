"""Bytes: how many there are, how many a run will need, and what to say when there are too few."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from automl.errors import StoreError

_CELL = 8
"""Bytes of a number; what text takes is not known before it is read."""

_ROW = 10
"""Bytes of a row id and a partition code."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Estimate:
    """Bytes that a run will write: certainly (``least``), and if every stage rewrites every column (``most``)."""

    least: int
    most: int


def estimate(
    *, rows: int, columns: int, stages: int, open_stages: int = 0, variants: int = 1, scratch: int
) -> Estimate:
    """What a run will write that finds none of its values in the store.

    Args:
        rows, columns: of the data, the target included. A cell counts as a number of 8 bytes.
        stages: how many transforms stand above the search whose values depend on no binding.
        open_stages: how many depend on tuned parameters or folds.
        variants: under how many bindings each of those is computed.
        scratch: the cap on values under bindings, in bytes.

    Returns:
        ``least``: the table as it was read. ``most``: the same for each stage, those under bindings up to the cap.
    """
    table = rows * columns * _CELL + rows * _ROW
    return Estimate(table, table * (1 + stages) + min(table * open_stages * variants, scratch))


def check_room(root: Path, needed: Estimate) -> str | None:
    """Compare with the free space of the disk that holds ``root``, which need not exist.

    Returns:
        A warning if the run may not fit, None if it will.

    Raises:
        StoreError: it cannot fit.
    """
    free = free_bytes(root)
    if needed.least > free:
        raise StoreError(
            f"this run writes at least {format_size(needed.least)} into {root}, and the disk has "
            f"{format_size(free)} left; mend: automl cache gc --max-size 1GB, or a working folder on a larger disk"
        )
    if needed.most > free:
        return (
            f"this run may write up to {format_size(needed.most)} into {root}, and the disk has {format_size(free)} "
            "left; automl cache gc --max-size SIZE makes room"
        )
    return None


def free_bytes(path: Path) -> int:
    """Free space of the disk that holds ``path``, or that will hold it."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def format_size(size: float) -> str:
    """Bytes as a person reads them: 312 B, 4.2 KB, 1.3 GB (10^9); as `automl.quantities` reads them."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 999.5 or (unit == "B" and size < 1000):
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


@contextlib.contextmanager
def full_disk_explained(root: Path) -> Iterator[None]:
    """Turn "no space left on device" and its kin into a StoreError that says how to go on."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StoreError(
            f"the disk that holds {root} is full ({error.strerror}), {format_size(free_bytes(root))} are left; nothing "
            "half-written was kept; mend: automl cache gc --max-size SIZE, or free some space, and run again: it goes "
            "on from where it was"
        ) from error
