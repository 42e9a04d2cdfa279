"""One experiment of one tracking store, addressed by ids only: no active run, no global tracking URI."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    # Its own patience with a server that does not answer is 7 tries of 120 s each, also when the process ends.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "6")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    # MLflow 3.17 warns of a type hint of its own while it is imported, and its tables use what SQLAlchemy 2.1
    # deprecates. Neither is anything that a user could mend.
    warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)
    warnings.filterwarnings("ignore", message="The ``noload`` loader strategy", category=DeprecationWarning)
    import mlflow.pyfunc  # noqa: F401

    for name in ("alembic", "mlflow.pyfunc", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What these would say of a store that is away or damaged, the observer says in one sentence.
    for name in ("mlflow.store.db.utils", "mlflow.store.tracking.sqlalchemy_store", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@dataclass
class Activity:
    """What the thread that tracks is about: whoever waits for it must know whether it waits for the store.

    Attributes:
        heard: when the store last answered, on the monotonic clock.
        busy: it works by itself: imports MLflow, makes a model's folder.
    """

    heard: float = field(default_factory=time.monotonic)
    busy: bool = False

    def hear(self) -> None:
        self.heard = time.monotonic()

    @contextlib.contextmanager
    def own_work(self) -> Iterator[None]:
        self.busy = True
        try:
            yield
        finally:
            self.hear()
            self.busy = False


class Tracker:
    """Writes runs. Every method may be called from any one thread at a time; `connect` makes it."""

    def __init__(self, client: MlflowClient, experiment_id: str, activity: Activity | None = None) -> None:
        self.client = client
        self.experiment_id = experiment_id
        self.activity = activity or Activity()

    @classmethod
    def connect(cls, location: Location, experiment: str, activity: Activity | None = None) -> Tracker:
        """Open the store and the experiment, making what is not there. Takes seconds.

        Raises:
            PluginError: the experiment was deleted. MLflow's own errors where the store cannot be reached.
        """
        activity = activity or Activity()
        with activity.own_work():
            import_mlflow()
        location.check()
        from mlflow import MlflowClient

        client = MlflowClient(location.tracking_uri, registry_uri=location.tracking_uri)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return cls(client, client.create_experiment(experiment, artifact_location=location.artifacts), activity)
        if found.lifecycle_stage == "deleted":
            raise PluginError(
                f"the MLflow experiment {experiment!r} is deleted; mend: `mlflow experiments restore -x "
                f"{found.experiment_id}` with MLFLOW_TRACKING_URI={location}, or choose another experiment"
            )
        return cls(client, found.experiment_id, activity)

    def find(self, tags: Mapping[str, str]) -> str | None:
        """The id of the oldest run of the experiment that has all of these tags; None if there is none."""
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        found = self.client.search_runs([self.experiment_id], wanted, order_by=["attributes.start_time ASC"])
        return str(found[0].info.run_id) if found else None

    def start(self, name: str, tags: Mapping[str, Any], parent: str | None = None, *, begun: int | None = None) -> str:
        """Begin a run; returns its id. ``begun``: when, in milliseconds of Unix time; now if absent."""
        found = {key: _text(value, _LONGEST_TAG) for key, value in tags.items()}
        if parent is not None:
            found["mlflow.parentRunId"] = parent
        run = self.client.create_run(self.experiment_id, start_time=begun or now(), tags=found, run_name=name)
        self.activity.hear()
        run_id: str = run.info.run_id
        return run_id

    def end(self, run_id: str, status: str, at: int | None = None) -> None:
        """``status``: FINISHED, FAILED or KILLED; ``at``: when, in milliseconds of Unix time."""
        self.client.set_terminated(run_id, status, at or now())

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
            self.activity.hear()

    def log_trial(
        self,
        parent: str,
        trial: TrialRecord,
        objective: str,
        *,
        cached: bool,
        epochs: bool,
        at: int | None = None,
        known: str | None = None,
    ) -> str:
        """A finished or failed trial as a child run; returns its id.

        ``at``: when it ended, in milliseconds; ``known``: the id of a child that was begun for it already.
        """
        at = at or now()
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
        begun = at - (0 if cached else int(1000 * trial.seconds))
        run_id = known or self.start(trial.name, tags, parent, begun=begun)
        final = {"best_epoch": trial.best_epoch, "epochs": trial.epochs, "seconds": trial.seconds}
        if trial.score is not None:
            final[f"valid_{objective}"] = trial.score
        metrics = make_metrics(final, at)
        if epochs:
            for place, epoch in enumerate(trial.history, start=1):
                values = {name: value for name, value in epoch.items() if name != "epoch"}
                metrics += make_metrics(values, at, step=int(epoch.get("epoch", place)))
        self.log(run_id, metrics, {**trial.bindings, **trial.parameters})
        self.end(run_id, "FAILED" if trial.status == "failed" else "FINISHED", at)
        return run_id

    def log_files(self, run_id: str, files: Iterable[Path]) -> None:
        """Those of the files that exist, as artifacts of the run."""
        for file in files:
            if file.is_file():
                self.client.log_artifact(run_id, str(file))
                self.activity.hear()


def make_metrics(values: Mapping[str, float], at: int, step: int = 0, model_id: str | None = None) -> list[Metric]:
    """MLflow metrics of the finite values, as of ``at`` (milliseconds); its charts cannot show the others.

    MLflow keeps one of several that are equal in all of this, so that sending them again adds none.
    """
    from mlflow.entities import Metric

    return [
        Metric(name, float(value), at, step, model_id=model_id)
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


def now() -> int:
    """Milliseconds of Unix time."""
    return time.time_ns() // 1_000_000
