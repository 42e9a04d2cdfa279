"""Optuna's samplers as searchers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from automl.advice.findings import Finding
from automl.fingerprint import seed_from
from automl.params import param
from automl.search.contracts import Brief, Outcome
from automl.search.space import Space
from automl_tuners.axes import axes_of, is_modelled
from automl_tuners.optuna_study import OptunaParams, OptunaSearcher
from automl_tuners.sequences import too_many_for_sobol

if TYPE_CHECKING:
    import optuna

_FEWEST = 2
"""Numbers that CMA-ES needs: Optuna draws a single one independently."""


class TPEParams(OptunaParams):
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


class TPE(OptunaSearcher):
    """Tree-structured Parzen estimator: the workhorse from some ten to some thousand trials.

    Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011; Watanabe, arXiv:2304.11127.
    """

    id = "optuna.tpe"
    engines: ClassVar[tuple[str, ...]] = ("optuna",)
    heeds_constraints = True
    Params = TPEParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"n_startup_trials": 4, "pruner": "median"}]

    def make_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.TPESampler(
            n_startup_trials=self.params.n_startup_trials,
            n_ei_candidates=self.params.n_ei_candidates,
            multivariate=self.params.multivariate,
            group=self.params.group,
            constant_liar=self.params.constant_liar,
            seed=seed,
        )


class CMAESParams(OptunaParams):
    n_startup_trials: int = param(1, ge=0, description="Finished trials before the first generation.")
    population_size: int | None = param(
        None, ge=2, description="Trials of a generation; null means 4 + 3 ln(dimensions), rounded down."
    )
    separable: bool = param(
        False, description="A diagonal covariance, for some hundred dimensions (experimental in Optuna)."
    )
    with_margin: bool = param(
        False, description="Keep whole numbers from getting stuck at one value (experimental in Optuna)."
    )
    learning_rate_adaptation: bool = param(
        False, description="Smaller steps for noisy or rugged objectives (experimental in Optuna)."
    )
    consider_pruned_trials: bool = param(
        False, description="Take the last step of a pruned trial for its score (experimental in Optuna)."
    )
    independent: Literal["tpe", "random"] = param(
        "tpe", description="What draws choices and conditional dimensions, which CMA-ES does not model."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum((self.separable, self.with_margin, self.learning_rate_adaptation)) > 1:
            raise ValueError("separable, with_margin and learning_rate_adaptation do not go together")
        return self


class CMAES(OptunaSearcher):
    """CMA-ES: evolution of a normal distribution, for many cheap trials over numbers.

    Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772. It models the numbers that are always active;
    Optuna draws choices, and whatever exists only under one, independently of them (and everything, where a space has
    nothing else). Numbers need not be real: whole ones are rounded. A generation takes its trials in the order in which
    they end; those that were asked for before the last one of a generation belong to it still and are not used, so
    ``in_flight`` should be well below the population size. Ten and more learned trials give the first generation its
    mean and covariance (Nomura et al., "Warm Starting CMA-ES", AAAI 2021).
    """

    id = "optuna.cmaes"
    engines: ClassVar[tuple[str, ...]] = ("optuna", "cmaes")
    Params = CMAESParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"population_size": 4, "pruner": {"successive_halving": {"reduction_factor": 3}}}]

    @classmethod
    def unfit(cls, params: Any, space: Space, trials: int | None, epochs: int, folds: int) -> Iterable[Finding]:
        """Too few numbers to model, and a budget that ends with the first generation."""
        yield from super().unfit(params, space, trials, epochs, folds)
        numbers = [axis.name for axis in axes_of(space) if is_modelled(axis)]
        draws = "tpe" if params.independent == "tpe" else "random draws"
        if len(numbers) < _FEWEST:
            found = f"only {numbers[0]}" if numbers else "none"
            yield Finding(
                f"optuna.cmaes models numbers that are always active, two at least, and this space has {found}",
                reason=f"all else is left to {draws}, one dimension at a time",
                mend="tuner: optuna.tpe",
            )
            return
        generation = params.population_size or 4 + math.floor(3 * math.log(len(numbers)))
        if trials is not None and trials <= params.n_startup_trials + generation:
            yield Finding(
                f"optuna.cmaes has {generation} trials in a generation, and the budget ends after {trials}",
                reason="it learns from one generation for the next, and there is none",
                mend=f"budget: {{trials: {10 * generation}}}, or tuner: optuna.tpe",
            )

    def start(self, brief: Brief) -> None:
        super().start(brief)
        self._learned: list[optuna.trial.FrozenTrial] = []

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        super().learn(values, outcome)
        newest = self._study.get_trials(deepcopy=False)[-1]
        if newest.state.name == "COMPLETE":
            self._learned.append(newest)

    def make_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        from automl_tuners.optuna_samplers import CmaEs, independent_tpe

        return CmaEs(
            self._axes,
            self._learned,
            n_startup_trials=self.params.n_startup_trials,
            popsize=self.params.population_size,
            use_separable_cma=self.params.separable,
            with_margin=self.params.with_margin,
            lr_adapt=self.params.learning_rate_adaptation,
            consider_pruned_trials=self.params.consider_pruned_trials,
            independent_sampler=(
                independent_tpe(seed) if self.params.independent == "tpe" else optuna.samplers.RandomSampler(seed=seed)
            ),
            seed=seed,
        )


class QMCParams(OptunaParams):
    sequence: Literal["sobol", "halton"] = param("sobol", description="The low-discrepancy sequence.")
    scramble: bool = param(
        True, description="Randomise the sequence by the seed; without, every search has the same points."
    )


class QMC(OptunaSearcher):
    """Quasi-random points: fill the space more evenly than random ones, and learn nothing from scores.

    Bergstra and Bengio, JMLR 13, 2012, section 4. The sequence runs over all dimensions, a trial takes the active ones.
    `sobol` does the same without Optuna; take this one for its pruners.
    """

    id = "optuna.qmc"
    engines: ClassVar[tuple[str, ...]] = ("optuna",)
    Params = QMCParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"sequence": "halton"}, {"pruner": {"hyperband": {}}}]

    @classmethod
    def unfit(cls, params: Any, space: Space, trials: int | None, epochs: int, folds: int) -> Iterable[Finding]:
        """More dimensions than Sobol's sequence has."""
        yield from super().unfit(params, space, trials, epochs, folds)
        if params.sequence == "sobol":
            yield from too_many_for_sobol(space)

    def make_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        from automl_tuners.optuna_samplers import Qmc

        return Qmc(
            self._axes,
            qmc_type=self.params.sequence,
            scramble=self.params.scramble,
            # All trials are points of one sequence; the study counts how far it is.
            seed=seed_from(self._brief.seed, self.id) % 2**32,
            independent_sampler=optuna.samplers.RandomSampler(seed=seed),
        )


