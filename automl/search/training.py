"""Trainings driven epoch by epoch in a worker: scoring, early stopping, budgets. The same for every learner."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.attribution import named_errors, shield
from automl.errors import ConstraintError, SearchError
from automl.executors.calling import raised
from automl.executors.worker import Worker
from automl.learning import Epoch, Learner, Metric, Network, Task, Training, Trial, score, undefined
from automl.plugins import Registry
from automl.search.context import RowsReference, StoredTrialRows, TrialRows
from automl.search.contracts import Raised
from automl.state_types import refuse_false_state

_ROWS_KEPT = 4
"""How many row sets a warm worker keeps: the variants of a tuned stage and the folds come back often."""


@dataclass(frozen=True)
class TrainingJob:
    """All that a worker needs to train once; plain data.

    Attributes:
        rows: where the rows lie.
        task: what is predicted.
        learner, parameters: id and parameters of the learner.
        network, network_parameters: id and parameters of the network, or None.
        metric: the objective's id; its value decides which epoch is best.
        seed: the trial's seed.
        horizon: the longest training that the budget allows: what schedules are stretched over.
        epochs: train up to this epoch, counted from the first training of the chain.
        patience: stop after this many epochs without a better score; None never stops early.
        resume: the state of an earlier training to go on from, with ``epochs_done`` in it.
        keep_state: return the state so that a later training can go on.
        final: train on every row, without validation rows, up to ``epochs``; nothing is scored.
        most_parameters: how many numbers the model may learn; None for no bound.
        one_of_several: other folds are scored as well; this one may do without a score where the metric has none.
    """

    rows: RowsReference
    task: Task
    learner: str
    parameters: Mapping[str, Any]
    network: str | None
    network_parameters: Mapping[str, Any]
    metric: str
    seed: int
    horizon: int
    epochs: int
    patience: int | None = None
    resume: Mapping[str, Any] | None = None
    keep_state: bool = False
    final: bool = False
    most_parameters: int | None = None
    one_of_several: bool = False


PARTS = ("rows", "start", "build", "compile", "epochs", "scoring", "finish")
"""Where the time of a training goes; ``start`` is that of the engine, once in each worker."""


def train_pack(jobs: Sequence[TrainingJob], worker: Worker) -> list[dict[str, Any] | Raised]:
    """Train one network, or several side by side: an epoch of each in turn, until all have ended.

    All jobs have the same rows and learner. Score every epoch, keep the best parameters.

    Returns:
        For each job ``score`` (None for a final training, and for a fold in which the metric is not defined, with the
        cause in ``unscored``), ``best_epoch``, ``epochs``, ``history`` (a mapping per
        epoch), ``seconds``, ``parts`` (seconds by `PARTS`), ``fitted`` (the state of the best model), ``resume`` (or
        None), ``stopped``: True if the driver asked to stop before the training came to its own end; and ``broken``:
        the cause, if a later epoch became NaN or infinite; then there is nothing to resume. Or only ``failed``, if the
        loss or the score became NaN or infinite before any epoch was usable, or if the model breaks a constraint (by
        the share ``excess``): the same training would end so again. Or what it raised.
    """
    clock = _Clock()
    rows = _rows(jobs[0], worker)
    members = [_Member(place, job, rows, worker, clock) for place, job in enumerate(jobs)]
    clock.book(members[0].parts, "rows")
    learner = type(members[0].learner)
    with named_errors(learner, "start", "learner"):
        learner.start(worker.threads)
    clock.book(members[0].parts, "start")
    opened = learner.open_pack([(member.learner, member.trial) for member in members], rows.train, rows.valid)
    for member, training in zip(members, opened, strict=True):
        member.take(training)
    while active := [member for member in members if not member.is_done]:
        for member in active:
            member.advance()
    return [member.result for member in members]


class _Clock:
    """Books the seconds since it was last asked."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def book(self, parts: dict[str, float], part: str) -> None:
        now = time.perf_counter()
        parts[part] += now - self._since
        self._since = now


