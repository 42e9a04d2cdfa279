"""What runs inside a Ray worker: one job at a time in a thread of its own, heard and stopped by two of Ray's.

A method of an actor that runs cannot be interrupted, and answers only when it returns. So a job runs in no method:
``give`` leaves it to the thread, ``hear`` waits for what it says, and ``stop`` sets what its next report reads.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from automl.executors.calling import answer
from automl.executors.memory import Held, own_memory
from automl.executors.worker import PluginSet, Worker
from automl.masked_streams import mask_streams
from automl.plugins import Registry
from automl.search.contracts import Progress

METHODS_AT_ONCE = 2
"""One that hears, and one that gives or stops."""


class WorkerActor:
    """Made a Ray actor by the executor.

    Args:
        plugins: the driver's `PluginSet`, pickled.
        threads: the CPU threads it has.
        path: where the driver finds modules; looked at where the worker's own path has none.
    """

    def __init__(self, plugins: bytes, threads: int, path: Sequence[str]) -> None:
        sys.path += [folder for folder in path if folder not in sys.path]
        mask_streams()
        self._jobs: queue.SimpleQueue[tuple[int, str, bytes, Mapping[str, Any]]] = queue.SimpleQueue()
        self._worker = _ActorWorker(pickle.loads(plugins), threads)  # noqa: S301 - from our own driver
        threading.Thread(target=self._run, name="automl-jobs", daemon=True).start()

    def identify(self) -> str:
        """Where it lives, for people."""
        import ray

        return f"process {os.getpid()} on node {ray.util.get_node_ip_address()}"

    def give(self, turn: int, job: str, packed: bytes, carried: Mapping[str, Any]) -> None:
        """Take a packed job and references to its data. ``turn`` counts what it was given; ``stop`` goes by it."""
        self._jobs.put((turn, job, packed, carried))

    def stop(self, turn: int) -> None:
        """Let the job of this turn hear that it should end."""
        self._worker.stopped = turn

    def hear(self) -> list[bytes]:
        """Wait until there is a message; all that there are, pickled, in their order."""
        outbox = self._worker.outbox
        heard = [outbox.get()]
        while not outbox.empty():
            heard.append(outbox.get())
        return heard

    def _run(self) -> None:
        while True:
            turn, job, packed, carried = self._jobs.get()
            self._worker.begin(turn, job, carried)
            end = answer(job, packed, self._worker)
            self._worker.outbox.put(pickle.dumps(Held(own_memory())))
            self._worker.outbox.put(end)


class _ActorWorker(Worker):
    def __init__(self, plugins: PluginSet, threads: int) -> None:
        self.memory = {}
        self.threads = threads
        self.outbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.stopped = 0
        self._turn = 0
        self._job = ""
        self._carried: Mapping[str, Any] = {}
        self._plugins = plugins

    def begin(self, turn: int, job: str, carried: Mapping[str, Any]) -> None:
        self._turn, self._job, self._carried = turn, job, carried

    def registry(self) -> Registry:
        return self._plugins.registry

    def report(self, payload: Mapping[str, Any]) -> bool:
        self.outbox.put(pickle.dumps(Progress(self._job, payload)))
        return self.stopped == self._turn

    def carried(self, fingerprint: str) -> Any:
        import ray

        reference = self._carried.get(fingerprint)
        return None if reference is None else ray.get(reference)
