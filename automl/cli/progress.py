"""What a person sees while a run goes on: a live board on a terminal, plain lines anywhere else.

Both are observers: they hear the events of a run and change nothing.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, TextIO

from automl import events
from automl.cli.board import Board, Clock, SearchBoard, short_name
from automl.cli.figures import clock, counted, duration, figure, one_line, outcome
from automl.hookspecs import hookimpl


def make_progress(stream: TextIO | None = None, *, now: Clock = time.monotonic) -> Progress:
    """The view that suits a stream (standard error by default, so that results can be piped)."""
    stream = sys.stderr if stream is None else stream
    if stream.isatty() and "CI" not in os.environ and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        from automl.cli.live import LiveProgress

        return LiveProgress(Console(file=stream), now=now)
    return PlainProgress(stream, now=now)


class Progress:
    """An observer that hears of everything in one place."""

    def hear(self, event: Any) -> None:
        raise NotImplementedError

    @hookimpl
    def run_started(self, event: events.RunStarted) -> None:
        self.hear(event)

    @hookimpl
    def run_finished(self, event: events.RunFinished) -> None:
        self.hear(event)

    @hookimpl
    def run_failed(self, event: events.RunFailed) -> None:
        self.hear(event)

    @hookimpl
    def run_interrupted(self, event: events.RunInterrupted) -> None:
        self.hear(event)

    @hookimpl
    def stage_started(self, event: events.StageStarted) -> None:
        self.hear(event)

    @hookimpl
    def stage_finished(self, event: events.StageFinished) -> None:
        self.hear(event)

    @hookimpl
    def stage_cached(self, event: events.StageCached) -> None:
        self.hear(event)

    @hookimpl
    def search_started(self, event: events.SearchStarted) -> None:
        self.hear(event)

    @hookimpl
    def trial_started(self, event: events.TrialStarted) -> None:
        self.hear(event)

    @hookimpl
    def trial_epoch(self, event: events.TrialEpoch) -> None:
        self.hear(event)

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        self.hear(event)

    @hookimpl
    def search_finished(self, event: events.SearchFinished) -> None:
        self.hear(event)


class PlainProgress(Progress):
    """A line for each stage and each finished trial, written at once: for files, pipes and CI."""

    def __init__(self, stream: TextIO, *, now: Clock = time.monotonic) -> None:
        self._stream = stream
        self._board = Board(now)

    def hear(self, event: Any) -> None:
        self._board.hear(event)
        line = plain_line(event, self._board)
        if line:
            self._stream.write(f"[{clock(self._board.elapsed())}] {line}\n")
            self._stream.flush()


def plain_line(event: Any, board: Board) -> str | None:
    """What an event says in a line, without the time; None if it says nothing."""
    match event:
        case events.RunStarted():
            return f"run {event.run_id}  {len(event.stages)} stages, seed {event.seed}"
        case events.StageFinished():
            done = f"stage {event.stage}  done in {duration(event.seconds)}  {outcome(event.summary)}".rstrip()
            why = board.why(event.stage)
            return f"{done}  ({why})" if why else done
        case events.StageCached():
            return f"stage {event.stage}  unchanged  {outcome(event.summary)}".rstrip()
        case events.SearchStarted():
            return f"stage {event.stage}  {_brief(event)}"
        case events.TrialFinished() if board.search:
            return _trial_line(event, board.search)
        case events.SearchFinished():
            told = sum(not trial.is_baseline for trial in event.result.trials)
            ended = f"stage {event.stage}  search ended by {event.result.stopped_by} after {counted(told, 'trial')}"
            spent = spent_on(event)
            return f"{ended}  {spent}" if spent else ended
        case events.RunFailed():
            return f"run failed after {duration(event.seconds)}: {one_line(event.error)}"
        case events.RunInterrupted():
            return f"run interrupted after {duration(event.seconds)} ({event.cause})"
    return None


def _brief(event: events.SearchStarted) -> str:
    bounds = [counted(event.trials, "trial")] if event.trials is not None else []
    bounds += [f"{counted(event.total_epochs, 'epoch')} in all"] if event.total_epochs is not None else []
    bounds += [duration(event.seconds)] if event.seconds is not None else []
    direction = "highest" if event.greater_is_better else "lowest"
    workers = f"{event.workers} worker{'s' if event.workers != 1 else ''}"
    return f"{event.tuner} for the {direction} {event.objective}, at most {' or '.join(bounds)}, {workers}"


def spent_on(event: events.SearchFinished) -> str:
    """How busy the workers were, and with what: ``2 workers 91 % busy: epochs 78 %, compile 15 %, build 7 %``."""
    total = sum(event.parts.values())
    if not total:
        return ""
    largest_first = sorted(event.parts.items(), key=lambda part: -part[1])
    parts = [f"{name} {seconds / total:.0%}" for name, seconds in largest_first if seconds >= 0.005 * total]
    workers = f"{event.workers} worker{'s' if event.workers != 1 else ''}"
    return f"{workers} {event.utilisation:.0%} busy: {', '.join(parts)}"


def _trial_line(event: events.TrialFinished, search: SearchBoard) -> str:
    trial = event.trial
    parts = [f"{'baseline' if trial.is_baseline else 'trial'} {short_name(trial.name)}"]
    if trial.score is None:
        parts.append("failed")
    else:
        parts.append(f"{search.brief.objective} {figure(trial.score)}")
    if trial.status == "pruned":
        parts.append(f"stopped after {trial.epochs} epoch{'' if trial.epochs == 1 else 's'}")
    if not trial.is_baseline:
        if search.best:
            parts.append(f"best {figure(search.best[1])} ({search.best[0]})")
        parts.append(str(search.told) if search.brief.trials is None else f"{search.told}/{search.brief.trials}")
    if event.cached:
        parts.append("remembered")
    if trial.score is None:
        parts.append(one_line(trial.error or "no cause given"))
    return "  ".join(parts)
