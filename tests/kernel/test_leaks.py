"""No stage learns from rows that it must not see; and the search for leaks finds one when there is one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from spoiling import leaks, make_registry
from toy_runs import BASELINES, BUDGET, FOLDS, PIPELINE, stages

from automl.columns import TEST, TRAIN
from automl.dataset import Dataset
from automl.pipeline_file import loads
from automl.plugins import Registry

HOLDOUT = "stages.split.use=toy.holdout"
FEW = f"{BUDGET}={{trials: 2, epochs: 5}}"
EVERYTHING = stages("""
  filled: {use: toy.fill, in: split}
  dropped: {use: toy.drop_high, in: filled, columns: numeric}
  scaled: {use: toy.scale, in: dropped, columns: [x]}
  codes: {use: toy.dummies, in: split, columns: categorical}
  goal: {use: toy.standard_target, in: scaled}
  last: {use: toy.scale, in: [goal, codes], columns: [z]}
""")


@pytest.fixture(scope="module")
def spoilers() -> Registry:
    return make_registry()


@pytest.mark.parametrize("split", [HOLDOUT, FOLDS], ids=["holdout", "folds"])
def test_nothing_is_learned_from_forbidden_rows(spoilers: Registry, tmp_path: Path, split: str) -> None:
    declaration = loads(EVERYTHING, spoilers, sets=(split, FEW, BASELINES))
    assert leaks(declaration, spoilers, tmp_path) == []


def test_nothing_is_learned_from_forbidden_rows_of_a_classification(spoilers: Registry, tmp_path: Path) -> None:
    text = PIPELINE.replace("{use: toy.table,", "{use: toy.table, with: {task: binary},")
    text = text.replace("  goal: {use: toy.standard_target, in: codes}\n", "").replace("in: goal", "in: codes")
    assert leaks(loads(text, spoilers, sets=(FEW,)), spoilers, tmp_path) == []


def test_a_kernel_that_shows_test_rows_to_training_is_found_out(
    spoilers: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Dataset.under

    def under(self: Dataset, fold: int | str) -> Dataset:
        assert self.part is not None
        part = np.where(self.part == TEST, TRAIN, self.part).astype("int16")
        return honest(dataclasses.replace(self, part=part), fold)

    monkeypatch.setattr(Dataset, "under", under)
    found = leaks(loads(PIPELINE, spoilers, sets=(FEW,)), spoilers, tmp_path)
    assert {"filled learned from test rows", "goal learned from test rows", "%head learned from test rows"} <= set(
        found
    )


@pytest.mark.parametrize("split", [HOLDOUT, FOLDS], ids=["holdout", "folds"])
def test_a_kernel_that_fits_on_validation_rows_is_found_out(
    spoilers: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, split: str
) -> None:
    honest = Dataset.rows

    def rows(self: Dataset, code: int, columns):
        return honest(dataclasses.replace(self, part=None) if code == TRAIN else self, code, columns)

    monkeypatch.setattr(Dataset, "rows", rows)
    found = leaks(loads(PIPELINE, spoilers, sets=(FEW, split)), spoilers, tmp_path)
    kinds = ["validation"] if split == HOLDOUT else ["fold 0", "fold 1", "fold 2"]
    for kind in kinds:
        assert f"filled learned from {kind} rows" in found
        assert f"goal learned from {kind} rows" in found
