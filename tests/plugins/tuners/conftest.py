"""Searches of toys: the kernel's own pipeline of toys under any tuner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from toy_runs import PIPELINE, make_registry

from automl import run as runs
from automl.events import RunFinished
from automl.pipeline_file import loads
from automl.plugins import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return make_registry()


@pytest.fixture
def run_toys(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunFinished]:
    """Run the pipeline of toys with ``--set`` changes, in this test's own folder."""
    monkeypatch.chdir(tmp_path)

    def run(
        *sets: str, text: str = PIPELINE, workspace: str | Path = "work", observers: Sequence[Any] = ()
    ) -> RunFinished:
        declaration = loads(text, registry, sets=sets)
        return runs.run(declaration, registry, workspace=tmp_path / workspace, observers=observers).finished

    return run
