"""Where runs are tracked: the store's address, where its artifacts go, and how a person opens it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Location:
    """``artifacts`` is the absolute URI for the artifacts of a new experiment; None lets the server decide."""

    tracking_uri: str
    artifacts: str | None

    def page(self, experiment_id: str, run_id: str) -> str:
        """What to type, or the address to open, to see a run."""
        if self.tracking_uri.startswith(_SQLITE):
            return f"mlflow ui --backend-store-uri {_SQLITE}{_shortest(_database(self.tracking_uri))}"
        if self.tracking_uri.startswith(("http://", "https://")):
            return f"{self.tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
        return f"mlflow ui --backend-store-uri {self.tracking_uri}"


def locate(tracking_uri: str | None, workspace: Path) -> Location:
    """The given store, or that of ``MLFLOW_TRACKING_URI``, or else ``mlflow.db`` in the workspace.

    MLflow would put the artifacts of an SQLite store relative to whatever the working folder is; here they lie beside
    the database.
    """
    uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}{workspace.resolve() / 'mlflow.db'}"
    if not uri.startswith(_SQLITE):
        return Location(uri, None)
    database = _database(uri).resolve()
    database.parent.mkdir(parents=True, exist_ok=True)
    return Location(f"{_SQLITE}{database}", database.with_name(f"{database.stem}-artifacts").as_uri())


def _database(uri: str) -> Path:
    return Path(uri.removeprefix(_SQLITE))


def _shortest(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
