"""Nodes of one machine that come and go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from automl_ray.executor import RayExecutor

Start = Callable[..., RayExecutor]


class Nodes:
    """A cluster whose nodes come and go.

    Attributes:
        address: what an executor connects to.
        dies: a toy that trains in a worker takes this file away, if it is there, and dies.
    """

    def __init__(self, cluster: Any, folder: Path) -> None:
        self._cluster = cluster
        self.address: str = cluster.address
        self.dies = folder / "dies"

    @contextlib.contextmanager
    def added(self, **resources: float) -> Iterator[None]:
        """One more node; it goes with all that runs on it, as a machine that loses power."""
        node = self._cluster.add_node(**resources)
        try:
            yield
        finally:
            self._cluster.remove_node(node, allow_graceful=False)
            self._cluster.wait_for_nodes(timeout=60)  # the cluster notices after some seconds, and tests come after
