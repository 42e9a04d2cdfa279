"""Every built-in observer keeps the contract of observers, and so does the fake that we ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.observer import Observer
from automl.plugins import Registry
from automl.testing import ObserverContract, RecordingObserver

REGISTRY = Registry.load()


class TestBuiltInObservers(ObserverContract):
    @pytest.fixture(autouse=True, params=REGISTRY.ids("observers"))
    def _kind(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        monkeypatch.chdir(tmp_path)
        self.kind: type[Observer] = REGISTRY.get("observers", request.param)

    def make_observer(self, folder: Path) -> Observer:
        return self.kind(self.kind.Params.model_validate(dict(self.kind.examples()[0])))


class TestRecordingObserver(ObserverContract):
    def make_observer(self, folder: Path) -> Observer:
        return RecordingObserver()
