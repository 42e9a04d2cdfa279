"""The fixture that runs a pipeline, as a plugin author uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import toy_runs

from automl.errors import PipelineFileError
from automl.testing import RecordingObserver

if TYPE_CHECKING:
    from automl.testing.fixtures import RunPipeline

pytest_plugins = ["automl.testing.fixtures"]


def test_it_runs_the_text_and_gives_the_result(run_pipeline: RunPipeline, tmp_path: Path) -> None:
    heard = RecordingObserver()
    result = run_pipeline(
        toy_runs.PIPELINE,
        registry=toy_runs.make_registry(),
        sets=["stages.search.with.budget.trials=2"],
        observers=[heard],
    )
    assert result.finished.search is not None
    assert len(result.finished.search.trials) == 2
    assert heard.names()[0] == "RunStarted"
    assert heard.names()[-1] == "RunFinished"
    assert result.finished.directory.is_relative_to(tmp_path / ".automl")


CSV_PIPELINE = """
version: 1
data: {path: rows.csv, target: y}
stages:
  split: {use: split.random, in: data}
"""


def test_paths_are_relative_to_the_tests_folder_and_installed_plugins_are_known(
    run_pipeline: RunPipeline, tmp_path: Path
) -> None:
    pd.DataFrame({"x": np.arange(20.0), "y": np.arange(20.0)}).to_csv(tmp_path / "rows.csv", index=False)
    assert run_pipeline(CSV_PIPELINE).finished.executed == ["data", "split"]
    assert run_pipeline(CSV_PIPELINE).finished.cached == ["data", "split"]


def test_mistakes_are_told_as_anywhere(run_pipeline: RunPipeline) -> None:
    with pytest.raises(PipelineFileError, match="did you mean"):
        run_pipeline(CSV_PIPELINE.replace("split.random", "split.randm"))
