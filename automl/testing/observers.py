"""An observer that remembers what it heard."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from automl import events
from automl.hookspecs import hookimpl
from automl.observer import Observer

E = TypeVar("E")


class RecordingObserver(Observer):
    """Keeps every announcement.

    Attributes:
        heard: all events, in the order in which they were announced.
    """

    id: ClassVar[str] = "recording"

    def __init__(self, params: Any = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.heard: list[Any] = []

    def names(self) -> list[str]:
        """Class names of what it heard, in order."""
        return [type(event).__name__ for event in self.heard]

    def of(self, kind: type[E]) -> list[E]:
        """What it heard of one kind."""
        return [event for event in self.heard if isinstance(event, kind)]

    @hookimpl
    def run_started(self, event: events.RunStarted) -> None:
        self.heard.append(event)

    @hookimpl
    def run_finished(self, event: events.RunFinished) -> None:
        self.heard.append(event)

    @hookimpl
    def run_failed(self, event: events.RunFailed) -> None:
        self.heard.append(event)

    @hookimpl
    def run_interrupted(self, event: events.RunInterrupted) -> None:
        self.heard.append(event)

    @hookimpl
    def advice_given(self, event: events.AdviceGiven) -> None:
        self.heard.append(event)

    @hookimpl
    def stage_started(self, event: events.StageStarted) -> None:
        self.heard.append(event)

    @hookimpl
    def stage_finished(self, event: events.StageFinished) -> None:
        self.heard.append(event)

    @hookimpl
    def stage_cached(self, event: events.StageCached) -> None:
        self.heard.append(event)

    @hookimpl
    def search_started(self, event: events.SearchStarted) -> None:
        self.heard.append(event)

    @hookimpl
    def trial_started(self, event: events.TrialStarted) -> None:
        self.heard.append(event)

    @hookimpl
    def trial_epoch(self, event: events.TrialEpoch) -> None:
        self.heard.append(event)

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        self.heard.append(event)

    @hookimpl
    def search_finished(self, event: events.SearchFinished) -> None:
        self.heard.append(event)
