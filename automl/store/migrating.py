"""Formats of the store, and the way from each to the next.

A migration only adds to what an older version reads; then it changes ``FORMAT``, in one step; then it takes away what
only the older version read. A migration that is killed has therefore not happened, and is done again.

Format 1: records without a checksum, sizes only; the recipes last seen under ``names/``, bare.
Format 2: each record carries its own checksum (``seal``) and those of its files (``sums``); sealed notes under
``recipes/`` and ``runs/``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automl.errors import StoreError
from automl.fingerprint import file_fingerprint
from automl.store.layout import RECORD, Layout, delete
from automl.store.sealing import seal, unseal

FORMAT = 2


def read_format(layout: Layout) -> int | None:
    """The format that the store has; None where there is no store yet.

    Raises:
        StoreError: a newer version wrote it, or the mark is damaged.
    """
    try:
        text = layout.format.read_bytes().strip()
    except FileNotFoundError:
        return None
    if not text.isdigit():
        raise StoreError(
            f"{layout.format} is damaged: expected a number, found {text[:20]!r}; mend: write the number of the format "
            f"into it, {FORMAT} if this version wrote the store last, or remove the store: runs make it anew"
        )
    found = int(text)
    if found > FORMAT or found < 1:
        raise StoreError(
            f"{layout.root} has format {found}, this version reads {FORMAT}; "
            "mend: use the version that wrote it, or another folder"
        )
    return found


def write_format(layout: Layout) -> None:
    layout.write(layout.format, f"{FORMAT}\n".encode())


def migrate(layout: Layout) -> None:
    """Bring the store to the present format; the caller holds its lock."""
    found = read_format(layout)
    while found is not None and found < FORMAT:
        clean_up = _STEPS[found](layout)
        found += 1
        layout.write(layout.format, f"{found}\n".encode())
        clean_up()


def _seal_records(layout: Layout) -> Callable[[], None]:
    """From 1 to 2. A value that is not whole stays without a seal, so it is computed again when it is asked for."""
    for key in layout.stored():
        path = layout.folder(key) / RECORD
        record = _read_json(path)
        if record is None or unseal(path.read_bytes()) is not None:
            continue
        files = {path.parent / name: size for name, size in record["files"].items()}
        if any(not file.exists() or file.stat().st_size != size for file, size in files.items()):
            continue
        stat = path.stat()
        layout.write(path, seal({**record, "sums": {file.name: file_fingerprint(file) for file in files}}))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    names = layout.root / "names"
    for path in sorted(names.glob("*.json")):
        recipe = _read_json(path)
        if recipe is not None:
            note = {"pipeline": None, "stage": None, "bindings": {}, "recipe": recipe, "before": None}
            layout.write(layout.recipes / path.name, seal(note))
    return lambda: delete(names) if names.exists() else None


_STEPS: dict[int, Callable[[Layout], Callable[[], None]]] = {1: _seal_records}


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
