"""Checksums: small documents that carry their own, and files that are summed while they are written."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from automl.fingerprint import LENGTH, digest, file_fingerprint

_SEAL = "seal"


def seal(document: Mapping[str, Any]) -> bytes:
    """A JSON document with its own checksum in it."""
    return json.dumps({**document, _SEAL: digest(dict(document))}).encode()


def unseal(data: bytes) -> dict[str, Any] | None:
    """The document; None if the bytes are cut short, changed, or were never sealed."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # JSONDecodeError, UnicodeDecodeError; nested without end
        return None
    if not isinstance(document, dict):
        return None
    mark = document.pop(_SEAL, None)
    return document if mark == digest(document) else None


class SummedFile:
    """A file for writing that knows its sha256 when it is closed: no byte is read again to sum it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()

    closed = property(lambda self: self._file.closed)

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()

    @property
    def sum(self) -> str:
        return self._hash.hexdigest()[:LENGTH]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Checked:
    """The files that this process read, or wrote, and found as their checksum says; by name, inode, time and size."""

    def __init__(self) -> None:
        self._sums: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._guard = threading.Lock()

    def sum(self, path: Path) -> str:
        """The file's checksum, read at most once while the file stays as it is. Raises FileNotFoundError."""
        found = self.known(path)
        if found is None:
            state, found = _state(path), file_fingerprint(path)
            with self._guard:
                self._sums[path] = (state, found)
        return found

    def known(self, path: Path) -> str | None:
        """What was noted for the file, if it is as it was then."""
        with self._guard:
            state, checksum = self._sums.get(path, (None, None))
        return checksum if state == _state(path) else None

    def trust(self, path: Path, checksum: str) -> None:
        """Note the checksum, or for row ids the content hash, of a file that was just written or read here."""
        with self._guard:
            self._sums[path] = (_state(path), checksum)

    def forget(self) -> None:
        """Read everything anew: a disk may change a byte and not the time."""
        with self._guard:
            self._sums.clear()


@functools.cache
def checked() -> Checked:
    """This process's own: workers open the store for each job, and sum each file once."""
    return Checked()


def _state(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
