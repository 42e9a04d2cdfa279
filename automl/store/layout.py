"""Where everything lies in a store, and how files come (written aside, renamed in) and go (renamed away, deleted)."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

RECORD = "record.json"
COLUMNS = "columns.arrow"
STATE = "state.zip"
SCRATCH_MARK = "scratch"


class Layout:
    """The paths of a store under ``root``, an absolute path."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).absolute()
        self.format = self.root / "FORMAT"
        self.lock = self.root / "lock"
        self.tmp = self.root / "tmp"
        self.axes = self.root / "axis"
        self.recipes = self.root / "recipes"
        self.runs = self.root / "runs"

    def folder(self, key: str) -> Path:
        return self.root / key[:2] / key

    def axis(self, name: str) -> Path:
        return self.axes / name

    def stored(self) -> Iterator[str]:
        """The keys of all folders that hold a value, whole or not."""
        for shelf in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(folder.name for folder in shelf.iterdir())

    def half(self) -> Path:
        """A fresh name for something that is not whole yet."""
        return self.tmp / uuid.uuid4().hex

    def write(self, path: Path, data: bytes) -> None:
        """Put a small file in its place in one step; a reader sees the old one or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        half = self.half()
        try:
            with half.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            if path.is_dir():
                self.discard(path)  # it is nothing of ours
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise

    def discard(self, path: Path) -> None:
        """Take a file or folder away in one step, then delete it. Whoever has its files open goes on reading them."""
        away = self.half()
        try:
            path.rename(away)
        except FileNotFoundError:
            return
        delete(away)

    def sweep(self) -> None:
        """Delete what a killed writer left half-written or half-deleted."""
        for leftover in self.tmp.iterdir():
            delete(leftover)


def delete(path: Path) -> None:
    """Delete a file, or a folder with all in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
