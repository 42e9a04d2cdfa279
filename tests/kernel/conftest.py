"""The toy plugin's registry and a way to run a pipeline of toys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy

from automl import run as runs
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry
from automl.testing.observers import RecordingObserver

PIPELINE = """
version: 1
name: toys
seed: 3
data: {use: toy.table, target: y}
stages:
  split: {use: toy.holdout, in: data}
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  goal: {use: toy.standard_target, in: codes}
  search:
    use: search.network
    in: goal
    with:
      network: toy.net
      tuner: random
      objective: toy.error
      budget: {trials: 6, epochs: 30}
      baselines: []
      space: {rate: {float: [0.01, 0.5], log: true}}
  evaluate: {use: toy.evaluate, in: search}
run: {executor: {use: in_process}}
track: []
"""


@pytest.fixture(scope="session")
def registry() -> Registry:
    registry = Registry.load()
    registry.register(toy, Plugin("toy", "toy", "toy", "1.0"))
    assert not registry.set_aside
    return registry


Outcome = tuple[Any, RecordingObserver]


@pytest.fixture
def run_toys(registry: Registry, tmp_path: Path) -> Callable[..., Outcome]:
    """Run a pipeline text with ``--set`` changes in this test's own workspace."""

    def run(*sets: str, text: str = PIPELINE, workspace: str = "work") -> Outcome:
        observer = RecordingObserver()
        declaration = loads(text, registry, sets=sets)
        result = runs.run(declaration, registry, workspace=tmp_path / workspace, observers=[observer])
        return result.finished, observer

    return run
