"""The store: finished values by key, whole or not at all.

Layout, format 1::

    .automl/store/FORMAT
    .automl/store/ab/abcdef.../record.json     the recipe, fingerprints, sizes of the other files
    .automl/store/ab/abcdef.../columns.arrow   the columns that this value wrote (others lie with their owners)
    .automl/store/ab/abcdef.../state.zip       plain values and arrays (`automl.codec`)
    .automl/store/axis/...                     row ids and partitions, shared between values
    .automl/store/names/...                    the recipe last seen under a stage's name: tells why it runs again
    .automl/store/tmp/                         half-written values; swept when a writer opens the store

A value is written under ``tmp`` and renamed. Only the driver writes, one run at a time (`Store.locked`); workers read.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from automl import codec
from automl.dataset import Column, Dataset
from automl.errors import StoreError
from automl.fingerprint import bytes_fingerprint, digest

FORMAT = 1
_ROW = "%row"


class Entry:
    """A stored value: a small record at hand, the bytes on demand."""

    def __init__(self, store: Store, key: str, record: Mapping[str, Any]) -> None:
        self.key = key
        self.record = record
        self._store = store

    @property
    def fingerprint(self) -> str:
        """Content hash of the value: of the dataset if it has one, else of the state."""
        fingerprint: str = self.record["fingerprint"]
        return fingerprint

    @property
    def state_fingerprint(self) -> str | None:
        return self.record.get("state")

    @functools.cached_property
    def state(self) -> Any:
        folder = self._store.folder(self.key)
        data = (folder / "state.zip").read_bytes()
        if bytes_fingerprint(data) != self.state_fingerprint:
            raise StoreError(f"{folder} was changed after it was written; mend: remove that folder and run again")
        return codec.from_bytes(data)

    @functools.cached_property
    def dataset(self) -> Dataset:
        return self._store.load_dataset(self.record["data"])


class Store:
    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        mark = self.root / "FORMAT"
        if mark.exists() and mark.read_text().strip() != str(FORMAT):
            raise StoreError(
                f"{self.root} has format {mark.read_text().strip()}, this version reads {FORMAT}; "
                "mend: use the version that wrote it, or another folder"
            )

    def prepare(self) -> None:
        """Make the folders; called by writers."""
        (self.root / "tmp").mkdir(parents=True, exist_ok=True)
        (self.root / "FORMAT").write_text(f"{FORMAT}\n")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for writing; raises StoreError naming the process that holds it."""
        self.prepare()
        with (self.root / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                handle.seek(0)
                raise StoreError(
                    f"{self.root} is in use by process {handle.read().strip() or '?'}; "
                    "mend: wait until it ends, or run in another folder"
                ) from error
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            for leftover in (self.root / "tmp").iterdir():
                if leftover.is_dir():
                    shutil.rmtree(leftover)
                else:
                    leftover.unlink()
            yield
            handle.truncate(0)

    def folder(self, key: str) -> Path:
        return self.root / key[:2] / key

    def get(self, key: str) -> Entry | None:
        """The value under this key; None if there is none, or if a file has not the size it was written with."""
        folder = self.folder(key)
        try:
            record = json.loads((folder / "record.json").read_bytes())
            whole = all((folder / name).stat().st_size == size for name, size in record["files"].items())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return Entry(self, key, record) if whole else None

    def put(self, key: str, record: Mapping[str, Any], *, dataset: Dataset | None = None, state: Any = None) -> Entry:
        """Store a value. If the key is there already, that value stays: equal recipes have equal values."""
        folder = self.root / "tmp" / uuid.uuid4().hex
        folder.mkdir()
        full: dict[str, Any] = dict(record)
        if state is not None:
            data = codec.to_bytes(state)
            (folder / "state.zip").write_bytes(data)
            full["state"] = full["fingerprint"] = bytes_fingerprint(data)
        if dataset is not None:
            self._write_columns(folder, dataset)
            full["fingerprint"] = dataset.fingerprint
            full["data"] = {
                "axis": dataset.axis,
                "columns": [
                    [name, c.role, c.kind, c.fingerprint, c.owner or key] for name, c in dataset.columns.items()
                ],
            }
        full["files"] = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
        (folder / "record.json").write_text(json.dumps(full))
        for file in folder.iterdir():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
        self._move(folder, self.folder(key))
        entry = self.get(key)
        if entry is None:
            raise StoreError(f"{self.folder(key)} vanished while it was written")
        return entry

    def _move(self, source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        if target.exists() and self.get(target.name) is None:
            shutil.rmtree(target)
        try:
            source.rename(target)
        except OSError:
            if not target.exists():
                raise
            shutil.rmtree(source)

    def _write_columns(self, folder: Path, dataset: Dataset) -> None:
        own = [name for name, column in dataset.columns.items() if column.owner is None]
        frame = dataset.frame[own].assign(**{_ROW: dataset.frame.index})
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.OSFile(str(folder / "columns.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        axis = self.root / "axis" / dataset.axis
        if not axis.exists():
            axis.parent.mkdir(exist_ok=True)
            half = self.root / "tmp" / uuid.uuid4().hex
            half.write_bytes(codec.to_bytes({"rows": dataset.frame.index.to_numpy(), "part": dataset.part}))
            half.rename(axis)

    def load_dataset(self, data: Mapping[str, Any]) -> Dataset:
        """Gather a dataset from the values that own its columns."""
        axis = codec.from_bytes((self.root / "axis" / data["axis"]).read_bytes())
        rows = axis["rows"]
        series: dict[str, pd.Series] = {}
        for owner in dict.fromkeys(column[4] for column in data["columns"]):
            names = [column[0] for column in data["columns"] if column[4] == owner]
            with pa.memory_map(str(self.folder(owner) / "columns.arrow")) as source:
                table = pa.ipc.open_file(source).read_all()
            have = table[_ROW].to_numpy()
            part = table.select(names).to_pandas()
            if not np.array_equal(have, rows):
                part = part.take(np.searchsorted(have, rows))
            series.update(part.set_axis(rows).items())
        frame = pd.DataFrame({column[0]: series[column[0]] for column in data["columns"]}, index=pd.Index(rows))
        columns = {
            name: Column(role, kind, fingerprint, owner) for name, role, kind, fingerprint, owner in data["columns"]
        }
        return Dataset(frame, columns, axis["part"])

    def last_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The recipe that this stage had when it last executed; None if it never did."""
        note = self._note(pipeline, stage, bindings)
        try:
            recipe: dict[str, Any] = json.loads(note.read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return recipe

    def note_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
        note = self._note(pipeline, stage, bindings)
        note.parent.mkdir(exist_ok=True)
        half = self.root / "tmp" / uuid.uuid4().hex
        half.write_text(json.dumps(recipe))
        half.rename(note)

    def _note(self, pipeline: str, stage: str, bindings: Mapping[str, Any]) -> Path:
        return self.root / "names" / f"{digest(pipeline, stage, dict(bindings))}.json"
