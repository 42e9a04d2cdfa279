"""The contracts of what is trained: learners, their training, networks, and metrics.

The kernel drives every training itself, epoch by epoch: early stopping, budgets, pruning and scoring happen
outside the learner and are the same for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automl.attribution import named_errors
from automl.columns import Kind
from automl.components import Component, Fitted
from automl.errors import StageError

if TYPE_CHECKING:
    import numpy as np

    from automl.dataset import Rows
    from automl.search.space import Space

TaskKind = Literal["regression", "binary", "multiclass"]


@dataclass(frozen=True)
class Task:
    """What is predicted. ``classes``: the labels of training and validation rows in order; empty for a regression.

    Labels that are numbers are ordered as numbers, others as text. In a binary task the second class is the positive
    one: the later in this order, unless the file names another (``data: {positive: ...}``). A regression may have
    several targets: ``target`` and ``more_targets``; what is [n] for one is [n, targets] then.
    """

    kind: TaskKind
    target: str
    classes: tuple[str, ...] = ()
    more_targets: tuple[str, ...] = ()

    @property
    def is_classification(self) -> bool:
        return self.kind != "regression"

    @property
    def positive(self) -> str | None:
        """The class that f1, precision, recall, pr_auc and brier speak of; None if the task is not binary."""
        return self.classes[1] if self.kind == "binary" else None

    @property
    def targets(self) -> tuple[str, ...]:
        """All target columns, in the order of the table."""
        return (self.target, *self.more_targets)

    @property
    def outputs(self) -> int:
        """Columns of a prediction: one per target of a regression, one per class else."""
        return len(self.classes) or len(self.targets)

    @property
    def prediction_columns(self) -> list[str]:
        """What a regression's predictions are called: ``prediction``, or ``prediction_<target>`` for several."""
        return [f"prediction_{name}" for name in self.targets] if self.more_targets else ["prediction"]

    def codes(self, labels: Any) -> np.ndarray:
        """Labels (a str Series or sequence) as int64 codes [n] into ``classes``; -1 for a label never seen."""
        import numpy as np
        import pandas as pd

        return pd.Index(self.classes).get_indexer(pd.Index(labels)).astype(np.int64)

    def truth(self, target: Any) -> np.ndarray:
        """The target as metrics and learners take it: float64 values or int64 class codes, shape [n].

        Of several targets (a frame) float64 [n, targets].
        """
        import numpy as np

        if self.is_classification:
            return self.codes(target)
        return np.asarray(target[list(self.targets)] if self.more_targets else target, dtype=np.float64)


@dataclass(frozen=True)
class Trial:
    """What a learner is told about one training, besides its own parameters.

    Attributes:
        task: what is predicted.
        seed: the trial's seed; equal seeds and rows give equal results.
        epochs: the longest training that the budget allows; the horizon of learning-rate schedules.
        until: the epoch at which this training ends at the latest; lower than ``epochs`` on a rung of Hyperband.
        threads: how many threads the training may use.
        network: the network to build, for learners that take one.
        most_parameters: how many numbers the model may learn; None for no bound.
    """

    task: Task
    seed: int
    epochs: int
    until: int
    threads: int = 1
    network: Network | None = None
    most_parameters: int | None = None


@dataclass(frozen=True)
class Epoch:
    """What one epoch left.

    Attributes:
        metrics: finite or not, e.g. ``{"loss": 0.31, "valid_loss": 0.35, "learning_rate": 1e-3}``.
        predicted: predictions for the validation rows in the learner's own unit: float64 [n] for a regression,
            probabilities [n, classes] else, [n, targets] for several targets; None without validation rows.
    """

    metrics: Mapping[str, float]
    predicted: np.ndarray | None = None


