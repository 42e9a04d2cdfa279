"""Searchers, observers, stores and learners: a sound one of each, and some with one fault."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Fitted
from automl.errors import StageError
from automl.hookspecs import hookimpl
from automl.learning import Epoch, Learner, Metric, Training, Trial
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal
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


class PeeksAtTheNewest(SoundSearcher):
    """Stops a trial that is worse than what was told in the meantime."""

    best = math.inf

    def report(self, number: int, step: int, score: float) -> bool:
        return score > self.best

    def tell(self, number: int, outcome: Outcome) -> None:
        self.best = min(self.best, math.inf if outcome.score is None else outcome.score)


class DisownsItsStop(SoundSearcher):
    """Stops trials of middling scores in their second epoch, and will not hear of it."""

    def report(self, number: int, step: int, score: float) -> bool:
        return step == 2 and 5 < score < 10

    def tell(self, number: int, outcome: Outcome) -> None:
        assert not outcome.pruned or outcome.score is None


class ForgetsGuesses(SoundSearcher):
    """Proposes what was guessed already."""

    def start(self, brief: Brief) -> None:
        super().start(dataclasses.replace(brief, guesses=()))


class LearnsNothing(SoundSearcher):
    """Proposes what it has learned."""

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        """Forgotten at once."""


class CountsFromOne(SoundSearcher):
    """Takes the first number that it is asked for to be 1."""

    asked = 0

    def ask(self, number: int) -> Proposal | Done:
        assert number <= self.asked + 1
        self.asked = max(self.asked, number)
        return super().ask(number)


class LearnsFromScoresOnly(SoundSearcher):
    """Wants a score of everything that it learns from."""

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        super().learn(values, outcome)
        assert outcome.score is not None


class KnowsNoConstraints(SoundSearcher):
    """Fails at a trial that breaks a constraint."""

    def tell(self, number: int, outcome: Outcome) -> None:
        assert not outcome.excess


class DividesByTheSpread(SoundSearcher):
    """Scales scores to between 0 and 1 before it is asked for the fifth trial."""

    def __init__(self, params: Any = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.scores: list[float] = []

    def ask(self, number: int) -> Proposal | Done:
        if len(self.scores) >= 4:
            _ = 1 / (max(self.scores) - min(self.scores))
        return super().ask(number)

    def tell(self, number: int, outcome: Outcome) -> None:
        if outcome.score is not None and math.isfinite(outcome.score):
            self.scores.append(outcome.score)


class Repeats(SoundSearcher):
    """Proposes every configuration twice."""

    again: Proposal | Done = DONE

    def ask(self, number: int) -> Proposal | Done:
        if number % 2 or not isinstance(self.again, Proposal):
            self.again = super().ask(number)
        return self.again if number <= (self._brief.trials or number) else DONE


class AddsUpScores(SoundSearcher):
    """Is done once the sum of its scores is no number."""

    total = 0.0

    def ask(self, number: int) -> Proposal | Done:
        return super().ask(number) if math.isfinite(self.total) else DONE

    def tell(self, number: int, outcome: Outcome) -> None:
        self.total += outcome.score or 0.0


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


class SoundMetric(Metric):
    """Root of the mean squared error."""

    id = "sound.metric"
    greater_is_better = False
    tasks = frozenset({"regression"})

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float(np.sqrt(np.average((truth - predicted) ** 2, weights=weight)))


class RaisesOnRows(SoundMetric):
    """Divides by nothing."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        raise ZeroDivisionError("there is no spread")


class GivesAnArray(SoundMetric):
    """Gives an error for each row."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> Any:
        return np.abs(truth - predicted)


class GivesOneInAnArray(SoundMetric):
    """Gives an array of one score."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> Any:
        return np.array([super().score(truth, predicted, weight)])


class NoScore(SoundMetric):
    """Gives NaN on plain rows."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return math.nan


class WrongWayRound(SoundMetric):
    """Says that more error is better."""

    greater_is_better = True


class KnowsNoWeights(SoundMetric):
    """Takes no weights."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        assert weight is None
        return super().score(truth, predicted)


class ScalesWithWeights(SoundMetric):
    """Forgets to divide by the sum of the weights."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float(np.mean((truth - predicted) ** 2 * (1.0 if weight is None else weight)))


class SortsInPlace(SoundMetric):
    """Changes what it is given."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        truth -= predicted
        found = super().score(truth, np.zeros_like(truth), weight)
        truth += predicted
        return found


class TakesTheLastRow(SoundMetric):
    """Goes by the order of the rows."""

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return super().score(truth, predicted, weight) + abs(float(truth[-1]))


class RefusesEverything(SoundMetric):
    """Has a reason against plain rows."""

    def undefined(self, truth: np.ndarray, weight: np.ndarray | None = None) -> str | None:
        return "it is never defined"


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
