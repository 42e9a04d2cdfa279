"""One thread of this process: no start-up time, no second copy of the data, one job at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from automl import params as parameters
from automl.executors.calling import call, withdrawn
from automl.executors.worker import PluginSet, Worker
from automl.plugins import Registry
from automl.search.contracts import Executor, Job, Message, Progress

_PATIENCE = 5.0
"""Seconds that ``close`` waits for a running job to hear that it should stop."""


class InProcessExecutor(Executor):
    """Runs jobs one after another in a thread of this process.

    The driver stays free to hear Ctrl-C and the clock. A thread cannot be killed: ``close`` asks the running job to
    stop and waits a few seconds; a job that does not report by then stays behind as a daemon thread, unheard.
    ``Job.threads`` is passed on to the job and limits nothing by itself. ``kill`` is ``stop`` once more, and the memory
    that jobs leave behind stays: both take a worker that is a process of its own.

    Attributes:
        plugins: what jobs find in ``worker.registry()``; assign it before ``start``.
    """

    id: ClassVar[str] = "in_process"

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.plugins = PluginSet()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._worker = _ThreadWorker(self)
        self._thread = threading.Thread(target=self._run, name="automl-in-process", daemon=True)
        self._under_way: set[str] = set()
        self._stopped: set[str] = set()
        self._closed = False

    @property
    def workers(self) -> int:
        return 1

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Job) -> None:
        self._under_way.add(job.id)
        self._jobs.put(job)

    def stop(self, job: str) -> None:
        if job in self._under_way:
            self._stopped.add(job)

    def next(self, timeout: float | None = None) -> Message | None:
        if not self._under_way:
            return None
        try:
            message = self._messages.get(timeout=timeout)
        except queue.Empty:
            return None
        if not isinstance(message, Progress):
            self._under_way.discard(message.job)
            self._stopped.discard(message.job)
        return message

    def close(self) -> None:
        self._closed = True
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closed:
            if job.id in self._stopped:
                self._messages.put(withdrawn(job.id))
                continue
            self._worker.begin(job)
            self._messages.put(call(job, self._worker))

    def _report(self, job: str, payload: Mapping[str, Any]) -> bool:
        self._messages.put(Progress(job, payload))
        return self._closed or job in self._stopped


class _ThreadWorker(Worker):
    def __init__(self, executor: InProcessExecutor) -> None:
        self.memory = {}
        self.threads = 1
        self._executor = executor
        self._job = ""

    def begin(self, job: Job) -> None:
        self.threads = job.threads
        self._job = job.id

    def registry(self) -> Registry:
        return self._executor.plugins.registry

    def report(self, payload: Mapping[str, Any]) -> bool:
        return self._executor._report(self._job, payload)
