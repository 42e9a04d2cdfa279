"""A run that is killed at any moment goes on from where it was."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from toy_runs import PIPELINE, TUNED, heads, ledger, start

from automl import codec, events
from automl.errors import StoreError
from automl.model import SearchResult

SLOW = {"TOY_DELAY": "0.01"}
"""Thirty epochs of this make a trial of a third of a second."""
WORKERS = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 2}}")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def heard(workspace: Path) -> list[dict]:
    """The events of all runs of a workspace, whole lines alone."""
    logs = list(workspace.glob("runs/*/events.jsonl"))
    return [json.loads(line) for log in logs for line in log.read_text().splitlines(keepends=True) if line[-1] == "\n"]


def told(workspace: Path) -> list[float]:
    """The rates of the trials that were told before the end."""
    return [event["parameters"]["rate"] for event in heard(workspace) if event["event"] == "trial_finished"]


def wait_for(condition: Callable[[], bool], process, *, ends: bool = False) -> None:
    """Wait until the condition holds; the process must not end before, unless it ``ends`` by itself."""
    while not condition():
        assert ends or process.poll() is None, process.communicate()
        time.sleep(0.005)


def kill(process) -> None:
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()


MOMENTS = {
    "a stage runs": lambda workspace: any(event["event"] == "stage_started" for event in heard(workspace)),
    "the first trial runs": lambda workspace: any(event["event"] == "trial_epoch" for event in heard(workspace)),
    "two trials were told": lambda workspace: len(told(workspace)) >= 2,
    "all trials were told": lambda workspace: len(told(workspace)) >= 6,
}


@pytest.mark.parametrize(
    ("moment", "text"),
    [*((moment, PIPELINE) for moment in MOMENTS), ("two trials were told", WORKERS)],
    ids=[*MOMENTS, "two trials were told by workers"],
)
def test_a_killed_run_ends_as_the_unbroken_one(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, text: str
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(text)
    whole, _ = run_toys(workspace="whole")

    workspace = tmp_path / "work"
    process = start(file, workspace, **SLOW)
    wait_for(lambda: MOMENTS[moment](workspace), process)
    kill(process)
    before, ended = told(workspace), [e["stage"] for e in heard(workspace) if e["event"] == "stage_finished"]

    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    finished, observer = run_toys(text=text)
    assert ledger(finished.search) == ledger(whole.search)
    assert finished.bundle.read_bytes() == whole.bundle.read_bytes()
    trained = [float(line) for line in lines(log)]
    assert len(trained) == len(set(trained)) <= 6
    assert not set(trained) & set(before), "a finished training was repeated"
    assert list((workspace / "store" / "tmp").iterdir()) == []
    repeated = {event.stage: event.why for event in observer.of(events.StageStarted) if event.stage in ended}
    assert not repeated, "a finished stage was repeated"


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(run_toys, tmp_path: Path) -> None:
    whole, _ = run_toys(TUNED, workspace="whole")
    file, workspace = tmp_path / "pipeline.yaml", tmp_path / "work"
    file.write_text(PIPELINE.replace("in: split}", "in: split, with: {strategy: {tune: [mean, median]}}}"))
    for count in (1, 3, 5):
        process = start(file, workspace, **SLOW)
        wait_for(lambda: len({*told(workspace)}) >= count, process)  # noqa: B023 - called before the next turn
        kill(process)
    finished, _ = run_toys(TUNED)
    assert ledger(finished.search) == ledger(whole.search)
    assert heads(finished.bundle) == heads(whole.bundle)


def is_over(process, workspace: Path, events_heard: int) -> bool:
    return process.poll() is not None or len(heard(workspace)) >= events_heard


@pytest.mark.slow
def test_a_search_killed_at_twenty_random_moments_ends_as_the_unbroken_one(run_toys, tmp_path: Path) -> None:
    """Some are killed twice before they may end."""
    whole, _ = run_toys(TUNED, workspace="whole")
    file = tmp_path / "pipeline.yaml"
    file.write_text(WORKERS.replace("in: split}", "in: split, with: {strategy: {tune: [mean, median]}}}"))
    draw = random.Random(20261122)
    for attempt in range(20):
        workspace = tmp_path / f"work{attempt}"
        trained: list[str] = []
        for _ in range(draw.choice([1, 2])):
            process = start(file, workspace, TOY_LOG=str(tmp_path / f"log{attempt}"), **SLOW)
            moment = draw.randrange(1, 200)
            done = partial(is_over, process, workspace, moment)
            wait_for(done, process, ends=True)
            kill(process)
            trained = told(workspace)
        finished, observer = run_toys(
            "run.executor={use: local, with: {workers: 2}}", TUNED, workspace=f"work{attempt}"
        )
        assert ledger(finished.search) == ledger(whole.search)
        assert finished.bundle.read_bytes() == whole.bundle.read_bytes()
        anew = {event.trial.parameters["rate"] for event in observer.of(events.TrialFinished) if not event.cached}
        assert not anew & set(trained), "a finished trial was repeated"
        assert list((workspace / "store" / "tmp").iterdir()) == []


def test_a_second_run_at_the_same_time_is_refused_naming_the_process(run_toys, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(PIPELINE)
    workspace = tmp_path / "work"
    process = start(file, workspace, TOY_DELAY="10")
    wait_for(lambda: bool(heard(workspace)), process)
    with pytest.raises(StoreError, match=rf"is in use by process {process.pid} on .*; mend: wait until it ends"):
        run_toys()
    assert len(list((workspace / "runs").iterdir())) == 1, "a refused run left something behind"
    kill(process)
    finished, _ = run_toys()
    assert finished.bundle.exists()


def test_half_written_values_are_swept_and_never_read(run_toys, tmp_path: Path) -> None:
    whole, _ = run_toys()
    store = tmp_path / "work" / "store"
    (store / "tmp" / "folder").mkdir()
    (store / "tmp" / "folder" / "state.zip").write_bytes(b"half")
    (store / "tmp" / "file").write_bytes(b"half")
    for record in store.glob("*/*/record.json"):
        if json.loads(record.read_text()).get("stage") in ("filled", "search"):
            largest = max(record.parent.iterdir(), key=lambda file: file.stat().st_size)
            largest.write_bytes(largest.read_bytes()[:-10])
    finished, _ = run_toys()
    assert list((store / "tmp").iterdir()) == []
    assert finished.executed == ["filled", "search"]
    assert finished.bundle.read_bytes() == whole.bundle.read_bytes()


def test_a_finished_search_is_read_back_as_it_was(run_toys, plan_toys) -> None:
    finished, _ = run_toys()
    stored = plan_toys().search_result("search")
    assert codec.to_bytes(stored.to_state()) == codec.to_bytes(finished.search.to_state())
    assert isinstance(stored, SearchResult)
