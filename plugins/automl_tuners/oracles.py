"""keras-tuner's oracles, made to live in memory and to be asked by number. Importing this loads TensorFlow.

What is changed, because an oracle is written for keras-tuner's own Tuner:

- its state lives as long as the search: no folder, no files;
- every ask draws from (seed, trial number), so that an ask that had to wait and is repeated changes nothing;
- drawing new values gives up only when there are none left, not after 20 collisions;
- any number of trials may fail in a row: whether to go on is for the search to decide.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

# Before TensorFlow is imported: its C++ side writes past Python, straight into a live display.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras_tuner
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from automl.fingerprint import seed_from
from automl.search.contracts import Brief, Outcome
from automl_tuners.axes import Axis, Code, Conditions, configurations
from automl_tuners.gaussian_process import LeanGaussianProcess


def hyperparameters(axes: Sequence[Axis]) -> keras_tuner.HyperParameters:
    """The axes as keras-tuner declares them.

    By its configuration: its scopes take a parent only from within the parent's own, and no two of different roots.
    """
    above = {axis.name: axis.conditions for axis in axes}
    declared = keras_tuner.HyperParameters.from_config(
        {"space": [_declaration(axis, _conditions(axis.name, above)) for axis in axes], "values": {}}
    )
    declared.ensure_active_values()
    return declared


def _declaration(axis: Axis, conditions: Mapping[str, tuple[Code, ...]]) -> dict[str, Any]:
    when = [{"class_name": "Parent", "config": {"name": name, "values": list(v)}} for name, v in conditions.items()]
    told: dict[str, Any] = {"name": axis.name, "conditions": when}
    if axis.kind == "place":
        return {"class_name": "Choice", "config": {**told, "values": [*range(int(axis.high) + 1)], "ordered": False}}
    told |= {"min_value": axis.low, "max_value": axis.high, "sampling": "log" if axis.log else "linear"}
    return {"class_name": "Int" if axis.kind == "whole" else "Float", "config": told}


def _conditions(name: str, above: Mapping[str, Conditions]) -> dict[str, tuple[Code, ...]]:
    """Those of all ancestors too, from the outermost inwards: keras-tuner does not ask whether a parent is active."""
    found: dict[str, tuple[Code, ...]] = {}
    for parent, when in above[name]:
        found |= {**_conditions(parent, above), parent: when}
    return found


class MemoryOracle(keras_tuner.Oracle):
    """What both oracles share."""

    trials: dict[str, Any]

    def __init__(self, brief: Brief, axes: Sequence[Axis], **settings: Any) -> None:
        self._brief = brief
        self._axes = axes
        super().__init__(
            objective=keras_tuner.Objective(
                brief.objective.metric, "max" if brief.objective.greater_is_better else "min"
            ),
            hyperparameters=hyperparameters(axes),
            # Zero would mean "draw a seed" to keras-tuner.
            seed=1 + seed_from(brief.seed, "oracle") // 2,
            allow_new_entries=False,
            tune_new_entries=False,
            max_consecutive_failed_trials=sys.maxsize,
            **settings,
        )
        # The searcher counts, for an oracle would count what it learned as well.
        self.max_trials = None
        self.verbose = 0

    def reseed(self, number: int) -> None:
        """Draw what trial ``number`` needs from its own stream."""
        self._seed_state = seed_from(self._brief.seed, "oracle", number)

    def know(self, codes: Mapping[str, Code]) -> None:
        """Never ask for this configuration."""
        self._tried_so_far.add(self._compute_values_hash(codes))

    def learn(self, codes: Mapping[str, Code], outcome: Outcome) -> None:  # noqa: ARG002 - the score does not matter
        """Hear what came of a configuration that it did not ask for, and never ask for it."""
        self.know(codes)

    def save(self) -> None:
        """Nothing: the ledger of the search is what a resumed run replays."""

    def _save_trial(self, trial: Any) -> None:
        """Nothing, likewise."""

    def _random_values(self) -> dict[str, Any] | None:
        values = super()._random_values()
        if values is None:
            values = next((codes for codes in configurations(self._axes) if not self._duplicate(codes)), None)
        return values


class HyperbandOracle(MemoryOracle, keras_tuner.oracles.HyperbandOracle):
    """Hyperband (Li et al., 2018, JMLR 18(185)) with promotions as soon as they are certain."""

    def _start_new_bracket(self) -> None:
        # A first rung that never fills promotes nothing: every network would be left at its few first epochs. So
        # where fewer configurations are untried than a bracket begins with, a smaller bracket takes its place; the
        # last one has a single rung of full trainings and may stay incomplete.
        while self._current_bracket > 0 and not self._has_untried(self._get_size(self._current_bracket, 0)):
            self._current_bracket -= 1
        super()._start_new_bracket()

    def _has_untried(self, count: int) -> bool:
        untried = (codes for codes in configurations(self._axes) if not self._duplicate(codes))
        return all(next(untried, None) is not None for _ in range(count))


class BayesianOracle(MemoryOracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Gaussian process over the axes, minimised by its lower confidence bound mean - beta * deviation."""

    def reseed(self, number: int) -> None:
        super().reseed(number)
        self._random_state = np.random.RandomState(self._seed_state)

    def learn(self, codes: Mapping[str, Code], outcome: Outcome) -> None:
        super().learn(codes, outcome)
        if outcome.score is None or not math.isfinite(outcome.score):
            return
        declared = self.hyperparameters.copy()
        declared.values = dict(codes)
        name = f"learned {len(self.trials)}"
        trial = keras_tuner.engine.trial.Trial(declared, trial_id=name, status="COMPLETED")
        trial.score, trial.best_step = outcome.score, outcome.epochs
        self.trials[name] = trial

    def _make_gpr(self) -> LeanGaussianProcess:
        return LeanGaussianProcess(**super()._make_gpr().get_params(deep=False))

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        # One BLAS thread: these matrices are so small that threads cost more than they bring (2 to 9 s an ask
        # against 1.4 to 2.4 s). The kernel's length scales often end at their bounds, which the user cannot mend.
        with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            response: dict[str, Any] = super().populate_space(trial_id)
        if response["values"] is not None and self._duplicate(response["values"]):
            response = self._random_populate_space()
        return response

    def _vectorize_trials(self) -> tuple[np.ndarray, np.ndarray]:
        # Trials in flight enter with what the last fit predicts for them. Before the first fit that would be the
        # prior's 1.0 whatever the scale of the scores, so that they would look superb or hopeless.
        if self.ongoing_trials and not hasattr(self.gpr, "X_train_"):
            everything = self.trials
            self.trials = {name: trial for name, trial in everything.items() if trial.status == "COMPLETED"}
            self.gpr.fit(*super()._vectorize_trials())
            self.trials = everything
        return super()._vectorize_trials()
