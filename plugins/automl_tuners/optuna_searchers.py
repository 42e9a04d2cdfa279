"""Searchers on Optuna's samplers, by ask and tell on a study in memory that the driver owns."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from pydantic import model_validator

from automl.errors import MissingExtraError
from automl.fingerprint import seed_from
from automl.params import Params, param
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal, Searcher, Wait
from automl_tuners.axes import Axis, Code, axes_of, configurations, decode

if TYPE_CHECKING:
    import optuna


_DRAWS = 20
"""Random configurations to try before all are gone through for one that is left."""


class TPEParams(Params):
    n_startup_trials: int = param(10, ge=0, description="Random trials before the first estimate.")
    n_ei_candidates: int = param(24, ge=1, description="Candidates drawn per trial, of which the best is proposed.")
    multivariate: bool = param(True, description="Model dimensions jointly instead of one by one.")
    group: bool = param(
        False,
        description="Model jointly the dimensions of each branch of a one_of as well (experimental in Optuna).",
    )
    constant_liar: bool = param(True, description="Count trials in flight as bad ones, so that they are not repeated.")

    @model_validator(mode="after")
    def _group_is_multivariate(self) -> Self:
        if self.group and not self.multivariate:
            raise ValueError("group: true needs multivariate: true")
        return self


class TPE(Searcher):
    """Tree-structured Parzen estimator: the workhorse from some ten to some thousand trials.

    Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011; Watanabe, arXiv:2304.11127.
    Values that were proposed before are not proposed again: a new random configuration takes their place.
    """

    id = "optuna.tpe"
    engines: ClassVar[tuple[str, ...]] = ("optuna",)
    Params = TPEParams

    def start(self, brief: Brief) -> None:
        try:
            import optuna
        except ModuleNotFoundError as error:
            raise MissingExtraError(self.id, error.name or "optuna", "tuners") from error

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._brief = brief
        self._axes = axes_of(brief.space)
        self._study = optuna.create_study(direction="maximize" if brief.objective.greater_is_better else "minimize")
        self._running: dict[int, optuna.Trial] = {}
        self._seen: set[tuple[tuple[str, Code], ...]] = set()

    def ask(self, number: int) -> Proposal | Wait | Done:
        import optuna

        if self._brief.trials is not None and number > self._brief.trials:
            return DONE
        # A sampler of its own for each trial: it draws from (seed, number), however often was asked before.
        self._study.sampler = self._sampler(seed_from(self._brief.seed, "tpe", number))
        trial, codes = self._suggest()
        if _key(codes) in self._seen:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            fresh = self._unseen(number)
            if fresh is None:
                return DONE
            self._study.enqueue_trial(fresh)
            trial, codes = self._suggest()
        self._seen.add(_key(codes))
        self._running[number] = trial
        return Proposal(decode(self._axes, codes))

    def tell(self, number: int, outcome: Outcome) -> None:
        import optuna

        trial = self._running.pop(number)
        if outcome.score is None or not math.isfinite(outcome.score):
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, outcome.score)

    def _sampler(self, seed: int) -> optuna.samplers.TPESampler:
        import optuna

        with warnings.catch_warnings():
            # The parameter's description says that it is experimental; saying so at each trial helps nobody.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(
                n_startup_trials=self.params.n_startup_trials,
                n_ei_candidates=self.params.n_ei_candidates,
                multivariate=self.params.multivariate,
                group=self.params.group,
                constant_liar=self.params.constant_liar,
                seed=seed,
            )

    def _suggest(self) -> tuple[optuna.Trial, dict[str, Code]]:
        """The study's next trial and its codes, defined as it runs: children follow their parents."""
        trial = self._study.ask()
        codes: dict[str, Code] = {}
        for axis in self._axes:
            if axis.is_active(codes):
                codes[axis.name] = _suggest_one(trial, axis)
        return trial, codes

    def _unseen(self, number: int) -> dict[str, Code] | None:
        """Codes that were not proposed yet: random ones, or the first of all that are left; None if none are."""
        rng = np.random.default_rng(seed_from(self._brief.seed, "unseen", number))
        drawn = (self._draw(rng) for _ in range(_DRAWS))
        every = itertools.chain(drawn, configurations(self._axes))
        return next((codes for codes in every if _key(codes) not in self._seen), None)

    def _draw(self, rng: np.random.Generator) -> dict[str, Code]:
        codes: dict[str, Code] = {}
        for axis in self._axes:
            if axis.is_active(codes):
                codes[axis.name] = axis.sample(rng.random())
        return codes


def _suggest_one(trial: optuna.Trial, axis: Axis) -> Code:
    if axis.kind == "place":
        return int(trial.suggest_categorical(axis.name, range(int(axis.high) + 1)))
    if axis.kind == "whole":
        return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)


def _key(codes: Mapping[str, Code]) -> tuple[tuple[str, Code], ...]:
    return tuple(codes.items())
