"""The plain table that each test of the battery makes odd in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

PIPELINE = """
version: 1
name: battery
seed: 1
data: {path: table.parquet, target: y}
stages:
  split: {use: split.random, in: data, with: {test: 0.2, valid: 0.2}}
  filled: {use: impute.simple, in: split}
  codes: {use: encode.one_hot, in: filled}
  scaled: {use: scale.standard, in: codes, columns: numeric}
  search:
    use: search.network
    in: scaled
    with: {network: toy.net, budget: {trials: 1, epochs: 20}, baselines: [baseline.constant], space: {rate: 0.2}}
  evaluate: {use: evaluate.report, in: search, with: {bootstrap: 0}}
run: {executor: {use: in_process}}
"""
N = 60
CLASSES = ("stages.search.with.network=toy.still", "stages.search.with.space=null")
"""Changes for a target of classes, which the toy network does not take."""


def table(rows: int = N, **columns: Any) -> pd.DataFrame:
    """A number, a level and a target that follows the number; ``columns`` replace them or join them."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=rows), "b": draw.choice(["u", "v", "w"], size=rows)})
    frame["y"] = 3 * frame["a"] + draw.normal(scale=0.1, size=rows)
    return frame.assign(**columns)


def cycle(*values: Any, rows: int = N) -> list[Any]:
    return [values[place % len(values)] for place in range(rows)]
