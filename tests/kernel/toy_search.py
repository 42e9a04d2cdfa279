"""Toy searchers: one that stops trials, one that thinks slowly, one that writes down all it hears; a slow baseline."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toy import Mean, MeanTraining

from automl.dataset import Rows
from automl.errors import StageError
from automl.hookspecs import hookimpl
from automl.learning import Trial
from automl.params import Params, param
from automl.records import Record
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal, Searcher


class Patient(Mean):
    """A baseline that waits for the file TOY_AWAITED, for half a minute at most."""

    id = "asking.patient"

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> MeanTraining:
        deadline = time.monotonic() + 30.0
        while not Path(os.environ["TOY_AWAITED"]).exists():
            if time.monotonic() > deadline:
                raise StageError("nothing came of waiting")
            time.sleep(0.01)
        return super().open(trial, train, valid)


class Draws(Searcher):
    """Independent draws."""

    id = "asking.draws"

    def start(self, brief: Brief) -> None:
        self.brief = brief

    def ask(self, number: int) -> Proposal | Done:
        if self.brief.trials is not None and number > self.brief.trials:
            return DONE
        return Proposal(self.brief.space.sample(self.brief.seed, number))

    def tell(self, number: int, outcome: Outcome) -> None:
        """Nothing to learn from it."""


class StoppingParams(Params):
    first: int = param(2, description="Steps that every trial has.")


class Stopping(Draws):
    """Stops a trial whose score is worse than the median, at that step, of what was told before it was asked."""

    id = "asking.stopping"
    Params = StoppingParams

    def start(self, brief: Brief) -> None:
        super().start(brief)
        self._steps: dict[int, dict[int, float]] = {}
        self._told: list[int] = []
        self._known: dict[int, list[int]] = {}

    def ask(self, number: int) -> Proposal | Done:
        self._known[number] = list(self._told)
        return super().ask(number)

    def report(self, number: int, step: int, score: float) -> bool:
        self._steps.setdefault(number, {})[step] = score
        others = [self._steps[known][step] for known in self._known[number] if step in self._steps.get(known, {})]
        return step >= self.params.first and bool(others) and score > statistics.median(others)

    def tell(self, number: int, outcome: Outcome) -> None:
        self._told.append(number)


class ThoughtfulParams(Params):
    seconds: float = param(0.3, description="How long it thinks about a proposal.")
    start: float = param(0.0, description="How long it takes to start.")


class Thoughtful(Draws):
    """Thinks long before it speaks."""

    id = "asking.thoughtful"
    Params = ThoughtfulParams

    def start(self, brief: Brief) -> None:
        time.sleep(self.params.start)
        super().start(brief)

    def ask(self, number: int) -> Proposal | Done:
        time.sleep(self.params.seconds)
        return super().ask(number)


class BrokenParams(Params):
    at: str = param(description="The call at which it raises.")


class Broken(Draws):
    """Raises."""

    id = "asking.broken"
    Params = BrokenParams

    def _raise_at(self, call: str) -> None:
        if self.params.at == call:
            raise RuntimeError(f"no {call} today")

    def start(self, brief: Brief) -> None:
        self._raise_at("start")
        super().start(brief)

    def ask(self, number: int) -> Proposal | Done:
        self._raise_at("ask")
        return super().ask(number)

    def report(self, number: int, step: int, score: float) -> bool:
        self._raise_at("report")
        return False

    def tell(self, number: int, outcome: Outcome) -> None:
        self._raise_at("tell")

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        self._raise_at("learn")


class DiaryParams(Params):
    path: str = param(description="A file that gets a line for each call.", identity=False)


class Diary(Draws):
    """Writes down what it hears."""

    id = "asking.diary"
    Params = DiaryParams

    def _write(self, *line: Any) -> None:
        with Path(self.params.path).open("a") as stream:
            stream.write(json.dumps(line) + "\n")

    def ask(self, number: int) -> Proposal | Done:
        self._write("ask", number)
        return super().ask(number)

    def tell(self, number: int, outcome: Outcome) -> None:
        self._write("tell", number, outcome.score)

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        self._write("learn", dict(values), outcome.score, outcome.excess)


@hookimpl
def automl_searchers() -> list[Record]:
    kinds = (Draws, Stopping, Thoughtful, Broken, Diary)
    return [Record(kind.id, f"{__name__}:{kind.__name__}", kind.summary()) for kind in kinds]


@hookimpl
def automl_learners() -> list[Record]:
    return [Record(Patient.id, f"{__name__}:{Patient.__name__}", Patient.summary())]
