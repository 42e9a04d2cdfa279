"""A Ray cluster for the tests of one process: a head with four CPUs and two GPUs that are not there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray_nodes import Nodes, Start

from automl_ray.executor import RayExecutor, RayParams


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # not tmp_path: the paths of sockets must be short
    (folder / "ray").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_TMPDIR", str(folder))  # also where `auto` looks for a cluster
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_AUTH_MODE", "disabled")
        environment.setenv("RAY_memory_monitor_refresh_ms", "0")  # other tests fill the machine, too
        environment.setenv("TOY_DIES", str(folder / "dies"))
        cluster = Cluster()
        try:
            settings = {"prestart_worker_first_driver": False}
            cluster.add_node(num_cpus=4, num_gpus=2, include_dashboard=False, _system_config=settings)
            yield Nodes(cluster, folder)
        finally:
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start(nodes: Nodes) -> Iterator[Start]:
    """Start executors on the cluster; they are closed after the test."""
    started: list[RayExecutor] = []

    def make(**params: Any) -> RayExecutor:
        executor = RayExecutor(RayParams(**{"address": nodes.address, **params}))
        started.append(executor)
        executor.start()
        return executor

    yield make
    for executor in started:
        executor.close()
