"""A stored value as whoever asks for it gets it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.dataset import Dataset
from automl.store import tables

if TYPE_CHECKING:
    from automl.store.values import Store


class Entry:
    """A stored value: a small record at hand, the bytes on demand."""

    def __init__(self, store: Store, key: str, record: Mapping[str, Any]) -> None:
        self.key = key
        self.record = record
        self._store = store
        self._born = store.removals

    @property
    def fingerprint(self) -> str:
        """Content hash of the value: of the dataset if it has one, else of the state."""
        fingerprint: str = self.record["fingerprint"]
        return fingerprint

    @property
    def state_fingerprint(self) -> str | None:
        return self.record.get("state")

    @property
    def is_gone(self) -> bool:
        """True if the value, or one that holds its columns, was removed since: ask the store again."""
        return self._store.removals > self._born and self._store.has_removed(self._stands_on, since=self._born)

    @functools.cached_property
    def _stands_on(self) -> set[str]:
        data = self.record.get("data")
        return {self.key} if data is None else {self.key, data["axis"], *tables.owners(data)}

    @functools.cached_property
    def state(self) -> Any:
        """Plain values and arrays, as they were given. Raises ValueLostError."""
        return self._store.load_state(self.key, self.record)

    def file(self, name: str) -> Path | None:
        """The file of a text that was stored by this name; None if there is none. Nobody may change it in place."""
        return self._store.layout.folder(self.key) / name if name in self.record["files"] else None

    @property
    def dataset(self) -> Dataset:
        """The table, gathered from the values that own its columns, or still in memory. Raises ValueLostError."""
        dataset = self._store.recent.get(self)
        if dataset is None:
            dataset = self._store.load_dataset(self.record["data"])
            self._store.recent.hold(self, dataset)
        return dataset
