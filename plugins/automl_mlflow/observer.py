"""The observer: one parent run for the pipeline, one child run for every trial, and the model at the end."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ClassVar

from automl import events
from automl.components import Component
from automl.hookspecs import hookimpl
from automl.model import SearchResult
from automl.params import Params, param
from automl_mlflow.location import Location, locate
from automl_mlflow.tracker import Tracker, make_metrics

_KEPT_FILES = ("report.html", "report.json", "ledger.jsonl", "events.jsonl")
_PARAMS_OF_MODEL = 100


class MlflowParams(Params):
    """Parameters of `mlflow`."""

    experiment: str | None = param(
        None, min_length=1, identity=False, description="The experiment's name; by default the pipeline's."
    )
    tracking_uri: str | None = param(
        None,
        identity=False,
        description="Where runs are tracked; by default MLFLOW_TRACKING_URI, or else the file .automl/mlflow.db.",
    )
    registered_model: str | None = param(
        None, min_length=1, identity=False, description="Register the model as the newest version of this name."
    )
    log_epochs: bool = param(
        True, identity=False, description="Log the metrics of every epoch, not only the final ones."
    )


@dataclass
class _Run:
    """What is known of the run under way. ``children`` maps trials to their run ids."""

    tracker: Tracker
    id: str
    children: dict[str, str] = field(default_factory=dict)


class MlflowObserver(Component):
    """Tracks the run, its trials and its model in MLflow."""

    id: ClassVar[str] = "mlflow"
    engines: ClassVar[tuple[str, ...]] = ("mlflow",)
    Params: ClassVar[type[Params]] = MlflowParams

    _location: Location | None = None
    _opening: Future[_Run] | None = None
    _objective: str | None = None
    _lost = False

    @property
    def links(self) -> Mapping[str, str]:
        """How to see the run: what to type or open, and its id. Empty before a run, or if the store was not reached."""
        if self._opening is None or self._location is None or self._opening.exception() is not None:
            return {}
        run = self._opening.result()
        return {"MLflow page": self._location.page(run.tracker.experiment_id, run.id), "MLflow run": run.id}

    @hookimpl
    def run_started(self, event: events.RunStarted) -> None:
        """Begin to connect in the background: importing MLflow and opening the store take seconds."""
        self._lost, self._objective = False, None
        self._location = locate(self.params.tracking_uri, event.directory.parent.parent)
        opener = ThreadPoolExecutor(max_workers=1, thread_name_prefix="automl-mlflow")
        self._opening = opener.submit(self._open, event, self._location)
        opener.shutdown(wait=False)

    def _open(self, event: events.RunStarted, location: Location) -> _Run:
        tracker = Tracker.connect(location, self.params.experiment or event.pipeline)
        tags = {
            "automl.run_id": event.run_id,
            "automl.pipeline": event.pipeline,
            "automl.seed": event.seed,
            "automl.source": event.source or "",
            "mlflow.source.name": event.source or event.pipeline,
            "mlflow.source.type": "LOCAL",
        }
        run_id = tracker.start(event.run_id, tags)
        tracker.log(run_id, params={"pipeline": event.pipeline, "seed": event.seed, "stages": ", ".join(event.stages)})
        tracker.client.log_text(run_id, event.declaration, "pipeline.yaml")
        return _Run(tracker, run_id)

    def _run(self) -> _Run | None:
        """The run, waiting for the connection. If that failed, raises once and is None from then on."""
        if self._opening is None or self._lost:
            return None
        self._lost = self._opening.exception() is not None
        return self._opening.result()

    @hookimpl
    def search_started(self, event: events.SearchStarted) -> None:
        self._objective = event.objective

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        """Log the trial. Without a search's start the objective is unknown: then the run's end logs it."""
        if self._objective is None or (run := self._run()) is None:
            return
        run.children[event.trial.name] = run.tracker.log_trial(
            run.id, event.trial, self._objective, cached=event.cached, epochs=self.params.log_epochs
        )

    @hookimpl
    def run_failed(self, event: events.RunFailed) -> None:
        self._end_early(event, "FAILED", {"automl.error": event.error})

    @hookimpl
    def run_interrupted(self, event: events.RunInterrupted) -> None:
        self._end_early(event, "KILLED", {"automl.interrupted": event.cause})

    def _end_early(self, event: events.RunFailed | events.RunInterrupted, status: str, tags: Mapping[str, str]) -> None:
        run = self._run()
        if run is None:
            return
        run.tracker.log(run.id, make_metrics({"run_seconds": event.seconds}), tags=tags)
        run.tracker.log_files(run.id, [event.directory / name for name in _KEPT_FILES])
        run.tracker.end(run.id, status)

    @hookimpl
    def run_finished(self, event: events.RunFinished) -> None:
        """Log what the run left: scores, files and the model."""
        run = self._run()
        if run is None:
            return
        winner: dict[str, str] = {}
        if event.search is not None:
            winner = self._log_search(run, event.search)
        model_id = self._log_model(run, event, winner) if event.bundle is not None else None
        self._log_scores(run, event, model_id)
        tags = {"automl.executed": ", ".join(event.executed), "automl.cached": ", ".join(event.cached)}
        if event.gates_missed:
            tags["automl.gates_missed"] = "; ".join(event.gates_missed)
        run.tracker.log(run.id, make_metrics({"run_seconds": event.seconds}), tags=tags)
        run.tracker.log_files(run.id, [event.directory / name for name in _KEPT_FILES])
        run.tracker.end(run.id, "FINISHED")

    def _log_search(self, run: _Run, search: SearchResult) -> dict[str, str]:
        """The trials of which no event told (their search was in the store), and the winner's parameters."""
        for trial in search.trials:
            if trial.name not in run.children:
                run.children[trial.name] = run.tracker.log_trial(
                    run.id, trial, search.objective, cached=True, epochs=self.params.log_epochs
                )
        best = next(trial for trial in search.trials if trial.name == search.winner)
        params = {f"winner.{name}": str(value) for name, value in {**best.bindings, **best.parameters}.items()}
        metrics = make_metrics({} if best.score is None else {f"valid_{search.objective}": best.score})
        tags = {
            "automl.winner": best.name,
            "automl.objective": search.objective,
            "automl.stopped_by": search.stopped_by,
        }
        run.tracker.log(run.id, metrics, params, tags)
        run.tracker.log(run.children[best.name], tags={"automl.is_winner": True})
        run.tracker.client.log_text(run.id, leaderboard_csv(search), "leaderboard.csv")
        return params

    def _log_model(self, run: _Run, event: events.RunFinished, winner: dict[str, str]) -> str:
        from automl_mlflow.logged_model import log_model, register

        assert event.bundle is not None
        kept = dict(list(winner.items())[:_PARAMS_OF_MODEL])
        model_id = log_model(run.tracker, run.id, event.bundle, kept)
        if self.params.registered_model:
            register(run.tracker, self.params.registered_model, model_id, run.id)
        return model_id

    def _log_scores(self, run: _Run, event: events.RunFinished, model_id: str | None) -> None:
        """Test scores: the winner's on the run and its trial, each baseline's likewise, so that tables compare them."""
        if event.evaluation is None:
            return
        own = {f"test_{name}": value for name, value in event.evaluation.metrics.items()}
        metrics = make_metrics(own, model_id=model_id)
        for baseline, scores in event.evaluation.baselines.items():
            metrics += make_metrics({f"{baseline}.test_{name}": value for name, value in scores.items()})
            if baseline in run.children:
                of_trial = {f"test_{name}": value for name, value in scores.items()}
                run.tracker.log(run.children[baseline], make_metrics(of_trial))
        run.tracker.log(run.id, metrics)
        if event.search is not None:
            run.tracker.log(run.children[event.search.winner], make_metrics(own))


def leaderboard_csv(search: SearchResult) -> str:
    """Trials and baselines, best first; a column for each parameter that any of them has."""
    ranked = search.leaderboard()
    settings = [{**trial.bindings, **trial.parameters} for trial in ranked]
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
