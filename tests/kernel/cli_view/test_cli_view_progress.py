"""The progress of a run, as lines and as a board."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_view_events import FOLDER, RUN, SEARCH, Hand, finished, result, told, trial
from rich.console import Console

from automl import events
from automl.cli.live import LiveProgress
from automl.cli.progress import PlainProgress, Progress, make_progress
from automl.plugins import Registry


def play(observer: Progress, *script: Any, clock: Hand | None = None) -> None:
    """Announce events through pluggy; a number turns the clock to these seconds."""
    manager = Registry().manager
    manager.register(observer)
    manager.check_pending()
    for step in script:
        if isinstance(step, int | float):
            assert clock is not None
            clock.seconds = step
            continue
        name = type(step).__name__
        hook = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
        getattr(manager.hook, hook)(event=step)


def lines(*script: Any) -> str:
    stream, clock = io.StringIO(), Hand()
    play(PlainProgress(stream, now=clock), *script, clock=clock)
    return stream.getvalue()


def board(*script: Any, width: int = 80) -> str:
    """The board after these events, without trailing spaces."""
    clock = Hand()
    live = LiveProgress(Console(file=io.StringIO(), force_terminal=True, width=width), now=clock)
    play(live, *script, clock=clock)
    console = Console(file=io.StringIO(), width=width)
    console.print(live.render())
    play(live, finished(None))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


class TestPlain:
    def test_a_whole_run(self) -> None:
        assert lines(
            RUN,
            events.StageCached("data", "read.csv", {"rows": 20640, "columns": 9, "seen": True}),
            events.StageStarted("split", "split.random", "split.test: 0.2 -> 0.3"),
            1,
            events.StageFinished("split", "split.random", 0.31, {"rows": 20640, "columns": 8}),
            events.StageStarted("search", "search.network", "first time"),
            SEARCH,
            events.TrialStarted("search", "baseline.linear", {}),
            2,
            told("baseline.linear", 0.7312),
            events.TrialStarted("search", "t1", {}),
            events.TrialEpoch("search", "t1", 1, {"score": 0.9}),
            12,
            told("t1", 0.52134),
            told("t2", 0.6, cached=True),
            71,
            told("t3", None, "StageError: the loss became NaN\nin epoch 3"),
            told("t4", 0.51),
            3700,
            events.SearchFinished("search", result(trial("baseline.linear", 1.0), trial("t1", 1.0)), 5.0),
            events.StageFinished("search", "search.network", 3700.0, {"winner": "t4", "trials": 5}),
            events.StageFinished("evaluate", "evaluate.report", 9.96, {"rmse": 0.5188, "mae": 0.00001234}),
            finished(None),
        ) == (
            "[00:00] run r1  4 stages, seed 42\n"
            "[00:00] stage data  unchanged  20,640 rows, 9 columns\n"
            "[00:01] stage split  done in 0.3 s  20,640 rows, 8 columns  (split.test: 0.2 -> 0.3)\n"
            "[00:01] stage search  hyperband for the lowest rmse, at most 40 trials or 10 min, 2 workers\n"
            "[00:02] baseline linear  rmse 0.7312\n"
            "[00:12] trial t1  rmse 0.5213  best 0.5213 (t1)  1/40\n"
            "[00:12] trial t2  rmse 0.6000  best 0.5213 (t1)  2/40  remembered\n"
            "[01:11] trial t3  failed  best 0.5213 (t1)  3/40  StageError: the loss became NaN\n"
            "[01:11] trial t4  rmse 0.5100  best 0.5100 (t4)  4/40\n"
            "[1:01:40] stage search  search ended by trials after 1 trial\n"
            "[1:01:40] stage search  done in 1 h 2 min  winner t4, 5 trials\n"
            "[1:01:40] stage evaluate  done in 10 s  rmse 0.5188, mae 1.234e-05\n"
        )

    def test_higher_is_better_and_no_bound_of_trials(self) -> None:
        search = events.SearchStarted("search", "roc_auc", True, "optuna.tpe", None, 50, 90.0, {}, 1)
        assert lines(search, told("t1", None, ""), told("t2", 0.9), told("t3", 0.8)) == (
            "[00:00] stage search  optuna.tpe for the highest roc_auc, at most 1 min 30 s, 1 worker\n"
            "[00:00] trial t1  failed  1  no cause given\n"
            "[00:00] trial t2  roc_auc 0.9000  best 0.9000 (t2)  2\n"
            "[00:00] trial t3  roc_auc 0.8000  best 0.9000 (t2)  3\n"
        )

    def test_a_failed_run(self) -> None:
        failed = events.RunFailed("r1", "housing", FOLDER, "StageError: no rows\nare left", 61.0)
        assert lines(failed) == "[00:00] run failed after 1 min 1 s: StageError: no rows\n"

    def test_lines_are_written_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "log"
        with path.open("w") as stream:
            play(make_progress(stream), RUN)
            assert path.read_text() == "[00:00] run r1  4 stages, seed 42\n"


class TestLive:
    def test_stages_and_search(self) -> None:
        assert board(
            RUN,
            events.StageCached("data", "read.csv", {"rows": 20640, "columns": 9}),
            events.StageStarted("split", "split.random", "new"),
            events.StageFinished("split", "split.random", 0.31, {"rows": 20640}),
            events.StageStarted("search", "search.network", "new"),
            10,
            SEARCH,
            told("baseline.linear", 0.7312),
            told("baseline.hist_gradient_boosting", 0.4712),
            told("t1", 0.5213),
            told("t2", None, "StageError: the loss became NaN"),
            events.TrialStarted("search", "t3", {}),
            events.TrialStarted("search", "t4", {}),
            events.TrialEpoch("search", "t3", 12, {"score": 0.5433}),
            events.TrialEpoch("search", "t5", 7, {"loss": 0.1}),  # the objective has no value in any fold
            160,
        ).splitlines() == [
            "housing   2/4 stages   02:40",
            "=  data      unchanged  20,640 rows, 9 columns",
            "✓  split     0.3 s      20,640 rows",
            "⠋  search    02:40",
            "   evaluate",
            "",
            "trials   ━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  2/40",
            "time     ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  07:30 left",
            "best     rmse 0.5213  t1",
            "to beat  hist_gradient_boosting 0.4712, linear 0.7312",
            "   t3  epoch 12/50  rmse 0.5433",
            "   t4  starting",
            "   t5  epoch 7/50",
            "failed   1, last t2: StageError: the loss became NaN",
        ]

    @pytest.mark.parametrize("width", [20, 40, 80])
    def test_it_stays_small_and_within_its_width(self, width: int) -> None:
        many = [f"stage_with_a_long_name_{i}" for i in range(30)]
        shown = board(
            events.RunStarted("r1", "housing", FOLDER, "", many, 42),
            *(events.StageFinished(name, "x", 1.0, {"rows": 10}) for name in many[:17]),
            events.StageStarted(many[17], "search.network", "new"),
            SEARCH,
            *(told(f"baseline.number_{i}", 1.0) for i in range(9)),
            *(told(f"t{i}", None, "StageError: " + "very " * 50 + "bad") for i in range(9)),
            *(events.TrialStarted("search", f"t{i}", {}) for i in range(10, 20)),
            width=width,
        ).splitlines()
        assert len(shown) <= 20
        assert max(len(line) for line in shown) <= width
        assert any(line.startswith("⠋  st") for line in shown)
        assert "   and 6 more" in shown

    def test_executions_under_tuned_parameters_share_a_row(self) -> None:
        shown = board(
            RUN,
            events.StageFinished("split [by=a]", "x", 1.0, {"rows": 3}),
            events.StageCached("split [by=a]", "x", {"rows": 3}),
            events.StageFinished("split [by=b]", "x", 1.5, {"rows": 4}),
        )
        assert "✓  split     2.5 s  under 2 settings" in shown.splitlines()

    def test_the_search_leaves_when_it_is_over(self) -> None:
        shown = board(RUN, SEARCH, told("t1", 0.5), events.SearchFinished("search", result(trial("t1", 0.5)), 1))
        assert "trials" not in shown

    @pytest.mark.parametrize("ci", [True, False])
    def test_a_terminal_gets_the_board_but_not_in_ci(self, ci: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("CI", raising=False)
        if ci:
            monkeypatch.setenv("CI", "true")
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as terminal:
            progress = make_progress(terminal)
            play(progress, RUN, finished(None))
            seen = os.read(ours, 65536).decode()
        os.close(ours)
        assert isinstance(progress, PlainProgress if ci else LiveProgress)
        assert ("\x1b" in seen) != ci


def test_the_command_line_does_not_load_rich_before_it_draws() -> None:
    script = (
        "import io, sys, automl.cli.commands, automl.cli.summary\n"
        "from automl.cli.progress import make_progress\n"
        "make_progress(io.StringIO())\n"
        "print(*sorted({'rich', 'pandas', 'numpy.random'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "rich" not in done.stdout
    assert "pandas" not in done.stdout
