"""A plugin for the kernel's tests: a learner in numpy that trains in milliseconds, and stages that watch and spoil."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl.columns import KINDS, TEST
from automl.components import Fitted, Header, Reader, Splitter, Stage, Transform
from automl.dataset import Dataset, Rows
from automl.errors import ConstraintError, DataError, StageError
from automl.fingerprint import digest, file_fingerprint
from automl.hookspecs import hookimpl
from automl.input_schema import column_names
from automl.learning import Epoch, Learner, Metric, Network, Task, Training, Trial, score
from automl.model import Model, Report
from automl.params import Params, param
from automl.records import Record
from automl.search.contracts import DONE, WAIT, Brief, Done, Outcome, Proposal, Searcher, Wait

_HERE = __name__


class TableParams(Params):
    rows: int = param(120, description="How many rows.", ge=0)
    shift: float = param(0.0, description="Added to every value of x.")
    task: str = param("regression", description="regression or binary")


class Table(Reader):
    """A generated table: y depends on x and on the category."""

    id = "toy.table"
    Params = TableParams

    def header(self) -> Header:
        return Header(("x", "z", "colour", "y"))

    def fingerprint(self) -> str:
        return digest(self.params.model_dump())

    def read(self) -> pd.DataFrame:
        draw = np.random.default_rng(7)
        n = self.params.rows
        x, z = draw.normal(size=n) + self.params.shift, draw.normal(size=n)
        colour = draw.choice(["red", "green", "blue"], size=n)
        y = 3 * x + np.where(colour == "red", 2.0, 0.0) + 0.1 * draw.normal(size=n) + 10
        target: Any = y if self.params.task == "regression" else np.where(y > np.median(y), "high", "low")
        x[::17] = np.nan
        return pd.DataFrame({"x": x, "z": z, "colour": colour, "y": target})


class PickledParams(Params):
    path: str = param(description="A pickled frame.", identity=False)


class Pickled(Reader):
    """A frame exactly as a test made it, odd names and dtypes included."""

    id = "toy.pickled"
    Params = PickledParams

    def header(self) -> Header:
        return Header(tuple(column_names(self.read())))

    def fingerprint(self) -> str:
        return file_fingerprint(self.params.path)

    def read(self) -> pd.DataFrame:
        frame: pd.DataFrame = pd.read_pickle(self.params.path)
        return frame


class HoldoutParams(Params):
    test: float = param(0.25, description="Share of test rows.")
    valid: float = param(0.25, description="Share of validation rows.")


class Holdout(Splitter):
    """Random parts."""

    id = "toy.holdout"
    Params = HoldoutParams

    def split(self, data: Dataset) -> np.ndarray:
        u = np.random.default_rng(self.seed).random(len(data.frame))
        p = self.params
        return np.where(u < p.test, -2, np.where(u < p.test + p.valid, -1, 0)).astype("int16")


class Folds(Splitter):
    """Three folds and a kept-back test part."""

    id = "toy.folds"

    @classmethod
    def folds(cls, params: Any) -> int:
        return 3

    def split(self, data: Dataset) -> np.ndarray:
        draw = np.random.default_rng(self.seed)
        part = (draw.permutation(len(data.frame)) % 3).astype("int16")
        part[draw.random(len(part)) < 0.2] = TEST
        return part


@dataclasses.dataclass(frozen=True)
class FilledFitted(Fitted):
    columns: list[str]
    values: list[float]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.fillna(dict(zip(self.columns, self.values, strict=True)))


class FillParams(Params):
    strategy: str = param("mean", description="mean or median", tune=["mean", "median"])
    plus: float = param(0.0, description="Added to the value.")


class Fill(Transform):
    """Fill numbers."""

    id = "toy.fill"
    fitted = FilledFitted
    Params = FillParams

    def fit(self, train: Rows) -> FilledFitted:
        if self.params.strategy == "refuse":
            raise DataError("these rows are refused")
        filled = getattr(train.frame, self.params.strategy)() + self.params.plus
        return FilledFitted(list(train.frame.columns), [float(v) for v in filled])


@dataclasses.dataclass(frozen=True)
class DummiesFitted(Fitted):
    columns: list[str]
    levels: list[list[str]]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(
            {
                f"{column}_{level}": (frame[column] == level).astype("float64")
                for column, levels in zip(self.columns, self.levels, strict=True)
                for level in levels
            },
            index=frame.index,
        )


class Dummies(Transform):
    """A column of zeros and ones for each level."""

    id = "toy.dummies"
    fitted = DummiesFitted
    accepts = frozenset({"categorical"})

    def fit(self, train: Rows) -> DummiesFitted:
        columns = list(train.frame.columns)
        return DummiesFitted(columns, [sorted(train.frame[c].dropna().unique()) for c in columns])


@dataclasses.dataclass(frozen=True)
class ScaledFitted(Fitted):
    means: np.ndarray
    deviations: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return (frame - self.means) / self.deviations


class Scale(Transform):
    """Mean 0 and deviation 1."""

    id = "toy.scale"
    fitted = ScaledFitted

    def fit(self, train: Rows) -> ScaledFitted:
        return ScaledFitted(train.frame.mean().to_numpy(), train.frame.std().to_numpy())


@dataclasses.dataclass(frozen=True)
class NothingFitted(Fitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[[]]


class Drop(Transform):
    """Drops the columns that it is given."""

    id = "toy.drop"
    fitted = NothingFitted
    accepts = frozenset({"numeric", "categorical", "boolean", "datetime", "text"})

    def fit(self, train: Rows) -> NothingFitted:
        return NothingFitted()


@dataclasses.dataclass(frozen=True)
class FlagsFitted(Fitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype("Float64").fillna(0.5).astype("float64")


class Flags(Transform):
    """Booleans as 0 and 1, missing ones as 0.5."""

    id = "toy.flags"
    fitted = FlagsFitted
    accepts = frozenset({"boolean"})
    stateless = True

    def fit(self, train: Rows) -> FlagsFitted:
        return FlagsFitted()


@dataclasses.dataclass(frozen=True)
class KeepFitted(Fitted):
    rows_seen: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


class DropHigh(Transform):
    """Drops the training rows with the largest x, and remembers which rows it was fitted on."""

    id = "toy.drop_high"
    fitted = KeepFitted
    drops_rows = True

    def fit(self, train: Rows) -> KeepFitted:
        return KeepFitted(train.frame.index.to_numpy())

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        keep = train.frame["x"].rank() <= len(train.frame) - 3
        return self.fit(train), train.frame[keep | train.frame["x"].isna()]


@dataclasses.dataclass(frozen=True)
class AffineFitted(Fitted):
    mean: float
    deviation: float

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return (frame - self.mean) / self.deviation

    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values * self.deviation + self.mean


class StandardTarget(Transform):
    """The target with mean 0 and deviation 1."""

    id = "toy.standard_target"
    fitted = AffineFitted
    on_target = True

    def fit(self, train: Rows) -> AffineFitted:
        y = train.frame.iloc[:, 0]
        return AffineFitted(float(y.mean()), float(y.std()))


class RudeParams(Params):
    how: str = param(description="Which rule to break.")


@dataclasses.dataclass(frozen=True)
class RudeFitted(Fitted):
    how: str
    extra: Any = None

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.how == "reorders":
            return frame.iloc[::-1]
        if self.how == "float32":
            return frame.astype("float32")
        if self.how == "clashes":
            return frame.rename(columns={frame.columns[0]: "colour"})
        if self.how == "random":
            return frame + np.random.default_rng().normal(size=frame.shape)
        if self.how == "looks around":
            return frame - frame.mean()
        return frame


class Rude(Transform):
    """Breaks one of the rules for transforms."""

    id = "toy.rude"
    fitted = RudeFitted
    Params = RudeParams

    def fit(self, train: Rows) -> RudeFitted:
        return RudeFitted(self.params.how, object() if self.params.how == "unstorable" else None)

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        shown = train.frame.iloc[1:] if self.params.how == "loses rows" else self.fit(train).apply(train.frame)
        return self.fit(train), shown.rename(columns=str.upper) if self.params.how == "renames" else shown


class Refuses(Transform):
    """Fails to fit."""

    id = "toy.refuses"
    fitted = KeepFitted

    def fit(self, train: Rows) -> KeepFitted:
        raise RuntimeError("no luck today")


@dataclasses.dataclass(frozen=True)
class LinearFitted(Fitted):
    columns: list[str]
    weights: np.ndarray
    classes: list[str]
    names: list[str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        x = frame[self.columns].to_numpy("float64")
        raw = np.c_[x, np.ones(len(x))] @ self.weights
        if not self.classes:
            return pd.DataFrame(raw, columns=list(self.names), index=frame.index)
        p = 1 / (1 + np.exp(-raw))
        return pd.DataFrame({self.classes[0]: 1 - p, self.classes[1]: p}, index=frame.index)


class DescentParams(Params):
    rate: float = param(0.1, description="Step width.", gt=0, tune={"float": [0.01, 0.5], "log": True})
    fail_above: float = param(10.0, description="Fail if rate is above this.")


def _note(variable: str, text: object) -> None:
    """Append a line to the file that this environment variable names: how a test hears of other processes."""
    if path := os.environ.get(variable):
        with Path(path).open("a") as stream:
            stream.write(f"{text}\n")


def _die_once() -> None:
    """Kill this process if the file that TOY_DIES names is there yet, or if it says ``always``."""
    if path := os.environ.get("TOY_DIES"):
        try:
            if path != "always":
                Path(path).unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


class DescentTraining(Training):
    def __init__(self, params: Any, seed: int, task: Task, train: Rows, valid: Rows | None) -> None:
        self._params, self._task = params, task
        self._columns = list(train.frame.columns)
        self._x = np.c_[train.matrix("float64"), np.ones(len(train))]
        if np.isnan(self._x).any():
            raise StageError("there are missing values")
        self._y = task.truth(train.target).astype("float64")
        self._valid = None if valid is None else np.c_[valid.matrix("float64"), np.ones(len(valid))]
        self._weights = np.random.default_rng(seed).normal(size=(self._x.shape[1], *self._y.shape[1:])) * 0.01
        self._best: np.ndarray | None = None

    def _link(self, raw: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-raw)) if self._task.is_classification else raw

    def epoch(self) -> Epoch:
        time.sleep(float(os.environ.get("TOY_DELAY", "0")))
        _die_once()
        if self._params.rate > self._params.fail_above:
            raise RuntimeError("the rate is too high for this table")
        residual = self._link(self._x @ self._weights) - self._y
        self._weights = self._weights - self._params.rate * self._x.T @ residual / len(residual)
        if self._valid is None:
            return Epoch({"loss": float(np.mean(residual**2))})
        predicted = self._link(self._valid @ self._weights)
        if self._task.is_classification:
            predicted = np.c_[1 - predicted, predicted]
        return Epoch({"loss": float(np.mean(residual**2))}, predicted)

    def mark(self) -> None:
        self._best = self._weights

    def finish(self) -> LinearFitted:
        weights = self._weights if self._best is None else self._best
        return LinearFitted(self._columns, weights, list(self._task.classes), self._task.prediction_columns)

    def state(self) -> Mapping[str, Any]:
        return {"weights": self._weights}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._weights = state["weights"]


class Descent(Learner):
    """Linear or logistic regression by gradient descent."""

    id = "toy.descent"
    several_targets = True
    fitted = LinearFitted
    Params = DescentParams

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> DescentTraining:
        size = train.frame.shape[1] + 1
        if trial.most_parameters is not None and size > trial.most_parameters:
            excess = size / trial.most_parameters - 1
            raise ConstraintError(f"{size} parameters, at most {trial.most_parameters} are allowed", excess)
        _note("TOY_LOG", self.params.rate)
        return DescentTraining(self.params, trial.seed, trial.task, train, valid)


@dataclasses.dataclass(frozen=True)
class MeanFitted(Fitted):
    names: list[str]
    values: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(np.tile(self.values, (len(frame), 1)), columns=self.names, index=frame.index)


class MeanTraining(Training):
    def __init__(self, task: Task, train: Rows, valid: Rows | None) -> None:
        truth = task.truth(train.target)
        if task.is_classification:
            self._fitted = MeanFitted(list(task.classes), np.bincount(truth, minlength=task.outputs) / len(truth))
        else:
            self._fitted = MeanFitted(["prediction"], np.array([truth.mean()]))
        self._valid = valid

    def epoch(self) -> Epoch:
        if self._valid is None:
            return Epoch({"loss": 0.0})
        predicted = self._fitted.apply(self._valid.frame).to_numpy()
        return Epoch({"loss": 0.0}, predicted if predicted.shape[1] > 1 else predicted[:, 0])

    def mark(self) -> None:
        """There is nothing better to come."""

    def finish(self) -> MeanFitted:
        return self._fitted


class Mean(Learner):
    """The mean of the target, or the share of each class, for any columns."""

    id = "toy.mean"
    accepts = frozenset(KINDS)
    takes_gaps = True
    fitted = MeanFitted
    epochwise = False

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> MeanTraining:
        return MeanTraining(trial.task, train, valid)


class StillNet(Network):
    """Learns nothing but the mean."""

    id = "toy.still"
    learner = "toy.mean"

    def build(self, spec: Any) -> None:
        return None


class ToyNet(Network):
    """No parameters of its own."""

    id = "toy.net"
    learner = "toy.descent"

    def build(self, spec: Any) -> None:
        return None


class Error(Metric):
    id = "toy.error"
    greater_is_better = False
    tasks = frozenset({"regression", "binary"})

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        guess = predicted[:, 1] if predicted.ndim == 2 else predicted
        return float(np.sqrt(np.mean((truth - guess) ** 2)))


class Brier(Metric):
    """Mean squared error of the probabilities; a class never trained on counts as all wrong."""

    id = "toy.brier"
    greater_is_better = False
    tasks = frozenset({"binary", "multiclass"})

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float(np.mean((predicted - (truth[:, None] == np.arange(predicted.shape[1]))) ** 2))


class Evaluate(Stage):
    """Scores the test rows."""

    id = "toy.evaluate"
    consumes = "model"

    def run(self, source: Model, context: None) -> Report:
        task = source.predictor.task
        truth = task.truth(source.test if task.more_targets else source.test[task.target])
        metric = Brier() if task.kind == "multiclass" else Error()
        scores = {n: {metric.id: score(metric, truth, p.scores(source.test))} for n, p in source.baselines.items()}
        winner = score(metric, truth, source.predictor.scores(source.test))
        return Report({metric.id: winner}, scores, {"rows": len(truth)}, "<p>")


@hookimpl
def automl_components() -> list[Record]:
    classes = [Holdout, Folds, Fill, Dummies, Scale, Drop, Flags, Rude, DropHigh, StandardTarget, Refuses, Evaluate]
    return [Record(c.id, f"{_HERE}:{c.__name__}", c.summary()) for c in classes]


@hookimpl
def automl_readers() -> list[Record]:
    return [Record(c.id, f"{_HERE}:{c.__name__}", c.summary()) for c in (Table, Pickled)]


@hookimpl
def automl_learners() -> list[Record]:
    return [Record(c.id, f"{_HERE}:{c.__name__}", c.summary()) for c in (Descent, Mean)]


@hookimpl
def automl_networks() -> list[Record]:
    return [Record(c.id, f"{_HERE}:{c.__name__}", c.summary()) for c in (ToyNet, StillNet)]


@hookimpl
def automl_metrics() -> list[Record]:
    return [Record(c.id, f"{_HERE}:{c.__name__}", "An error.") for c in (Error, Brier)]


class AgainParams(Params):
    first: int = param(3, description="Epochs of the first trial.")


class Again(Searcher):
    """One trial, one that goes on from it, and one that would but has no epoch left."""

    id = "toy.again"
    Params = AgainParams

    def start(self, brief: Brief) -> None:
        self._values = brief.space.sample(brief.seed, 1)

    def ask(self, number: int) -> Proposal | Wait | Done:
        if number > 3:
            return DONE
        if number == 1:
            return Proposal(self._values, epochs=self.params.first, resumable=True)
        if not self._told:
            return WAIT
        return Proposal(self._values, epochs=6 if number == 2 else self.params.first, continues=1)

    _told = False

    def tell(self, number: int, outcome: Outcome) -> None:
        self._told = True


@hookimpl
def automl_searchers() -> list[Record]:
    return [Record(Again.id, f"{_HERE}:Again", Again.summary())]
