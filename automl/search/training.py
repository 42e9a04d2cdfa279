"""One training, driven epoch by epoch in a worker: scoring, early stopping, budgets. The same for every learner."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.errors import SearchError
from automl.executors.worker import Worker
from automl.learning import Epoch, Learner, Metric, Network, Task, Trial, score
from automl.search.context import RowsReference, StoredTrialRows, TrialRows

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


def train(job: TrainingJob, worker: Worker) -> dict[str, Any]:
    """Train, score every epoch, keep the best parameters.

    Returns:
        ``score`` (None for a final training), ``best_epoch``, ``epochs``, ``history`` (a mapping per epoch),
        ``seconds``, ``fitted`` (the state of the best model), ``resume`` (or None), and ``stopped``: True if the driver
        asked to stop, in which case the result is no trial's. Or only ``failed``, if the loss or the score became NaN
        or infinite before any epoch was usable: the same training would end so again.

    Raises:
        SearchError: there is nothing to score on, or no epoch to train.
    """
    started = time.perf_counter()
    registry = worker.registry()
    learner_type: type[Learner] = registry.get("learners", job.learner)
    learner = learner_type(learner_type.Params.model_validate(dict(job.parameters)), job.seed)
    metric: Metric = registry.get("metrics", job.metric)()
    rows = _rows(job, worker)
    trial = Trial(job.task, job.seed, job.horizon, job.epochs, worker.threads, _network(job, worker))
    training = learner.open(trial, rows.train, rows.valid)
    done = 0
    if job.resume is not None:
        done = int(job.resume["epochs_done"])
        training.restore(job.resume["training"])
    best = _Best(metric.greater_is_better, job.patience)
    history: list[dict[str, float]] = []
    stopped = False
    for number in range(done + 1, (job.epochs if learner_type.epochwise else 1) + 1):
        epoch = training.epoch()
        reached = None if job.final else _score(epoch, rows, metric, job.task)
        broken = _what_broke(epoch, reached)
        if broken and (job.final or not history):
            return {"failed": f"epoch {number}: {broken}"}
        if broken:
            break
        history.append({"epoch": float(number), **({} if reached is None else {"score": reached}), **epoch.metrics})
        if reached is not None and best.improved(number, reached):
            training.mark()
        stopped = worker.report({"epoch": number, **history[-1]})
        if stopped or (reached is not None and best.is_stale(number)):
            break
    if not history:
        raise SearchError(f"there is no epoch to train: {done} are done, and the trial ends at {job.epochs}")
    last = int(history[-1]["epoch"])
    return {
        "score": None if job.final else best.score,
        "best_epoch": last if job.final else best.epoch,
        "epochs": last,
        "history": history,
        "fitted": training.finish().state(),
        "resume": _resumable(job, training, last),
        "seconds": time.perf_counter() - started,
        "stopped": stopped,
    }


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


def _what_broke(epoch: Epoch, score: float | None) -> str | None:
    for name, value in epoch.metrics.items():
        if not np.isfinite(value):
            return f"{name} became {value}; a lower learning rate or scaled inputs may help"
    if score is not None and not np.isfinite(score):
        return f"the validation score became {score}"
    return None


def _resumable(job: TrainingJob, training: Any, epochs_done: int) -> dict[str, Any] | None:
    return {"epochs_done": epochs_done, "training": dict(training.state())} if job.keep_state else None


def _network(job: TrainingJob, worker: Worker) -> Network | None:
    if job.network is None:
        return None
    network: type[Network] = worker.registry().get("networks", job.network)
    return network(network.Params.model_validate(dict(job.network_parameters)), job.seed)


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
