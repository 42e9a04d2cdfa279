"""A program that puts one value after the other into a store until it is killed.

``python -m automl.testing.endless_writer MODULE CLASS ROOT``; it prints the number of each value that it has put.
"""

from __future__ import annotations

import importlib
import itertools
import operator
import sys
from typing import Any

import numpy as np

from automl.fingerprint import digest

SIZE = 300_000


def key_of(number: int) -> str:
    return digest("value", number)


def state_of(number: int) -> dict[str, Any]:
    """2.4 MB, so that a kill often comes in the middle."""
    return {"number": number, "values": np.arange(SIZE, dtype="float64") + number}


def main(module: str, name: str, root: str) -> None:
    store = operator.attrgetter(name)(importlib.import_module(module))(root)
    with store.locked():
        for number in itertools.count():
            store.put(key_of(number), {"number": number}, state=state_of(number))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
