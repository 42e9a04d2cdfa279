"""A run that was cut short or damaged is listed as such, and hides no other one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toy_folder import automl, enter_toy_folder

EVENTS = [
    {"event": "run_started", "at": 1.0, "pipeline": "toys"},
    {"event": "run_finished", "at": 2.0, "seconds": 1.0, "executed": ["search"], "gates_missed": []},
]
RECORD = {
    "format": 1,
    "state": "finished",
    "plugins": {"toy": "automl-toys 1.0"},
    "code": {"search": "1"},
    "data": {"rows": 3, "columns": {"x": ["feature", "numeric", "abc"]}},
    "scores": {"rmse": [0.5, False]},
    "searches": {
        "search": {"objective": "rmse", "greater_is_better": False, "upstream": "u", "ledger": "ledger.jsonl"}
    },
}
FIRST, DAMAGED, LAST = "20260101-000000-toys-0001", "20260102-000000-toys-0002", "20260103-000000-toys-0003"


def make_run(name: str) -> Path:
    directory = Path(".automl/runs") / name
    directory.mkdir(parents=True)
    (directory / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    (directory / "run.json").write_text(json.dumps(RECORD))
    (directory / "pipeline.yaml").write_text("version: 1\n")
    (directory / "ledger.jsonl").write_text("")
    return directory


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the run between two whole ones."""
    enter_toy_folder(tmp_path, monkeypatch)
    return [make_run(name) for name in (FIRST, DAMAGED, LAST)][1]


def event(place: int, **fields: object) -> bytes:
    """The log with other fields in one of its events."""
    lines = [json.dumps({**line, **(fields if at == place else {})}) for at, line in enumerate(EVENTS)]
    return "".join(f"{line}\n" for line in lines).encode()


