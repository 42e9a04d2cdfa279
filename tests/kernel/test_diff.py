"""Runs that are over: listed, shown, and compared in file, data, plugins and scores."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_folder import automl, enter_toy_folder

from automl.errors import StoreError
from automl.run_comparison import Change, ScoreChange, compare
from automl.run_records import Data, DataColumn, Run, Score, find_run, list_runs, read_run

_BASE = Run(
    "20260101-000000-toys-aaaa",
    Path("a"),
    "toys",
    "finished",
    file="version: 1\nseed: 3\nstages: {}\n",
    plugins={"toy": "toys 1.0", "gone": "gone 2.0"},
    code={"filled": "toys 1.0, v1, numpy 2.4"},
    data=Data(100, {"x": DataColumn("feature", "numeric", "11" * 16), "y": DataColumn("target", "numeric", "22" * 16)}),
    scores={"rmse": Score(0.5, False), "r2": Score(0.8, True), "count": Score(3.0)},
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


def test_equal_runs_differ_in_nothing() -> None:
    found = compare(_BASE, _BASE)
    assert (found.file, found.data, found.plugins) == ([], [], [])
    assert [score.better for score in found.scores] == ["equal", "equal", None]


def test_the_file_is_a_unified_diff_of_the_resolved_files() -> None:
    other = dataclasses.replace(_BASE, id="b", file="version: 1\nseed: 4\nstages: {}\n")
    assert compare(_BASE, other).file == [
        f"--- {_BASE.id}", "+++ b", "@@ -1,3 +1,3 @@", " version: 1", "-seed: 3", "+seed: 4", " stages: {}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (100, {"x": DataColumn("feature", "numeric", "33" * 16)}, [Change("values of x", "11111111", "33333333")]),
        (100, {"x": DataColumn("id", "numeric", "11" * 16)}, [Change("column x", "numeric feature", "numeric id")]),
        (100, {"z": DataColumn("feature", "text", "4" * 32)}, [Change("column z", None, "text")]),
        (100, {"x": None}, [Change("column x", "numeric", None)]),
        (120, {"x": DataColumn("feature", "numeric", "33" * 16)}, [Change("rows", "100", "120")]),
    ],
)
def test_data_differs_by_rows_columns_kinds_and_values(rows: int, columns: dict, expected: list[Change]) -> None:
    assert _BASE.data is not None
    merged = {name: column for name, column in {**_BASE.data.columns, **columns}.items() if column is not None}
    assert compare(_BASE, dataclasses.replace(_BASE, data=Data(rows, merged))).data == expected


def test_a_run_that_read_no_data_says_so() -> None:
    assert compare(_BASE, dataclasses.replace(_BASE, data=None)).data == [Change("data", "100 rows", None)]


def test_plugins_differ_by_version_and_by_the_code_of_stages() -> None:
    other = dataclasses.replace(
        _BASE, plugins={"toy": "toys 1.1", "new": "new 1"}, code={"filled": "toys 1.1, v1, numpy 2.4"}
    )
    assert compare(_BASE, other).plugins == [
        Change("toy", "toys 1.0", "toys 1.1"),
        Change("gone", "gone 2.0", None),
        Change("new", None, "new 1"),
        Change("stages.filled", "toys 1.0, v1, numpy 2.4", "toys 1.1, v1, numpy 2.4"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "better"),
    [
        ("rmse", 0.4, "after"), ("rmse", 0.6, "before"), ("r2", 0.9, "after"), ("r2", 0.7, "before"),
        ("r2", 0.8, "equal"), ("count", 4.0, None), ("rmse", float("nan"), None),
    ],
)  # fmt: skip
def test_which_score_is_better_follows_the_metrics_direction(name: str, value: float, better: str | None) -> None:
    score = dataclasses.replace(_BASE.scores[name], value=value)
    found = compare(_BASE, dataclasses.replace(_BASE, scores={name: score})).scores
    changed = next(change for change in found if change.name == name)
    assert changed.better == better
    assert all(change.after is None and change.better is None for change in found if change.name != name)
    if value == value:
        assert changed.difference == pytest.approx(value - _BASE.scores[name].value)


def test_a_score_that_only_one_run_has() -> None:
    found = compare(dataclasses.replace(_BASE, scores={}), _BASE).scores
    assert found[0] == ScoreChange("rmse", None, 0.5, None)
    assert found[0].difference is None


# In a folder


def test_runs_are_recorded_listed_shown_and_compared(folder: Path) -> None:
    assert automl("runs", "list").stdout == "no runs in .automl/runs\n"
    first = automl("run", "toys.yaml")
    assert first.exit_code == 0
    assert automl("run", "toys.yaml", "--set", "stages.search.with.budget={trials: 2, epochs: 3}").exit_code == 0
    runs = json.loads(automl("runs", "list", "--json").stdout)
    assert [run["state"] for run in runs] == ["finished", "finished"]
    assert runs[0]["scores"]["toy.error"]["greater_is_better"] is False
    assert runs[0]["data"]["rows"] > 100
    assert runs[0]["plugins"]["toy"] == "automl-toys 1.0"
    assert set(runs[0]["code"]) == {"data", "split", "filled", "codes", "goal", "search", "evaluate"}
    listed = automl("runs", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [run["id"] for run in runs]
    assert all("toy.error" in line for line in listed)

    shown = automl("runs", "show", "last").stdout
    assert f"run       {runs[1]['id']}" in shown
    assert "state     finished" in shown
    features = [name for name, column in runs[1]["data"]["columns"].items() if column["role"] == "feature"]
    counted = f"{runs[1]['data']['rows']} rows, {len(features)} columns"
    assert f"data      {counted}" in shown
    assert counted in first.output
    assert f".automl/runs/{runs[1]['id']}/model.automl" in shown
    assert json.loads(automl("runs", "show", "last~1", "--json").stdout) == runs[0]

    text = automl("diff", "last~1", "last").stdout
    assert re.search(r"^  \+ .*epochs: 3", text, re.M)
    assert "data: no difference" in text
    assert "plugins: no difference" in text
    assert "A is better" in text, text
    document = json.loads(automl("diff", runs[0]["id"], runs[1]["id"], "--json").stdout)
    assert (document["before"], document["after"]) == (runs[0]["id"], runs[1]["id"])
    assert {score["name"] for score in document["scores"]} == {"validation toy.error", "toy.error"}


def test_a_failed_run_says_why(folder: Path) -> None:
    assert automl("run", "toys.yaml", "--set", "stages.filled.use=toy.refuses").exit_code == 1
    (run,) = list_runs()
    assert run.state == "failed"
    assert "stages.filled" in run.error
    assert "state     failed: StageError" in automl("runs", "show", "last").stdout


@pytest.fixture
def folders(tmp_path: Path) -> Callable[..., Path]:
    """Run folders as a killed run may leave them."""

    def make(*names: str, log: str = '{"event": "run_started", "pipeline": "toys", "at": 1.5}\n') -> Path:
        for name in names:
            (tmp_path / "runs" / name).mkdir(parents=True)
            (tmp_path / "runs" / name / "events.jsonl").write_text(log)
        return tmp_path / "runs"

    return make


def test_a_killed_run_is_unfinished_and_its_cut_line_is_no_event(folders) -> None:
    log = '{"event": "run_started", "pipeline": "toys", "at": 1.5}\n{"event": "run_finished", "secon'
    run = read_run(folders("one", log=log) / "one")
    assert (run.state, run.pipeline, run.started, run.seconds, run.data) == ("unfinished", "toys", 1.5, None, None)


def test_a_run_is_found_by_id_beginning_folder_or_place(folders) -> None:
    root = folders("20260101-a", "20260102-b", "20260102-bc")
    assert find_run("20260101", root).id == "20260101-a"
    assert find_run("20260102-b", root).id == "20260102-b"
    assert find_run("last", root).id == "20260102-bc"
    assert find_run("last~2", root).id == "20260101-a"
    assert find_run(str(root / "20260101-a")).id == "20260101-a"


def test_runs_of_one_second_come_in_the_order_of_their_start(folders) -> None:
    root = folders("20260101-120000-ant-ffff", "20260101-120000-zebra-0a00", "20260101-120001-ant-0000")
    assert [run.id[16:] for run in list_runs(root)] == ["zebra-0a00", "ant-ffff", "ant-0000"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("last~3", "last~3: there are 3 runs in"),
        ("20260102", "20260102: 2 runs begin so: 20260102-b, 20260102-bc"),
        ("20260101-x", "there is no run '20260101-x' in .*did you mean '20260101-a'.*see: automl runs list"),
    ],
)
def test_a_run_that_is_not_meant_clearly_is_refused(folders, name: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        find_run(name, folders("20260101-a", "20260102-b", "20260102-bc"))


def test_one_run_is_one_run(folders) -> None:
    with pytest.raises(StoreError, match="last~1: there is 1 run in"):
        find_run("last~1", folders("20260101-a"))


def test_a_wrong_name_is_a_wrong_call(folder: Path) -> None:
    result = automl("diff", "last", "last~1")
    assert result.exit_code == 2
    assert "there are 0 runs in .automl/runs" in result.stderr


def test_runs_are_listed_without_pandas_or_an_engine(folder: Path) -> None:
    code = (
        "import sys; from automl.cli import main; main(['runs', 'list'], standalone_mode=False); "
        "print(sorted({'pandas', 'tensorflow', 'sklearn', 'mlflow', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ.copy()
    )
    assert done.stdout == "no runs in .automl/runs\n[]\n"
