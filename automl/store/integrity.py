"""Whether a stored value is whole: its own files, the columns that lie with other values, its row ids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.errors import ValueLostError
from automl.store import tables
from automl.store.layout import COLUMNS, RECORD, Layout
from automl.store.sealing import Checked, unseal


class Inspector:
    """Reads records and checks files. ``checked`` is what this process has read and found sound."""

    def __init__(self, layout: Layout, checked: Checked) -> None:
        self._layout = layout
        self._checked = checked

    def record(self, key: str) -> dict[str, Any]:
        """The sealed record of a value. Raises ValueLostError."""
        path = self._layout.folder(key) / RECORD
        try:
            record = unseal(path.read_bytes())
        except FileNotFoundError:
            raise self._missing(key, path) from None
        except IsADirectoryError:
            raise _damaged(key, path) from None
        if record is None:
            raise _damaged(key, path)
        return record

    def examine(self, key: str, *, thorough: bool) -> dict[str, Any]:
        """The record of a value that is whole; ``thorough`` reads every byte, else sizes must do.

        Raises:
            ValueLostError: names the value, or the row ids, that must be made anew; not always ``key`` itself.
        """
        record = self.record(key)
        for name in record["files"]:
            self.check_file(key, record, name, thorough=thorough)
        if "data" in record:
            for owner, columns in tables.owners(record["data"]).items():
                if owner != key:
                    self.check_columns(key, owner, columns, thorough=thorough)
            self.check_axis(key, record["data"]["axis"], thorough=thorough)
        return record

    def check_columns(self, key: str, owner: str, columns: Mapping[str, str], *, thorough: bool) -> None:
        """That ``owner`` holds these columns, name to content hash, which ``key`` refers to. Raises ValueLostError."""
        record = self.record(owner)
        held = tables.owners(record["data"]).get(owner, {}) if "data" in record else {}
        for name, fingerprint in columns.items():
            if held.get(name) != fingerprint:
                path = self._layout.folder(owner) / COLUMNS
                raise ValueLostError(
                    f"column {name!r} in {path} is another one by now", key=key, path=path, damaged=True
                )
        self.check_file(owner, record, COLUMNS, thorough=thorough)

    def check_file(self, key: str, record: Mapping[str, Any], name: str, *, thorough: bool) -> None:
        path = self._layout.folder(key) / name
        try:
            whole = path.is_file() and path.stat().st_size == record["files"][name]
            if whole and thorough:
                whole = self._checked.sum(path) == record["sums"][name]
        except FileNotFoundError:
            raise self._missing(key, path) from None
        if not whole:
            raise _damaged(key, path)

    def check_axis(self, key: str, name: str, *, thorough: bool) -> None:
        path = self._layout.axis(name)
        if not path.exists():
            raise self._missing(key, path)
        if thorough and self._checked.known(path) != name:
            self.axis(key, name)

    def axis(self, key: str, name: str) -> dict[str, Any]:
        """The row ids and partition called ``name``, which the value ``key`` refers to. Raises ValueLostError."""
        path = self._layout.axis(name)
        try:
            axis = tables.decode_axis(path.read_bytes(), name)
        except FileNotFoundError:
            raise self._missing(key, path) from None
        except IsADirectoryError:
            raise _damaged(key, path) from None
        if axis is None:
            raise _damaged(key, path)
        self._checked.trust(path, name)
        return axis

    def _missing(self, key: str, path: Path) -> ValueLostError:
        gone = not path.parent.exists()  # a whole folder that is not there was removed; one file of it was lost
        return ValueLostError(f"{path} is not there", key=key, path=path, damaged=not gone)


def _damaged(key: str, path: Path) -> ValueLostError:
    return ValueLostError(f"{path} is not as it was written", key=key, path=path, damaged=True)
