"""Values for the store's tests, each made from a number. As a program: ``python writing.py ROOT`` writes for ever."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
import pandas as pd

from automl.dataset import Dataset
from automl.fingerprint import digest
from automl.store import Entry, Store

ROWS = 2000


def key(number: int, what: str = "table") -> str:
    return digest(what, number)


def table(number: int, columns: int = 3, rows: int = ROWS) -> Dataset:
    """A table of its own row ids with ``columns`` numbers and a text."""
    draw = np.random.default_rng(number)
    frame = pd.DataFrame(
        {f"x{place}": draw.normal(size=rows) for place in range(columns)}, index=np.arange(rows) * (number + 1)
    )
    frame["text"] = pd.Series(draw.choice(["a", "b", None], size=rows), index=frame.index, dtype="str")
    kinds: dict[str, Any] = dict.fromkeys(frame.columns, "numeric") | {"text": "categorical"}
    return Dataset.make(frame, dict.fromkeys(frame.columns, "feature"), kinds)


def put_table(store: Store, number: int, *, scratch: bool = False, **shape: int) -> Entry:
    record = {"recipe": {"stage": "test.table", "number": number}, "stage": "table", "pipeline": "test"}
    return store.put(key(number), record, dataset=table(number, **shape), state={"number": number}, scratch=scratch)


def put_on(store: Store, below: Entry, number: int, *, scratch: bool = False) -> Entry:
    """A value that writes one column and has the others from the value below."""
    dataset = below.dataset
    name = f"new{number}"
    new = pd.DataFrame({name: np.full(len(dataset.frame), float(number))}, index=dataset.frame.index)
    added = Dataset.make(new, {name: "feature"}, {name: "numeric"})
    frame = dataset.frame.assign(**{name: new[name]})
    joined = Dataset(frame, {**dataset.columns, **added.columns}, dataset.part)
    return store.put(key(number, "on"), {"stage": "on", "recipe": {}}, dataset=joined, scratch=scratch)


def put_training(store: Store, number: int, size: int = 1000) -> Entry:
    """What a trial leaves: a state and no table."""
    state = {"weights": np.full(size, float(number))}
    return store.put(key(number, "training"), {"recipe": {"training": "test"}}, state=state, scratch=True)


if __name__ == "__main__":
    store = Store(sys.argv[1], scratch=200_000)
    with store.locked():
        print("begun", flush=True)
        for number in itertools.count():
            put_table(store, number % 7, scratch=number % 2 == 0)
            put_training(store, number % 5)
            store.trim()
            store.remove(key((number + 3) % 7))
