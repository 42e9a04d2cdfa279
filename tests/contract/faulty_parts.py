"""Searchers, observers, stores and learners: a sound one of each, and some with one fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Fitted
from automl.errors import StageError
from automl.hookspecs import hookimpl
from automl.learning import Epoch, Learner, Training, Trial
from automl.search.contracts import DONE, Done, Proposal
from automl.search.random_search import RandomSearch
from automl.store import Store
from automl.testing import RecordingObserver

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows


class SoundSearcher(RandomSearch):
    """Random search."""

    id = "sound.searcher"


class OutOfRange(SoundSearcher):
    """Proposes a width that the space does not have."""

    def ask(self, number: int) -> Proposal | Done:
        answer = super().ask(number)
        if isinstance(answer, Proposal) and "width" in answer.values:
            return Proposal({**answer.values, "width": 1000})
        return answer


class InactiveDimension(SoundSearcher):
    """Proposes a value for a dimension that another choice has switched off."""

    def ask(self, number: int) -> Proposal | Done:
        answer = super().ask(number)
        if isinstance(answer, Proposal) and "optimizer" in answer.values:
            return Proposal({"optimizer.sgd.rate": 0.1, **answer.values})
        return answer


class Insatiable(SoundSearcher):
    """Proposes more than the brief allows."""

    def ask(self, number: int) -> Proposal | Done:
        return DONE if number > 500 else Proposal(self._brief.space.sample(self._brief.seed, number % 300))


class SoundObserver(RecordingObserver):
    """Remembers what it heard."""


class MisspeltHook(RecordingObserver):
    """Hears of something that nobody announces."""

    @hookimpl
    def run_finnished(self, event: object) -> None: ...


class NumberAsLink(RecordingObserver):
    """Gives a number as a link."""

    @property
    def links(self) -> Mapping[str, Any]:
        return {"port": 5000}


class TakesAStartForGranted(RecordingObserver):
    """Fails where a run fails before it has heard of its start."""

    started: object = None

    @hookimpl
    def run_started(self, event: object) -> None:
        self.started = event

    @hookimpl
    def run_failed(self, event: object) -> None:
        assert self.started is not None


class SoundStore(Store):
    """The kernel's store."""


class LastValueWins(Store):
    """Puts the second value of a recipe in the place of the first."""

    def put(self, key: str, record: Mapping[str, Any], **given: Any) -> Any:
        if self.get(key) is not None:
            self.layout.discard(self.layout.folder(key))
        return super().put(key, record, **given)


@dataclasses.dataclass(frozen=True)
class LineFitted(Fitted):
    columns: Sequence[str]
    weights: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"prediction": self.matrix(frame) @ self.weights}, index=frame.index)

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        return frame[list(self.columns)].to_numpy(dtype="float64")


class Descent(Training):
    """Gradient descent on a linear model."""

    def __init__(self, fitted: type[LineFitted], train: Rows, valid: Rows | None) -> None:
        self.fitted, self.columns = fitted, list(train.frame.columns)
        self.x, self.y, self.valid = train.matrix("float64"), np.asarray(train.target), valid
        self.weights, self.best = np.zeros(len(self.columns)), None

    def epoch(self) -> Epoch:
        self.weights = self.weights + 0.1 * self.x.T @ (self.y - self.x @ self.weights) / len(self.y)
        return Epoch({}, None if self.valid is None else self.valid.matrix("float64") @ self.weights)

    def mark(self) -> None:
        self.best = self.weights

    def finish(self) -> LineFitted:
        return self.fitted(self.columns, self.weights if self.best is None else self.best)

    def state(self) -> Mapping[str, Any]:
        return {"weights": self.weights, "best": self.best}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.weights, self.best = state["weights"], state["best"]


class SoundLearner(Learner):
    """A linear model by gradient descent."""

    id = "sound.learner"
    fitted = LineFitted
    tasks = frozenset({"regression"})
    training: type[Descent] = Descent

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> Training:
        if not len(train):
            raise StageError("there are no rows to learn from")
        return self.training(self.fitted, train, valid)


class ForgetfulDescent(Descent):
    def mark(self) -> None:
        self.best = None


class ForgetsTheMark(SoundLearner):
    """Gives the last parameters instead of the marked ones."""

    training = ForgetfulDescent


class AnewDescent(Descent):
    def restore(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]


class StartsAnew(SoundLearner):
    """Restores the marked parameters, but not the present ones."""

    training = AnewDescent


class PlaceFitted(LineFitted):
    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        return frame.to_numpy(dtype="float64")


class ColumnsByPlace(SoundLearner):
    """Takes the first column for the first of training."""

    fitted = PlaceFitted