DAMAGES = {
    "a record that is cut short": ("run.json", json.dumps(RECORD)[:60].encode()),
    "an empty record": ("run.json", b""),
    "a record that is a list": ("run.json", b"[]"),
    "a record without scores": ("run.json", b'{"format": 1, "plugins": {}, "code": {}, "data": null}'),
    "scores that are no numbers": ("run.json", json.dumps(RECORD | {"scores": {"rmse": ["a", "b"]}}).encode()),
    "a score that is too short": ("run.json", json.dumps(RECORD | {"scores": {"rmse": []}}).encode()),
    "a state that there is none": ("run.json", json.dumps(RECORD | {"state": "splendid"}).encode()),
    "a record that is no text": ("run.json", b"\xff\xfe\x00"),
    "columns that are a number": ("run.json", json.dumps(RECORD | {"data": {"rows": 1, "columns": 7}}).encode()),
    "events that are no text": ("events.jsonl", b"\xff\xfe\x00"),
    "events without their fields": ("events.jsonl", b'{"event": "run_started"}\n'),
    "an event that is no JSON": ("events.jsonl", b'{"event": "run_started", "at: }\n'),
    "a record that is nested without end": ("run.json", b"[" * 5000),
    "a score beyond all numbers": ("run.json", json.dumps(RECORD | {"scores": {"rmse": [10**400, False]}}).encode()),
    "a beginning beyond all calendars": ("events.jsonl", event(0, at=1e300)),
    "a beginning beyond all numbers": ("events.jsonl", event(0, at=10**400)),
    "a beginning that is no time": ("events.jsonl", event(0, at=None)),
    "an end that took no time that there is": ("events.jsonl", event(1, seconds=float("inf"))),
    "stages that are no texts": ("events.jsonl", event(1, executed=[1])),
    "gates that are a text": ("events.jsonl", event(1, gates_missed="rmse")),
    "gates that are no texts": ("events.jsonl", event(1, gates_missed=[["rmse"]])),
    "a file that is no text": ("pipeline.yaml", b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_run_is_listed_and_hides_no_other(damaged: Path, damage: str) -> None:
    name, content = DAMAGES[damage]
    (damaged / name).write_bytes(content)
    listed = automl("runs", "list")
    assert listed.exit_code == 0, listed.output
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [FIRST, DAMAGED, LAST]
    assert ["  damaged" in line for line in listed.stdout.splitlines()] == [False, True, False]
    shown = automl("runs", "show", DAMAGED)
    assert shown.exit_code == 0
    assert f"damaged: {name} cannot be read (" in shown.stdout
    assert {run["state"] for run in json.loads(automl("runs", "list", "--json").stdout)} == {"finished", "damaged"}
    assert automl("diff", "last~2", "last").exit_code == 0
    assert automl("diff", DAMAGED, "last").exit_code == 0


def test_a_folder_in_the_place_of_a_file_and_files_beside_the_runs(damaged: Path) -> None:
    (damaged / "run.json").unlink()
    (damaged / "run.json").mkdir()
    (damaged.parent / "notes.txt").write_text("not a run")
    (damaged.parent / "20260102-000000-toys-0009").symlink_to("nowhere")
    listed = automl("runs", "list")
    assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, 3)
    assert f"{DAMAGED}  1970-01-01 00:00:01 UTC  damaged" in listed.stdout


@pytest.mark.parametrize("tail", ['{"event": "run_fini', '{"event": "run_finished"', "\x00\x00"])
def test_a_torn_last_line_is_no_event(damaged: Path, tail: str) -> None:
    (damaged / "events.jsonl").write_text(json.dumps(EVENTS[0]) + "\n" + tail)
    (damaged / "run.json").unlink()
    assert f"{DAMAGED}  1970-01-01 00:00:01 UTC  unfinished" in automl("runs", "list").stdout


@pytest.mark.parametrize("ledger", ["", "{", '{"number": "a"}\n', '{"number": 1}\n', "[]\n", "[" * 5000, None])
def test_a_search_learns_from_no_damaged_run(damaged: Path, ledger: str | None) -> None:
    if ledger is None:
        (damaged / "ledger.jsonl").unlink()
    else:
        (damaged / "ledger.jsonl").write_text(ledger)
    done = automl("run", "toys.yaml", "--set", f"stages.search.with.warm_start={DAMAGED}")
    assert done.exit_code == 1
    if ledger == "":
        assert "damaged" not in done.stderr
    else:
        assert f"run {DAMAGED} cannot be learned from, a file of it is damaged (" in done.stderr
        assert "mend: name another run, see: automl runs list" in done.stderr


def test_an_interrupted_and_a_failed_run_are_compared(damaged: Path) -> None:
    interrupted = EVENTS[0], {"event": "run_interrupted", "at": 2.0, "cause": "SIGTERM", "seconds": 1.0}
    (damaged / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in interrupted))
    (damaged / "run.json").write_text(json.dumps(RECORD | {"state": "interrupted", "scores": {}}))
    lines = automl("diff", FIRST, DAMAGED).stdout.splitlines()
    assert lines[1].split() == ["B", DAMAGED, "interrupted"]
    assert "state     interrupted: SIGTERM" in automl("runs", "show", DAMAGED).stdout


@pytest.mark.parametrize("where", ["record.json", "state.zip", "columns.arrow", "recipes", "runs", "axis"])
@pytest.mark.parametrize("how", ["nested without end", "a folder"])
def test_a_damaged_store_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, how: str) -> None:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    before = automl("run", "toys.yaml")
    assert before.exit_code == 0
    store = folder / ".automl" / "store"
    named = where.partition(".")[2]
    for damaged in sorted(store.glob(f"??/*/{where}") if named else store.glob(f"{where}/*")):
        damaged.unlink()
        if how == "a folder":
            damaged.mkdir()
        else:
            damaged.write_bytes(b"[" * 5000)
    for words in (("plan", "toys.yaml"), ("cache", "list"), ("check", "toys.yaml", "--data"), ("graph", "toys.yaml")):
        done = automl(*words)
        assert done.exit_code == 0, (words, done.output)
    verified = automl("cache", "verify")
    assert "damaged" in verified.output or not named, verified.output
    again = automl("run", "toys.yaml")
    assert again.exit_code == 0, again.output
    assert [line for line in again.stdout.splitlines() if line.startswith(("Best", "Scores"))] == [
        line for line in before.stdout.splitlines() if line.startswith(("Best", "Scores"))
    ]
