"""Looking for leaks: run a pipeline, run it with the values of forbidden rows spoiled, compare what was learned.

`leaks` works for any declaration. The second run reads the same rows in the same order, but the forbidden ones hold
garbage of the same kind, and a splitter deals them to the parts that they had in the first run. Whatever comes out
different was learned from them.

- Test rows may change nothing that is in the model.
- Validation rows, and with folds the rows held out, may change the score and with it the epoch that is kept, but no
  stage below the head.

Rows keep whether they have a target, and labels stay among the classes: which rows and classes there are is read off
all rows, before the split.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import spoiling
import toy_runs

from automl import run as runs
from automl.columns import TEST, VALID
from automl.components import Header, Reader, Splitter
from automl.dataset import Dataset
from automl.fingerprint import digest
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.pipeline_file.declaration import Declaration, Use
from automl.plan.materialize import Plan
from automl.plugins import Plugin, Registry
from automl.records import Record
from automl.run import LazyExecutor
from automl.store import Store


class SpoiltParams(Params):
    reader: str = param(description="Id of the reader whose rows are spoiled.")
    parameters: dict[str, Any] = param(description="Its parameters.")
    target: str = param(description="The target: its labels stay labels.")
    rows: tuple[int, ...] = param(description="Ids of the rows to spoil.")


class Spoilt(Reader):
    """Another reader's rows, some of them spoiled."""

    id = "spoiling.rows"
    Params = SpoiltParams

    def _reader(self) -> Reader:
        reader: type[Reader] = _registry().get("readers", self.params.reader)
        return reader(reader.Params.model_validate(self.params.parameters))

    def header(self) -> Header:
        return self._reader().header()

    def fingerprint(self) -> str:
        return digest(self._reader().fingerprint(), self.params.rows)

    def read(self) -> pd.DataFrame:
        frame = self._reader().read().reset_index(drop=True)
        chosen = frame.index.isin(self.params.rows)
        return pd.DataFrame({name: _spoil(frame[name], chosen, name == self.params.target) for name in frame.columns})


def _registry() -> Registry:
    return make_registry()


def _spoil(column: pd.Series, chosen: np.ndarray, is_target: bool) -> pd.Series:
    """Garbage of the same kind. Labels are turned about; a gap in the target stays one."""
    is_number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    if is_number:
        column = column.astype("float64")  # a narrow integer has no room for garbage
    values = column.astype(object).to_numpy(copy=True)
    known = chosen & column.notna().to_numpy()
    if is_number and (not is_target or column.nunique() > 20):
        values[known] = column[known] * -7 + 1000
    elif is_target or pd.api.types.is_bool_dtype(column.dtype):
        values[known] = np.roll(values[known], 1)
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        values[known] = [value + pd.Timedelta(days=4000) for value in values[known]]
    else:
        values[known] = "spoiled"
    return pd.Series(values, index=column.index).astype(column.dtype)


class DealtParams(Params):
    part: tuple[int, ...] = param(description="The partition code of each row.")
    folds: int = param(description="How many folds there are.")


class Dealt(Splitter):
    """A partition decided elsewhere."""

    id = "spoiling.dealt"
    Params = DealtParams

    @classmethod
    def folds(cls, params: Any) -> int:
        return int(params.folds)

    def split(self, data: Dataset) -> np.ndarray:
        return np.asarray(self.params.part, dtype="int16")


@hookimpl
def automl_components() -> list[Record]:
    return [Record(Dealt.id, "spoiling:Dealt", Dealt.summary())]


@hookimpl
def automl_readers() -> list[Record]:
    return [Record(Spoilt.id, "spoiling:Spoilt", Spoilt.summary())]


def make_registry() -> Registry:
    """Everything installed, the toys, and the stages that spoil."""
    registry = toy_runs.make_registry()
    registry.register(spoiling, Plugin("spoiling", "spoiling", "spoiling", "1.0"))
    return registry


def leaks(declaration: Declaration, registry: Registry, workspace: Path) -> list[str]:
    """What a pipeline learned from rows that it must not see: a sentence for each stage and kind of row.

    Args:
        declaration: with one split and one search; nothing upstream tuned and few trials, so that spoiled validation
            rows cannot make another trial win.
        registry: from `make_registry`.
        workspace: an empty folder.
    """
    clean = _learned(declaration, registry, workspace / "clean")
    store = Store(workspace / "clean" / "store")
    plan = Plan(declaration, registry, store, lambda _: None, LazyExecutor(declaration, registry))
    splitter = next(name for name, node in plan.graph.nodes.items() if node.kind == "split")
    split = plan.materialize(splitter, {}).dataset
    assert split.part is not None
    folds = plan.graph.folds(splitter)
    ids = split.frame.index.to_numpy()
    assert (split.part == TEST).any(), "there is nothing to leak"
    found: list[str] = []

    def compare(kind: str, forbidden: np.ndarray, head: int, *, with_head: bool) -> None:
        spoilt = _spoilt(declaration, splitter, ids[forbidden], split.part, folds)
        learned = _learned(spoilt, registry, workspace / kind)[head]
        assert set(learned) == set(clean[head])
        found.extend(
            f"{stage} learned from {kind} rows"
            for stage, state in learned.items()
            if (with_head or stage != "%head") and state != clean[head][stage]
        )

    for head in range(max(folds, 1)):
        compare("test", split.part == TEST, head, with_head=True)
    if not folds:
        compare("validation", split.part == VALID, 0, with_head=False)
    for fold in range(folds):
        compare(f"fold {fold}", split.part == fold, fold, with_head=False)
    return found


def _learned(declaration: Declaration, registry: Registry, workspace: Path) -> list[dict[str, bytes]]:
    bundle = runs.run(declaration, registry, workspace=workspace).finished.bundle
    assert bundle is not None
    return toy_runs.heads(bundle)


def _spoilt(declaration: Declaration, splitter: str, rows: np.ndarray, part: np.ndarray, folds: int) -> Declaration:
    data = declaration.data
    reader = {
        "reader": data.reader.use,
        "parameters": dict(data.reader.params),
        "target": data.target,
        "rows": rows.tolist(),
    }
    stage = dataclasses.replace(
        declaration.stages[splitter], use=Dealt.id, params={"part": part.tolist(), "folds": folds}
    )
    return dataclasses.replace(
        declaration,
        data=dataclasses.replace(data, reader=Use(Spoilt.id, reader)),
        stages={**declaration.stages, splitter: stage},
    )
