"""A plugin for tests that need to know which row goes where: a split that is written down row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from toy_runs import make_registry

from automl.columns import TEST, VALID
from automl.components import Splitter
from automl.dataset import Dataset
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.plugins import Plugin, Registry
from automl.records import Record

_CODES = {"v": VALID, "t": TEST}


class WrittenParams(Params):
    parts: str = param(description="A sign for each row, repeated to the end: v, t, or the number of a fold.")


class Written(Splitter):
    """Row by row: v validates, t tests, a digit trains and is the fold."""

    id = "parts.written"
    Params = WrittenParams

    @classmethod
    def folds(cls, params: Any) -> int:
        most = max(int(sign) for sign in params.parts if sign.isdigit())
        return most + 1 if most else 0

    def split(self, data: Dataset) -> np.ndarray:
        signs = (self.params.parts * len(data.frame))[: len(data.frame)]
        return np.array([_CODES.get(sign) or int(sign.isdigit() and sign) for sign in signs], dtype="int16")


@hookimpl
def automl_components() -> list[Record]:
    return [Record(Written.id, f"{__name__}:Written", Written.summary())]


def registry_with_parts() -> Registry:
    """Everything installed, the toys, and this."""
    registry = make_registry()
    registry.register(__import__(__name__), Plugin("parts", __name__, "toy-parts", "1.0"))
    assert not registry.set_aside, registry.set_aside
    return registry
