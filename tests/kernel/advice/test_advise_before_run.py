"""What happens before a run: the table is read once, warnings are announced, errors stop everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_runs import PIPELINE

from automl.advice.examine import advise, examine_data
from automl.errors import DataError, UnfitDataError
from automl.events import AdviceGiven, StageFinished, StageStarted
from automl.pipeline_file import load
from automl.plan.materialize import Plan
from automl.plugins import Registry
from automl.store import Store


def begin(tmp_path: Path, registry: Registry, rows: pd.DataFrame, *sets: str) -> tuple[Plan, list[Any]]:
    """The plan of a file over these rows, in a store that a run holds; and what it announces."""
    rows.to_pickle(tmp_path / "rows.pickle")
    file = tmp_path / "toys.yaml"
    reader = f"{{use: toy.pickled, with: {{path: {tmp_path}/rows.pickle}}, target: y}}"
    file.write_text(PIPELINE.replace("{use: toy.table, target: y}", reader))
    store, heard = Store(tmp_path / "store"), []
    return Plan(load(file, registry, sets=sets), registry, store, heard.append, lambda: None), heard  # type: ignore[arg-type, return-value]


def test_warnings_are_announced_and_nothing_but_the_reading_executes(
    tmp_path: Path, registry: Registry, frame: pd.DataFrame
) -> None:
    plan, heard = begin(tmp_path, registry, frame.assign(twin=frame["y"]))
    with plan.store.locked():
        advise(plan, plan.graph.sinks())
    assert [type(event) for event in heard] == [StageStarted, StageFinished, AdviceGiven]
    assert heard[0].stage == "data"
    given = heard[2]
    assert given.name == "leak.copy_of_target"
    assert given.where.startswith(f"{tmp_path}/toys.yaml:5:")
    assert given.text.startswith("warning: ")
    assert given.text.endswith("silence: advice: {silence: [leak.copy_of_target]}")


def test_the_table_of_a_run_is_not_read_again(tmp_path: Path, registry: Registry, frame: pd.DataFrame) -> None:
    plan, _ = begin(tmp_path, registry, frame.assign(twin=frame["y"]))
    with plan.store.locked():
        advise(plan, plan.graph.sinks())
    (tmp_path / "rows.pickle").unlink()
    assert [f.name for f in examine_data(plan).findings] == ["leak.copy_of_target"], (
        "the file is gone, the rows are not"
    )


def test_errors_stop_the_run_all_at_once_each_with_its_place(
    tmp_path: Path, registry: Registry, frame: pd.DataFrame
) -> None:
    weighted = frame.assign(w=-1.0, twin=frame["y"])
    plan, heard = begin(tmp_path, registry, weighted, "data.roles={weight: w}", "advice.strict=true")
    with plan.store.locked(), pytest.raises(UnfitDataError) as raised:
        advise(plan, plan.graph.sinks())
    found = [problem.message for problem in raised.value.problems]
    assert len(found) == 2
    assert any("[leak.copy_of_target]" in message for message in found)
    assert any("[columns.weights]" in message for message in found)
    assert "target: y}\n" in str(raised.value), "the line itself is shown"
    assert not any(isinstance(event, AdviceGiven) for event in heard)
    assert isinstance(raised.value, DataError)


def test_rows_that_cannot_be_read_are_told_like_the_rest(
    tmp_path: Path, registry: Registry, frame: pd.DataFrame
) -> None:
    plan, _ = begin(tmp_path, registry, frame.assign(y=np.inf), "data.task=regression")
    with (
        plan.store.locked(),
        pytest.raises(UnfitDataError, match=r"infinite .* in 400 rows.*\[data.refused\]") as raised,
    ):
        advise(plan, plan.graph.sinks())
    (problem,) = raised.value.problems
    assert problem.line == 5
    assert problem.mend == "correct those rows, leave the cells empty, or give the target in another unit"


def test_stages_that_are_not_wanted_are_not_looked_at(tmp_path: Path, registry: Registry, frame: pd.DataFrame) -> None:
    plan, _ = begin(tmp_path, registry, frame, "stages.side={use: toy.dummies, in: split, columns: [x]}")
    assert [finding.name for finding in examine_data(plan).errors] == ["columns.kind"]
    with plan.store.locked():
        advise(plan, ["evaluate"])
