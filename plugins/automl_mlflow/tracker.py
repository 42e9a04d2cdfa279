"""One experiment of one tracking store, addressed by ids only: no active run, no global tracking URI."""

from __future__ import annotations

import logging
import math
import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from automl.errors import PluginError
from automl.model import TrialRecord
from automl_mlflow.location import Location

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

Item = TypeVar("Item")
_METRICS_PER_CALL, _PARAMS_PER_CALL, _TAGS_PER_CALL = 800, 100, 90
"""MLflow refuses batches of more than 1000 metrics, 100 parameters and 100 tags, or 1000 in all."""
_LONGEST_VALUE = 6000
_LONGEST_TAG = 5000


def import_mlflow() -> None:
    """Import MLflow so that it neither phones home nor prints, and what it does wrong itself stays unsaid."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # MLflow 3.17 warns of a type hint of its own while it is imported, and its tables use what SQLAlchemy 2.1
    # deprecates. Neither is anything that a user could mend.
    warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)
    warnings.filterwarnings("ignore", message="The ``noload`` loader strategy", category=DeprecationWarning)
    import mlflow.pyfunc  # noqa: F401

    for name in ("alembic", "mlflow.pyfunc", "mlflow.store.db.utils", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Tracker:
    """Writes runs. Every method may be called from any one thread at a time; `connect` makes it."""

    def __init__(self, client: MlflowClient, experiment_id: str) -> None:
        self.client = client
        self.experiment_id = experiment_id

    @classmethod
    def connect(cls, location: Location, experiment: str) -> Tracker:
        """Open the store and the experiment, making what is not there. Takes seconds.

        Raises:
            PluginError: the experiment was deleted. MLflow's own errors where the store cannot be reached.
        """
        import_mlflow()
        from mlflow import MlflowClient

        client = MlflowClient(location.tracking_uri, registry_uri=location.tracking_uri)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return cls(client, client.create_experiment(experiment, artifact_location=location.artifacts))
        if found.lifecycle_stage == "deleted":
            raise PluginError(
                f"the MLflow experiment {experiment!r} is deleted; mend: `mlflow experiments restore -x "
                f"{found.experiment_id}` with MLFLOW_TRACKING_URI={location.tracking_uri}, or choose another experiment"
            )
        return cls(client, found.experiment_id)

    def start(self, name: str, tags: Mapping[str, Any], parent: str | None = None, seconds_ago: float = 0.0) -> str:
        """Begin a run; returns its id."""
        found = {key: _text(value, _LONGEST_TAG) for key, value in tags.items()}
        if parent is not None:
            found["mlflow.parentRunId"] = parent
        begun = _now() - int(1000 * seconds_ago)
        run = self.client.create_run(self.experiment_id, start_time=begun, tags=found, run_name=name)
        run_id: str = run.info.run_id
        return run_id

    def end(self, run_id: str, status: str) -> None:
        """``status``: FINISHED, FAILED or KILLED."""
        self.client.set_terminated(run_id, status)

    def log(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> None:
        """Everything in one call, or in as few as MLflow's limits allow."""
        from mlflow.entities import Param, RunTag

        metric_chunks = _chunks(metrics, _METRICS_PER_CALL)
        param_chunks = _chunks(
            [Param(k, _text(v, _LONGEST_VALUE)) for k, v in (params or {}).items()], _PARAMS_PER_CALL
        )
        tag_chunks = _chunks([RunTag(k, _text(v, _LONGEST_TAG)) for k, v in (tags or {}).items()], _TAGS_PER_CALL)
        for some, settings, marks in zip_longest(metric_chunks, param_chunks, tag_chunks, fillvalue=()):
            self.client.log_batch(run_id, metrics=some, params=settings, tags=marks)

    def log_trial(self, parent: str, trial: TrialRecord, objective: str, *, cached: bool, epochs: bool) -> str:
        """A finished or failed trial as a child run; returns its id."""
        tags = {
            "automl.trial": trial.name,
            "automl.learner": trial.learner,
            "automl.network": trial.network or "",
            "automl.baseline": trial.is_baseline,
            "automl.cached": cached,
            "automl.status": trial.status,
            **({"automl.continues": trial.continues} if trial.continues is not None else {}),
            **({"automl.error": trial.error} if trial.error else {}),
        }
        run_id = self.start(trial.name, tags, parent, 0.0 if cached else trial.seconds)
        final = {"best_epoch": trial.best_epoch, "epochs": trial.epochs, "seconds": trial.seconds}
        if trial.score is not None:
            final[f"valid_{objective}"] = trial.score
        metrics = make_metrics(final)
        if epochs:
            for place, epoch in enumerate(trial.history, start=1):
                values = {name: value for name, value in epoch.items() if name != "epoch"}
                metrics += make_metrics(values, step=int(epoch.get("epoch", place)))
        self.log(run_id, metrics, {**trial.bindings, **trial.parameters})
        self.end(run_id, "FAILED" if trial.status == "failed" else "FINISHED")
        return run_id

    def log_files(self, run_id: str, files: Iterable[Path]) -> None:
        """Those of the files that exist, as artifacts of the run."""
        for file in files:
            if file.is_file():
                self.client.log_artifact(run_id, str(file))


def make_metrics(values: Mapping[str, float], step: int = 0, model_id: str | None = None) -> list[Metric]:
    """MLflow metrics of the finite values; its charts cannot show the others."""
    from mlflow.entities import Metric

    now = _now()
    return [
        Metric(name, float(value), now, step, model_id=model_id)
        for name, value in values.items()
        if math.isfinite(value)
    ]


def _chunks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def _text(value: Any, longest: int) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _now() -> int:
    return time.time_ns() // 1_000_000
