"""From an entry of the outbox to MLflow. Sending one twice leaves what sending it once does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.model import TrialRecord
from automl_mlflow.outbox import Entry, Outbox, Sent
from automl_mlflow.tracker import Tracker, make_metrics

_MODEL_TAG = "automl.model_id"


class Sending:
    """Sends entries of one run, in their order.

    Args:
        tracker: where to.
        sent: how far it got already; brought up to date.
        directory: the run's folder, for its files.
        again: parts of an entry may be there already, from a try that was cut short: they are looked for.
    """

    def __init__(self, tracker: Tracker, sent: Sent, directory: Path, *, again: bool = False) -> None:
        self._tracker = tracker
        self._sent = sent
        self._directory = directory
        self._again = again

    @classmethod
    def of(cls, tracker: Tracker, outbox: Outbox, *, again: bool = False) -> Sending:
        return cls(tracker, outbox.sent, outbox.path.parent, again=again)

    def send(self, entry: Entry) -> None:
        """Raises MLflow's own errors."""
        {"run": self._begin, "trial": self._trial, "end": self._end}[entry["kind"]](entry)
        self._sent.entries += 1

    def _begin(self, entry: Entry) -> None:
        known = self._tracker.find({"automl.run_id": entry["name"]}) if self._again else None
        self._sent.run = known or self._tracker.start(entry["name"], entry["tags"], begun=entry["at"])
        self._tracker.log(self._sent.run, params=entry["params"])
        self._tracker.client.log_text(self._sent.run, entry["declaration"], "pipeline.yaml")

    def _trial(self, entry: Entry) -> None:
        trial, parent = TrialRecord(**entry["trial"]), self._parent
        known = None
        if self._again:
            known = self._tracker.find({"mlflow.parentRunId": parent, "automl.trial": trial.name})
        self._sent.children[trial.name] = self._tracker.log_trial(
            parent,
            trial,
            entry["objective"],
            cached=entry["cached"],
            epochs=entry["epochs"],
            at=entry["at"],
            known=known,
        )

    def _end(self, entry: Entry) -> None:
        run, at, tracker = self._parent, entry["at"], self._tracker
        tracker.log(run, make_metrics(entry["metrics"], at), entry["params"], entry["tags"])
        for name, tags in entry["trial_tags"].items():
            tracker.log(self._sent.children[name], tags=tags)
        if entry["leaderboard"] is not None:
            tracker.client.log_text(run, entry["leaderboard"], "leaderboard.csv")
        model_id = self._model(entry, run) if entry["bundle"] is not None else None
        own = {name: value for name, value in entry["scores"].items() if name.startswith("test_")}
        others = {name: value for name, value in entry["scores"].items() if name not in own}
        tracker.log(run, [*make_metrics(own, at, model_id=model_id), *make_metrics(others, at)])
        for name, scores in entry["trial_scores"].items():
            if name in self._sent.children:
                tracker.log(self._sent.children[name], make_metrics(scores, at))
        tracker.log_files(run, [self._directory / name for name in entry["files"]])
        tracker.end(run, entry["status"], at)

    def _model(self, entry: Entry, run: str) -> str:
        from automl_mlflow.logged_model import log_model, register

        tags: Mapping[str, Any] = self._tracker.client.get_run(run).data.tags if self._again else {}
        if _MODEL_TAG in tags:
            return str(tags[_MODEL_TAG])
        model_id = log_model(self._tracker, run, self._directory / entry["bundle"], entry["model_params"])
        if entry["register"]:
            register(self._tracker, entry["register"], model_id, run)
        self._tracker.log(run, tags={_MODEL_TAG: model_id})
        return model_id

    @property
    def _parent(self) -> str:
        assert self._sent.run is not None
        return self._sent.run
