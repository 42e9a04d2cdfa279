"""What is known of a run at one moment, gathered from its events: what a view of it draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from automl import events
from automl.cli.figures import one_line, outcome
from automl.plan.why import FIRST_TIME

Clock = Callable[[], float]
"""Seconds from any fixed moment on, like ``time.monotonic``."""


@dataclass
class StageRow:
    """A stage of the file.

    ``settings`` counts its executions under different tuned parameters; ``why`` is the last one's reason.
    """

    state: Literal["waiting", "running", "done", "unchanged"] = "waiting"
    began: float = 0.0
    seconds: float = 0.0
    note: str = ""
    why: str = ""
    settings: int = 0


@dataclass
class SearchBoard:
    """A search at one moment.

    ``running`` maps a trial to its epoch and score, None before its first epoch; it has no score where its folds have
    none in this epoch.
    """

    brief: events.SearchStarted
    began: float
    told: int = 0
    failed: int = 0
    pruned: int = 0
    last_failure: str = ""
    best: tuple[str, float] | None = None
    baselines: dict[str, float] = field(default_factory=dict)
    running: dict[str, tuple[int, float | None] | None] = field(default_factory=dict)

    def tell(self, event: events.TrialFinished) -> None:
        trial = event.trial
        self.running.pop(trial.name, None)
        if not trial.is_baseline:  # the counts are of trials, wherever there are any
            self.told += 1
            self.pruned += trial.status == "pruned"
            self.failed += trial.status == "failed"
        if trial.status == "pruned":
            return
        if trial.score is None:
            self.last_failure = f"{short_name(trial.name)}: {one_line(trial.error or 'no cause given')}"
        elif trial.is_baseline:
            self.baselines[short_name(trial.name)] = trial.score
        elif self.best is None or self._better(trial.score, self.best[1]):
            self.best = trial.name, trial.score

    def _better(self, score: float, than: float) -> bool:
        return score > than if self.brief.greater_is_better else score < than

    def ranked_baselines(self) -> list[tuple[str, float]]:
        return sorted(self.baselines.items(), key=lambda item: item[1], reverse=self.brief.greater_is_better)


def short_name(trial: str) -> str:
    """``t7`` as it is; a baseline without its family."""
    return trial.removeprefix("baseline.")


class Board:
    """All that is known of a run, from its events."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._began = now()
        self.pipeline = ""
        self.stages: dict[str, StageRow] = {}
        self.search: SearchBoard | None = None

    def elapsed(self, since: float | None = None) -> float:
        """Seconds since ``since``, or since the run began."""
        return self._now() - (self._began if since is None else since)

    def hear(self, event: Any) -> None:
        match event:
            case events.RunStarted():
                self._began = self._now()
                self.pipeline = event.pipeline
                self.stages = {stage: StageRow() for stage in event.stages}
            case events.StageStarted():
                row = self._row(event.stage)
                row.state, row.began, row.why = "running", self._now(), event.why
            case events.StageFinished():
                row = self._row(event.stage)
                row.state, row.note = "done", outcome(event.summary)
                row.seconds += event.seconds
                row.settings += 1
            case events.StageCached():
                row = self._row(event.stage)
                row.state = "done" if row.settings else "unchanged"
                row.note = outcome(event.summary)
            case events.SearchStarted():
                self.search = SearchBoard(event, self._now())
            case events.TrialStarted() if self.search:
                self.search.running[event.trial] = None
            case events.TrialEpoch() if self.search:
                self.search.running[event.trial] = event.epoch, event.metrics.get("score")
            case events.TrialFinished() if self.search:
                self.search.tell(event)
            case events.SearchFinished():
                self.search = None

    def why(self, shown: str) -> str:
        """Why a stage executes although it ran before; nothing where it never did."""
        why = self._row(shown).why
        return "" if why == FIRST_TIME else why

    def _row(self, shown: str) -> StageRow:
        """Executions under tuned parameters, shown as ``numbers [strategy=mean]``, share the row of their stage."""
        return self.stages.setdefault(shown.split(" [")[0], StageRow())
