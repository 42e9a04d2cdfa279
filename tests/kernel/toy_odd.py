"""Toys for what is rare in a search: trainings that break off, folds that refuse, chains, verdicts that come late."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toy import Descent, DescentTraining, ToyNet

from automl.dataset import Rows
from automl.errors import ConstraintError
from automl.hookspecs import hookimpl
from automl.learning import Epoch, Learner, Network, Trial
from automl.params import Params, param
from automl.records import Record
from automl.search.contracts import DONE, WAIT, Brief, Done, Outcome, Proposal, Searcher, Wait

_BREAKS_AT = 5


def _let_others_pass() -> None:
    """Where TOY_FIRST names a file, the first that comes waits for TOY_OTHERS others, of another process."""
    if path := os.environ.get("TOY_FIRST"):
        book = Path(path)
        try:
            book.touch(exist_ok=False)
        except FileExistsError:
            with book.open("a") as stream:
                stream.write("x")
            return
        others, deadline = int(os.environ["TOY_OTHERS"]), time.monotonic() + 20.0
        while book.stat().st_size < others and time.monotonic() < deadline:
            time.sleep(0.01)


class OddTraining(DescentTraining):
    """Tells its seed. With a rate above 0.2 its fifth epoch comes out as NaN; above TOY_DEADLY it kills its process."""

    def __init__(self, params: Any, trial: Trial, train: Rows, valid: Rows | None) -> None:
        super().__init__(params, trial.seed, trial.task, train, valid)
        self._rate, self._seed, self._epoch = params.rate, trial.seed, 0

    def epoch(self) -> Epoch:
        self._epoch += 1
        if self._rate > float(os.environ.get("TOY_DEADLY", "inf")):
            os.kill(os.getpid(), signal.SIGKILL)
        told = super().epoch()
        loss = float("nan") if self._rate > 0.2 and self._epoch == _BREAKS_AT else told.metrics["loss"]
        return dataclasses.replace(told, metrics={"loss": loss, "seed": float(self._seed)})

    def state(self) -> Mapping[str, Any]:
        return {**super().state(), "epoch": self._epoch}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self._epoch = state["epoch"]


class Odd(Descent):
    """Trains by `OddTraining`."""

    id = "odd.descent"

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> OddTraining:
        _let_others_pass()
        return OddTraining(self.params, trial, train, valid)


class Refusing(Learner):
    """Refuses every table, each in its own words."""

    id = "odd.refusing"
    fitted = Descent.fitted
    Params = Descent.Params

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> OddTraining:
        _let_others_pass()
        places = int(train.frame.index.to_numpy().sum())
        raise ConstraintError(f"rows that add up to {places}", places / 1000)


class OddNet(ToyNet):
    """Breaks off."""

    id = "odd.net"
    learner = "odd.descent"


class RefusedNet(ToyNet):
    """Is refused."""

    id = "odd.refused"
    learner = "odd.refusing"


class OwnSpaceNet(ToyNet):
    """Brings a space of its own, which names a parameter of the learner."""

    id = "odd.own_space"

    @classmethod
    def space(cls) -> dict[str, Any]:
        return {"rate": {"float": [0.01, 0.4]}, "fail_above": {"float": [5.0, 9.0]}}


class LateVerdict(Searcher):
    """Tries the rates 0.1, 0.3, 0.1001 and 0.1002; stops the second one after its fourth step, and takes its time."""

    id = "odd.late_verdict"

    def start(self, brief: Brief) -> None:
        """Whatever the space."""

    def ask(self, number: int) -> Proposal | Done:
        rates = (0.1, 0.3, 0.1001, 0.1002)
        return Proposal({"rate": rates[number - 1]}) if number <= len(rates) else DONE

    def report(self, number: int, step: int, score: float) -> bool:
        if (number, step) != (2, 4):
            return False
        time.sleep(0.3)
        return True

    def tell(self, number: int, outcome: Outcome) -> None:
        """Nothing to learn from it."""


class ChainParams(Params):
    rate: float = param(0.1, description="Of all trials.")


class Chain(Searcher):
    """Three trials of three more epochs each, one going on from the other."""

    id = "odd.chain"
    Params = ChainParams

    def start(self, brief: Brief) -> None:
        self._told = 0

    def ask(self, number: int) -> Proposal | Wait | Done:
        if number > 3:
            return DONE
        if self._told < number - 1:
            return WAIT
        before = number - 1 or None
        return Proposal({"rate": self.params.rate}, epochs=3 * number, continues=before, resumable=True)

    def tell(self, number: int, outcome: Outcome) -> None:
        self._told = number


class StuckParams(Params):
    path: str = param(description="A file that it waits for, half a minute at most.", identity=False)


class Stuck(Searcher):
    """Proposes five trials, then thinks until somebody makes a file."""

    id = "odd.stuck"
    Params = StuckParams

    def start(self, brief: Brief) -> None:
        self._space, self._seed = brief.space, brief.seed

    def ask(self, number: int) -> Proposal | Done:
        if number <= 5:
            return Proposal(self._space.sample(self._seed, number))
        file, deadline = Path(self.params.path), time.monotonic() + 30.0
        while not file.exists():
            if time.monotonic() > deadline:
                file.write_text("nobody came")
            time.sleep(0.01)
        return DONE

    def tell(self, number: int, outcome: Outcome) -> None:
        """Nothing to learn from it."""


@hookimpl
def automl_searchers() -> list[Record]:
    kinds: tuple[type[Searcher], ...] = (LateVerdict, Chain, Stuck)
    return [Record(kind.id, f"{__name__}:{kind.__name__}", kind.summary()) for kind in kinds]


@hookimpl
def automl_learners() -> list[Record]:
    kinds: tuple[type[Learner], ...] = (Odd, Refusing)
    return [Record(kind.id, f"{__name__}:{kind.__name__}", kind.summary()) for kind in kinds]


@hookimpl
def automl_networks() -> list[Record]:
    kinds: tuple[type[Network], ...] = (OddNet, RefusedNet, OwnSpaceNet)
    return [Record(kind.id, f"{__name__}:{kind.__name__}", kind.summary()) for kind in kinds]
