"""What all searchers on Optuna share: a study in memory that the driver owns, by ask and tell."""

from __future__ import annotations

import importlib
import math
import warnings
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from automl.errors import MissingExtraError
from automl.fingerprint import seed_from
from automl.params import Params, param
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal, Searcher, Wait
from automl_tuners.axes import Axis, Code, axes_of, decode, encode
from automl_tuners.proposed import Proposed, draw_codes
from automl_tuners.pruners import Judge, Pruner

if TYPE_CHECKING:
    import optuna

    from automl.advice.findings import Finding
    from automl.search.space import Space

_EXCESS = "excess"


class OptunaParams(Params):
    pruner: Pruner = param(
        default_factory=lambda: Pruner.model_validate("none"),
        description="When to stop a trial that promises little. Steps are epochs; over folds they are folds.",
    )


class OptunaSearcher(Searcher):
    """Asks one of Optuna's samplers and tells it; one of Optuna's pruners may stop what it asked for.

    Values that were proposed or learned before are not proposed again: a random configuration takes their place. A
    trial that was stopped is told as pruned with its last step, one that failed as failed.

    Attributes:
        extra: of the distribution, for a missing engine.
        heeds_constraints: whether the sampler learns from a trial by how much it broke the constraints; for all others
            it is a failure.
    """

    extra: ClassVar[str] = "tuners"
    heeds_constraints: ClassVar[bool] = False
    Params = OptunaParams

    @classmethod
    def unfit(cls, params: Any, space: Space, trials: int | None, epochs: int, folds: int) -> Iterable[Finding]:
        """What the pruner finds against the length of a trial."""
        return params.pruner.unfit(epochs, folds)

    @abstractmethod
    def make_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        """A sampler of its own for each trial: it draws from ``seed``, however often was asked before."""

    def start(self, brief: Brief) -> None:
        for engine in self.engines:
            try:
                importlib.import_module(engine)
            except ModuleNotFoundError as error:
                raise MissingExtraError(self.id, error.name or engine, self.extra) from error
        import optuna

        # Its warnings tell that conditional dimensions are drawn independently: known, and said in our docstrings.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._brief = brief
        self._axes = axes_of(brief.space)
        self._proposed = Proposed(self._axes, brief.guesses)
        self._storage = optuna.storages.InMemoryStorage()
        self._study = optuna.create_study(
            # Hyperband draws the brackets from the name.
            study_name=f"seed {brief.seed}",
            storage=self._storage,
            direction="maximize" if brief.objective.greater_is_better else "minimize",
        )
        self._running: dict[int, optuna.Trial] = {}
        self._judges: dict[int, Judge] = {}

    def ask(self, number: int) -> Proposal | Wait | Done:
        import optuna

        if self._brief.trials is not None and number > self._brief.trials:
            return DONE
        with _experiments_allowed():
            self._study.sampler = self.make_sampler(seed_from(self._brief.seed, self.id, number))
            pruner = self.params.pruner.make(self._brief.epochs)
        if pruner is not None:
            self._study.pruner = pruner
            # A sampler under Hyperband learns from the trials of its own bracket; brackets are there from the first
            # verdict on, so it is asked for one on a trial without any step.
            pruner.prune(self._study, optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING))
        trial, codes = self._suggest()
        if not self._proposed.add(codes):
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            rng = np.random.default_rng(seed_from(self._brief.seed, "unseen", number))
            new = self._proposed.find_new(lambda: draw_codes(self._axes, rng))
            if new is None:
                return DONE
            self._study.enqueue_trial(new)
            trial, codes = self._suggest()
        self._running[number] = trial
        if pruner is not None:
            self._judges[number] = Judge(pruner, self._study, self._study.get_trials(deepcopy=False))
        return Proposal(decode(self._axes, codes))

    def report(self, number: int, step: int, score: float) -> bool:
        judge = self._judges.get(number)
        # What a score that is not finite means is for the search to say: the trial fails.
        return judge is not None and math.isfinite(score) and judge.stops(step, score)

    def tell(self, number: int, outcome: Outcome) -> None:
        trial = self._running.pop(number)
        judge = self._judges.pop(number, None)
        if judge is not None:
            self._note_steps(trial, judge)
        state, value = self._ending(outcome)
        if state.name == "PRUNED" and outcome.score is not None and not self._frozen(trial).intermediate_values:
            trial.report(outcome.score, outcome.epochs)
        for name, excess in self._constraints(outcome).items():
            trial.set_constraint(name, excess)
        self._study.tell(trial, value, state)

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        import optuna

        codes = encode(self._axes, values)
        self._proposed.add(codes)
        state, value = self._ending(outcome)
        is_pruned = state == optuna.trial.TrialState.PRUNED and outcome.score is not None
        self._study.add_trial(
            optuna.trial.create_trial(
                state=state,
                value=outcome.score if is_pruned else value,
                params=codes,
                distributions={axis.name: distribution(axis) for axis in self._axes if axis.name in codes},
                intermediate_values={outcome.epochs: outcome.score} if is_pruned else {},
                constraints=self._constraints(outcome),
            )
        )

    def _suggest(self) -> tuple[optuna.Trial, dict[str, Code]]:
        """The study's next trial and its codes, defined as it runs: children follow their parents."""
        trial = self._study.ask()
        codes: dict[str, Code] = {}
        for axis in self._axes:
            if axis.is_active(codes):
                codes[axis.name] = _suggest_one(trial, axis)
        return trial, codes

    def _note_steps(self, trial: optuna.Trial, judge: Judge) -> None:
        """Put on a trial that ends what only its judge has seen so far."""
        seen = judge.seen()
        if seen is None:
            return
        for step, score in seen.intermediate_values.items():
            trial.report(score, step)
        for name, note in seen.system_attrs.items():
            self._storage.set_trial_system_attr(self._frozen(trial)._trial_id, name, note)

    def _frozen(self, trial: optuna.Trial) -> optuna.trial.FrozenTrial:
        return self._study.get_trials(deepcopy=False)[trial.number]

    def _ending(self, outcome: Outcome) -> tuple[optuna.trial.TrialState, float | None]:
        """How Optuna calls this end, and the value that it is given with it."""
        from optuna.trial import TrialState

        if outcome.excess > 0 and self.heeds_constraints:
            return TrialState.PRUNED, None
        if outcome.score is None or not math.isfinite(outcome.score):
            return TrialState.FAIL, None
        return (TrialState.PRUNED, None) if outcome.pruned else (TrialState.COMPLETE, outcome.score)

    def _constraints(self, outcome: Outcome) -> dict[str, float]:
        return {_EXCESS: outcome.excess} if outcome.excess > 0 and self.heeds_constraints else {}


def distribution(axis: Axis) -> optuna.distributions.BaseDistribution:
    """An axis as Optuna keeps it with a trial."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.kind == "place":
        return CategoricalDistribution(range(int(axis.high) + 1))
    if axis.kind == "whole":
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _suggest_one(trial: optuna.Trial, axis: Axis) -> Code:
    if axis.kind == "place":
        return int(trial.suggest_categorical(axis.name, range(int(axis.high) + 1)))
    if axis.kind == "whole":
        return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)


@contextmanager
def _experiments_allowed() -> Iterator[None]:
    """Their descriptions say what Optuna calls experimental; saying so at each trial helps nobody."""
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
