"""Ctrl-C and SIGTERM: a run that is interrupted has not failed, leaves no worker, no lock and no traceback."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest
from terminal import Call, automl
from toy_runs import PIPELINE

WORKERS = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 2}}")
STUCK = {
    "reading": PIPELINE.replace("data: {use: toy.table, target: y}", "data: {path: table.stuck, target: y}"),
    "a stage": PIPELINE.replace("filled: {use: toy.fill,", "filled: {use: trouble.hang,"),
    "a stage with a time limit": PIPELINE.replace(
        "filled: {use: toy.fill, in: split}", "filled: {use: trouble.hang, in: split, time: 1h}"
    ),
    "two branches": PIPELINE.replace(
        "codes: {use: toy.dummies, in: filled}",
        "one: {use: trouble.hang, in: filled}\n  two: {use: toy.dummies, in: filled}\n"
        "  more: {use: trouble.hang, in: filled}\n  codes: {use: passthrough, in: [two, one, more]}",
    ),
    "the report": PIPELINE.replace("toy.evaluate", "stuck.evaluate"),
}
BEGUN = {
    "reading": {"stage": "data"},
    "a stage": {"stage": "filled"},
    "a stage with a time limit": {"stage": "filled"},
    "two branches": {"stage": "more"},
    "the report": {"stage": "evaluate"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    (work / "toys.yaml").write_text(PIPELINE)
    (work / "workers.yaml").write_text(WORKERS)
    return work


def the_run(folder: Path) -> Path:
    (directory,) = (folder / ".automl" / "runs").iterdir()
    return directory


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow)],
)
def test_a_search_that_is_interrupted(folder: Path, number: int, code: int) -> None:
    call = Call(folder, "run", "workers.yaml", TOY_DELAY="0.02")
    call.wait_for_event("trial_finished")
    call.send(number)
    ended, out, err = call.end()
    name = signal.Signals(number).name
    assert ended == code, err
    assert "Traceback" not in out + err
    assert re.search(rf"run interrupted after .* \({name}\)", err)
    assert "run failed" not in err
    assert "start the same command again to go on from where it was; automl plan workers.yaml tells" in err
    call.wait_for_nobody()
    directory = the_run(folder)
    last = json.loads((directory / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["cause"]) == ("run_interrupted", name)
    assert json.loads((directory / "run.json").read_text())["state"] == "interrupted"
    told = [json.loads(line)["name"] for line in (directory / "ledger.jsonl").read_text().splitlines()]
    assert "t1" in told
    assert not (directory / "model.automl").exists()


SLOW = pytest.mark.slow
"""Each of these starts a process or two; the quick ones stand for every way a run is interrupted."""


@pytest.mark.parametrize("where", ["reading", "the report", *(pytest.param(w, marks=SLOW) for w in list(STUCK)[1:-1])])
def test_whatever_runs_is_interrupted(folder: Path, where: str) -> None:
    (folder / "stuck.yaml").write_text(STUCK[where])
    call = Call(folder, "run", "stuck.yaml")
    call.wait_for_event("stage_started", **BEGUN[where])
    call.send(signal.SIGTERM)
    code, out, err = call.end()
    assert (code, "Traceback" in out + err, "run failed" in err) == (143, False, False), err
    assert "run interrupted after" in err
    call.wait_for_nobody()
    assert call.events()[-1]["event"] == "run_interrupted"


def test_the_runs_and_the_plan_after_an_interruption(folder: Path) -> None:
    call = Call(folder, "run", "toys.yaml", TOY_DELAY="0.02")
    call.wait_for_event("trial_finished")
    call.send(signal.SIGINT)
    assert call.end()[0] == 130
    assert " interrupted " in automl(folder, "runs", "list")
    assert "state     interrupted: SIGINT" in automl(folder, "runs", "show", "last")
    plan = automl(folder, "plan", "toys.yaml")
    assert re.search(r"^filled +unchanged", plan, re.M)
    assert re.search(r"^ +[1-5] finished trainings? of it (is|are) remembered", plan, re.M), plan
    code, _, err = Call(folder, "run", "toys.yaml").end()
    assert (code, "t1  " in err, "remembered" in err) == (0, True, True)
    assert "remembered" not in automl(folder, "plan", "toys.yaml")


def test_a_second_ctrl_c_ends_at_once(folder: Path) -> None:
    call = Call(folder, "run", "toys.yaml", TOY_DELAY="30")  # a job in a thread, for which the end waits some seconds
    call.wait_for_event("trial_started")
    call.send(signal.SIGINT)
    call.wait_for_event("run_interrupted")
    while call.process.poll() is None:
        call.send(signal.SIGINT)
        time.sleep(0.1)
    code, out, err = call.end()
    assert (code, "Traceback" in out + err) == (130, False), err


@pytest.mark.slow
def test_waiting_for_the_lock_is_interrupted(folder: Path) -> None:
    (folder / "stuck.yaml").write_text(STUCK["reading"])
    first = Call(folder, "run", "stuck.yaml")
    first.wait_for_event("stage_started")
    runs = list((folder / ".automl" / "runs").iterdir())
    second = Call(folder, "run", "toys.yaml", "--wait")
    said = second.process.stderr.readline()
    assert "waiting for process" in said
    second.send(signal.SIGINT)
    code, out, err = second.end()
    assert (code, "Traceback" in out + err) == (130, False)
    assert list((folder / ".automl" / "runs").iterdir()) == runs
    first.send(signal.SIGTERM)
    assert first.end()[0] == 143


@pytest.mark.parametrize(
    ("words", "number", "code"),
    [
        (("init", "table.stuck", "--target", "y"), signal.SIGINT, 130),
        pytest.param(("fit", "table.stuck", "--target", "y"), signal.SIGTERM, 143, marks=SLOW),
        pytest.param(("check", "stuck.yaml", "--data"), signal.SIGTERM, 143, marks=SLOW),
    ],
)
def test_other_verbs_are_interrupted(folder: Path, words: tuple[str, ...], number: int, code: int) -> None:
    (folder / "stuck.yaml").write_text(STUCK["reading"])
    (folder / "table.stuck").touch()
    log = folder / "log"
    call = Call(folder, *words, TOY_LOG=str(log))
    call.wait_for(log.exists)
    call.send(number)
    ended, out, err = call.end()
    assert (ended, out, "Traceback" in err) == (code, "", False), err
    assert err.strip().startswith("interrupted")
    assert sorted(file.name for file in folder.iterdir()) == [
        "log",
        "stuck.yaml",
        "table.stuck",
        "toys.yaml",
        "workers.yaml",
    ]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=SLOW)])
def test_predicting_is_interrupted_and_leaves_what_was_there(folder: Path, number: int, code: int) -> None:
    """While it reads, and while it writes: the file is the old one, and no half of a new one lies beside it."""
    automl(folder, "run", "toys.yaml")
    (folder / "rows.stuck").touch()
    rows = "".join(f"{place / 7},{place / 11},red\n" for place in range(200_000))
    (folder / "rows.csv").write_text(f"x,z,colour\n{rows}")
    (folder / "out.csv").write_text("mine")
    for rows_file in ("rows.stuck", "rows.csv"):
        before, log = sorted(folder.iterdir()), folder.parent / f"log-{rows_file}"
        call = Call(folder, "predict", "last", rows_file, "-o", "out.csv", TOY_LOG=str(log))
        if rows_file == "rows.stuck":
            call.wait_for(log.exists)
        else:
            call.wait_for(lambda: any(half.stat().st_size for half in folder.glob(".half-*")))
        call.send(number)
        ended, out, err = call.end()
        assert (ended, out, err.strip()) == (code, "", f"interrupted ({'Ctrl-C' if code == 130 else 'SIGTERM'})")
        assert (folder / "out.csv").read_text() == "mine"
        assert sorted(folder.iterdir()) == before


@pytest.mark.slow
def test_a_call_that_was_started_without_ctrl_c_ignores_it(folder: Path) -> None:
    """A shell starts what runs in the background so, and ``nohup`` does with SIGHUP."""
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); from automl.cli import main; main()"
    call = Call(folder, "run", "toys.yaml", program=("-c", code), TOY_DELAY="0.005")
    call.wait_for_event("trial_finished")
    call.send(signal.SIGINT)
    assert call.end()[0] == 0
