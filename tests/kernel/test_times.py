"""Times as people write them, on the command line, in the file and in the editor's schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

from automl.quantities import LONGEST, Seconds, parse_duration

SPELLED = {
    "90": 90, "90s": 90, "90 s": 90, "90 seconds": 90, "90sec": 90, "2m": 120, "2min": 120, "2 mins": 120,
    "2 minutes": 120, "1 minute": 60, "1h": 3600, "1.5h": 5400, "1h30m": 5400, "1h 30min": 5400,
    "1 hour 30 minutes": 5400,
    "1h30m15s": 5415, "1m30": None, "2hrs": 7200, "1d": 86400, "1 day 2h": 93600, "0.5": 0.5, ".5m": 30, "1.m": 60,
    " 90 ": 90, "30m1h": None, "1h1h": None, "m": None, "": None, " ": None, ".": None, "-5s": None, "5 weeks": None,
    "1e3": None, "90 s x": None, "9" * 400: None, "٣s": None,
}  # fmt: skip
ADAPTER: TypeAdapter[float] = TypeAdapter(Seconds)


@pytest.mark.parametrize("text", list(SPELLED))
def test_a_time_is_read_as_it_is_meant(text: str) -> None:
    if SPELLED[text] is None:
        with pytest.raises(ValueError, match=r"expected a duration such as 90s, 10m, 1.5h or 1h30m, found"):
            parse_duration(text)
    else:
        assert parse_duration(text) == SPELLED[text]


@given(st.one_of(st.sampled_from(list(SPELLED)), st.from_regex(r"[0-9.smhdin ]{0,8}", fullmatch=True)))
def test_the_schema_takes_what_the_file_takes(text: str) -> None:
    try:
        taken = ADAPTER.validate_python(text) > 0
    except ValidationError:
        taken = False
    valid = jsonschema.Draft202012Validator(ADAPTER.json_schema()).is_valid(text)
    assert valid >= taken  # zero and numbers beyond a float are more than a pattern can know
    if valid and not taken:
        assert not re.search("[1-9]", text) or len(text) > 300 or parse_duration(text) > LONGEST


@pytest.mark.parametrize("time", ["90", "90s", "2min", "2m", "2 minutes", "1h30m"])
def test_the_command_and_the_file_take_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    (folder / "timed.yaml").write_text(PIPELINE.replace("epochs: 30}", f"epochs: 30, time: {time}}}"))
    assert automl("check", "timed.yaml").exit_code == 0
    done = automl("run", "toys.yaml", "--time", time)
    assert done.exit_code == 0, done.stderr
    (log,) = folder.glob(".automl/runs/*/events.jsonl")
    started = next(json.loads(line) for line in log.read_text().splitlines() if "search_started" in line)
    assert started["seconds"] == SPELLED[time]


@pytest.mark.parametrize("words", [("run", "toys.yaml"), ("fit", "t.csv", "--target", "y")])
@pytest.mark.parametrize("time", ["soon", "0", "0.2s", "-3", "4000d", "9" * 30, "1e9"])
def test_what_is_no_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], time: str
) -> None:
    enter_toy_folder(tmp_path, monkeypatch)
    done = automl(*words, f"--time={time}")
    assert done.exit_code == 2
    assert "expected a " in done.stderr


LIMITED = {
    "a search": ("epochs: 30}", "epochs: 30, time: %s}"),
    "a search of workers": ("epochs: 30}", "epochs: 30, time: %s}"),
    "a stage": ("filled: {use: toy.fill, in: split}", "filled: {use: toy.fill, in: split, time: %s}"),
}


@pytest.mark.parametrize("where", LIMITED)
def test_weeks_and_years_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The system waits for 25 days at most at once."""
    folder = enter_toy_folder(tmp_path, monkeypatch)
    old, new = LIMITED[where]
    text = PIPELINE.replace(old, new % "3650d")
    if where == "a search of workers":
        text = text.replace("{use: in_process}", "{use: local, with: {workers: 1}}")
    (folder / "long.yaml").write_text(text)
    done = automl("run", "long.yaml")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("time", [".inf", "1e18", "3651d", "0", "-1", ".nan"])
@pytest.mark.parametrize("where", ["a search", "a stage"])
def test_a_file_takes_no_time_that_nobody_can_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, time: str
) -> None:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    old, new = LIMITED[where]
    (folder / "long.yaml").write_text(PIPELINE.replace(old, new % time))
    done = automl("check", "long.yaml")
    assert done.exit_code == 2
    assert re.search(r"expected: (a value above 0|at most 315360000)", done.stderr), done.stderr
