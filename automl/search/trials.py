"""A trial under way: what its trainings returned, what the searcher said to its steps, and the record it becomes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from automl.model import TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import Fold
from automl.secret import without_passwords

Report = Callable[[int, int, float], "Future[bool]"]
"""Tells the searcher of a step: trial number, step, score; the answer is True to stop the trial there."""


class OpenTrial:
    """One training, or one per fold.

    The searcher hears of steps: of epochs, or where there are folds of folds, in their order. Its answers come while
    the training goes on. What counts is the step at which it said stop, not the one at which the worker heard of it;
    so the record is the same whatever the timing. A trial that had ended with that step was not stopped. Failures count
    in the order of the folds, for the same reason. A fold in which the metric is not defined is no step of a trial, and
    has no part in its score.

    Attributes:
        configuration: what it trains.
        waiting: the jobs that have not ended.
        cached: whether nothing had to be trained.
        is_cut_off: whether the time ran out before all of its trainings were begun; it has no record then.
    """

    def __init__(
        self, configuration: Configuration, folds: Sequence[Fold], greater_is_better: bool, report: Report | None = None
    ) -> None:
        self.configuration = configuration
        self.waiting: set[str] = set()
        self.cached = True
        self.is_cut_off = False
        self._folds = list(folds)
        self._sign = 1.0 if greater_is_better else -1.0
        self._report = report
        self._results: dict[Fold, Mapping[str, Any]] = {}
        self._failures: dict[Fold, tuple[str, float]] = {}
        self._history: list[Mapping[str, float]] = []
        self._reported = 0
        self._answers: deque[tuple[int, Future[bool]]] = deque()
        self._stop_at: int | None = None

    @property
    def steps_are_epochs(self) -> bool:
        return len(self._folds) == 1

    # What comes in

    def hear_epoch(self, metrics: Mapping[str, float]) -> None:
        """An epoch of a trial with one training; again after its worker died, for epochs that were heard before."""
        if not self.steps_are_epochs or (self._history and metrics["epoch"] <= self._history[-1]["epoch"]):
            return
        self._history.append({name: float(value) for name, value in metrics.items()})
        self._say(int(metrics["epoch"]), metrics["score"])

    def take(self, fold: Fold, result: Mapping[str, Any]) -> None:
        """The result of one training."""
        if "failed" in result:
            self.fail(fold, result["failed"], result.get("excess", 0.0))
            return
        self._results[fold] = result
        if self.steps_are_epochs:
            for metrics in result["history"] if self._report else ():
                self.hear_epoch(metrics)
            return
        while self._reported < len(self._folds) and self._folds[self._reported] in self._results:
            score = self._results[self._folds[self._reported]]["score"]
            self._reported += 1
            if score is not None:
                self._say(self._reported, score)
        reasons = [result.get("unscored") for result in self._results.values()]
        if len(reasons) == len(self._folds) and all(reasons):
            self.fail(self._folds[0], f"in every fold: {reasons[0]}")

    def fail(self, fold: Fold, cause: str, excess: float = 0.0) -> None:
        """The failure of one training; ``excess`` is by how much it breaks the search's constraints."""
        self._failures[fold] = cause, excess

    @property
    def error(self) -> str | None:
        """The cause of the first fold that failed."""
        return next((self._failures[fold][0] for fold in self._folds if fold in self._failures), None)

    def put_back(self, fold: Fold) -> None:
        """Forget a result that ends before the searcher says stop: the training is needed in full."""
        del self._results[fold]

    def _say(self, step: int, score: float) -> None:
        if self._report is not None and self._stop_at is None:
            self._answers.append((step, self._report(self.configuration.number, step, score)))

    # Pruning

    def is_stopped(self, *, wait: bool = False) -> bool:
        """Whether the searcher has said stop, as far as it has answered; or once it has, if ``wait``."""
        while self._stop_at is None and self._answers and (wait or self._answers[0][1].done()):
            step, answer = self._answers.popleft()
            if answer.result():
                self._stop_at = step
        return self._stop_at is not None

    def undecided(self) -> Future[bool] | None:
        """The answer that says next whether the trial is stopped, while the searcher has not given it."""
        return None if self.is_stopped() or not self._answers else self._answers[0][1]

    @property
    def pruned_at(self) -> int | None:
        """The step after which nothing counts; None if the trial came to its own end."""
        if self._stop_at is None:
            return None
        if not self.steps_are_epochs:
            return self._stop_at if self._stop_at < len(self._folds) else None
        result = self._results.get(self._folds[0])
        if result is None or result["stopped"] or result.get("broken"):
            return self._stop_at
        return None if self._stop_at >= result["epochs"] else self._stop_at

    # What goes out

    def result(self, fold: Fold) -> Mapping[str, Any]:
        return self._results[fold]

    def record(self) -> TrialRecord:
        """The trial as the ledger keeps it; call it once nothing is waited for and every answer is there."""
        configuration, at = self.configuration, self.pruned_at
        done: dict[str, Any] = {}
        if at is not None and self.steps_are_epochs:
            done = self._cut_short(at)
        elif at is not None or self.error is None:
            done = self._mean([self._results[fold] for fold in self._folds[:at]])
        return TrialRecord(
            name=configuration.name,
            number=configuration.number,
            learner=configuration.learner,
            network=configuration.network,
            status="failed" if not done else "finished" if at is None else "pruned",
            parameters=dict(configuration.values),
            bindings=dict(configuration.bindings),
            continues=configuration.continues,
            seconds=float(sum(result["seconds"] for result in self._results.values())),
            error=None if done or self.error is None else without_passwords(self.error),
            excess=0.0 if done else max((excess for _, excess in self._failures.values()), default=0.0),
            **{"score": None, **done},
        )

    def _cut_short(self, at: int) -> dict[str, Any]:
        history = [dict(metrics) for metrics in self._history if metrics["epoch"] <= at]
        best = max(history, key=lambda metrics: self._sign * metrics["score"])  # the first of equal ones
        return {"score": best["score"], "history": history, "best_epoch": int(best["epoch"]), "epochs": at}

    def _mean(self, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        # A final training on all rows has no score.
        scores = [result["score"] for result in results if result["score"] is not None]
        return {
            "score": float(np.mean(scores)) if scores else None,
            "history": _mean_history([result["history"] for result in results]),
            "best_epoch": int(np.median([result["best_epoch"] for result in results])),
            "epochs": max(int(result["epochs"]) for result in results),
        }


def _mean_history(histories: Sequence[Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """The mean of every epoch that all folds trained, over the folds that have the number (a score not all have)."""
    folds = [{metrics["epoch"]: metrics for metrics in history} for history in histories]
    found: list[dict[str, float]] = []
    for epoch in folds[0]:
        if all(epoch in fold for fold in folds):
            of_folds = [fold[epoch] for fold in folds]
            names = dict.fromkeys(name for metrics in of_folds for name in metrics)
            found.append({n: float(np.mean([metrics[n] for metrics in of_folds if n in metrics])) for n in names})
    return found


def stopped_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe of a training that ended when the searcher stopped its trial."""
    return {**recipe, "stopped": True}


def deaths_in_words(causes: Sequence[str]) -> str:
    if len(causes) == 1:
        return f"its worker died: {causes[0]}"
    return f"its worker died {len(causes)} times: " + "; ".join(f"{n}. {cause}" for n, cause in enumerate(causes, 1))
