"""What a search leaves, and what evaluation makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from automl.learning import Task

if TYPE_CHECKING:
    import pandas as pd

    from automl.plugins import Registry
    from automl.predictor import Predictor


@dataclass(frozen=True)
class TrialRecord:
    """One trial as the ledger keeps it; plain values only.

    Attributes:
        name: ``t7`` for the seventh trial, the learner's id for a baseline.
        number: 1, 2, ... for trials; 0, -1, ... for baselines.
        status: ``finished``; ``pruned``: the tuner stopped it; or ``failed``.
        parameters: flat, only what was active: ``{"depth": 3, "optimizer": "sgd", "optimizer.sgd.momentum": 0.9}``.
        bindings: the tuned parameters of stages upstream, ``{"numbers.strategy": "median"}``.
        score: the objective on the validation part (mean over folds), in the target's own unit; None if failed. That of
            a pruned trial is what it had reached (over the folds that it saw); a pruned trial is never the winner.
        history: one mapping per epoch and fold-mean: at least ``epoch`` and ``score``, and the learner's metrics.
        best_epoch: the epoch (from 1) whose parameters were kept.
        epochs: epochs trained, counted from the first trial of a chain of continued ones.
        continues: number of the trial whose state it went on from.
        seconds: training time in the worker. Differs from run to run; all other fields do not.
        error: cause of the failure.
        excess: by how much it breaks the search's constraints, as a share of the bound; such a trial was not trained.
    """

    name: str
    number: int
    learner: str
    network: str | None
    status: Literal["finished", "pruned", "failed"]
    parameters: Mapping[str, Any]
    bindings: Mapping[str, Any]
    score: float | None
    history: Sequence[Mapping[str, float]] = ()
    best_epoch: int = 0
    epochs: int = 0
    continues: int | None = None
    seconds: float = 0.0
    error: str | None = None
    excess: float = 0.0

    @property
    def is_baseline(self) -> bool:
        return self.number < 1

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


_STANDING = {"finished": 0, "pruned": 1, "failed": 2}


def ranked(trials: Sequence[TrialRecord], greater_is_better: bool) -> list[TrialRecord]:
    """The one order of trials: finished by score, then pruned by score, then failed; ties in the order given.

    A score that is not finite never gets here: such a trial has failed.
    """
    sign = -1.0 if greater_is_better else 1.0
    return sorted(trials, key=lambda trial: (_STANDING[trial.status], sign * (trial.score or 0.0)))


@dataclass(frozen=True)
class Head:
    """One fitted model on top of the plan, under the bindings it was trained with."""

    learner: str
    bindings: Mapping[str, Any]
    state: Mapping[str, Any]


@dataclass(frozen=True)
class SearchResult:
    """All that a search stage returns; stored as plain values and arrays.

    ``trials`` is the ledger, baselines first, then trials in the order in which they were told. ``heads`` are the
    winner's: one, or one per fold. ``baselines`` maps a baseline's name to its heads.
    """

    task: Task
    objective: str
    greater_is_better: bool
    winner: str
    heads: Sequence[Head]
    baselines: Mapping[str, Sequence[Head]]
    trials: Sequence[TrialRecord]
    space: Mapping[str, Any] = field(default_factory=dict)
    stopped_by: str = "trials"
    """What ended it: ``trials``, ``epochs`` (of all trials), ``time``, or ``tuner`` (it had nothing more to ask)."""
    upstream: str = ""
    """Recipe of what the search stood on; searches over the same may learn from one another."""

    def leaderboard(self) -> list[TrialRecord]:
        """Trials and baselines, the best first: finished ones, then pruned, then failed; ties go to the earlier one."""
        return ranked(self.trials, self.greater_is_better)

    def to_state(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__dataclass_fields__}
        state["task"] = asdict(self.task)
        state["heads"] = [asdict(head) for head in self.heads]
        state["baselines"] = {name: [asdict(head) for head in heads] for name, heads in self.baselines.items()}
        state["trials"] = [trial.to_state() for trial in self.trials]
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> SearchResult:
        fields = dict(state)
        task = dict(state["task"])
        fields["task"] = Task(task["kind"], task["target"], tuple(task["classes"]), tuple(task.get("more_targets", ())))
        fields["heads"] = [Head(**head) for head in state["heads"]]
        fields["baselines"] = {n: [Head(**head) for head in heads] for n, heads in state["baselines"].items()}
        fields["trials"] = [TrialRecord(**trial) for trial in state["trials"]]
        return cls(**fields)


@dataclass(frozen=True)
class Model:
    """What an evaluating stage gets: finished predictors and the raw rows that nothing before has seen.

    Attributes:
        pipeline: the pipeline's name.
        predictor: the winner.
        baselines: a predictor for each baseline, by its name.
        test: raw test rows, target included, as the reader gave them (after the input schema).
        train: raw training and validation rows, likewise, for pictures that compare with them.
        search: the ledger and all that belongs to it.
        weight: the column of the rows' weights, None where all count alike. Every one is above 0.
    """

    pipeline: str
    predictor: Predictor
    baselines: Mapping[str, Predictor]
    test: pd.DataFrame
    train: pd.DataFrame
    search: SearchResult
    weight: str | None = None

    def predict(self, raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """What the winner and each baseline predict for raw rows, by name, as `Predictor.predict` gives it.

        Much quicker than one after the other: what lies between the rows and the models is computed once.
        """
        replayed: dict[str, pd.DataFrame] = {}
        predictors = {self.search.winner: self.predictor, **self.baselines}
        return {name: predictor.predict(raw, replayed=replayed) for name, predictor in predictors.items()}


@dataclass(frozen=True)
class EvaluationContext:
    """What an evaluating stage is told besides the model.

    Attributes:
        registry: the plugins; their metrics are scored by name.
        gates: metrics that the stage's gates name: they are scored whatever else is asked for.
    """

    registry: Registry
    gates: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """What an evaluating stage returns.

    Attributes:
        metrics: the winner's test scores by metric id.
        baselines: each baseline's test scores, by its name, then by metric id.
        document: everything in the report as JSON values.
        html: one self-contained page.
        warnings: what a person must be told at once, a sentence each, such as a metric that raised.
    """

    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    document: Mapping[str, Any]
    html: str
    warnings: Sequence[str] = ()

    def to_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Report:
        return cls(**state)
