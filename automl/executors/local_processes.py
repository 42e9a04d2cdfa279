"""Processes of this machine: spawned, never forked, and kept warm from job to job and from search to search."""

from __future__ import annotations

import os
import pickle
import time
from collections import deque
from multiprocessing import connection
from pathlib import Path
from typing import Any, ClassVar

from automl import params as parameters
from automl.errors import AutoMLError
from automl.executors.calling import pack, raised, withdrawn
from automl.executors.spawning import WorkerProcess
from automl.executors.threads import thread_environment, usable_cpus
from automl.executors.worker import PluginSet
from automl.executors.worker_process import READY
from automl.params import param
from automl.search.contracts import Executor, Job, Lost, Message, Progress

_PATIENCE = 3.0
"""Seconds that a worker which was asked to leave has until it is killed."""

_FAILED_STARTS = 3
"""So many workers in a row that die before they are ready mean that none ever will be."""


class LocalProcessesParams(parameters.Params):
    workers: int | None = param(
        None,
        ge=1,
        description="Worker processes; by default one for every `threads` CPUs that this process may use.",
        identity=False,
    )
    threads: int = param(
        1,
        ge=1,
        description="CPU threads of a job, as `resources.cpu` says; a job with another number gets a new process.",
        identity=False,
    )
    engine_cache: str | None = param(
        None,
        description="Folder in which XLA keeps compiled code, shared by all workers; TF_XLA_FLAGS, if set, wins.",
        identity=False,
    )


class LocalProcessesExecutor(Executor):
    """Runs jobs in warm processes of this machine.

    A worker that dies costs its job (`Lost`) and is replaced; jobs in the queue go on. Workers end with the driver,
    however it ends. They are daemonic: a job may use threads, and no `multiprocessing` of its own. They ignore
    Ctrl-C; a driver that wants to go on after one needs a signal handler, for a KeyboardInterrupt inside ``next``
    may cut a message in two, after which only ``close`` is left.

    Attributes:
        plugins: what jobs find in ``worker.registry()``; assign it before ``start``.
    """

    id: ClassVar[str] = "local"
    Params: ClassVar[type[parameters.Params]] = LocalProcessesParams

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.plugins = PluginSet()
        self._count: int = self.params.workers or max(1, usable_cpus() // self.params.threads)
        self._workers: list[WorkerProcess] = []
        self._queue: deque[tuple[Job, bytes]] = deque()
        self._messages: deque[Message] = deque()
        self._failed_starts = 0
        self._last_failure = ""

    @property
    def workers(self) -> int:
        return self._count

    def start(self) -> None:
        self._packed_plugins = pickle.dumps(self.plugins)
        self._workers = [self._spawn(self.params.threads) for _ in range(self._count)]

    def submit(self, job: Job) -> None:
        """Queue a job. Raises AutoMLError if its payload cannot be pickled; then it was not submitted."""
        self._queue.append((job, pack(job)))
        self._attend(0)

    def stop(self, job: str) -> None:
        for worker in self._workers:
            if worker.job == job:
                worker.tell(job, None)
        kept = [entry for entry in self._queue if entry[0].id != job]
        if len(kept) < len(self._queue):
            self._queue = deque(kept)
            self._messages.append(withdrawn(job))

    def next(self, timeout: float | None = None) -> Message | None:
        """The next message, or None. Raises AutoMLError if worker processes cannot be started on this machine."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._messages:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._under_way() or not self._attend(left):
                break
        return self._messages.popleft() if self._messages else None

    def close(self) -> None:
        self._queue.clear()
        deadline = time.monotonic() + _PATIENCE
        for worker in self._workers:
            worker.dismiss(at_once=worker.job is not None or not worker.ready)
        for worker in self._workers:
            worker.end(deadline)
        self._workers.clear()

    def _under_way(self) -> bool:
        return bool(self._queue) or any(worker.job is not None for worker in self._workers)

    def _attend(self, timeout: float | None) -> bool:
        """Hear the workers that have something to say, then hand out jobs; False if none spoke in time."""
        if self._failed_starts >= _FAILED_STARTS:
            raise AutoMLError(
                f"the local executor cannot start workers: {_FAILED_STARTS} in a row ended before they were ready, "
                f"the last one {self._last_failure}; what they wrote to stderr tells why. Mend: check the memory and "
                "the Python environment, or use the executor 'in_process'"
            )
        workers: dict[Any, WorkerProcess] = {worker.connection: worker for worker in self._workers}
        ready = connection.wait(workers, timeout)
        for end in ready:
            self._hear(workers[end])
        self._hand_out()
        return bool(ready)

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            data = worker.connection.recv_bytes()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if data == READY:
            worker.ready = True
            self._failed_starts = 0
            return
        try:
            message: Message = pickle.loads(data)  # noqa: S301 - from our own child process
        except Exception as error:  # noqa: BLE001 - unpickling imports the modules that the result names
            self._replace(worker, at_once=True)
            message = raised(worker.job or "", AutoMLError(f"the driver cannot read what the job sent: {error!r}"))
        if not isinstance(message, Progress):
            worker.job = None
        self._messages.append(message)

    def _bury(self, worker: WorkerProcess) -> None:
        self._replace(worker)
        if worker.job is not None:
            self._messages.append(Lost(worker.job, f"its worker process {worker.end_in_words}"))
        if not worker.ready:
            self._failed_starts += 1
            self._last_failure = worker.end_in_words

    def _hand_out(self) -> None:
        while self._queue:
            job, payload = self._queue[0]
            idle = [worker for worker in self._workers if worker.ready and worker.job is None]
            fitting = [worker for worker in idle if worker.threads == job.threads]
            if not fitting:
                coming = any(not worker.ready and worker.threads == job.threads for worker in self._workers)
                if idle and not coming:
                    self._replace(idle[0], threads=job.threads)
                return
            self._queue.popleft()
            fitting[0].job = job.id
            fitting[0].tell(job.id, payload)

    def _replace(self, worker: WorkerProcess, *, threads: int | None = None, at_once: bool = False) -> None:
        worker.dismiss(at_once=at_once)
        worker.end(time.monotonic() + _PATIENCE)
        self._workers[self._workers.index(worker)] = self._spawn(threads or worker.threads)

    def _spawn(self, threads: int) -> WorkerProcess:
        return WorkerProcess(threads, self._environment(threads), self._packed_plugins)

    def _environment(self, threads: int) -> dict[str, str]:
        """What a worker sets before it imports anything heavy."""
        found = thread_environment(threads)
        if self.params.engine_cache is not None:
            flag = f"--tf_xla_persistent_cache_directory={Path(self.params.engine_cache).absolute()}"
            found["TF_XLA_FLAGS"] = os.environ.get("TF_XLA_FLAGS", flag)
        return found
