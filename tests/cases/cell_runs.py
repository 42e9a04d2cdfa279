"""Training on one table with the toys' linear learner, through the command line, and predicting by every door."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from toy_folder import automl, enter_toy_folder

from automl.plugins import Registry
from automl.predictor import Predictor

PIPELINE = """version: 1
name: cells
seed: 1
data: DATA
stages:
  split: {use: toy.holdout, in: data, with: {test: 0.1, valid: 0.2}}
  codes: {use: encode.one_hot, in: split}
  scaled: {use: scale.standard, in: codes}
  search:
    use: search.network
    in: scaled
    with:
      network: toy.net
      objective: toy.error
      budget: {trials: 1, epochs: 400}
      baselines: []
      space: {rate: {float: [0.3, 0.31]}}
run: {executor: {use: in_process}}
track: []
"""


@contextlib.contextmanager
def toy_folder(path: Path) -> Iterator[Path]:
    """A working folder with the toys installed."""
    with pytest.MonkeyPatch.context() as patch:
        yield enter_toy_folder(path, patch)


def train(data: str, *sets: str) -> Predictor:
    """Run the pipeline with this ``data:`` section in the working folder; the model as it was saved."""
    Path("cells.yaml").write_text(PIPELINE.replace("DATA", data))
    done = automl("run", "cells.yaml", *(word for change in sets for word in ("--set", change)))
    assert done.exit_code == 0, done.output
    return Predictor.load(bundle(), Registry.load())


def bundle() -> Path:
    return max(Path(".automl/runs").glob("*/model.automl"), key=lambda found: found.stat().st_mtime)


def predicted(text: str, suffix: str = ".csv") -> pd.DataFrame:
    """What ``automl predict`` prints for a CSV file of this text, every cell as the text that it is."""
    Path(f"new{suffix}").write_text(text)
    done = automl("predict", str(bundle()), f"new{suffix}")
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.stdout), dtype=str, keep_default_na=False)


def means(frame: pd.DataFrame, by: str) -> dict[str, float]:
    """Mean of y for each level, as pandas groups texts."""
    return {str(level): float(mean) for level, mean in frame.groupby(by).y.mean().items()}