class _Member:
    """One training of a pack.

    Attributes:
        learner, trial: what it is opened with.
        parts: seconds, by `PARTS`.
        result: see `train_pack`; there once ``is_done``.
    """

    result: dict[str, Any] | Raised

    def __init__(self, place: int, job: TrainingJob, rows: TrialRows, worker: Worker, clock: _Clock) -> None:
        registry = worker.registry()
        kind: type[Learner] = registry.get("learners", job.learner)
        metric: type[Metric] = registry.get("metrics", job.metric)
        with named_errors(kind, "making it", "learner"):
            self.learner = kind(kind.Params.model_validate(dict(job.parameters)), job.seed)
        network = _network(job, registry)
        self.trial = Trial(job.task, job.seed, job.horizon, job.epochs, worker.threads, network, job.most_parameters)
        self.parts = dict.fromkeys(PARTS, 0.0)
        self.is_done = False
        self._place, self._job, self._rows, self._worker, self._clock = place, job, rows, worker, clock
        with named_errors(metric, "making it", "metric"):
            self._metric = metric()
        self._unscored = None if job.final else _why_unscored(rows, self._metric, job.one_of_several)
        # Where there is no score, the least loss of the validation rows says which epoch is best.
        greater = self._metric.greater_is_better and self._unscored is None
        self._best = _Best(greater, job.patience)
        self._history: list[dict[str, float]] = []
        self._epochwise = kind.epochwise
        # A network that trains as a whole has come to the last epoch in one step; without a network nobody counts.
        self._end = job.epochs if kind.epochwise or network is not None else 1
        self._epoch = 0 if kind.epochwise else self._end - 1

    def take(self, opened: Training | Exception) -> None:
        """The training, ready for its first epoch; or why there is none."""
        if isinstance(opened, ConstraintError):
            self._finish({"failed": str(opened), "excess": opened.excess})
        elif isinstance(opened, Exception):
            self._guard(lambda: _raise(opened), "open")
        elif self._unscored is not None and not self._job.one_of_several:
            self._finish({"failed": self._unscored})
        else:
            self._training = opened
            self._guard(self._prepare, "prepare")

    def advance(self) -> None:
        """Train for one more epoch."""
        self._guard(self._one_epoch, f"epoch {self._epoch + 1}")

    def _guard(self, step: Callable[[], None], doing: str) -> None:
        network = self.trial.network
        try:
            with named_errors(type(self.learner), doing, "learner", beside=None if network is None else type(network)):
                step()
        except Exception as error:  # noqa: BLE001 - what one network raises ends its own trial alone
            self._finish(raised("", error))

    def _prepare(self) -> None:
        # What trains as a whole starts afresh, up to the later epoch.
        if self._job.resume is not None and self._epochwise:
            self._epoch = int(self._job.resume["epochs_done"])
            self._training.restore(self._job.resume["training"])
        if self._epoch >= self._end:
            done, end = self._epoch, self._job.epochs
            raise SearchError(f"there is no epoch to train: {done} are done, and the trial ends at {end}")
        self._clock.book(self.parts, "build")
        self._training.prepare()
        self._clock.book(self.parts, "compile")

    def _one_epoch(self) -> None:
        self._epoch += 1
        epoch = self._training.epoch()
        self._clock.book(self.parts, "epochs")
        reached = None
        if not self._job.final and self._unscored is None:
            reached = _score(epoch, self._rows, self._metric, self._job.task)
        broken = _what_broke(epoch, reached, self._metric)
        if broken and (self._job.final or not self._history):
            self._finish({"failed": f"epoch {self._epoch}: {broken}"})
            return
        if broken:
            self._end_well(stopped=False, broken=f"epoch {self._epoch}: {broken}")
            return
        scored = {} if reached is None else {"score": reached}
        self._history.append({"epoch": float(self._epoch), **scored, **epoch.metrics})
        judged = epoch.metrics.get("valid_loss") if self._unscored is not None else reached
        if judged is not None and self._best.improved(self._epoch, judged):
            self._training.mark()
        self._clock.book(self.parts, "scoring")
        told_to_stop = self._worker.report({"place": self._place, "epoch": self._history[-1]})
        if self._epoch == self._end or (judged is not None and self._best.is_stale(self._epoch)):
            self._end_well(stopped=False)
        elif told_to_stop:
            self._end_well(stopped=True)

    def _end_well(self, *, stopped: bool, broken: str | None = None) -> None:
        job, last = self._job, int(self._history[-1]["epoch"])
        finished = self._training.finish()
        fitted = finished.state()
        refuse_false_state(type(finished), fitted)
        resume: dict[str, Any] | None = None
        if job.keep_state and broken is None:
            resume = {"epochs_done": last, "training": dict(self._training.state()) if self._epochwise else {}}
        self._clock.book(self.parts, "finish")
        self._finish(
            {
                "score": None if job.final or self._unscored else self._best.score,
                "unscored": self._unscored,
                "best_epoch": self._best.epoch or last,
                "epochs": last,
                "history": self._history,
                "fitted": fitted,
                "resume": resume,
                "seconds": sum(self.parts.values()),
                "parts": self.parts,
                "stopped": stopped,
                "broken": broken,
            }
        )

    def _finish(self, result: dict[str, Any] | Raised) -> None:
        self.result = result
        self.is_done = True


