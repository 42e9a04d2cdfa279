"""Nodes of one machine that come and go."""

from __future__ import annotations

from collections.abc import Callable
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

    def add(self, **resources: float) -> Any:
        return self._cluster.add_node(**resources)

    def remove(self, node: Any) -> None:
        """Kill a node with all that runs on it, as a machine that loses power."""
        self._cluster.remove_node(node, allow_graceful=False)
