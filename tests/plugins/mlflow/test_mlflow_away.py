"""A tracker that is away, locked or damaged: told once in a sentence, cheap, and what it missed is sent later."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from finished_runs import FinishedRun

from automl import events
from automl.cli import main
from automl.errors import AutoMLError, PluginError
from automl_mlflow.observer import MlflowObserver


def play(run: FinishedRun, observer: MlflowObserver) -> list[str]:
    """A whole run; what was raised to the announcer, which tells it and goes on."""
    told: list[str] = []
    calls: list[tuple[Callable[..., None], Any]] = [
        (observer.run_started, run.started),
        (observer.search_started, run.search_started()),
        *((observer.trial_finished, event) for event in run.trial_events()),
        (observer.run_finished, run.finished),
    ]
    for call, event in calls:
        try:
            call(event=event)
        except AutoMLError as error:
            told.append(str(error))
    return told


def observer_of(**params: Any) -> MlflowObserver:
    return MlflowObserver(MlflowObserver.Params.model_validate(params))


def database(run: FinishedRun) -> Path:
    return run.started.directory.parent.parent / "mlflow.db"


@pytest.fixture
def here(finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FinishedRun:
    monkeypatch.chdir(tmp_path)
    return finished_run


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def hanging_port() -> Iterator[str]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
        thread.join()


def sync(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["track", "sync", *arguments])
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def runs_of(run: FinishedRun) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{database(run)}")
    experiment = client.get_experiment_by_name("houses")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def test_what_nobody_answered_is_sent_later_and_once(here: FinishedRun, closed_port: str) -> None:
    observer = observer_of(tracking_uri=closed_port)
    told = play(here, observer)
    assert len(told) == 1
    folder = ".automl/runs/20260101-houses-ab12"
    assert told[0] == (
        f"this run is not tracked, for MLflow at {closed_port} cannot be used: nothing answers there (connection "
        f"refused); what it misses is kept; mend: once it can be, `automl track sync {folder}`"
    )
    assert observer.links == {"MLflow later": f"automl track sync {folder}"}
    code, output = sync(folder)
    assert (code, "nothing answers there" in output, output.count("\n")) == (1, True, 1)
    uri = f"sqlite:///{database(here)}"
    code, output = sync(folder, "--tracking-uri", uri)
    assert code == 0, output
    assert "sent to MLflow, 8 of its entries were missing" in output
    found = {run.info.run_name: run for run in runs_of(here)}
    assert len(found) == len(runs_of(here)) == 7
    parent = found["20260101-houses-ab12"]
    assert (parent.info.status, parent.data.metrics["test_rmse"]) == ("FINISHED", 0.45)
    assert found["t2"].data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert parent.outputs.model_outputs
    assert sync(folder, "--tracking-uri", uri) == (0, f"nothing to send: MLflow has missed nothing of {folder}\n")
    assert len(runs_of(here)) == 7


def test_a_sync_that_was_cut_short_is_gone_on_with(here: FinishedRun, closed_port: str) -> None:
    play(here, observer_of(tracking_uri=closed_port))
    outbox = here.started.directory / "tracking.jsonl"
    whole = outbox.read_text().splitlines()
    uri = f"sqlite:///{database(here)}"
    ended = json.loads(whole[-1])
    outbox.write_text("\n".join([*whole[:-1], json.dumps({**ended, "kind": "no such kind"})]))
    assert sync("last", "--tracking-uri", uri)[0] == 1  # all but the last entry
    assert len(runs_of(here)) == 7
    outbox.write_text("\n".join(whole) + '\n{"kind": "se')  # as if it had not been noted what was sent
    assert sync("--tracking-uri", uri)[0] == 0
    found = runs_of(here)
    assert len(found) == 7
    assert {run.info.status for run in found} == {"FINISHED", "FAILED"}
    from mlflow import MlflowClient

    best = next(run for run in found if run.info.run_name == "t2")
    assert len(MlflowClient(uri).get_metric_history(best.info.run_id, "score")) == 5


def test_a_locked_database_is_told_once_and_sent_to_when_it_is_free(here: FinishedRun) -> None:
    with sqlite3.connect(database(here), isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        told = play(here, observer_of())
        other.execute("ROLLBACK")
    other.close()
    assert len(told) == 1
    assert "another program has locked the database; what it misses is kept; mend: " in told[0]
    assert sync()[0] == 0
    assert len(runs_of(here)) == 7


@pytest.mark.parametrize("content", [b"no database at all" * 200, b"SQLite format 3\x00" + bytes(5000)])
def test_a_damaged_database_is_told_once(here: FinishedRun, content: bytes) -> None:
    database(here).write_bytes(content)
    told = play(here, observer_of())
    assert len(told) == 1
    assert "the database is damaged" in told[0]
    code, output = sync()
    assert (code, "the database is damaged" in output) == (1, True)


@pytest.mark.slow
def test_a_server_that_hangs_costs_a_run_ten_seconds(here: FinishedRun, hanging_port: str) -> None:
    observer = observer_of(tracking_uri=hanging_port)
    told = play(here, observer)
    assert len(told) == 1
    assert f"MLflow at {hanging_port} cannot be used: it " in told[0]
    begun = time.monotonic()
    assert set(observer.links) == {"MLflow later"}
    assert time.monotonic() - begun < 1  # nothing is waited for twice


def test_a_password_is_in_no_message_and_not_in_the_outbox(
    here: FinishedRun, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl.secret import Address

    monkeypatch.setenv("TRACKING", uri := closed_port.replace("//", "//jane:opensesame@"))
    told = play(here, observer_of(tracking_uri=Address(uri, "${env:TRACKING}")))
    assert len(told) == 1
    assert "MLflow at the tracking server cannot be used" in told[0]
    assert "opensesame" not in (here.started.directory / "tracking.jsonl").read_text() + told[0]
    code, output = sync()
    assert (code, "opensesame" in output, "nothing answers there" in output) == (1, False, True)
    monkeypatch.delenv("TRACKING")
    assert "TRACKING, which is not set; mend: set it" in sync()[1]


def test_a_failed_run_is_sent_later_too(here: FinishedRun, closed_port: str) -> None:
    observer, started = observer_of(tracking_uri=closed_port), here.started
    observer.run_started(event=started)
    failed = events.RunFailed(started.run_id, "houses", started.directory, "StageError: no", 3.0)
    with pytest.raises(PluginError, match="this run is not tracked"):
        observer.run_failed(event=failed)
    assert sync("--tracking-uri", f"sqlite:///{database(here)}")[0] == 0
    assert [(run.info.status, run.data.tags["automl.error"]) for run in runs_of(here)] == [("FAILED", "StageError: no")]


@pytest.mark.parametrize("uri", ["file:./mlruns", "file:///tmp/mlruns", "mlruns", "./mlruns", "/var/mlruns"])
def test_a_folder_of_files_is_refused_with_the_database_to_use(uri: str) -> None:
    with pytest.raises(
        ValueError, match=r"keeps runs in a folder of files no more .*mend: .* sqlite:///\S*/mlflow\.db"
    ):
        MlflowObserver.Params.model_validate({"tracking_uri": uri})


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:5000", "https://x.org/mlflow", "sqlite:///a.db", "postgresql+psycopg2://h/db", "databricks"],
)
def test_other_addresses_are_taken(uri: str) -> None:
    assert str(MlflowObserver.Params.model_validate({"tracking_uri": uri}).tracking_uri) == uri


FILE = """
version: 1
data: {{path: rows.csv, target: y, task: regression}}
stages:
  split: {{use: split.random, in: data}}
  search: {{use: search.network, in: split, with: {{budget: {{trials: 1, epochs: 1}}}}}}
track: [{{use: mlflow, with: {{tracking_uri: "{uri}"}}}}]
"""


def test_check_refuses_an_address_and_its_mend_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a,y\n1,3.5\n2,4.5\n")

    def check(uri: str) -> tuple[int, str]:
        (tmp_path / "mine.yaml").write_text(FILE.format(uri=uri))
        done = CliRunner().invoke(main, ["check", "mine.yaml"])
        return done.exit_code, done.output

    code, told = check("file:./mlruns")
    assert (code, "tracking_uri" in told) == (2, True)
    mend = told.partition("mend: a database in a file, ")[2].split()[0]
    assert check(mend)[0] == 0
    code, told = check("postgresql://jane:secret1@db/runs")
    assert (code, "secret1" in told, "write ${env:NAME} here" in told) == (2, False, True)
    monkeypatch.setenv("NAME", "postgresql://jane:secret1@db/runs")
    assert check("${env:NAME}")[0] == 0
    shown = CliRunner().invoke(main, ["config", "show", "mine.yaml"]).output
    assert "tracking_uri: '***'" in shown
