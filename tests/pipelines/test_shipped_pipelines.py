"""The pipelines that the project ships, on the data that it ships, through the command that a person types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from spoiling import leaks, make_registry

from automl.pipeline_file import load
from automl.plugins import Registry

ROOT = Path(__file__).parents[2]
PIPELINES = sorted((ROOT / "pipelines").glob("*.yaml"))
HOUSING = ROOT / "pipelines" / "california_housing.yaml"
ADULT = ROOT / "pipelines" / "adult_income.yaml"

pytestmark = pytest.mark.slow


def absolute(pipeline: Path) -> str:
    """``data.path`` from any working folder."""
    name = {HOUSING: "california_housing", ADULT: "adult"}[pipeline]
    return f"data.path={ROOT / 'examples' / 'data' / f'{name}.parquet'}"


def automl(*words: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "automl", *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=900
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def only_run(cwd: Path, place: int = -1) -> Path:
    return sorted((cwd / ".automl" / "runs").iterdir())[place]


def ledger(run: Path) -> list[dict[str, Any]]:
    """The trials, without the one field that differs from run to run."""
    trials = [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]
    return [{name: value for name, value in trial.items() if name != "seconds"} for trial in trials]


def few(*more: str, tuner: str = "random", trials: int = 2, epochs: int = 1) -> list[str]:
    """``--set`` changes that make a search small, bound by trials and not by time; untracked, the metrics ungated."""
    sets = (
        f"stages.search.with.budget={{trials: {trials}, epochs: {epochs}, time: null}}",
        f"stages.search.with.tuner={tuner}",
        "stages.evaluate.gate=null",
        "track=[]",
        *more,
    )
    return [word for change in sets for word in ("--set", change)]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return make_registry()


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda path: path.stem)
def test_it_runs_and_then_executes_nothing(pipeline: Path, tmp_path: Path) -> None:
    words = ["run", str(pipeline), "--profile", "smoke", "--set", absolute(pipeline)]
    first = automl(*words, cwd=tmp_path)
    assert "model.automl" in first.stdout
    again = automl(*words, cwd=tmp_path)
    assert "nothing executed" in again.stdout
    plan = automl("plan", str(pipeline), "--profile", "smoke", "--set", absolute(pipeline), "--check", cwd=tmp_path)
    assert "unchanged" in plan.stdout
    runs = sorted((tmp_path / ".automl" / "runs").iterdir())
    assert (runs[0] / "model.automl").read_bytes() == (runs[1] / "model.automl").read_bytes()
    assert ledger(runs[0]) == ledger(runs[1])
    assert (tmp_path / ".automl" / "mlflow.db").exists()


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda path: path.stem)
def test_it_reaches_the_scores_that_its_gates_ask_for(pipeline: Path, tmp_path: Path) -> None:
    done = automl("run", str(pipeline), "--set", absolute(pipeline), "--set", "track=[]", cwd=tmp_path)
    assert "hist_gradient_boosting" in done.stdout
    assert "Missed" not in done.stdout


def test_a_new_process_predicts_raw_rows_with_gaps_and_an_unseen_category(tmp_path: Path) -> None:
    automl("run", str(ADULT), *few(), "--set", absolute(ADULT), cwd=tmp_path)
    rows = pd.read_parquet(ROOT / "examples" / "data" / "adult.parquet").head(4).drop(columns="income")
    rows = rows.astype({"age": "float64"})
    rows.loc[0, "occupation"] = "Astronaut"
    rows.loc[1, "age"] = np.nan
    rows.loc[2, "workclass"] = "?"
    rows.to_csv(tmp_path / "rows.csv", index=False)
    automl("predict", str(only_run(tmp_path)), "rows.csv", "-o", "out.csv", cwd=tmp_path)
    out = pd.read_csv(tmp_path / "out.csv")
    assert len(out) == 4
    assert set(out["prediction"]) <= {"<=50K", ">50K"}
    assert np.allclose(out["proba_<=50K"] + out["proba_>50K"], 1.0)


@pytest.mark.parametrize("tuner", ["random", "hyperband", "optuna.tpe"])
def test_the_ledger_and_the_model_do_not_depend_on_the_workers(tuner: str, tmp_path: Path) -> None:
    ledgers, bundles = [], []
    for name, executor in {
        "one": "{use: local, with: {workers: 1}}",
        "two": "{use: local, with: {workers: 2}}",
        "again": "{use: local, with: {workers: 2}}",
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        sets = few(f"run.executor={executor}", absolute(HOUSING), tuner=tuner, trials=5, epochs=3)
        automl("run", str(HOUSING), *sets, cwd=folder)
        ledgers.append(ledger(only_run(folder)))
        bundles.append((only_run(folder) / "model.automl").read_bytes())
    assert ledgers[0] == ledgers[1] == ledgers[2]
    assert bundles[0] == bundles[1] == bundles[2]


def test_a_killed_run_repeats_no_finished_trial(tmp_path: Path) -> None:
    words = ["run", str(HOUSING), *few(absolute(HOUSING), trials=6, epochs=4)]
    process = subprocess.Popen(
        [sys.executable, "-m", "automl", *words], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300
    while len(trials_heard(tmp_path, 0)) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = trials_heard(tmp_path, 0)
    automl(*words, cwd=tmp_path)
    repeated = trials_heard(tmp_path, -1)
    assert all(repeated[name] for name in finished), "a finished trial was trained again"
    assert len(repeated) == 6


def trials_heard(cwd: Path, place: int) -> dict[str, bool]:
    """Trials that the event log tells of, baselines left out, and whether each was found in the store."""
    runs = sorted((cwd / ".automl" / "runs").iterdir()) if (cwd / ".automl" / "runs").exists() else []
    log = runs[place] / "events.jsonl" if runs else Path("none")
    lines = log.read_text().splitlines() if log.exists() else []
    events = [json.loads(line) for line in lines if '"trial_finished"' in line and line.endswith("}")]
    return {event["name"]: event["cached"] for event in events if event["name"].startswith("t")}


@pytest.mark.parametrize(
    ("pipeline", "more"),
    [(HOUSING, ()), (ADULT, ("stages.filled.with.strategy=constant",))],
    ids=["california_housing", "adult_income"],
)
def test_nothing_is_learned_from_forbidden_rows(
    pipeline: Path, more: tuple[str, ...], registry: Registry, tmp_path: Path
) -> None:
    sets = [word for word in few(absolute(pipeline), *more, trials=1) if word != "--set"]
    assert leaks(load(pipeline, registry, sets=sets), registry, tmp_path) == []


def test_shuffled_targets_score_no_better_than_the_baseline(tmp_path: Path) -> None:
    frame = pd.read_parquet(ROOT / "examples" / "data" / "california_housing.parquet")
    frame["MedHouseVal"] = np.random.default_rng(0).permutation(frame["MedHouseVal"].to_numpy())
    frame.to_parquet(tmp_path / "shuffled.parquet")
    automl("run", str(HOUSING), *few("data.path=shuffled.parquet", trials=3, epochs=10), cwd=tmp_path)
    report = json.loads((only_run(tmp_path) / "report.json").read_text())
    rmse = {name: scores["rmse"]["value"] for name, scores in report["scores"].items()}
    (winner,) = (value for name, value in rmse.items() if not name.startswith("baseline."))
    assert winner >= 0.99 * rmse["baseline.constant"]
