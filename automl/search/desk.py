"""The desk: hands a trial's trainings to the executor and puts their results together.

A trial is one training, or one per fold. Each is remembered by its recipe as soon as it returns, whatever the order,
so a run that is killed and started again repeats none that was finished.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from automl import events
from automl.attribution import named_errors
from automl.columns import WHOLE
from automl.errors import AutoMLError, DataError, SearchError, StageError, ValueLostError
from automl.learning import Learner, Network
from automl.model import Head, TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import Fold, SearchContext, Subgraph
from automl.search.contracts import Lost, Objective, Progress, Raised, Returned
from automl.search.dispatch import Dispatch, LostTogether, Training
from automl.search.limits import Limits
from automl.search.thinking import Thinking
from automl.search.training import PARTS, TrainingJob
from automl.search.trials import OpenTrial, deaths_in_words, stopped_recipe
from automl.search.untrained import Pace

_BEAT = 0.005
"""Seconds between two looks at the workers while the searcher thinks."""

_OVERTIME = 0.05
"""Share of the budget of seconds that trainings have to end by themselves once it is spent; then they are ended."""

T = TypeVar("T")


@dataclass
class _Sent:
    """A training at the executor."""

    trial: str
    fold: Fold
    training: Training
    recipe: Mapping[str, Any]
    deaths: list[str] = field(default_factory=list)
    """How its workers died, one cause for each."""
    is_given_up: bool = False
    is_renewed: bool = False
    """A worker could not read its rows once, and they were made anew."""


class Desk:
    """Owned by the driver, whose one thread calls it.

    Attributes:
        pace: how fast networks train.
        parts: seconds that the workers have spent for this search, by `automl.search.training.PARTS`.
    """

    def __init__(
        self, subgraph: Subgraph, context: SearchContext, objective: Objective, limits: Limits, thinking: Thinking
    ) -> None:
        self.parts = dict.fromkeys(PARTS, 0.0)
        self.pace = Pace(limits.started)
        self._subgraph = subgraph
        self._context = context
        self._objective = objective
        self._limits = limits
        self._thinking = thinking
        self._dispatch = Dispatch(context.executor, context.threads, context.resources, limits.pack)
        self._trials: dict[str, OpenTrial] = {}
        self._sent: dict[str, _Sent] = {}

    def is_over(self) -> bool:
        """True once the budget of seconds is spent."""
        return self._limits.seconds_left() == 0.0

    def _has_to_close(self) -> bool:
        deadline = self._context.deadline
        return deadline is not None and time.monotonic() > deadline

    def wait_for(self, answer: Future[T]) -> T | None:
        """The searcher's answer, the workers attended to meanwhile; None if the time ran out first."""
        while not answer.done():
            if self.is_over():
                return None
            self._handle_next(0.0)
            wait([answer], _BEAT)
        return answer.result()

    def submit(self, configuration: Configuration, *, reports: bool = False) -> None:
        """Begin a trial: materialise its rows, recall what is remembered, send the rest to the executor.

        Preparing rows may take longer than training on them. So no fold is begun once the time is up; the first trial
        of a search, which is there so that there is a model, is cut short only where the whole run has to close.

        ``reports``: the searcher hears of its steps, and may stop it.
        """
        report = self._thinking.report if reports else None
        is_too_late = self.is_over if self._trials else self._has_to_close
        trial = self._open(configuration, self._subgraph.folds, report)
        self._context.announce(
            events.TrialStarted(
                self._context.stage, configuration.name, {**configuration.bindings, **configuration.values}
            )
        )
        for fold in self._subgraph.folds:
            if is_too_late():
                trial.is_cut_off = True
                return
            # Also after one that is remembered as a failure: it did not keep the others from running then.
            if not self._send(trial, fold) or trial.is_stopped():
                return

    def _open(self, configuration: Configuration, folds: Sequence[Fold], report: Any = None) -> OpenTrial:
        trial = OpenTrial(configuration, folds, self._objective.greater_is_better, report)
        self._trials[configuration.name] = trial
        return trial

    def _send(self, trial: OpenTrial, fold: Fold) -> bool:
        """Recall one training of a trial, or send it to the executor; False if its rows are not to be had."""
        configuration = trial.configuration
        try:
            job = self._training(configuration, fold)
        except (DataError, StageError) as error:
            # Upstream refused these bindings (Box-Cox on negatives, say): the trial's failure, not the run's.
            trial.fail(fold, str(error))
            return False
        recipe = self._recipe(configuration, job)
        if self._recall(trial, fold, recipe):
            self._subgraph.release(job.rows)
            return True
        trial.cached = False
        name = configuration.name if fold is None else f"{configuration.name}/fold {fold}"
        training = Training(name, job, self._affinity(configuration))
        self._sent[name] = _Sent(configuration.name, fold, training, recipe)
        trial.waiting.add(name)
        self._dispatch.send(training)
        return True

    def _recall(self, trial: OpenTrial, fold: Fold, recipe: Mapping[str, Any]) -> bool:
        """Take what is remembered of a training; a part of one serves if the searcher stops the trial within it."""
        memory = self._context.memory
        if (whole := memory.recall(recipe)) is not None:
            trial.take(fold, whole)
            trial.is_stopped(wait=True)
            return True
        if trial.steps_are_epochs and (part := memory.recall(stopped_recipe(recipe))) is not None:
            trial.take(fold, part)
            if trial.is_stopped(wait=True):
                return True
            trial.put_back(fold)
        return False

    def first_done(self, names: Sequence[str]) -> str | None:
        """Wait until one of these trials has ended, and name it; None if the time ran out first."""
        self._dispatch.flush()
        while True:
            for name in names:
                if self.has_ended(name):
                    return name
            if self.is_over():
                return None
            self._handle_next(self._limits.seconds_left())

    def has_ended(self, name: str) -> bool:
        """Whether nothing of this trial is at the executor any more."""
        return not self._trials[name].waiting

    def result(self, name: str, *, at_any_cost: bool = False) -> TrialRecord | None:
        """Wait for a trial's end and announce it; None if the time ran out first.

        ``at_any_cost``: wait even then, for a trial of which all trainings were begun.
        """
        trial = self._trials[name]
        if trial.is_cut_off:
            return None
        self._dispatch.flush()
        while trial.waiting:
            if at_any_cost:
                self._handle_next(None)
            elif self.is_over():
                return None
            else:
                self._handle_next(self._limits.seconds_left())
        while (answer := trial.undecided()) is not None:
            if self.wait_for(answer) is None:
                return None
        record = trial.record()
        self._context.announce(events.TrialFinished(self._context.stage, record, trial.cached))
        return record

    def heads(self, name: str) -> list[Head]:
        """The fitted models of a finished trial, one per fold."""
        trial = self._trials[name]
        return [
            Head(
                trial.configuration.learner,
                self._subgraph.bindings(trial.configuration.bindings, fold),
                trial.result(fold)["fitted"],
            )
            for fold in self._subgraph.folds
        ]

    def refit(self, name: str) -> list[Head]:
        """Train a finished trial's configuration once more, on every row, up to its best epoch (median over folds).

        Raises:
            SearchError: this training failed.
        """
        before = self._trials[name].record()
        configuration = replace(
            self._trials[name].configuration,
            name=f"{name}/final",
            epochs=before.best_epoch,
            continues=None,
            resumable=False,
        )
        trial = self._open(configuration, [WHOLE])
        self._send(trial, WHOLE)
        self._dispatch.flush()
        while trial.waiting:
            self._handle_next(None)
        if trial.error:
            raise SearchError(f"the final training of {name} on all rows failed: {trial.error}")
        bindings = self._subgraph.bindings(configuration.bindings, WHOLE)
        return [Head(configuration.learner, bindings, trial.result(WHOLE)["fitted"])]

    def abandon(self) -> None:
        """Stop what is still running and wait for it to end; its results are no trials'."""
        for name, sent in self._sent.items():
            sent.is_given_up = True
            self._dispatch.stop(name)
        deadline = time.monotonic() + _OVERTIME * (self._limits.seconds or 0.0)
        while self._dispatch.is_under_way and time.monotonic() < deadline:
            self._handle_next(deadline - time.monotonic())
        for name in self._sent:
            self._dispatch.kill(name)
        while self._dispatch.is_under_way:
            self._handle_next(None)
        self._sent.clear()  # of a search that failed: what was heard of it and not understood

    # Inside

    def _affinity(self, configuration: Configuration) -> str | None:
        registry = self._context.registry
        learner: type[Learner] = registry.get("learners", configuration.learner)
        network: Network | None = None
        if configuration.network is not None:
            kind: type[Network] = registry.get("networks", configuration.network)
            with named_errors(kind, "making it", "network"):
                network = kind(kind.Params.model_validate(dict(configuration.network_parameters)))
        with named_errors(learner, "affinity", "learner", beside=None if network is None else type(network)):
            return learner(learner.Params.model_validate(dict(configuration.parameters))).affinity(network)

    def _training(self, configuration: Configuration, fold: Fold) -> TrainingJob:
        resume = self._state_to_resume(configuration, fold)
        rows = self._subgraph.at(configuration.bindings, fold)
        return TrainingJob(
            rows=rows,
            task=self._subgraph.task,
            learner=configuration.learner,
            parameters=configuration.parameters,
            network=configuration.network,
            network_parameters=configuration.network_parameters,
            metric=self._objective.metric,
            seed=configuration.seed,
            horizon=self._limits.epochs,
            epochs=configuration.epochs,
            patience=self._limits.patience,
            resume=resume,
            keep_state=configuration.resumable,
            final=fold == WHOLE,
            # On all rows the winner may be a little larger, a category more: no reason to lose the search.
            most_parameters=None if fold == WHOLE else self._limits.parameters,
            one_of_several=fold != WHOLE and len(self._subgraph.folds) > 1,
        )

    def _state_to_resume(self, configuration: Configuration, fold: Fold) -> Mapping[str, Any] | None:
        if configuration.continues is None:
            return None
        before = self._trials[f"t{configuration.continues}"]
        resume: Mapping[str, Any] | None = None
        if before.error is None and before.pruned_at is None:
            result = before.result(fold)
            if broken := result.get("broken"):
                raise StageError(f"it goes on from trial {configuration.continues}, which broke off: {broken}")
            resume = result["resume"]
        if resume is None:
            raise AutoMLError(f"the tuner continues trial {configuration.continues}, which left no state to go on from")
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
            "metric": [self._objective.metric, version("metrics", self._objective.metric)],
            "task": [job.task.kind, job.task.target, list(job.task.classes), list(job.task.more_targets)],
            "rows": job.rows.fingerprint,
            "seed": job.seed,
            "epochs": [job.epochs, job.horizon, job.patience],
            "resumable": job.keep_state,
            "final": job.final,
            "most_parameters": job.most_parameters,
            "one_of_several": job.one_of_several,
            "continues": self._chain(before),
        }

    def _chain(self, configuration: Configuration | None) -> list[Any] | None:
        """The seeds and epochs of the trials that a continued one stands on."""
        if configuration is None:
            return None
        before = self._trials[f"t{configuration.continues}"].configuration if configuration.continues else None
        return [configuration.seed, configuration.epochs, self._chain(before)]

    def _handle_next(self, timeout: float | None) -> None:
        message = self._dispatch.next(timeout)
        if message is None:
            return
        sent = self._sent[message.job]
        trial = self._trials[sent.trial]
        if isinstance(message, Progress):
            if not sent.is_given_up:
                self._hear(trial, sent.fold, message.payload)
        elif not self._is_tried_again(message, sent, trial):
            del self._sent[message.job]
            self._subgraph.release(sent.training.job.rows)
            trial.waiting.discard(message.job)
            self._close(message, sent, trial)
        if trial.waiting and not sent.is_given_up and trial.is_stopped():
            for name in trial.waiting:
                self._dispatch.stop(name)

    def _hear(self, trial: OpenTrial, fold: Fold, metrics: Mapping[str, float]) -> None:
        if fold == WHOLE:
            return
        trial.hear_epoch(metrics)
        epoch = int(metrics["epoch"])
        if trial.configuration.number > 0:
            self.pace.hear(trial.configuration.name, epoch)
        self._context.announce(events.TrialEpoch(self._context.stage, trial.configuration.name, epoch, metrics))

    def _is_tried_again(self, message: Returned | Raised | Lost, sent: _Sent, trial: OpenTrial) -> bool:
        """Submit a job once more whose worker died, or whose rows were gone when a worker read them."""
        if sent.is_given_up or trial.is_stopped():
            return False
        if isinstance(message, LostTogether):
            pass  # it may be the fault of another one, and counts for none
        elif isinstance(message, Lost):
            sent.deaths.append(message.cause)
            if len(sent.deaths) >= self._context.attempts:
                return False
        elif (
            isinstance(message, Raised)
            and message.error.startswith(f"{ValueLostError.__name__}:")
            and not sent.is_renewed
        ):
            rows = self._subgraph.renew(sent.training.job.rows, trial.configuration.bindings, sent.fold)
            sent.training = replace(sent.training, job=replace(sent.training.job, rows=rows))
            sent.is_renewed = True
        else:
            return False
        self._dispatch.send_alone(sent.training)
        return True

    def _close(self, message: Returned | Raised | Lost, sent: _Sent, trial: OpenTrial) -> None:
        """Take what a job ended in."""
        if isinstance(message, Returned):
            result = message.value
            for part, seconds in result.get("parts", {}).items():
                self.parts[part] += seconds
            if not result.get("stopped"):
                self._context.memory.remember(sent.recipe, result)
                trial.take(sent.fold, result)
            elif trial.steps_are_epochs and not sent.is_given_up:
                self._context.memory.remember(stopped_recipe(sent.recipe), {**result, "fitted": None, "resume": None})
                trial.take(sent.fold, result)
        elif isinstance(message, Raised):
            trial.fail(sent.fold, message.error)
        else:
            trial.fail(sent.fold, deaths_in_words(sent.deaths))
