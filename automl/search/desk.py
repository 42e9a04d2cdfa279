"""The desk: hands a trial's trainings to the executor and puts their results together.

A trial is one training, or one per fold. Each is remembered by its recipe as soon as it returns, whatever the order,
so a run that is killed and started again repeats none that was finished.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from automl import events
from automl.errors import AutoMLError, DataError, StageError
from automl.model import Head, TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import SearchContext, Subgraph
from automl.search.contracts import Executor, Job, Lost, Progress, Raised, Returned
from automl.search.training import TrainingJob

_TRAIN = "automl.search.training:train"


@dataclass
class _Open:
    """A trial under way: the results it has, by fold, and the jobs it waits for."""

    configuration: Configuration
    folds: dict[int | None, Mapping[str, Any]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    error: str | None = None
    cached: bool = True


@dataclass
class _Sent:
    """A job at the executor."""

    trial: str
    fold: int | None
    job: Job
    recipe: Mapping[str, Any]
    tries: int = 1


@dataclass(frozen=True)
class Limits:
    """Bounds that hold for every trial: the schedule's horizon and the patience of early stopping."""

    epochs: int
    patience: int | None


class Desk:
    """Owned by the driver; `submit` and `result` are called from its one thread."""

    def __init__(
        self, subgraph: Subgraph, context: SearchContext, metric: str, limits: Limits, deadline: float | None = None
    ) -> None:
        self._subgraph = subgraph
        self._context = context
        self._metric = metric
        self._limits = limits
        self._deadline = deadline
        self._trials: dict[str, _Open] = {}
        self._sent: dict[str, _Sent] = {}

    def is_over(self) -> bool:
        """True once the budget of seconds is spent."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def submit(self, configuration: Configuration) -> None:
        """Begin a trial: materialise its rows, recall what is remembered, send the rest to the executor."""
        trial = self._trials[configuration.name] = _Open(configuration)
        self._context.announce(
            events.TrialStarted(
                self._context.stage, configuration.name, {**configuration.bindings, **configuration.values}
            )
        )
        for fold in self._subgraph.folds:
            try:
                job = self._training(configuration, fold)
            except (DataError, StageError) as error:
                # Upstream refused these bindings (Box-Cox on negatives, say): the trial's failure, not the run's.
                trial.error = str(error)
                return
            recipe = self._recipe(configuration, job)
            remembered = self._context.memory.recall(recipe)
            if remembered is not None:
                trial.folds[fold] = remembered
                continue
            trial.cached = False
            name = configuration.name if fold is None else f"{configuration.name}/fold{fold}"
            sent = _Sent(configuration.name, fold, Job(name, _TRAIN, job, self._context.threads), recipe)
            self._sent[name] = sent
            trial.waiting.add(name)
            self._executor().submit(sent.job)

    def result(self, name: str, *, at_any_cost: bool = False) -> TrialRecord | None:
        """Wait for a trial's end and announce it; None if the time ran out first (never ``at_any_cost``)."""
        trial = self._trials[name]
        while trial.waiting:
            if at_any_cost:
                self._handle_next(None)
            elif self.is_over():
                return None
            else:
                self._handle_next(self._seconds_left())
        record = self._record(trial)
        self._context.announce(events.TrialFinished(self._context.stage, record, trial.cached))
        return record

    def heads(self, name: str) -> list[Head]:
        """The fitted models of a finished trial, one per fold."""
        trial = self._trials[name]
        return [
            Head(
                trial.configuration.learner,
                self._subgraph.bindings(trial.configuration.bindings, fold),
                result["fitted"],
            )
            for fold, result in ((fold, trial.folds[fold]) for fold in self._subgraph.folds)  # not as they came back
        ]

    def abandon(self) -> None:
        """Stop what is still running and wait for it to end; its results are no trials'."""
        for name, sent in self._sent.items():
            sent.tries = self._context.attempts
            self._executor().stop(name)
        while self._sent:
            self._handle_next(None)

    # Inside

    def _executor(self) -> Executor:
        return self._context.executor()

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _training(self, configuration: Configuration, fold: int | None) -> TrainingJob:
        rows = self._subgraph.at(configuration.bindings, fold)
        return TrainingJob(
            rows=rows,
            task=self._subgraph.task,
            learner=configuration.learner,
            parameters=configuration.parameters,
            network=configuration.network,
            network_parameters=configuration.network_parameters,
            metric=self._metric,
            seed=configuration.seed,
            horizon=self._limits.epochs,
            epochs=configuration.epochs,
            patience=self._limits.patience,
            resume=self._state_to_resume(configuration, fold),
            keep_state=configuration.resumable,
        )

    def _state_to_resume(self, configuration: Configuration, fold: int | None) -> Mapping[str, Any] | None:
        if configuration.continues is None:
            return None
        before = self._trials[f"t{configuration.continues}"]
        if before.error or before.folds[fold]["resume"] is None:
            raise AutoMLError(f"the tuner continues trial {configuration.continues}, which left no state to go on from")
        resume: Mapping[str, Any] = before.folds[fold]["resume"]
        return resume

    def _recipe(self, configuration: Configuration, job: TrainingJob) -> dict[str, Any]:
        """What makes two trainings the same. Neither budgets of trials or time, nor where it runs."""
        version = self._context.code_version
        before = self._trials[f"t{configuration.continues}"].configuration if configuration.continues else None
        return {
            "training": configuration.learner,
            "code": version("learners", configuration.learner),
            "params": dict(configuration.parameters),
            "network": configuration.network,
            "network_code": version("networks", configuration.network) if configuration.network else None,
            "network_params": dict(configuration.network_parameters),
            "metric": [self._metric, version("metrics", self._metric)],
            "task": [job.task.kind, job.task.target, list(job.task.classes)],
            "rows": job.rows.fingerprint,
            "seed": job.seed,
            "epochs": [job.epochs, job.horizon, job.patience],
            "resumable": job.keep_state,
            "continues": self._chain(before),
        }

    def _chain(self, configuration: Configuration | None) -> list[Any] | None:
        """The seeds and epochs of the trials that a continued one stands on."""
        if configuration is None:
            return None
        before = self._trials[f"t{configuration.continues}"].configuration if configuration.continues else None
        return [configuration.seed, configuration.epochs, self._chain(before)]

    def _handle_next(self, timeout: float | None) -> None:
        message = self._executor().next(timeout)
        if message is None:
            return
        sent = self._sent[message.job]
        trial = self._trials[sent.trial]
        if isinstance(message, Progress):
            epoch = int(message.payload["epoch"])
            self._context.announce(events.TrialEpoch(self._context.stage, sent.trial, epoch, message.payload))
            return
        if isinstance(message, Lost) and sent.tries < self._context.attempts:
            sent.tries += 1
            self._executor().submit(sent.job)
            return
        del self._sent[message.job]
        trial.waiting.discard(message.job)
        if isinstance(message, Returned):
            if not message.value["stopped"]:
                self._context.memory.remember(sent.recipe, message.value)
                trial.folds[sent.fold] = message.value
        elif isinstance(message, Raised):
            trial.error = message.error
        else:
            trial.error = f"its worker died {sent.tries} times; the last time: {message.cause}"

    def _record(self, trial: _Open) -> TrialRecord:
        configuration = trial.configuration
        results = [trial.folds[fold] for fold in self._subgraph.folds] if trial.error is None else []
        score = float(np.mean([result["score"] for result in results])) if results else None
        return TrialRecord(
            name=configuration.name,
            number=configuration.number,
            learner=configuration.learner,
            network=configuration.network,
            status="finished" if results else "failed",
            parameters=dict(configuration.values),
            bindings=dict(configuration.bindings),
            score=score,
            history=_mean_history([result["history"] for result in results]),
            best_epoch=int(np.median([result["best_epoch"] for result in results])) if results else 0,
            epochs=max((int(result["epochs"]) for result in results), default=0),
            continues=configuration.continues,
            seconds=float(sum(result["seconds"] for result in results)),
            error=trial.error,
        )


def _mean_history(histories: Sequence[Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """The mean over folds, epoch by epoch, as far as the shortest goes."""
    if not histories:
        return []
    length = min(len(history) for history in histories)
    return [
        {name: float(np.mean([history[i][name] for history in histories])) for name in histories[0][i]}
        for i in range(length)
    ]
