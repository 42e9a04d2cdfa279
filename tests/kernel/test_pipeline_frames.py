"""A pandas frame as the data of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy import Table
from toy_runs import make_registry

from automl import Pipeline, real
from automl.errors import DataError, PipelineFileError, PlanError
from automl.frames import HeldFrame
from automl.plugins import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Its own: a pipeline that holds a frame adds a reader."""
    return make_registry()


@pytest.fixture
def frame() -> pd.DataFrame:
    return Table(Table.Params()).read()


def over(data: Any, registry: Registry) -> Pipeline:
    return (
        Pipeline("held", data=data, target="y", seed=3, registry=registry)
        .stage("split", "toy.holdout", after="data")
        .stage("filled", "toy.fill", after="split")
        .stage("codes", "toy.dummies", after="filled")
        .stage(
            "search",
            "search.network",
            after="codes",
            network="toy.net",
            objective="toy.error",
            budget={"trials": 2, "epochs": 3},
            baselines=[],
            space={"rate": real(0.01, 0.5)},
        )
        .stage("evaluate", "toy.evaluate", after="search")
        .executor("in_process")
    )


def score(pipeline: Pipeline, work: Path) -> tuple[float | None, list[str]]:
    finished = pipeline.run(workspace=work).finished
    assert finished.search is not None
    return finished.search.trials[-1].score, finished.executed


@pytest.mark.parametrize("executor", ["in_process", "local"])
def test_it_trains_on_the_rows_of_the_frame(frame, registry, tmp_path, executor):
    found, _ = score(over(frame, registry).executor(executor), tmp_path / "held")
    read, _ = score(over({"use": "toy.table"}, registry), tmp_path / "read")
    assert found == read


def test_the_same_content_is_the_same_data(frame, registry, tmp_path):
    assert score(over(frame, registry), tmp_path)[1] == ["data", "split", "filled", "codes", "search", "evaluate"]
    assert score(over(frame.copy(), registry), tmp_path)[1] == []
    assert score(over(frame.assign(z=1.5), registry), tmp_path)[1][0] == "data"


def test_it_may_be_read_within_a_time_limit(frame, registry, tmp_path):
    """That is in a process of its own, which the rows travel to."""
    section = {"path": frame, "time": 60, "roles": {"ignore": "z"}}
    assert score(over(section, registry), tmp_path)[1][0] == "data"


def test_what_becomes_of_the_frame_later_is_no_matter(frame, registry):
    pipeline = over(frame, registry)
    frame["x"] = 0.0
    assert pipeline == over(Table(Table.Params()).read(), registry)
    assert pipeline != over(frame, registry)


def test_columns_are_checked_as_those_of_a_file(frame, registry):
    with pytest.raises(PipelineFileError, match="there is no column 'y'"):
        over(frame.rename(columns={"y": "why"}), registry).check()
    text = over(frame, registry).check().text
    assert "frame: DataFrame of 120 x 4, " in text


def test_no_file_can_hold_it(frame, registry):
    with pytest.raises(PlanError, match=r"the data is in memory .*; mend: frame.to_parquet"):
        over(frame, registry).to_yaml()
    over(frame, registry).check()
    with pytest.raises(PipelineFileError, match="'frame' "):
        over({"use": "memory.frame", "with": {"frame": "x"}}, registry).check()


def test_a_frame_that_is_no_table_is_refused(registry):
    with pytest.raises(DataError, match=r"two columns '1', 1 and '1' as text; mend: rename"):
        over(pd.DataFrame([[1, 2]], columns=[1, "1"]), registry)
    with pytest.raises(DataError, match="two columns 'a'"):
        over(pd.DataFrame([[1, 2]], columns=["a", "a"]), registry)
    with pytest.raises(DataError, match=r"the column 'a' .*list '\[2\]'.*mend: convert it"):
        assert HeldFrame(pd.DataFrame({"a": [1, "b", [2]]})).fingerprint


def test_only_a_named_index_is_a_column():
    rows = pd.DataFrame({"a": [1.0, 2.0]}, index=pd.Index(["p", "q"], name="key"))
    assert HeldFrame(rows).header().columns == ("key", "a")
    assert HeldFrame(rows).header().numeric == {"key": False, "a": True}
    counted = pd.DataFrame({"a": [1.0, np.nan]}, index=[7, 8])
    assert HeldFrame(counted) == HeldFrame(counted.reset_index(drop=True))