class Training(ABC):
    """One training in progress. Owned by one worker and called from one thread."""

    def prepare(self) -> None:  # noqa: B027 - most have nothing to prepare
        """Compile, or whatever else the epochs need that is no training.

        Called once, after a ``restore`` if there is one and before the first epoch; its time is booked apart from that
        of the epochs. ``epoch`` does the same if nobody called it.
        """

    @abstractmethod
    def epoch(self) -> Epoch:
        """Train for one more epoch."""

    @abstractmethod
    def mark(self) -> None:
        """Remember the present parameters as the best so far."""

    @abstractmethod
    def finish(self) -> Fitted:
        """The model with the parameters of the last ``mark`` (the present ones if there was none).

        Its ``apply`` takes the feature columns and returns float64 columns: those of `Task.prediction_columns` for a
        regression, in the unit of the target it was trained on; one probability column per class, named by it, in the
        task's order else.
        """

    def state(self) -> Mapping[str, Any]:
        """All that a later training needs to go on from here, as plain values and arrays (parameters, optimizer)."""
        raise NotImplementedError(f"{type(self).__name__} cannot be continued")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a ``state`` of the same configuration."""
        raise NotImplementedError(f"{type(self).__name__} cannot be continued")


class Learner(Component, ABC):
    """Trains a model. Knows nothing of searches, budgets or stores.

    Class attributes:
        fitted: the Fitted class that a finished training returns.
        epochwise: False if one call of ``epoch`` trains the whole model. Such a training is not continued: it starts
            afresh, up to the later epoch.
        tasks: the kinds of task it can do.
        several_targets: whether it can do a regression with several targets.
        takes_network: whether it trains a network that it is given.
        accepts: the kinds of columns that it can learn from. That others would reach it is an error before a run.
        takes_gaps: whether it can learn from columns with missing values, and predict rows that have them.
    """

    stochastic: ClassVar[bool] = True
    fitted: ClassVar[type[Fitted]]
    epochwise: ClassVar[bool] = True
    several_targets: ClassVar[bool] = False
    takes_network: ClassVar[bool] = False
    accepts: ClassVar[frozenset[Kind]] = frozenset({"numeric", "boolean"})
    takes_gaps: ClassVar[bool] = False
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({"regression", "binary", "multiclass"})

    def affinity(self, network: Network | None) -> str | None:  # noqa: ARG002 - most keep nothing
        """A name for what a process keeps after a training like this one, and the next one is faster with.

        Asked on the driver, before anything is built: it must not import an engine. None if nothing is kept.
        """
        return None

    @classmethod
    def start(cls, threads: int) -> None:
        """Bring up in this process, with ``threads`` threads, what every training needs, such as the engine's import.

        Called before `open_pack`, so that its time is told apart from that of building; again before every other one,
        when it must cost nothing. `open` works without it.
        """

    @abstractmethod
    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> Training:
        """Build a training; its rows stay as they are.

        Raises:
            StageError: the rows cannot be learned from.
            ConstraintError: the model has more than ``trial.most_parameters``.
        """

    @classmethod
    def open_pack(
        cls, members: Sequence[tuple[Learner, Trial]], train: Rows, valid: Rows | None
    ) -> Sequence[Training | Exception]:
        """Build several trainings on the same rows, in order; for a member that cannot be built what `open` raised.

        Their epochs are asked for in turn. A learner that trains several networks in one step opens trainings that
        share it: the first one asked for its next epoch trains that epoch of all.
        """
        opened: list[Training | Exception] = []
        for learner, trial in members:
            try:
                opened.append(learner.open(trial, train, valid))
            except Exception as error:  # noqa: BLE001 - it is handed on, and ends that member's trial alone
                opened.append(error)
        return opened


@dataclass(frozen=True)
class NetworkSpec:
    """What a network is built for: ``inputs`` numbers in; ``task`` says what comes out. ``seed`` for initializers."""

    inputs: int
    task: Task
    seed: int
    extras: Mapping[str, Any] = field(default_factory=dict)


class Network(Component, ABC):
    """An architecture. Its author imports Keras and the kernel; the learner trains whatever is built.

    The model maps float32 [batch, inputs] to [batch, targets] for a regression, to one logit [batch, 1] for a binary
    task, and to logits [batch, classes] for a multiclass task.
    """

    learner: ClassVar[str] = "keras"
    """Id of the learner that consumes it."""

    any_table: ClassVar[bool] = True
    """False for one that is written for one task, or for one number of columns."""

    @classmethod
    def space(cls) -> Space | Mapping[str, Any] | None:
        """The author's own space, for a search that declares none; None for the parameters' own tuning ranges.

        A `Space`, or the file's notation; its names are parameters of the network or of its learner. Where a search
        declares a ``space``, that overrides or fixes dimensions of this one by name, and adds the learner's. It may
        need an engine and take seconds: called on the driver when a search is planned or run, never to check a file.
        So that a file is checked without it, a network whose names are not the fields of its ``Params`` has
        ``extra="allow"`` there.
        """
        return None

    @abstractmethod
    def build(self, spec: NetworkSpec) -> Any:
        """A new, unbuilt-optimizer ``keras.Model`` with initial weights drawn from ``spec.seed``."""


class Metric(ABC):
    """A score. Stateless.

    Class attributes:
        id: the name in pipeline files, e.g. ``rmse``.
        greater_is_better: direction.
        tasks: the kinds of task it is defined for.
        version, engines: as those of a `Component`.
    """

    id: ClassVar[str]
    version: ClassVar[str] = "1"
    engines: ClassVar[tuple[str, ...]] = ()
    greater_is_better: ClassVar[bool]
    tasks: ClassVar[frozenset[TaskKind]]

    @abstractmethod
    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        """Score predictions.

        Args:
            truth: float64 [n] in the target's own unit, or int64 class codes [n] (-1: a class never trained on).
            predicted: float64 [n], or probabilities [n, classes].
            weight: float64 [n] or None.

        Returns:
            A float; NaN where the score is undefined for these rows (one class only).
        """

    def undefined(self, truth: np.ndarray, weight: np.ndarray | None = None) -> str | None:  # noqa: ARG002
        """Why no prediction at all could be scored on these true values; None where some can.

        Asked before anything is trained, of the rows that `score` will be given: what it says becomes an error or a
        warning with the mend, and in cross-validation the mean is taken over the folds that can be scored.

        Args:
            truth, weight: as those of `score`.

        Returns:
            The reason in words, to follow "because": ``3 of 30 true values are 0, and it divides by them``. None if
            in doubt.
        """
        return None


def score(metric: Metric, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The metric's score; of several targets ([n, targets]) the mean of the scores of each.

    That is ``multioutput="uniform_average"`` of scikit-learn's metrics. Equal weights are as none.
    """
    if weight is not None and len(weight) and weight.min() == weight.max() > 0:
        weight = None
    if truth.ndim == 1:
        return _number(metric, truth, predicted, weight)
    scores = [_number(metric, truth[:, place], predicted[:, place], weight) for place in range(truth.shape[1])]
    return float(sum(scores) / len(scores))


def undefined(metric: Metric, truth: np.ndarray, weight: np.ndarray | None = None) -> str | None:
    """Why the metric's `score` would be NaN for any prediction; of several targets the first one's reason."""
    columns = [truth] if truth.ndim == 1 else list(truth.T)
    with named_errors(type(metric), "undefined", "metric"):
        return next((reason for column in columns if (reason := metric.undefined(column, weight))), None)


def _number(metric: Metric, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
    """One score; raises StageError naming the metric if it fails or gives no number."""
    import numpy as np

    with named_errors(type(metric), "score", "metric"):
        found: Any = metric.score(truth, predicted, weight)
        if np.ndim(found) or not isinstance(found, int | float | np.number | np.bool_):
            shape = f" of shape {np.shape(found)}" if np.ndim(found) else ""
            raise StageError(f"metric {metric.id!r}: score returned {type(found).__name__}{shape}, expected a float")
    return float(found)
