"""What ends up in a real SQLite store."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from finished_runs import FinishedRun, make_trial

from automl import events
from automl.errors import PluginError
from automl.plugins import Registry
from automl_mlflow.observer import MlflowObserver, leaderboard_csv


def _observer(**params: Any) -> MlflowObserver:
    return MlflowObserver(MlflowObserver.Params.model_validate(params))


def _play(run: FinishedRun, observer: MlflowObserver) -> None:
    observer.run_started(event=run.started)
    observer.search_started(event=run.search_started())
    for event in run.trial_events():
        observer.trial_finished(event=event)
    observer.run_finished(event=run.finished)


def _client(run: FinishedRun) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{run.started.directory.parent.parent / 'mlflow.db'}")


def _children(client: Any, parent: str) -> dict[str, Any]:
    experiment = client.get_run(parent).info.experiment_id
    found = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'")
    return {run.info.run_name: run for run in found}


def test_it_is_offered() -> None:
    assert Registry.load().get("observers", "mlflow") is MlflowObserver


def test_a_run_is_a_parent_with_what_it_is_and_what_came_of_it(finished_run: FinishedRun) -> None:
    observer = _observer()
    _play(finished_run, observer)
    client = _client(finished_run)
    run = client.get_run(observer.links["MLflow run"])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == finished_run.started.run_id
    assert client.get_experiment(run.info.experiment_id).name == "houses"
    assert {k: v for k, v in run.data.tags.items() if k.startswith("automl.")} == {
        "automl.model_id": run.outputs.model_outputs[0].model_id,
        "automl.run_id": finished_run.started.run_id,
        "automl.pipeline": "houses",
        "automl.seed": "42",
        "automl.source": "houses.yaml",
        "automl.winner": "t2",
        "automl.objective": "rmse",
        "automl.stopped_by": "trials",
        "automl.executed": "search",
        "automl.cached": "data",
    }
    assert run.data.params["seed"] == "42"
    assert run.data.params["winner.optimizer.sgd.momentum"] == "0.9"
    assert run.data.metrics == {
        "valid_rmse": 0.4,
        "test_rmse": 0.45,
        "test_r2": 0.9,
        "baseline.linear.test_rmse": 0.95,
        "baseline.linear.test_r2": 0.8,
        "run_seconds": 12.5,
    }


def test_artifacts_lie_beside_the_database(finished_run: FinishedRun) -> None:
    observer = _observer()
    _play(finished_run, observer)
    client = _client(finished_run)
    run = client.get_run(observer.links["MLflow run"])
    names = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert names == {"pipeline.yaml", "report.html", "report.json", "ledger.jsonl", "leaderboard.csv"}
    workspace = finished_run.started.directory.parent.parent
    assert run.info.artifact_uri.startswith((workspace / "mlflow-artifacts").as_uri())


def test_every_trial_is_a_child_with_its_epochs(finished_run: FinishedRun) -> None:
    observer = _observer()
    _play(finished_run, observer)
    client = _client(finished_run)
    children = _children(client, observer.links["MLflow run"])
    assert set(children) == {"baseline.constant", "baseline.linear", "t1", "t2", "t3", "t4"}
    best = children["t2"]
    assert best.data.params == {
        "numbers.strategy": "median", "depth": "2", "optimizer": "sgd", "optimizer.sgd.momentum": "0.9"
    }  # fmt: skip
    assert best.data.tags["automl.is_winner"] == "true"
    assert best.data.tags["automl.cached"] == "false"
    assert (best.data.metrics["valid_rmse"], best.data.metrics["test_rmse"]) == (0.4, 0.45)
    losses = client.get_metric_history(best.info.run_id, "valid_loss")
    assert [(point.step, point.value) for point in losses] == [(e, 2.5 / e) for e in range(1, 6)]
    assert best.info.end_time - best.info.start_time >= 1250
    assert children["t4"].data.tags["automl.continues"] == "1"
    assert children["baseline.linear"].data.metrics["test_rmse"] == 0.95


def test_a_failed_trial_is_failed_and_says_why(finished_run: FinishedRun) -> None:
    observer = _observer()
    _play(finished_run, observer)
    failed = _children(_client(finished_run), observer.links["MLflow run"])["t3"]
    assert failed.info.status == "FAILED"
    assert failed.data.tags["automl.error"] == "ValueError: the loss is not finite"
    assert "valid_rmse" not in failed.data.metrics


def test_trials_of_a_cached_search_are_logged_at_the_end(finished_run: FinishedRun) -> None:
    observer = _observer()
    observer.run_started(event=finished_run.started)
    observer.run_finished(event=finished_run.finished)
    children = _children(_client(finished_run), observer.links["MLflow run"])
    assert len(children) == 6
    assert {child.data.tags["automl.cached"] for child in children.values()} == {"true"}


def test_a_failed_run_ends_failed_and_keeps_its_trials(finished_run: FinishedRun) -> None:
    observer, started = _observer(), finished_run.started
    observer.run_started(event=started)
    observer.search_started(event=finished_run.search_started())
    observer.trial_finished(event=finished_run.trial_events()[2])
    observer.run_failed(event=events.RunFailed(started.run_id, "houses", started.directory, "StageError: no", 3.0))
    client = _client(finished_run)
    run = client.get_run(observer.links["MLflow run"])
    assert (run.info.status, run.data.tags["automl.error"]) == ("FAILED", "StageError: no")
    assert set(_children(client, run.info.run_id)) == {"t1"}
    assert "pipeline.yaml" in {file.path for file in client.list_artifacts(run.info.run_id)}


def test_an_interrupted_run_is_killed(finished_run: FinishedRun) -> None:
    observer, started = _observer(), finished_run.started
    observer.run_started(event=started)
    observer.run_interrupted(event=events.RunInterrupted(started.run_id, "houses", started.directory, "SIGINT", 3.0))
    assert _client(finished_run).get_run(observer.links["MLflow run"]).info.status == "KILLED"


def test_more_than_mlflow_takes_at_once(finished_run: FinishedRun) -> None:
    """2,001 epochs of three metrics and 250 parameters."""
    history = [
        {"epoch": e, "score": 1 / e, "loss": 1 / e, "valid_loss": math.nan if e == 7 else 1 / e} for e in range(1, 2002)
    ]
    trial = make_trial(9, parameters={f"p{i}": "x" * 7000 for i in range(250)}, history=history)
    observer = _observer()
    observer.run_started(event=finished_run.started)
    observer.search_started(event=finished_run.search_started())
    observer.trial_finished(event=events.TrialFinished("search", trial, False))
    client = _client(finished_run)
    child = _children(client, observer.links["MLflow run"])["t9"]
    assert len(child.data.params) == 251
    assert len(child.data.params["p0"]) == 6000
    assert len(client.get_metric_history(child.info.run_id, "score")) == 2001
    assert len(client.get_metric_history(child.info.run_id, "valid_loss")) == 2000


def test_epochs_may_be_left_out(finished_run: FinishedRun) -> None:
    observer = _observer(log_epochs=False)
    _play(finished_run, observer)
    best = _children(_client(finished_run), observer.links["MLflow run"])["t2"]
    assert set(best.data.metrics) == {"best_epoch", "epochs", "seconds", "valid_rmse", "test_rmse", "test_r2"}


def test_two_runs_share_the_experiment(finished_run: FinishedRun) -> None:
    client_ids = []
    for _ in range(2):
        observer = _observer(experiment="shared")
        observer.run_started(event=finished_run.started)
        client_ids.append(observer.links["MLflow run"])
    client = _client(finished_run)
    assert len({client.get_run(run_id).info.experiment_id for run_id in client_ids}) == 1
    assert len(set(client_ids)) == 2


def test_a_deleted_experiment_is_told_once_and_the_run_goes_on(finished_run: FinishedRun) -> None:
    first = _observer()
    first.run_started(event=finished_run.started)
    client = _client(finished_run)
    client.delete_experiment(client.get_run(first.links["MLflow run"]).info.experiment_id)
    observer, told = _observer(), []
    observer.run_started(event=finished_run.started)
    observer.search_started(event=finished_run.search_started())
    calls = [(observer.trial_finished, event) for event in finished_run.trial_events()]
    for call, event in [*calls, (observer.run_finished, finished_run.finished)]:
        try:
            call(event=event)
        except PluginError as error:
            told.append(str(error))
    assert len(told) == 1
    assert re.search(r"'houses' is deleted; mend: `mlflow experiments restore", told[0])
    assert set(observer.links) == {"MLflow later"}


def test_an_own_store_is_used_and_its_command_named(finished_run: FinishedRun, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'elsewhere' / 'tracking.db'}"
    (tmp_path / ".automl" / "mlflow.db").unlink()
    observer = _observer(tracking_uri=uri)
    observer.run_started(event=finished_run.started)
    assert observer.links["MLflow page"] == f"mlflow ui --backend-store-uri {uri}"
    assert (tmp_path / "elsewhere" / "tracking.db").is_file()
    assert not (tmp_path / ".automl" / "mlflow.db").exists()


def test_the_command_is_short_from_the_working_folder(
    finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    observer = _observer()
    observer.run_started(event=finished_run.started)
    assert observer.links["MLflow page"] == "mlflow ui --backend-store-uri sqlite:///.automl/mlflow.db"


def test_no_active_run_and_no_global_uri_are_left(finished_run: FinishedRun) -> None:
    import mlflow

    before = mlflow.get_tracking_uri()
    _play(finished_run, _observer())
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == before


def test_nothing_is_printed_and_the_import_waits(finished_run: FinishedRun) -> None:
    """In a fresh process: MLflow is not imported before a run, and a whole run with its model says nothing."""
    code = (
        "import logging, pathlib, sys; logging.basicConfig(level=logging.INFO)\n"
        "from automl import events\n"
        "from automl_mlflow.observer import MlflowObserver\n"
        "assert 'mlflow' not in sys.modules\n"
        "observer = MlflowObserver()\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "bundle = folder / 'model.automl'\n"
        "observer.run_started(event=events.RunStarted('r', 'p', folder, '', [], 1))\n"
        "observer.run_finished(event=events.RunFinished('r', 'p', folder, bundle, None, None, None, [], [], 1.0))\n"
        "assert observer.links\n"
    )
    command = [sys.executable, "-c", code, str(finished_run.started.directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_leaderboard_has_a_column_for_every_parameter(finished_run: FinishedRun) -> None:
    lines = leaderboard_csv(finished_run.search).splitlines()
    assert lines[0] == (
        "place,name,learner,network,status,rmse,best_epoch,epochs,seconds,"
        "numbers.strategy,depth,optimizer,optimizer.sgd.momentum"
    )
    assert lines[1].startswith("1,t2,keras,mlp,finished,0.4,5,5,1.25,median,2,sgd,0.9")
    assert [line.split(",")[1] for line in lines[1:]] == [
        "t2",
        "t4",
        "t1",
        "baseline.linear",
        "baseline.constant",
        "t3",
    ]
