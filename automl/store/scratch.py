"""The part of the store that is capped: values under a trial's bindings, and finished trainings.

A value is in it as long as its folder has a file called ``scratch``; keeping a value means removing that mark, so
nothing moves while workers read. What is evicted is computed again when it is asked for.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.store import tables
from automl.store.layout import RECORD, SCRATCH_MARK, Layout


@dataclass
class _Value:
    size: int
    used: int
    owners: frozenset[str]
    """Keys of the values that hold its columns; empty for what has no columns, such as a training."""


class Scratch:
    """Bookkeeping of the writer, in memory; read from the folders when it is first needed."""

    def __init__(self, layout: Layout, limit: int) -> None:
        self.limit = limit
        self._layout = layout
        self._pinned: Counter[str] = Counter()
        self._values: dict[str, _Value] = {}
        self._guard = threading.RLock()

    @property
    def size(self) -> int:
        """Bytes in all."""
        with self._guard:
            return sum(value.size for value in self._values.values())

    def scan(self, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Take in what earlier runs left."""
        for key, record in records:
            if (self._layout.folder(key) / SCRATCH_MARK).exists():
                self.add(key, record)

    def add(self, key: str, record: Mapping[str, Any]) -> None:
        owners = frozenset(tables.owners(record["data"])) if "data" in record else frozenset()
        used = (self._layout.folder(key) / RECORD).stat().st_mtime_ns
        with self._guard:
            self._values[key] = _Value(sum(record["files"].values()), used, owners)

    def touch(self, key: str, used: int) -> None:
        with self._guard:
            if key in self._values:
                self._values[key].used = used

    def drop(self, key: str) -> None:
        """Forget a value that was kept or removed."""
        with self._guard:
            self._values.pop(key, None)

    def pin(self, keys: Iterable[str]) -> None:
        """Do not evict these until they are unpinned as often as they were pinned."""
        with self._guard:
            self._pinned.update(keys)

    def unpin(self, keys: Iterable[str]) -> None:
        with self._guard:
            self._pinned.subtract(keys)
            self._pinned = +self._pinned

    def victims(self) -> Iterator[str]:
        """What to evict so that the rest fits, in this order; nothing that is pinned.

        Tables go before trainings: rows are computed again in seconds, and without a training a killed search
        repeats a trial. Among each the least recently used goes first. With a table goes whatever has columns in it.
        """
        with self._guard:
            excess = self.size - self.limit
            order = sorted(self._values, key=lambda key: (not self._values[key].owners, self._values[key].used))
            owners = {key: self._values[key].owners for key in order}
            gone: set[str] = set()
            for key in order:
                if excess <= 0:
                    return
                group = tables.standing_on(key, owners)
                if not self._pinned.keys().isdisjoint(group):
                    continue
                for member in group:
                    if member not in gone:
                        gone.add(member)
                        excess -= self._values[member].size
                        yield member
