"""The observer: one parent run for the pipeline, one child run for every trial, and the model at the end."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import field_validator

from automl import events
from automl.components import Component
from automl.errors import PluginError
from automl.hookspecs import hookimpl
from automl.model import SearchResult, TrialRecord
from automl.params import Params, param
from automl.secret import Address, without_hidden_values
from automl_mlflow.location import Location, locate, unfit
from automl_mlflow.outbox import FILE, Outbox
from automl_mlflow.sender import Sender
from automl_mlflow.tracker import now

_KEPT_FILES = ("report.html", "report.json", "ledger.jsonl", "events.jsonl")
_PARAMS_OF_MODEL = 100


class MlflowParams(Params):
    """Parameters of `mlflow`."""

    experiment: str | None = param(
        None, min_length=1, identity=False, description="The experiment's name; by default the pipeline's."
    )
    tracking_uri: Address | None = param(
        None,
        identity=False,
        description="Where runs are tracked; by default MLFLOW_TRACKING_URI, or else the file .automl/mlflow.db. One "
        "with a password is given as ${env:NAME}.",
    )
    registered_model: str | None = param(
        None, min_length=1, identity=False, description="Register the model as the newest version of this name."
    )
    log_epochs: bool = param(
        True, identity=False, description="Log the metrics of every epoch, not only the final ones."
    )

    @field_validator("tracking_uri")
    @classmethod
    def _is_taken(cls, address: Address | None) -> Address | None:
        if address is not None and (fault := unfit(address)):
            raise ValueError(fault)
        return address


class MlflowObserver(Component):
    """Tracks the run, its trials and its model in MLflow."""

    id: ClassVar[str] = "mlflow"
    engines: ClassVar[tuple[str, ...]] = ("mlflow",)
    Params: ClassVar[type[Params]] = MlflowParams

    _location: Location | None = None
    _outbox: Outbox | None = None
    _sender: Sender | None = None
    _objective: str | None = None
    _told = False

    @property
    def links(self) -> Mapping[str, str]:
        """How to see the run: what to type or open, and its id; or how to send later what the tracker missed."""
        if self._outbox is None:
            return {}
        if self._sender is not None:
            self._sender.settle()
        run, tracker = self._outbox.sent.run, self._sender.tracker if self._sender else None
        if self._location is None or run is None or tracker is None or self._cause() is not None:
            return {"MLflow later": self._sync()}
        return {"MLflow page": self._location.page(tracker.experiment_id, run), "MLflow run": run}

    @hookimpl
    def run_started(self, event: events.RunStarted) -> None:
        """Begin to connect in the background: importing MLflow and opening the store take seconds."""
        self._told, self._objective, self._sender, self._location = False, None, None, None
        self._outbox = Outbox(event.directory / FILE)
        given: Address | None = self.params.tracking_uri
        experiment = self.params.experiment or event.pipeline
        tags = {
            "automl.run_id": event.run_id,
            "automl.pipeline": event.pipeline,
            "automl.seed": event.seed,
            "automl.source": event.source or "",
            "mlflow.source.name": event.source or event.pipeline,
            "mlflow.source.type": "LOCAL",
        }
        params = {"pipeline": event.pipeline, "seed": event.seed, "stages": ", ".join(event.stages)}
        self._outbox.add(
            "run", at=now(), name=event.run_id, experiment=experiment, tags=tags, params=params,
            declaration=event.declaration, tracking_uri=None if given is None else given.reference or str(given),
        )  # fmt: skip
        self._location = locate(given, event.directory.parent.parent)
        self._sender = Sender(self._location, experiment, self._outbox)

    @hookimpl
    def search_started(self, event: events.SearchStarted) -> None:
        self._objective = event.objective

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        """Note the trial. Without a search's start the objective is unknown: then the run's end notes it."""
        if self._objective is not None and self._outbox is not None:
            self._note_trial(self._outbox, event.trial, self._objective, cached=event.cached)
        self._tell_once()

    @hookimpl
    def run_failed(self, event: events.RunFailed) -> None:
        self._end("FAILED", {"run_seconds": event.seconds}, {"automl.error": event.error})

    @hookimpl
    def run_interrupted(self, event: events.RunInterrupted) -> None:
        self._end("KILLED", {"run_seconds": event.seconds}, {"automl.interrupted": event.cause})

    @hookimpl
    def run_finished(self, event: events.RunFinished) -> None:
        """Note what the run left: scores, files and the model."""
        if self._outbox is None:
            return
        metrics: dict[str, float] = {"run_seconds": event.seconds}
        tags = {"automl.executed": ", ".join(event.executed), "automl.cached": ", ".join(event.cached)}
        if event.gates_missed:
            tags["automl.gates_missed"] = "; ".join(event.gates_missed)
        params: dict[str, str] = {}
        trial_tags: dict[str, Mapping[str, Any]] = {}
        leaderboard = None
        if event.search is not None:
            best = self._note_search(self._outbox, event.search)
            shown = without_hidden_values({**best.bindings, **best.parameters})
            params = {f"winner.{name}": str(value) for name, value in shown.items()}
            tags |= {"automl.winner": best.name, "automl.objective": event.search.objective}
            tags["automl.stopped_by"] = event.search.stopped_by
            trial_tags[best.name] = {"automl.is_winner": True}
            leaderboard = leaderboard_csv(event.search)
            if best.score is not None:
                metrics[f"valid_{event.search.objective}"] = best.score
        scores, trial_scores = _scores(event)
        self._end(
            "FINISHED", metrics, tags, params=params, trial_tags=trial_tags, leaderboard=leaderboard, scores=scores,
            trial_scores=trial_scores, bundle=event.bundle.name if event.bundle is not None else None,
            model_params=dict(list(params.items())[:_PARAMS_OF_MODEL]), register=self.params.registered_model,
        )  # fmt: skip

    def _note_search(self, outbox: Outbox, search: SearchResult) -> TrialRecord:
        """The trials of which no event told (their search was in the store); returns the winner."""
        for trial in search.trials:
            if trial.name not in outbox.trials:
                self._note_trial(outbox, trial, search.objective, cached=True)
        return next(trial for trial in search.trials if trial.name == search.winner)

    def _note_trial(self, outbox: Outbox, trial: TrialRecord, objective: str, *, cached: bool) -> None:
        outbox.trials.add(trial.name)
        shown = {part: without_hidden_values(getattr(trial, part)) for part in ("parameters", "bindings")}
        state = {**trial.to_state(), **shown}
        outbox.add("trial", at=now(), trial=state, objective=objective, cached=cached, epochs=self.params.log_epochs)

    def _end(self, status: str, metrics: Mapping[str, float], tags: Mapping[str, str], **more: Any) -> None:
        """Note the end, and wait until the tracker has heard it all or will not."""
        if self._outbox is None:
            return
        nothing: dict[str, Any] = {
            "params": {}, "trial_tags": {}, "leaderboard": None, "scores": {}, "trial_scores": {}, "bundle": None,
            "model_params": {}, "register": None,
        }  # fmt: skip
        ending = {**nothing, **more, "status": status, "metrics": metrics, "tags": tags}
        self._outbox.add("end", at=now(), files=list(_KEPT_FILES), **ending)
        if self._sender is not None:
            self._sender.settle()
            if self._sender.lost is None:
                self._outbox.remove()
        self._tell_once()

    def _tell_once(self) -> None:
        """Raise PluginError if the tracker cannot be used and nobody was told yet."""
        cause = self._cause()
        if cause is None or self._told:
            return
        self._told = True
        raise PluginError(
            f"this run is not tracked, for MLflow at {self._location or 'its address'} cannot be used: {cause}; what "
            f"it misses is kept; mend: once it can be, `{self._sync()}`"
        )

    def _cause(self) -> str | None:
        return self._sender.lost if self._sender is not None else None

    def _sync(self) -> str:
        assert self._outbox is not None
        return f"automl track sync {shlex.quote(_shortest(self._outbox.path.parent))}"


def _shortest(path: Path) -> str:
    here = Path.cwd()
    return str(path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path)


def _scores(event: events.RunFinished) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Test scores: of the run, and of its trials; each baseline's stand on both, so that tables compare them."""
    if event.evaluation is None:
        return {}, {}
    scores = {f"test_{name}": value for name, value in event.evaluation.metrics.items()}
    trials = {}
    if event.search is not None:
        trials[event.search.winner] = dict(scores)
    for baseline, found in event.evaluation.baselines.items():
        scores |= {f"{baseline}.test_{name}": value for name, value in found.items()}
        trials[baseline] = {f"test_{name}": value for name, value in found.items()}
    return scores, trials


def leaderboard_csv(search: SearchResult) -> str:
    """Trials and baselines, best first; a column for each parameter that any of them has."""
    ranked = search.leaderboard()
    settings = [without_hidden_values({**trial.bindings, **trial.parameters}) for trial in ranked]
    names = list(dict.fromkeys(name for values in settings for name in values))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    about = ("place", "name", "learner", "network", "status", search.objective, "best_epoch", "epochs", "seconds")
    writer.writerow([*about, *names])
    for place, (trial, values) in enumerate(zip(ranked, settings, strict=True), start=1):
        row = (place, trial.name, trial.learner, trial.network, trial.status, trial.score)
        rest = (trial.best_epoch, trial.epochs, round(trial.seconds, 3))
        writer.writerow([*row, *rest, *(values.get(name, "") for name in names)])
    return text.getvalue()
