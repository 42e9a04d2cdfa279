"""The live board of a run on a terminal: single lines, cut where the terminal ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from automl import events
from automl.cli.board import Board, Clock, SearchBoard, StageRow, short_name
from automl.cli.figures import clock, duration, figure
from automl.cli.progress import Progress

_STAGES_SHOWN = 8
_TRIALS_SHOWN = 4
_LABEL_WIDTH = 9
_BAR_WIDTH = 24


class LiveProgress(Progress):
    """A board of at most 20 lines that is redrawn in place and gone when the run ends."""

    def __init__(self, console: Console, *, now: Clock = time.monotonic) -> None:
        self._board = Board(now)
        # The board is drawn from rich's own thread, while events come on the driver's.
        self._lock = threading.Lock()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(console=console, transient=True, refresh_per_second=8, get_renderable=self.render)

    def hear(self, event: Any) -> None:
        if isinstance(event, events.RunStarted):
            self._live.start()
        elif isinstance(event, events.RunFinished | events.RunFailed | events.RunInterrupted):
            self._live.stop()
        with self._lock:
            self._board.hear(event)

    def render(self) -> RenderableType:
        """The board as it is now."""
        with self._lock:
            lines = [self._head(), *self._stages()]
            if self._board.search:
                lines += [_line(""), *self._search(self._board.search)]
        return Group(*lines)

    def _head(self) -> Text:
        stages = self._board.stages.values()
        done = sum(row.state in ("done", "unchanged") for row in stages)
        line = _line(self._board.pipeline, "bold")
        return line.append(f"   {done}/{len(stages)} stages   {clock(self._board.elapsed())}")

    def _stages(self) -> list[Text]:
        shown = _window(list(self._board.stages.items()))
        took = [self._took(row) for _, row in shown]
        names, times = _padded([name for name, _ in shown]), _padded(took)
        return [self._stage(row, name, time) for (_, row), name, time in zip(shown, names, times, strict=True)]

    def _took(self, row: StageRow) -> str:
        match row.state:
            case "waiting":
                return ""
            case "running":
                return clock(self._board.elapsed(row.began))
            case "done":
                return duration(row.seconds)
            case "unchanged":
                return "unchanged"

    def _stage(self, row: StageRow, name: str, took: str) -> Text:
        match row.state:
            case "waiting":
                return _line(f"   {name}", "dim")
            case "running":
                frame = self._spinner.render(time.monotonic())
                assert isinstance(frame, Text), "a spinner without a text beside it"
                return _line("").append_text(frame).append(f"  {name}", "bold").append(f"  {took}")
            case "done":
                mark = ("✓", "green")
            case "unchanged":
                mark = ("=", "cyan")
        note = row.note if row.settings <= 1 else f"under {row.settings} settings"
        return _line(*mark).append(f"  {name}", "default").append(f"  {took}  {note}", "dim")

    def _search(self, search: SearchBoard) -> list[Text]:
        brief, metric = search.brief, search.brief.objective
        best = _label("best")
        if search.best:
            best.append(f"{metric} {figure(search.best[1])}", "bold green").append(f"  {search.best[0]}")
        else:
            best.append("none yet")
        lines = [*self._budget(search), best]
        if search.baselines:
            ranked = (f"{name} {figure(score)}" for name, score in search.ranked_baselines())
            lines.append(_label("to beat").append(", ".join(ranked)))
        running = list(search.running.items())[:_TRIALS_SHOWN]
        epochs = [f"epoch {state[0]}/{brief.epochs}" if state else "starting" for _, state in running]
        names = [short_name(name) for name, _ in running]
        for (_, state), name, epoch in zip(running, _padded(names), _padded(epochs), strict=True):
            score = None if state is None else state[1]
            lines.append(_line(f"   {name}  {epoch}  " + ("" if score is None else f"{metric} {figure(score)}"), "dim"))
        if len(search.running) > _TRIALS_SHOWN:
            lines.append(_line(f"   and {len(search.running) - _TRIALS_SHOWN} more", "dim"))
        if search.pruned:
            lines.append(_label("stopped").append(f"{search.pruned} early, by the tuner", "dim"))
        if search.failed:
            lines.append(_label("failed").append(f"{search.failed}, last {search.last_failure}", "red"))
        return lines

    def _budget(self, search: SearchBoard) -> list[Text]:
        brief, elapsed = search.brief, self._board.elapsed(search.began)
        if brief.trials is None:
            lines = [_label("trials").append(str(search.told))]
        else:
            lines = [_bar("trials", search.told / brief.trials, f"{search.told}/{brief.trials}")]
        if brief.seconds is not None:
            left = max(brief.seconds - elapsed, 0.0)
            lines.append(_bar("time", elapsed / brief.seconds, f"{clock(left)} left"))
        return lines


def _window(rows: list[tuple[str, StageRow]]) -> list[tuple[str, StageRow]]:
    """As many stages as fit, around the first that is not done."""
    at = next((i for i, (_, row) in enumerate(rows) if row.state in ("waiting", "running")), len(rows))
    start = max(0, min(at - _STAGES_SHOWN // 2, len(rows) - _STAGES_SHOWN))
    return rows[start : start + _STAGES_SHOWN]


def _line(text: str, style: str = "") -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    return line.append(text, style)


def _label(text: str) -> Text:
    return _line(f"{text:<{_LABEL_WIDTH}}")


def _bar(label: str, share: float, said: str) -> Text:
    full = min(round(share * _BAR_WIDTH), _BAR_WIDTH)
    return _label(label).append("━" * full, "cyan").append("╌" * (_BAR_WIDTH - full), "dim").append(f"  {said}")


def _padded(texts: Sequence[str]) -> list[str]:
    width = max((len(text) for text in texts), default=0)
    return [f"{text:<{width}}" for text in texts]
