"""The observer that keeps searches in an Optuna journal, which optuna-dashboard opens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from automl import events
from automl import params as parameters
from automl.hookspecs import hookimpl
from automl.model import TrialRecord
from automl.observer import Observer
from automl.params import param
from automl.search.domains import Choice, Domain, Float, Int, Ordered
from automl.search.space import Space

if TYPE_CHECKING:
    import optuna

_PLAIN = (bool, int, float, str, type(None))


class OptunaJournalParams(parameters.Params):
    path: str = param(
        "optuna.log",
        min_length=1,
        identity=False,
        description="The journal file, relative to the working folder; searches are added to what it holds.",
    )


class OptunaJournal(Observer):
    """Writes every search, of any tuner, as a study into an Optuna journal file.

    A study is named ``pipeline/run/stage``. Each trial is written when it is told: its parameters and their
    distributions (of conditional ones, where they are active), its score epoch by epoch, how it ended, and the rest as
    user attributes. Baselines are attributes of the study, for they have no parameters. A search that is found in the
    store belongs to the run that carried it out and is not written again.
    """

    id: ClassVar[str] = "optuna_journal"
    engines: ClassVar[tuple[str, ...]] = ("optuna",)
    Params: ClassVar[type[parameters.Params]] = OptunaJournalParams

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self._run: events.RunStarted | None = None
        self._studies: dict[str, _Study] = {}
        self._has_written = False

    @property
    def links(self) -> Mapping[str, str]:
        """How to look at the journal; empty until something is in it."""
        return {"Optuna journal": f"optuna-dashboard {self.params.path}"} if self._has_written else {}

    @hookimpl
    def run_started(self, event: events.RunStarted) -> None:
        self._run, self._studies = event, {}

    @hookimpl
    def search_started(self, event: events.SearchStarted) -> None:
        study = self._study(event.stage, event.objective, event.greater_is_better)
        if study is None:
            return
        study.space = Space.from_state(event.dimensions) if event.dimensions else None
        study.note(tuner=event.tuner, trials=event.trials, epochs=event.epochs, seconds=event.seconds)

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        if event.stage in self._studies:
            self._studies[event.stage].write(event.trial, cached=event.cached)

    @hookimpl
    def search_finished(self, event: events.SearchFinished) -> None:
        """Write the trials of which no event told, and what the search came to."""
        result = event.result
        study = self._study(event.stage, result.objective, result.greater_is_better)
        if study is None:
            return
        for trial in result.trials:
            study.write(trial, cached=True)
        study.note(winner=result.winner, stopped_by=result.stopped_by)

    def _study(self, stage: str, objective: str, greater_is_better: bool) -> _Study | None:
        """The study of this run's search, made if it is not there; None without a run."""
        if self._run is None:
            return None
        if stage not in self._studies:
            self._studies[stage] = _Study(Path(self.params.path), self._run, stage, objective, greater_is_better)
            self._has_written = True
        return self._studies[stage]


class _Study:
    """A study in the journal.

    Attributes:
        space: the dimensions; None where nobody told, and then all values are user attributes.
    """

    def __init__(self, path: Path, run: events.RunStarted, stage: str, objective: str, greater_is_better: bool) -> None:
        import optuna

        path.parent.mkdir(parents=True, exist_ok=True)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        self._study = optuna.create_study(
            study_name=f"{run.pipeline}/{run.run_id}/{stage}",
            storage=optuna.storages.JournalStorage(backend),
            direction="maximize" if greater_is_better else "minimize",
            load_if_exists=True,
        )
        self._written: set[str] = set()
        self.space: Space | None = None
        self.note(pipeline=run.pipeline, run=run.run_id, stage=stage, objective=objective, seed=run.seed)

    def note(self, **attributes: str | int | float | None) -> None:
        """Set attributes of the study."""
        for name, value in attributes.items():
            self._study.set_user_attr(name, value)

    def write(self, trial: TrialRecord, *, cached: bool) -> None:
        """Add a trial, or note a baseline; once."""
        if trial.name in self._written:
            return
        self._written.add(trial.name)
        if trial.is_baseline:
            self._study.set_user_attr(f"baseline: {trial.name}", trial.score if trial.error is None else trial.error)
        else:
            self._study.add_trial(self._frozen(trial, cached=cached))

    def _frozen(self, trial: TrialRecord, *, cached: bool) -> optuna.trial.FrozenTrial:
        import optuna

        values = {**trial.bindings, **trial.parameters}
        domains = {} if self.space is None else {d.name: d.domain for d in self.space.active(values)}
        known = {name: value for name, value in values.items() if name in domains and domains[name].contains(value)}
        attributes = {
            "name": trial.name,
            "epochs": trial.epochs,
            "best_epoch": trial.best_epoch,
            "seconds": round(trial.seconds, 3),
            "cached": cached,
            "learner": trial.learner,
            "network": trial.network,
            "bindings": {name: _plain(value) for name, value in trial.bindings.items()},
            "continues": trial.continues,
            "cause": trial.error,
            **{name: _plain(value) for name, value in values.items() if name not in known},
        }
        frozen = optuna.trial.create_trial(
            state=_states()[trial.status],
            value=None if trial.status == "failed" else trial.score,
            params={name: _plain(value) for name, value in known.items()},
            distributions={name: _distribution(domains[name]) for name in known},
            user_attrs={name: value for name, value in attributes.items() if value not in (None, {})},
            intermediate_values={
                int(epoch["epoch"]): epoch["score"] for epoch in trial.history if math.isfinite(epoch["score"])
            },
            constraints={"excess": trial.excess} if trial.excess > 0 else None,
        )
        if frozen.datetime_complete is not None:
            frozen.datetime_start = frozen.datetime_complete - timedelta(seconds=trial.seconds)
        return frozen


def _states() -> dict[str, optuna.trial.TrialState]:
    from optuna.trial import TrialState

    return {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


def _plain(value: Any) -> Any:
    """A value that Optuna takes as it is; lists and mappings as text."""
    return value if isinstance(value, _PLAIN) else str(value)


def _distribution(domain: Domain) -> optuna.distributions.BaseDistribution:
    """A domain with its values as a person reads them."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    match domain:
        case Choice(values=values) | Ordered(values=values):
            return CategoricalDistribution([_plain(value) for value in values])
        case Int(low=low, high=high, log=log, step=step):
            return IntDistribution(low, high - (high - low) % step, log=log, step=step)
        case Float(low=low, high=high, log=log, step=step):
            # Optuna lets a range end on a step only; ours adds up steps in its own way, and is rounded last.
            return FloatDistribution(low, high, log=log)
