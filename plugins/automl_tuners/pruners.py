"""Optuna's pruners as a parameter of its samplers, and the verdict on a trial under way.

A pruner compares a trial with those before it. So that its verdicts depend on no timing, each trial is compared with
what was known when it was asked for and with nothing that came later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.alternatives import Alternatives
from automl.params import Params, param

if TYPE_CHECKING:
    import optuna


class NoPruner(Params):
    """Every trial runs to its end."""


class MedianParams(Params):
    """Stops a trial whose best step so far is worse than the median of the others at the same step."""

    n_startup_trials: int = param(5, ge=0, description="Nothing is stopped before so many trials have finished.")
    n_warmup_steps: int = param(0, ge=0, description="Nothing is stopped before this step.")
    interval_steps: int = param(1, ge=1, description="Steps between two verdicts.")
    n_min_trials: int = param(1, ge=1, description="No verdict at a step that fewer finished trials have reached.")


class HyperbandPrunerParams(Params):
    """Successive halving in several brackets, from the most to the least aggressive; each trial belongs to one."""

    min_resource: int = param(1, ge=1, description="The first rung of the most aggressive bracket, in steps.")
    max_resource: int | None = param(
        None, ge=1, description="Steps of a whole trial; null means the epochs of the budget."
    )
    reduction_factor: int = param(3, ge=2, description="Of so many trials at a rung one goes on.")
    bootstrap_count: int = param(0, ge=0, description="Trials that a rung keeps back before it lets one go on.")


class SuccessiveHalvingParams(Params):
    """Asynchronous successive halving: at each rung the best of those that reached it go on."""

    min_resource: int = param(1, ge=1, description="The first rung, in steps.")
    reduction_factor: int = param(4, ge=2, description="Of so many trials at a rung one goes on.")
    min_early_stopping_rate: int = param(
        0, ge=0, description="Moves the first rung to min_resource * reduction_factor ** this."
    )
    bootstrap_count: int = param(0, ge=0, description="Trials that a rung keeps back before it lets one go on.")


class WilcoxonParams(Params):
    """For objectives over folds: stops a trial that a signed-rank test over its folds finds worse than the best."""

    p_threshold: float = param(
        0.1, ge=0.0, le=1.0, description="Stop at p-values below this. With n folds none is below 0.5 ** n."
    )
    n_startup_steps: int = param(2, ge=0, description="Nothing is stopped before this fold.")


class Pruner(Alternatives):
    """Exactly one pruner: a name, or a mapping of the name to its parameters."""

    none: NoPruner | None = param(None, description="Every trial runs to its end.")
    median: MedianParams | None = param(
        None, description="Stop what is worse than the median of the others at the same step."
    )
    hyperband: HyperbandPrunerParams | None = param(None, description="Successive halving in several brackets.")
    successive_halving: SuccessiveHalvingParams | None = param(
        None, description="At each rung the best of those that reached it go on."
    )
    wilcoxon: WilcoxonParams | None = param(
        None, description="For folds: stop what a signed-rank test finds worse than the best trial."
    )

    def unfit(self, epochs: int, folds: int) -> Iterable[Finding]:
        """What keeps the pruner from stopping anything, or from beginning at all.

        Args:
            epochs: the most epochs of a trial.
            folds: how many folds a trial is scored over; 0 for a validation part.
        """
        if self.hyperband is not None:
            most = self.hyperband.max_resource or epochs
            if self.hyperband.min_resource > most:
                yield Finding(
                    f"the first rung of the pruner hyperband is {self.hyperband.min_resource}, and a trial has {most} "
                    "steps",
                    ("with", "pruner"),
                    mend=f"min_resource: {max(1, most // 3)}, or more epochs",
                    severity="error",
                )
        elif self.wilcoxon is not None:
            if not folds:
                yield Finding(
                    "the pruner wilcoxon compares folds, and this split has none",
                    ("with", "pruner"),
                    reason="it takes the epochs of a trial for a sample, which they are not",
                    mend="pruner: median, or a split with folds",
                )
            elif 0.5**folds >= self.wilcoxon.p_threshold:
                yield Finding(
                    f"the pruner wilcoxon stops at p-values below {self.wilcoxon.p_threshold:g}, and {folds} folds "
                    f"give none below {0.5**folds:g}",
                    ("with", "pruner"),
                    reason="nothing is ever stopped",
                    mend="more folds, or pruner: median",
                )

    def make(self, epochs: int) -> optuna.pruners.BasePruner | None:
        """Optuna's own pruner for trials of at most ``epochs``; None if nothing is to be stopped."""
        from optuna import pruners

        if self.median is not None:
            return pruners.MedianPruner(**self.median.model_dump())
        if self.hyperband is not None:
            # Not Optuna's "auto": it would wait for the first finished trial to learn what the budget says.
            settings = {**self.hyperband.model_dump(), "max_resource": self.hyperband.max_resource or epochs}
            return pruners.HyperbandPruner(**settings)
        if self.successive_halving is not None:
            return pruners.SuccessiveHalvingPruner(**self.successive_halving.model_dump())
        if self.wilcoxon is not None:
            return pruners.WilcoxonPruner(**self.wilcoxon.model_dump())
        return None


