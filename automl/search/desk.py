"""The desk: hands a trial's trainings to the executor and puts their results together.

A trial is one training, or one per fold. Each is remembered by its recipe as soon as it returns, whatever the order,
so a run that is killed and started again repeats none that was finished.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from automl import events
from automl.columns import WHOLE
from automl.errors import AutoMLError, DataError, SearchError, StageError, ValueLostError
from automl.model import Head, TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import Fold, SearchContext, Subgraph
from automl.search.contracts import Executor, Job, Lost, Progress, Raised, Returned
from automl.search.training import TrainingJob

_TRAIN = "automl.search.training:train"


@dataclass
class _Open:
    """A trial under way: the results it has, by fold, and the jobs it waits for."""

    configuration: Configuration
    folds: dict[Fold, Mapping[str, Any]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    error: str | None = None
    cached: bool = True


@dataclass
class _Sent:
    """A job at the executor."""

    trial: str
    fold: Fold
    job: Job
    recipe: Mapping[str, Any]
    deaths: list[str] = field(default_factory=list)
    """How its workers died, one cause for each."""
    is_given_up: bool = False
    is_renewed: bool = False
    """A worker could not read its rows once, and they were made anew."""


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
            self._send(trial, fold)
            if trial.error:
                return

    def _send(self, trial: _Open, fold: Fold) -> None:
        """Recall one training of a trial, or send it to the executor."""
        configuration = trial.configuration
        try:
            job = self._training(configuration, fold)
        except (DataError, StageError) as error:
            # Upstream refused these bindings (Box-Cox on negatives, say): the trial's failure, not the run's.
            trial.error = str(error)
            return
        recipe = self._recipe(configuration, job)
        remembered = self._context.memory.recall(recipe)
        if remembered is not None:
            self._subgraph.release(job.rows)
            self._take(trial, fold, remembered)
            return
        trial.cached = False
        name = configuration.name if fold is None else f"{configuration.name}/fold {fold}"
        sent = _Sent(configuration.name, fold, self._job(name, job), recipe)
        self._sent[name] = sent
        trial.waiting.add(name)
        self._executor().submit(sent.job)

    def _take(self, trial: _Open, fold: Fold, result: Mapping[str, Any]) -> None:
        if "failed" in result:
            trial.error = trial.error or result["failed"]
        else:
            trial.folds[fold] = result

    def first_done(self, names: Sequence[str]) -> str | None:
        """Wait until one of these trials has ended, and name it; None if the time ran out first."""
        while True:
            for name in names:
                if not self._trials[name].waiting:
                    return name
            if self.is_over():
                return None
            self._handle_next(self._seconds_left())

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

    def refit(self, name: str) -> list[Head]:
        """Train a finished trial's configuration once more, on every row, up to its best epoch (median over folds).

        Raises:
            SearchError: this training failed.
        """
        before = self._record(self._trials[name])
        configuration = replace(
            self._trials[name].configuration,
            name=f"{name}/final",
            epochs=before.best_epoch,
            continues=None,
            resumable=False,
        )
        trial = self._trials[configuration.name] = _Open(configuration)
        self._send(trial, WHOLE)
        while trial.waiting:
            self._handle_next(None)
        if trial.error:
            raise SearchError(f"the final training of {name} on all rows failed: {trial.error}")
        bindings = self._subgraph.bindings(configuration.bindings, WHOLE)
        return [Head(configuration.learner, bindings, trial.folds[WHOLE]["fitted"])]

    def abandon(self) -> None:
        """Stop what is still running and wait for it to end; its results are no trials'."""
        for name, sent in self._sent.items():
            sent.is_given_up = True
            self._executor().stop(name)
        while self._sent:
            self._handle_next(None)

    # Inside

    def _executor(self) -> Executor:
        return self._context.executor()

    def _job(self, name: str, training: TrainingJob) -> Job:
        data = {training.rows.fingerprint: training.rows.read}
        return Job(name, _TRAIN, training, self._context.threads, self._context.resources, data)

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _training(self, configuration: Configuration, fold: Fold) -> TrainingJob:
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
            final=fold == WHOLE,
        )

    def _state_to_resume(self, configuration: Configuration, fold: Fold) -> Mapping[str, Any] | None:
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
            "task": [job.task.kind, job.task.target, list(job.task.classes), list(job.task.more_targets)],
            "rows": job.rows.fingerprint,
            "seed": job.seed,
            "epochs": [job.epochs, job.horizon, job.patience],
            "resumable": job.keep_state,
            "final": job.final,
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
            if sent.fold != WHOLE:
                epoch = int(message.payload["epoch"])
                self._context.announce(events.TrialEpoch(self._context.stage, sent.trial, epoch, message.payload))
            return
        if isinstance(message, Lost):
            sent.deaths.append(message.cause)
            if len(sent.deaths) < self._context.attempts and not sent.is_given_up:
                self._executor().submit(sent.job)
                return
        if (
            isinstance(message, Raised)
            and message.error.startswith(f"{ValueLostError.__name__}:")
            and not sent.is_renewed
        ):
            rows = self._subgraph.renew(sent.job.payload.rows, trial.configuration.bindings, sent.fold)
            sent.job = replace(sent.job, payload=replace(sent.job.payload, rows=rows))
            sent.is_renewed = True
            self._executor().submit(sent.job)
            return
        del self._sent[message.job]
        self._subgraph.release(sent.job.payload.rows)
        trial.waiting.discard(message.job)
        if isinstance(message, Returned):
            if not message.value.get("stopped"):
                self._context.memory.remember(sent.recipe, message.value)
                self._take(trial, sent.fold, message.value)
        elif isinstance(message, Raised):
            trial.error = message.error
        else:
            trial.error = _deaths(sent.deaths)

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


def _deaths(causes: Sequence[str]) -> str:
    if len(causes) == 1:
        return f"its worker died: {causes[0]}"
    return f"its worker died {len(causes)} times: " + "; ".join(f"{n}. {cause}" for n, cause in enumerate(causes, 1))


def _mean_history(histories: Sequence[Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """The mean over folds, epoch by epoch, as far as the shortest goes."""
    if not histories:
        return []
    length = min(len(history) for history in histories)
    return [
        {name: float(np.mean([history[i][name] for history in histories])) for name in histories[0][i]}
        for i in range(length)
    ]
