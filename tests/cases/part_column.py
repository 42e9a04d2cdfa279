"""A plugin for these cases: a split by a column that says where each row goes, so that scores can be recomputed."""

from __future__ import annotations

import sys

import numpy as np

from automl.columns import TEST, TRAIN, VALID
from automl.components import Splitter
from automl.dataset import Dataset
from automl.hookspecs import hookimpl
from automl.plugin_sources import Plugin
from automl.plugins import Registry
from automl.records import Record

AUTOML_API = 1


class ByColumn(Splitter):
    """By the column ``part``."""

    id = "parts.by_column"
    stochastic = False

    def split(self, data: Dataset) -> np.ndarray:
        codes: np.ndarray = data.frame["part"].map({"train": TRAIN, "valid": VALID, "test": TEST}).to_numpy("int16")
        return codes


@hookimpl
def automl_components() -> list[Record]:
    return [Record("parts.by_column", f"{__name__}:ByColumn", "By the column `part`")]


def with_parts() -> Registry:
    """The installed plugins, and this one."""
    registry = Registry.load()
    registry.register(sys.modules[__name__], Plugin("parts", __name__, "parts", "1.0"))
    assert not registry.set_aside, registry.set_aside
    return registry