class Judge:
    """Says when to stop one trial, from what was known when it was asked for.

    Args:
        pruner: this trial's own, for some remember what they saw first.
        study: the study that the trial belongs to: its name (which decides the brackets) and its direction.
        known: the study's trials as they were when the trial was asked for, the trial itself last. The first report
            copies them: 30 ms for 200 trials of 50 steps each; every later one takes 0.3 ms.
    """

    def __init__(
        self, pruner: optuna.pruners.BasePruner, study: optuna.Study, known: Sequence[optuna.trial.FrozenTrial]
    ) -> None:
        self._pruner = pruner
        self._name, self._direction, self._known = study.study_name, study.direction, known
        self._view: tuple[optuna.Study, optuna.storages.InMemoryStorage, int] | None = None

    def stops(self, step: int, score: float) -> bool:
        """Whether the trial is to stop at this step, after the steps that were given before."""
        study, storage, trial_id = self._look()
        storage.set_trial_intermediate_value(trial_id, step, score)
        return bool(self._pruner.prune(study, storage.get_trial(trial_id)))

    def seen(self) -> optuna.trial.FrozenTrial | None:
        """The trial with its steps and the pruner's notes on it; None if no step came."""
        if self._view is None:
            return None
        _, storage, trial_id = self._view
        return storage.get_trial(trial_id)

    def _look(self) -> tuple[optuna.Study, optuna.storages.InMemoryStorage, int]:
        if self._view is None:
            import optuna

            storage = optuna.storages.InMemoryStorage()
            study_id = storage.create_new_study([self._direction], self._name)
            *others, own = self._known
            # What finished without a step (another search's trial that was learned) is nothing to compare with; its
            # number stays taken, for brackets are drawn by number.
            blank = optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
            for other in others:
                storage.create_new_trial(study_id, _without_parameters(other) if other.intermediate_values else blank)
            trial_id = storage.create_new_trial(study_id, own)
            study = optuna.load_study(study_name=self._name, storage=storage, pruner=self._pruner)
            self._known = ()
            self._view = study, storage, trial_id
        return self._view


def _without_parameters(trial: optuna.trial.FrozenTrial) -> optuna.trial.FrozenTrial:
    """What a pruner sees of a trial. The storage copies what it is given, and parameters are most of that."""
    import optuna

    return optuna.trial.create_trial(
        state=trial.state,
        value=trial.value,
        intermediate_values=trial.intermediate_values,
        system_attrs={name: note for name, note in trial.system_attrs.items() if name.startswith("completed_rung_")},
    )
