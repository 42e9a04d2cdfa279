"""A program that predicts with stored models: ``python -m automl.testing.stored_models MODELS PREDICTIONS``."""

from __future__ import annotations

import importlib
import operator
import sys
from pathlib import Path

import pandas as pd

from automl.codec import from_bytes, to_bytes


def main(models: str, predictions: str) -> None:
    document = from_bytes(Path(models).read_bytes())
    sys.path[:] = document["path"]
    frame = pd.DataFrame(document["values"], columns=document["columns"])
    values = []
    for module, name, state in document["models"]:
        fitted = operator.attrgetter(name)(importlib.import_module(module)).from_state(state)
        for needed in fitted.modules():
            importlib.import_module(needed)
        values.append(fitted.apply(frame).to_numpy(dtype="float64"))
    Path(predictions).write_bytes(to_bytes(values))


if __name__ == "__main__":
    main(*sys.argv[1:])
