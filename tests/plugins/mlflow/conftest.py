"""A finished run in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from finished_runs import FinishedRun, make_finished_run

from automl.plugins import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture
def finished_run(tmp_path: Path, registry: Registry) -> FinishedRun:
    return make_finished_run(tmp_path, registry)
