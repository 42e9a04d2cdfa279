"""A finished run in a folder of its own, with a tracking store."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from finished_runs import FinishedRun, make_finished_run

from automl.plugins import Registry
from automl.secret import Address
from automl_mlflow.location import locate
from automl_mlflow.tracker import Tracker


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with its tables: making them takes MLflow many seconds, copying them none."""
    workspace = tmp_path_factory.mktemp("mlflow")
    Tracker.connect(locate(Address(f"sqlite:///{workspace / 'mlflow.db'}"), workspace), "unused")
    return workspace / "mlflow.db"


@pytest.fixture
def finished_run(tmp_path: Path, registry: Registry, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> FinishedRun:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = make_finished_run(tmp_path, registry)
    shutil.copy(empty_store, run.started.directory.parent.parent / "mlflow.db")
    return run
