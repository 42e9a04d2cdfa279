"""Searchers that put keras-tuner's oracles behind the search's own contract."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from automl.errors import MissingExtraError
from automl.params import Params, param
from automl.search.contracts import DONE, WAIT, Brief, Done, Outcome, Proposal, Searcher, Wait
from automl_tuners.axes import Axis, axes_of, decode, encode

if TYPE_CHECKING:
    from automl_tuners.oracles import MemoryOracle


class OracleSearcher(Searcher):
    """Asks an oracle and tells it, from one thread; each trial is a "tuner" of its own to the oracle."""

    engines: ClassVar[tuple[str, ...]] = ("keras_tuner",)

    @abstractmethod
    def make_oracle(self, brief: Brief, axes: list[Axis]) -> MemoryOracle:
        """The oracle for this search."""

    def start(self, brief: Brief) -> None:
        self._brief = brief
        self._axes = axes_of(brief.space)
        self._running: dict[int, Any] = {}
        self._numbers: dict[str, int] = {}
        self._is_settled = bool(brief.guesses)
        if not self._axes:
            return
        try:
            self._oracle = self.make_oracle(brief, self._axes)
        except ModuleNotFoundError as error:
            raise MissingExtraError(self.id, error.name or "keras_tuner", "tuners") from error
        for guess in brief.guesses:
            self._oracle.know(encode(self._axes, guess))

    def ask(self, number: int) -> Proposal | Wait | Done:
        if not self._axes:
            # Oracles take an empty set of values for a failure to draw any.
            settled, self._is_settled = self._is_settled, True
            return DONE if settled else Proposal({})
        if self._brief.trials is not None and number > self._brief.trials:
            return DONE
        self._oracle.reseed(number)
        trial = self._oracle.create_trial(str(number))
        if trial.status == "IDLE":
            return WAIT
        if trial.status == "STOPPED":
            return DONE
        self._running[number] = trial
        self._numbers[trial.trial_id] = number
        codes = trial.hyperparameters.values
        return self._proposal(decode(self._axes, codes), codes)

    def _proposal(self, values: dict[str, Any], codes: dict[str, Any]) -> Proposal:  # noqa: ARG002 - for subclasses
        return Proposal(values)

    def tell(self, number: int, outcome: Outcome) -> None:
        if not self._axes:
            return
        trial = self._running.pop(number)
        # A NaN would poison every later score of the trial, and an infinity the Gaussian process.
        if outcome.score is None or not math.isfinite(outcome.score):
            trial.status = "FAILED"
            trial.message = outcome.error
        else:
            metrics = {self._brief.objective.metric: outcome.score}
            self._oracle.update_trial(trial.trial_id, metrics, step=outcome.epochs)
            trial.status = "COMPLETED"
        self._oracle.end_trial(trial)

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        self._is_settled = True
        if self._axes:
            self._oracle.learn(encode(self._axes, values), outcome)


class HyperbandParams(Params):
    factor: int = param(
        3,
        ge=2,
        description="Of so many trials one goes on, for so many times the epochs.",
    )
    iterations: int | None = param(
        None,
        ge=1,
        description="How often to run all brackets; null goes on until the budget of the search is spent.",
    )


class Hyperband(OracleSearcher):
    """Many short trainings; the best of them go on for longer.

    Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", JMLR 18(185), 2018.
    A promoted trial continues the parameters and the optimizer state of the trial it comes from.
    """

    id = "hyperband"
    Params = HyperbandParams

    def make_oracle(self, brief: Brief, axes: list[Axis]) -> MemoryOracle:
        from automl_tuners.oracles import HyperbandOracle

        return HyperbandOracle(
            brief,
            axes,
            max_epochs=brief.epochs,
            factor=self.params.factor,
            hyperband_iterations=self.params.iterations,
        )

    def _proposal(self, values: dict[str, Any], codes: dict[str, Any]) -> Proposal:
        epochs = int(codes["tuner/epochs"])
        earlier = codes.get("tuner/trial_id")
        return Proposal(
            values,
            epochs=epochs,
            continues=None if earlier is None else self._numbers[earlier],
            # The last rung of every bracket trains to the end.
            resumable=epochs < self._brief.epochs,
        )


class BayesianParams(Params):
    alpha: float = param(1e-4, gt=0, description="Noise variance expected in the (normalised) scores.")
    beta: float = param(2.6, ge=0, description="Weight of the unknown against the known good: larger explores more.")
    initial_points: int | None = param(
        None,
        ge=1,
        description="Random trials before the first fit; null means three per dimension.",
    )


class Bayesian(OracleSearcher):
    """Gaussian process with an upper confidence bound: few, dear trials in few dimensions.

    Asking costs 1 to 3 s once the initial points are told.
    """

    id = "bayesian"
    Params = BayesianParams

    def make_oracle(self, brief: Brief, axes: list[Axis]) -> MemoryOracle:
        from automl_tuners.oracles import BayesianOracle

        return BayesianOracle(
            brief,
            axes,
            num_initial_points=self.params.initial_points,
            alpha=self.params.alpha,
            beta=self.params.beta,
        )
