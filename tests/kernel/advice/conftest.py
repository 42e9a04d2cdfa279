"""Examining a frame under a pipeline of toys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from advice_names import Examine
from toy_runs import PIPELINE

from automl.advice.examine import examine_data
from automl.advice.findings import Examination
from automl.pipeline_file import loads
from automl.plan.values import Values
from automl.plugins import Registry
from automl.store import Store


@pytest.fixture
def frame() -> pd.DataFrame:
    """A table that nothing can be said against: two numbers, a category, a target that none of them determines."""
    draw = np.random.default_rng(11)
    n = 400
    x = draw.normal(size=n)
    return pd.DataFrame(
        {
            "x": x,
            "z": draw.normal(size=n),
            "colour": draw.choice(["red", "green", "blue"], size=n),
            "y": 3 * x + draw.normal(size=n),
        }
    )


@pytest.fixture
def examine(registry: Registry, tmp_path: Path) -> Examine:
    """``examine(frame, *sets, text=..., registry=...)``: what is found in a frame; the store stays empty."""

    def look(frame: pd.DataFrame, *sets: str, text: str = PIPELINE, registry: Registry = registry) -> Examination:
        path = tmp_path / "rows.pickle"
        frame.to_pickle(path)
        text = text.replace("{use: toy.table, target: y}", f"{{use: toy.pickled, with: {{path: {path}}}, target: y}}")
        declaration = loads(text, registry, sets=sets)
        found = examine_data(Values(declaration, registry, Store(tmp_path / "store"), lambda _: ()))
        assert not (tmp_path / "store").exists(), "looking leaves nothing behind"
        return found

    return look
