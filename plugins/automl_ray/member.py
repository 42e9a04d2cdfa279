"""The driver's end of one Ray worker: starting it, talking to it, ending it, and naming how it died."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import Any

from automl.executors.waiting import no_affinities
from automl_ray.actor import METHODS_AT_ONCE, WorkerActor
from automl_ray.placement import Demand

_LEADS = ("The actor is dead because ", "The actor died because of ", "Worker exit detail: ")
"""What stands before the cause in the text of Ray's errors, each one further than the one before."""


class Member:
    """One worker, and the job that it has.

    Attributes:
        demand: what it occupies of its node.
        ready: it has said that it takes jobs; before, it may have to wait until a node has room.
        job: id of the job it works on, or None.
        had: the affinities of its last jobs.
        memory: bytes that it held when it last told (`automl.executors.memory.own_memory`).
        name: for people; with where it lives, once that is known.
        ear: the reference that becomes available when it has something to say, or has died.
    """

    def __init__(self, demand: Demand, environment: Mapping[str, str], plugins: bytes) -> None:
        self.demand = demand
        self.ready = False
        self.job: str | None = None
        self.had = no_affinities()
        self.memory = 0
        self.name = "its Ray worker"
        self._turn = 0
        options: dict[str, Any] = {
            "num_cpus": demand.cpu,
            "num_gpus": demand.gpu,
            "memory": demand.memory or None,
            "max_concurrency": METHODS_AT_ONCE,
            "max_restarts": 0,  # it is the driver that replaces a worker, and decides about its job
            "max_task_retries": 0,
            "runtime_env": {"env_vars": dict(environment)},  # in force before the process loads anything
        }
        self._actor: Any = (
            _actor_class().options(**options).remote(plugins, demand.cpu, [folder for folder in sys.path if folder])
        )
        self.ear: Any = self._actor.identify.remote()

    def hear(self) -> list[bytes]:
        """What it has said. Raises RayError if it is dead; the first thing it says is that it is ready."""
        import ray

        heard = ray.get(self.ear)
        self.ear = self._actor.hear.remote()
        if self.ready:
            return list(heard)
        self.ready, self.name = True, f"its Ray worker ({heard})"
        return []

    def give(self, job: str, packed: bytes, carried: Mapping[str, Any]) -> None:
        """Hand it a job, and references to the job's data."""
        self.job = job
        self._turn += 1
        self._actor.give.remote(self._turn, job, packed, dict(carried))

    def stop(self) -> None:
        """Ask its job to end at the next report."""
        self._actor.stop.remote(self._turn)

    def kill(self) -> None:
        """End it, whatever it does; ``ear`` fails once it is dead. No effect on a dead one."""
        import ray

        ray.kill(self._actor)

    def death_in_words(self, error: Exception) -> str:
        """How it died: Ray's own words, without the identifiers and the advice around them."""
        text = " ".join(str(error).split())
        for lead in _LEADS:
            text = text.rpartition(lead)[2]
        cause = text.partition(" Some common causes")[0].rstrip(".")
        return f"{self.name} died: {cause}"


@functools.cache
def _actor_class() -> Any:
    """`WorkerActor` as Ray knows it; exported to a cluster once."""
    import ray

    return ray.remote(WorkerActor)
