"""Optuna's samplers over a space whose dimensions are known beforehand. Importing this loads Optuna.

Optuna infers the space that a sampler models from the trials that it has seen. While all of them happen to lie in one
branch of a one_of, its dimensions seem to be there always.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import CmaEsSampler, QMCSampler, TPESampler

from automl_tuners.axes import Axis, is_modelled
from automl_tuners.optuna_study import distribution

_SOURCE_TRIALS = 10
"""A warm start fits its Gaussian to the best tenth of the source trials, which must be one at least."""


class CmaEs(CmaEsSampler):
    """Models the numbers that are always active.

    Optuna's own would model those of a branch too as long as no trial has left it, and give up for good (all later
    trials are random) once one has.
    """

    def __init__(self, axes: Sequence[Axis], learned: Sequence[optuna.trial.FrozenTrial], **settings: Any) -> None:
        self._modelled = {axis.name: distribution(axis) for axis in axes if is_modelled(axis)}
        source = [self._cut(trial) for trial in learned]
        # Optuna has no warm start for the separable kind.
        is_warm = len(source) >= _SOURCE_TRIALS and not settings["use_separable_cma"]
        super().__init__(source_trials=source if is_warm else None, warn_independent_sampling=False, **settings)

    def infer_relative_search_space(
        self,
        study: optuna.Study,  # noqa: ARG002
        trial: optuna.trial.FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        return dict(self._modelled)

    def _cut(self, trial: optuna.trial.FrozenTrial) -> optuna.trial.FrozenTrial:
        """The trial without the dimensions that are not modelled."""
        return optuna.trial.create_trial(
            value=trial.value,
            params={name: trial.params[name] for name in self._modelled},
            distributions=self._modelled,
        )


class Qmc(QMCSampler):
    """One sequence over all dimensions, of which a trial takes those that are active.

    Optuna's own would draw whatever the first trial happened not to have at random.
    """

    def __init__(self, axes: Sequence[Axis], **settings: Any) -> None:
        super().__init__(warn_independent_sampling=False, **settings)
        self._all = {axis.name: distribution(axis) for axis in axes if axis.low < axis.high}

    def infer_relative_search_space(
        self,
        study: optuna.Study,  # noqa: ARG002
        trial: optuna.trial.FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        return dict(self._all)


def independent_tpe(seed: int) -> TPESampler:
    """For the dimensions that a sampler does not model: one by one."""
    return TPESampler(seed=seed, multivariate=False)
