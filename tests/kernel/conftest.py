"""The toy plugin's registry and a way to run a pipeline of toys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from toy_runs import PIPELINE, make_registry

from automl import run as runs
from automl.events import RunFinished
from automl.explain import Forecast, explain
from automl.pipeline_file import loads
from automl.plan.materialize import Plan
from automl.plugins import Registry
from automl.run import LazyExecutor
from automl.selection import Selection
from automl.store import Store
from automl.testing.observers import RecordingObserver
from automl.time_limit import TimeLimit


@pytest.fixture(scope="session")
def registry() -> Registry:
    return make_registry()


EVERYTHING = Selection()
Outcome = tuple[RunFinished, RecordingObserver]


@pytest.fixture
def run_toys(registry: Registry, tmp_path: Path) -> Callable[..., Outcome]:
    """Run a pipeline text with ``--set`` changes in this test's own workspace."""

    def run(
        *sets: str,
        text: str = PIPELINE,
        workspace: str = "work",
        observers: Sequence[Any] = (),
        selection: Selection = EVERYTHING,
        limit: TimeLimit | None = None,
    ) -> Outcome:
        observer = RecordingObserver()
        declaration = loads(text, registry, sets=sets)
        listening = [*observers, observer]
        result = runs.run(
            declaration,
            registry,
            workspace=tmp_path / workspace,
            observers=listening,
            selection=selection,
            limit=limit,
        )
        return result.finished, observer

    return run


@pytest.fixture
def plan_toys(registry: Registry, tmp_path: Path) -> Callable[..., Plan]:
    """The plan of a pipeline text in this test's own workspace: what is stored can be looked at."""

    def plan(
        *sets: str,
        text: str = PIPELINE,
        workspace: str = "work",
        selection: Selection = EVERYTHING,
    ) -> Plan:
        declaration = loads(text, registry, sets=sets)
        store = Store(tmp_path / workspace / "store")
        executor = LazyExecutor(declaration, registry)
        return Plan(declaration, registry, store, lambda _: None, executor, selection.anew)

    return plan


@pytest.fixture
def forecast_toys(plan_toys: Callable[..., Plan]) -> Callable[..., dict[str, Forecast]]:
    """What ``automl plan`` would say, by stage."""

    def forecast(*sets: str, **options: Any) -> dict[str, Forecast]:
        return {row.stage: row for row in explain(plan_toys(*sets, **options))}

    return forecast