def _raise(error: Exception) -> None:
    raise error


class _Best:
    """The best score so far, and how long ago it was."""

    def __init__(self, greater_is_better: bool, patience: int | None) -> None:
        self._sign = 1.0 if greater_is_better else -1.0
        self._patience = patience
        self.score = math.nan
        self.epoch = 0

    def improved(self, epoch: int, score: float) -> bool:
        if self.epoch and self._sign * score <= self._sign * self.score:
            return False
        self.score, self.epoch = score, epoch
        return True

    def is_stale(self, epoch: int) -> bool:
        return self._patience is not None and epoch - self.epoch >= self._patience


def _score(epoch: Epoch, rows: TrialRows, metric: Metric, task: Task) -> float:
    """The objective on the validation rows, in the target's own unit."""
    if epoch.predicted is None or rows.truth is None or rows.valid is None:
        raise SearchError("there are no validation rows to score on; mend: give the split a valid share, or folds")
    predicted = epoch.predicted
    if not task.is_classification:
        predicted = rows.invert(predicted)
    weight = None if rows.valid.weight is None else rows.valid.weight.to_numpy()
    return score(metric, rows.truth, predicted, weight)


def _why_unscored(rows: TrialRows, metric: Metric, one_of_several: bool) -> str | None:
    """Why no prediction of the validation rows could be scored, or None."""
    if rows.truth is None or rows.valid is None:
        # Of fewer rows than folds some folds hold none; where there is but one part, `_score` says so.
        return "the fold holds no rows" if one_of_several else None
    weight = None if rows.valid.weight is None else rows.valid.weight.to_numpy()
    reason = undefined(metric, rows.truth, weight)
    return None if reason is None else f"{metric.id} is not defined on the validation rows: {reason}"


def _what_broke(epoch: Epoch, score: float | None, metric: Metric) -> str | None:
    for name, value in epoch.metrics.items():
        if not np.isfinite(value):
            return f"{name} became {value}; a lower learning rate or scaled inputs may help"
    if score is None or np.isfinite(score):
        return None
    assert epoch.predicted is not None
    lost = ~np.isfinite(epoch.predicted).reshape(len(epoch.predicted), -1).all(axis=1)
    if lost.any():
        return (
            f"the predictions of {int(lost.sum()):,} of {len(lost):,} validation rows are no finite numbers; "
            "a lower learning rate or scaled inputs may help"
        )
    return f"the validation score ({metric.id}) became {score}"


def _network(job: TrainingJob, registry: Registry) -> Network | None:
    if job.network is None:
        return None
    kind: type[Network] = registry.get("networks", job.network)
    with named_errors(kind, "making it", "network"):
        network = kind(kind.Params.model_validate(dict(job.network_parameters)), job.seed)
    made: Network = shield(network, "build", kind="network")
    return made


def _rows(job: TrainingJob, worker: Worker) -> TrialRows:
    """The job's rows, carried here or read from the store; a warm worker keeps the last few sets."""
    kept: dict[str, TrialRows] = worker.memory.setdefault("rows", {})
    key = job.rows.fingerprint
    rows = kept.pop(key, None)
    if rows is None:
        stored: StoredTrialRows = worker.carried(key) or job.rows.read()
        rows = stored.bind(worker.registry(), job.task)
    kept[key] = rows
    while len(kept) > _ROWS_KEPT:
        kept.pop(next(iter(kept)))
    return rows
