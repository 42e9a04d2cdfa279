"""Whole runs on Ray: the same ledger as in this process and in local ones, whatever happens to the workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ray_nodes import Nodes
from toy_runs import BASELINES, FOLDS, PIPELINE, TUNED, ledger, make_registry

from automl import run as runs
from automl.errors import AutoMLError
from automl.events import RunFinished
from automl.pipeline_file import loads

Run = Callable[..., RunFinished]
TRIALS = "stages.search.with.budget.trials=4"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the toys with these changes in a workspace of their own."""
    registry = make_registry()

    def run(executor: str, *sets: str, workspace: str) -> RunFinished:
        declaration = loads(PIPELINE, registry, sets=[TRIALS, f"run.executor={executor}", *sets])
        return runs.run(declaration, registry, workspace=tmp_path / workspace).finished

    return run


def on(nodes: Nodes, workers: int) -> str:
    return f"{{use: ray, with: {{address: '{nodes.address}', workers: {workers}}}}}"


def assert_same(one: RunFinished, other: RunFinished) -> None:
    assert one.search is not None
    assert other.search is not None
    assert ledger(one.search) == ledger(other.search)
    assert one.search.winner == other.search.winner
    assert one.evaluation == other.evaluation
    assert one.bundle is not None
    assert other.bundle is not None
    assert one.bundle.read_bytes() == other.bundle.read_bytes()


def test_a_run_on_ray_gives_the_ledger_of_any_other_executor(run: Run, nodes: Nodes) -> None:
    sets = (FOLDS, TUNED, BASELINES)
    here = run("in_process", *sets, workspace="here")
    local = run("{use: local, with: {workers: 2}}", *sets, workspace="local")
    there = run(on(nodes, 2), *sets, workspace="there")
    assert_same(here, there)
    assert_same(local, there)


def test_a_worker_that_dies_in_mid_trial_leaves_no_trace_in_the_ledger(run: Run, nodes: Nodes) -> None:
    whole = run("in_process", workspace="whole")
    nodes.dies.touch()
    broken = run(on(nodes, 2), workspace="broken")
    assert not nodes.dies.exists(), "no worker died"
    assert_same(whole, broken)


def test_a_trial_that_asks_for_what_no_node_has_fails_the_run_at_once(run: Run, nodes: Nodes) -> None:
    with pytest.raises(AutoMLError, match=r"asks for 1 CPUs, 64 GPUs and 2 GB of memory; the biggest of its"):
        run(on(nodes, 1), "stages.search.resources={gpu: 64, memory: 2GB}", workspace="never")