class GPParams(OptunaParams):
    n_startup_trials: int = param(10, ge=1, description="Random trials before the first fit.")
    deterministic_objective: bool = param(False, description="Take scores for free of noise (experimental in Optuna).")


class GP(OptunaSearcher):
    """Gaussian process with expected improvement: few, dear trials in up to some twenty dimensions.

    Matérn 5/2 kernel with a length scale per dimension, log expected improvement (Ament et al., arXiv:2310.20708).
    Asking costs 0.5 to 6 s from 10 to 200 trials. It models the dimensions that all finished trials have; those of the
    branches of a one_of are random. It does not learn from pruned trials. A trial that breaks the constraints is told
    with the worst score so far, and by how much it breaks them; from the first such trial on it models that too.
    """

    id = "optuna.gp"
    engines: ClassVar[tuple[str, ...]] = ("optuna", "torch")
    extra: ClassVar[str] = "tuners,gp"
    heeds_constraints = True
    Params = GPParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"n_startup_trials": 4}, {"n_startup_trials": 8, "pruner": "median"}]

    def start(self, brief: Brief) -> None:
        super().start(brief)
        self._is_constrained = False

    def make_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.GPSampler(
            n_startup_trials=self.params.n_startup_trials,
            deterministic_objective=self.params.deterministic_objective,
            warn_independent_sampling=False,
            seed=seed,
        )

    def _ending(self, outcome: Outcome) -> tuple[optuna.trial.TrialState, float | None]:
        from optuna.trial import TrialState

        told = [trial.value for trial in self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
        scores = [score for score in told if score is not None]
        if outcome.excess > 0 and scores:
            return TrialState.COMPLETE, min(scores) if self._brief.objective.greater_is_better else max(scores)
        return super()._ending(outcome)

    def _constraints(self, outcome: Outcome) -> dict[str, float]:
        if outcome.excess > 0 and not self._is_constrained:
            self._is_constrained = True
            # The sampler wants a constraint on all finished trials or on none, and a model of it costs as much as that
            # of the score. So those before get theirs now; the storage is in memory and ours alone.
            for trial in self._study.get_trials(deepcopy=False):
                if trial.state.is_finished():
                    trial.set_constraint("excess", 0.0)
        return {"excess": outcome.excess} if self._is_constrained else {}
