"""Rows that can be read in one process only: whoever trains on them elsewhere was handed them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from automl.dataset import Rows
from automl.learning import Task
from automl.plugins import Registry
from automl.search.context import RowsReference, StoredTrialRows, TrialRows


@dataclass(frozen=True)
class Handed(StoredTrialRows):
    rows: Rows

    def bind(self, registry: Registry, task: Task) -> TrialRows:
        assert self.rows.target is not None
        return TrialRows(self.rows, self.rows, self.rows.target.to_numpy(), np.asarray)


@dataclass(frozen=True)
class HereOnly(RowsReference):
    fingerprint: str
    process: int

    def read(self) -> Handed:
        assert os.getpid() == self.process, "these rows lie on another machine"
        frame = pd.DataFrame({"x": np.linspace(0.0, 1.0, 50)})
        return Handed(Rows(frame, pd.Series(3 * frame["x"], name="y"), None, {"x": "numeric"}))
