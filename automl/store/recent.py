"""The tables in memory: what a stage has just written, the next one need not read."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from automl.dataset import Dataset
from automl.wide_frames import bytes_of

if TYPE_CHECKING:
    from automl.store.entry import Entry

LIMIT = 1_000_000_000
"""Bytes: a table of 1,000,000 x 100, or the last six of 1,000,000 x 20."""


class Recent:
    """The datasets of the entries used last, up to ``limit`` bytes together; the newest stays whatever its size.

    They are held for an entry and not under its key: whoever asks the store anew reads the disk anew, and learns of
    what was damaged or removed; whoever has an entry goes on with what it saw. Columns that a dataset passes on from
    another are counted with both.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        # In the order of use, the newest last; an entry that nobody has any more takes its dataset with it.
        self._held: weakref.WeakKeyDictionary[Entry, tuple[Dataset, int]] = weakref.WeakKeyDictionary()
        self._guard = threading.Lock()

    def get(self, entry: Entry) -> Dataset | None:
        with self._guard:
            held = self._held.pop(entry, None)
            if held is None:
                return None
            self._held[entry] = held
            return held[0]

    def hold(self, entry: Entry, dataset: Dataset) -> None:
        size = bytes_of(dataset.frame)
        with self._guard:
            self._held.pop(entry, None)
            self._held[entry] = (dataset, size)
            excess = sum(size for _, size in self._held.values()) - self._limit
            for oldest in list(self._held)[:-1]:
                if excess <= 0:
                    return
                excess -= self._held.pop(oldest)[1]
