"""The store itself: `get`, `put`, and what happens to a value in between."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from automl import codec
from automl.dataset import Dataset
from automl.errors import StoreError, ValueLostError
from automl.fingerprint import bytes_fingerprint
from automl.pipeline_file.declaration import DEFAULT_SCRATCH
from automl.secret import shown_recipe
from automl.store import locking, migrating, tables
from automl.store.entry import Entry
from automl.store.integrity import Inspector
from automl.store.layout import COLUMNS, RECORD, SCRATCH_MARK, STATE, Layout, delete
from automl.store.notes import Notes
from automl.store.recent import Recent
from automl.store.room import full_disk_explained
from automl.store.scratch import Scratch
from automl.store.sealing import checked, seal


class Store:
    """Values by key. One process writes, from any of its threads, while it is `locked`; any may read.

    Args:
        root: the folder; made by the first writer. An older format is migrated at once.
        scratch: bytes that values under bindings, and trainings, may take together; see `trim`.

    Attributes:
        lost: why values that were damaged are not served, by key.
        removals: how many values this store has removed.
        recent: the tables that its entries hold in memory.

    Raises:
        StoreError: the store is of a newer format, or of an older one while another process writes it.
    """

    def __init__(self, root: str | Path, *, scratch: int = DEFAULT_SCRATCH) -> None:
        self.root = Path(root)
        self.layout = Layout(root)
        self.notes = Notes(self.layout)
        self.lost: dict[str, str] = {}
        self._checked = checked()
        self._inspector = Inspector(self.layout, self._checked)
        self._scratch = Scratch(self.layout, scratch)
        self.recent = Recent()
        self.removals = 0
        self._removed: dict[str, int] = {}
        self._is_writer = False
        self._guard = threading.RLock()
        if (found := migrating.read_format(self.layout)) is not None and found < migrating.FORMAT:
            with self.locked():
                pass

    # Who writes

    @contextlib.contextmanager
    def locked(self, wait: float | None = None, tell: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the store for writing.

        Args:
            wait: for how many seconds to wait for another writer; None: not at all; ``math.inf``: until it ends.
            tell: called with a sentence that names whom this process waits for.

        Raises:
            StoreError: another process holds it; names the process, its host, its command and since when.
        """
        self.layout.tmp.mkdir(parents=True, exist_ok=True)
        with locking.locked(self.layout.lock, wait, tell):
            migrating.migrate(self.layout)
            if migrating.read_format(self.layout) is None:
                migrating.write_format(self.layout)
            self.layout.sweep()
            self._scratch.scan(self.records())
            self._is_writer = True
            try:
                yield
            finally:
                self._is_writer = False

    # Reading

    def get(self, key: str) -> Entry | None:
        """The value under this key; None if there is none, or if it is not whole.

        The writer reads every byte once before it says that a value is there, and takes away what is damaged, so
        that it is computed again; `lost` says why. Others look at sizes here, and check the files that they load.
        """
        with self._guard:
            try:
                record = self._inspector.examine(key, thorough=self._is_writer)
            except ValueLostError as lost:
                if self._is_writer and self.layout.folder(key).exists():
                    self._bury(key, lost)
                return None
            if self._is_writer:
                self._touch(key, record)
            return Entry(self, key, record)

    def load_state(self, key: str, record: Mapping[str, Any]) -> Any:
        """The state of the value under this key. Raises ValueLostError."""
        path = self.layout.folder(key) / STATE
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ValueLostError(f"{path} is not there", key=key, path=path, damaged=False) from None
        if bytes_fingerprint(data) != record["state"]:
            raise ValueLostError(f"{path} is not as it was written", key=key, path=path, damaged=True)
        return codec.from_bytes(data)

    def load_dataset(self, data: Mapping[str, Any]) -> Dataset:
        """Gather a dataset from the values that own its columns.

        Raises:
            ValueLostError: a part of it is gone or damaged; the writer can make it anew.
        """
        parts = tables.owners(data)
        axis = self._inspector.axis(next(iter(parts), ""), data["axis"])
        arrays: dict[str, Any] = {}
        for owner, columns in parts.items():
            self._inspector.check_columns(owner, owner, columns, thorough=True)
            arrays |= tables.read_columns(self.layout.folder(owner), list(columns), axis["rows"])
        return tables.assemble(data, axis, arrays)

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Key and record of every value whose record can be read; its files are not looked at."""
        for key in self.layout.stored():
            with contextlib.suppress(ValueLostError):
                yield key, self._inspector.record(key)

    def faults(self) -> Iterator[ValueLostError]:
        """Read every byte of every value; yields what is missing or damaged, each file once."""
        self._checked.forget()
        seen: set[Path] = set()
        for key in self.layout.stored():
            try:
                self._inspector.examine(key, thorough=True)
            except ValueLostError as lost:
                if lost.path not in seen:
                    seen.add(lost.path)
                    yield lost

    # Writing

    def put(
        self,
        key: str,
        record: Mapping[str, Any],
        *,
        dataset: Dataset | None = None,
        state: Any = None,
        texts: Mapping[str, str] | None = None,
        scratch: bool = False,
    ) -> Entry:
        """Store a value, whole or not at all. If the key is there already, that value stays: equal recipes have equal
        values.

        Args:
            key: names the value; a hash of its recipe.
            record: what to know of the value without loading it: JSON values.
            dataset: the table; columns that a stored value owns already are referred to, not written again.
            state: plain values and arrays, see `automl.codec`.
            texts: by name, what lies in files of their own, to be linked to from elsewhere (`Entry.file`).
            scratch: the value may be evicted once it is neither pinned nor kept.

        Raises:
            StoreError: the disk is full, or this process does not hold the lock.
        """
        if not self._is_writer:
            raise StoreError(f"{self.root} is not locked by this process; mend: write inside Store.locked()")
        folder = self.layout.half()
        try:
            with full_disk_explained(self.root):
                folder.mkdir()
                full, kept = self._write(folder, key, record, dataset, state, texts)
                if scratch:
                    (folder / SCRATCH_MARK).touch()
        except BaseException:
            if folder.exists():
                delete(folder)
            raise
        entry = self._place(folder, key, full, scratch=scratch)
        if kept is not None and entry.fingerprint == full["fingerprint"]:
            self.recent.hold(entry, kept)
        return entry

    def _write(
        self,
        folder: Path,
        key: str,
        record: Mapping[str, Any],
        dataset: Dataset | None,
        state: Any,
        texts: Mapping[str, str] | None,
    ) -> tuple[dict[str, Any], Dataset | None]:
        """Write a value's files; returns its record, and the dataset as it would be loaded."""
        full: dict[str, Any] = dict(record)
        if "recipe" in record:
            full["recipe"] = shown_recipe(record["recipe"])
        sums: dict[str, str] = {}
        kept: Dataset | None = None
        if state is not None:
            data = codec.to_bytes(state)
            _write_through(folder / STATE, data)
            full["state"] = full["fingerprint"] = sums[STATE] = bytes_fingerprint(data)
        for name, text in (texts or {}).items():
            data = text.encode()
            _write_through(folder / name, data)
            sums[name] = bytes_fingerprint(data)
        if dataset is not None:
            # Not forced to the disk: a table that a power cut tears is known by its checksum and computed again.
            sums[COLUMNS], kept = tables.write_columns(folder, dataset, key)
            self._write_axis(dataset)
            full["fingerprint"] = dataset.fingerprint
            full["data"] = tables.describe(dataset, key)
        full["files"] = {name: (folder / name).stat().st_size for name in sums}
        full["sums"] = sums
        full["made"] = time.time()
        _write_through(folder / RECORD, seal(full))
        return full, kept

    def _write_axis(self, dataset: Dataset) -> None:
        path = self.layout.axis(dataset.axis)
        if not path.exists():
            self.layout.write(path, tables.encode_axis(dataset))
            self._checked.trust(path, dataset.axis)

    def _place(self, folder: Path, key: str, record: dict[str, Any], *, scratch: bool) -> Entry:
        target = self.layout.folder(key)
        with self._guard:
            present = self.get(key)
            if present is not None:
                delete(folder)
                if not scratch:
                    self.keep([key])
                return present
            self.layout.discard(target)
            target.parent.mkdir(exist_ok=True)
            folder.rename(target)
            for name, checksum in record["sums"].items():
                self._checked.trust(target / name, checksum)
            if scratch:
                self._scratch.add(key, record)
            self._touch(key, record)
        return Entry(self, key, record)

    # What is remembered besides values

    def last_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The recipe that this stage had when it last executed; None if it never did."""
        return self.notes.last_recipe(pipeline, stage, bindings)

    def note_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
        self.notes.note_recipe(pipeline, stage, bindings, recipe)

    def note_run(self, pipeline: str, run: str, keys: Iterable[str]) -> None:
        """Keep the values that a finished run stands on; they stay until a newer run of the pipeline needs others."""
        needed = self.closure(keys)
        self.keep(needed)
        self.notes.note_run(pipeline, run, needed)

    # Keeping and removing

    def keep(self, keys: Iterable[str]) -> None:
        """Take values, and those that hold their columns, out of the scratch: they stay."""
        with self._guard:
            for key in self.closure(keys):
                (self.layout.folder(key) / SCRATCH_MARK).unlink(missing_ok=True)
                self._scratch.drop(key)

    def pin(self, keys: Iterable[str]) -> None:
        """Do not evict exactly these values until `unpin` is called as often."""
        self._scratch.pin(keys)

    def unpin(self, keys: Iterable[str]) -> None:
        self._scratch.unpin(keys)

    def trim(self) -> list[str]:
        """Evict the least recently used of the scratch until the rest fits; returns the keys that went.

        Call it where nothing but what is pinned is in use: what the plan has just materialised may go.
        """
        with self._guard:
            evicted = list(self._scratch.victims())
            for key in evicted:
                self.remove(key)
        return evicted

    def remove(self, key: str) -> None:
        """Take a value away. Whoever reads it goes on reading; whoever comes later finds none."""
        with self._guard:
            self.layout.discard(self.layout.folder(key))
            self._note_removal(key)
            self._scratch.drop(key)

    def remove_axis(self, name: str) -> None:
        """Take away row ids that no value refers to."""
        with self._guard:
            self.layout.discard(self.layout.axis(name))
            self._note_removal(name)

    def repair(self, lost: ValueLostError) -> None:
        """Take away what a ValueLostError names, so that it is computed again."""
        with self._guard:
            self._bury(lost.key, lost)

    def recheck(self, keys: Iterable[str]) -> None:
        """Read these values anew, byte by byte, and take away what is damaged: a worker could not read them."""
        with self._guard:
            self._checked.forget()
            for key in keys:
                if self.get(key) is None:
                    self._note_removal(key)

    def closure(self, keys: Iterable[str]) -> set[str]:
        """These values and those that hold their columns; keys without a value are left out."""
        found: set[str] = set()
        for key in keys:
            with contextlib.suppress(ValueLostError):
                record = self._inspector.record(key)
                found |= {key, *(tables.owners(record["data"]) if "data" in record else ())}
        return found

    def has_removed(self, names: Iterable[str], *, since: int) -> bool:
        """True if one of these values, or row ids, was removed after the first ``since`` removals."""
        return any(self._removed.get(name, 0) > since for name in names)

    def _bury(self, key: str, lost: ValueLostError) -> None:
        """Remove what is damaged, and remember why ``key`` must be computed again."""
        self.lost[key] = f"its stored value is lost: {lost}"
        if not lost.damaged:
            return
        self.lost[lost.key] = f"its stored value is damaged: {lost}"
        if lost.path.parent == self.layout.axes:
            self.remove_axis(lost.path.name)
        else:
            self.remove(lost.key)

    def _note_removal(self, name: str) -> None:
        self.removals += 1
        self._removed[name] = self.removals

    def _touch(self, key: str, record: Mapping[str, Any]) -> None:
        """Note that a value was used, and with it those that hold its columns: they are never older than it."""
        now = time.time_ns()
        for used in {key, *(tables.owners(record["data"]) if "data" in record else ())}:
            os.utime(self.layout.folder(used) / RECORD, ns=(now, now))
            self._scratch.touch(used, now)


def _write_through(path: Path, data: bytes) -> None:
    """Write a file and force it to the disk: a training is worth the milliseconds."""
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
