"""Processes of this machine: spawned, never forked, and kept warm from job to job and from search to search."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing import connection
from typing import Any, ClassVar

from automl import params as parameters
from automl.errors import AutoMLError
from automl.executors.calling import pack, raised, withdrawn
from automl.executors.engine_cache import EngineCache, open_engine_cache
from automl.executors.memory import Held, memory_for_each
from automl.executors.spawning import WorkerProcess
from automl.executors.threads import thread_environment, usable_cpus
from automl.executors.waiting import WaitingJobs
from automl.executors.worker import PluginSet
from automl.params import param
from automl.quantities import Bytes
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
    recycle_above: Bytes | None = param(
        None,
        description="A worker that holds more memory of its own after a job is replaced by a fresh one; by default "
        "half the machine's memory shared between the workers, but 1 GB at least and 4 GB at most.",
        identity=False,
    )
    engine_cache: str | None = param(
        None,
        description="Folder in which XLA keeps compiled code for all workers and for later runs; `auto`: one in the "
        "user's cache folder; null: none. A folder that TF_XLA_FLAGS names wins.",
        identity=False,
    )
    engine_cache_size: Bytes = param(
        10**9,
        description="What is left in `engine_cache` when a run begins; what was not used for longest goes first.",
        identity=False,
    )


_LONGEST_WAIT = 86400.0
"""Seconds that are waited at once: the system counts milliseconds, and 25 days of them are too many for it."""


class LocalProcessesExecutor(Executor):
    """Runs jobs in warm processes of this machine.

    A worker that dies costs its job (`Lost`) and is replaced; jobs in the queue go on. Workers end with the driver,
    however it ends. They are daemonic: a job may use threads, and no `multiprocessing` of its own. They ignore
    Ctrl-C; a driver that wants to go on after one needs a signal handler, for a KeyboardInterrupt inside ``next``
    may cut a message in two, after which only ``close`` is left.

    A free worker takes the jobs that it is warm for first (`WaitingJobs`). XLA keeps what it compiled for the life of
    a process, about 8 MB a signature, so a worker that holds more than ``recycle_above`` after a job is replaced. It
    goes by memory and not by the number of jobs: trials of one signature take no more of it. The old worker goes on
    until the fresh one is ready; no more jobs run at once, but there is one process more for that time.

    Workers are not pinned to CPUs. It gained nothing (the same CPU time for training and compiling), and two runs on
    one machine would choose the same CPUs.

    Attributes:
        plugins: what jobs find in ``worker.registry()``; assign it before ``start``.
    """

    id: ClassVar[str] = "local"
    Params: ClassVar[type[parameters.Params]] = LocalProcessesParams

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.plugins = PluginSet()
        self._count: int = self.params.workers or max(1, usable_cpus() // self.params.threads)
        self._most_memory: int = self.params.recycle_above or memory_for_each(self._count)
        self._engine_cache: EngineCache | None = None
        self._workers: list[WorkerProcess] = []
        self._reliefs: dict[WorkerProcess, WorkerProcess] = {}
        self._waiting = WaitingJobs()
        self._messages: deque[Message] = deque()
        self._failed_starts = 0
        self._last_failure = ""

    @property
    def workers(self) -> int:
        return self._count

    def start(self) -> None:
        self._packed_plugins = pickle.dumps(self.plugins)
        if self.params.engine_cache is not None:
            self._engine_cache = open_engine_cache(self.params.engine_cache, self.params.engine_cache_size)
        self._workers = [self._spawn(self.params.threads) for _ in range(self._count)]

    def submit(self, job: Job) -> None:
        """Queue a job. Raises AutoMLError if its payload cannot be pickled; then it was not submitted."""
        self._waiting.add(job, pack(job))
        self._attend(0)

    def stop(self, job: str) -> None:
        for worker in self._workers:
            if worker.job == job:
                worker.tell(job, None)
        if self._waiting.withdraw(job):
            self._messages.append(withdrawn(job))

    def kill(self, job: str) -> None:
        """End a job now: its worker is terminated, by force if it does not go within a second, and replaced.

        A job whose end has arrived already keeps it; one that waits is withdrawn as by ``stop``.
        """
        for worker in [worker for worker in self._workers if worker.job == job]:
            while worker.job == job and worker.connection.poll():
                self._hear(worker)
            if worker.job == job:
                self._replace(worker, at_once=True)
                self._messages.append(Lost(job, "its worker process was killed on request"))
        if self._waiting.withdraw(job):
            self._messages.append(withdrawn(job))

    def next(self, timeout: float | None = None) -> Message | None:
        """The next message, or None. Raises AutoMLError if worker processes cannot be started on this machine."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._messages:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._under_way():
                break
            spoke = self._attend(None if left is None else min(left, _LONGEST_WAIT))
            if not spoke and left is not None and left <= _LONGEST_WAIT:
                break
        return self._messages.popleft() if self._messages else None

    def close(self) -> None:
        self._waiting.clear()
        deadline = time.monotonic() + _PATIENCE
        for worker in self._all():
            worker.dismiss(at_once=worker.job is not None or not worker.ready)
        for worker in self._all():
            worker.end(deadline)
        self._workers.clear()
        self._reliefs.clear()

    def _all(self) -> Iterator[WorkerProcess]:
        yield from self._workers
        yield from self._reliefs.values()

    def _under_way(self) -> bool:
        return bool(self._waiting) or any(worker.job is not None for worker in self._workers)

    def _attend(self, timeout: float | None) -> bool:
        """Hear the workers that have something to say, then hand out jobs; False if none spoke in time."""
        if self._failed_starts >= _FAILED_STARTS:
            raise AutoMLError(
                f"the local executor cannot start workers: {_FAILED_STARTS} in a row ended before they were ready, "
                f"the last one {self._last_failure}; what they wrote to stderr tells why. Mend: check the memory and "
                "the Python environment, or use the executor 'in_process'"
            )
        workers: dict[Any, WorkerProcess] = {worker.connection: worker for worker in self._all()}
        ready = connection.wait(workers, timeout)
        for end in ready:
            self._hear(workers[end])
        self._relieve()
        self._hand_out()
        return bool(ready)

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            data = worker.connection.recv_bytes()
        except (EOFError, OSError):
            self._bury(worker)
            return
        try:
            message: Message | Held = pickle.loads(data)  # noqa: S301 - from our own child process
        except Exception as error:  # noqa: BLE001 - unpickling imports the modules that the result names
            self._replace(worker, at_once=True)
            message = raised(worker.job or "", AutoMLError(f"the driver cannot read what the job sent: {error!r}"))
        if isinstance(message, Held):
            worker.ready, worker.memory = True, message.memory
            self._failed_starts = 0
            return
        if not isinstance(message, Progress):
            worker.job = None
        self._messages.append(message)

    def _bury(self, worker: WorkerProcess) -> None:
        relieved = next((old for old, new in self._reliefs.items() if new is worker), None)
        if relieved is not None:  # which goes on
            del self._reliefs[relieved]
            _end(worker)
            return
        self._replace(worker)
        if worker.job is not None:
            self._messages.append(Lost(worker.job, f"its worker process {worker.end_in_words}"))
            worker.job = None
        if not worker.ready:
            self._failed_starts += 1
            self._last_failure = worker.end_in_words

    def _hand_out(self) -> None:
        while self._waiting:
            idle = [worker for worker in self._workers if worker.ready and worker.job is None]
            match = self._waiting.match(idle, lambda worker, job: worker.threads == job.threads)
            if match is None:
                threads = next(iter(self._waiting)).threads
                coming = any(not worker.ready and worker.threads == threads for worker in self._workers)
                if idle and not coming:
                    self._replace(idle[0], threads=threads)
                return
            worker, job, packed = match
            worker.job = job.id
            worker.tell(job.id, packed)

    def _relieve(self) -> None:
        """Replace workers that have grown; each goes on until the process that takes its place is ready."""
        for worker in [worker for worker in self._workers if worker.ready and worker.job is None]:
            relief = self._reliefs.get(worker)
            if relief is not None and relief.ready:
                self._replace(worker, at_once=True)
            elif relief is None and worker.had and worker.memory > self._most_memory:
                self._reliefs[worker] = self._spawn(worker.threads)

    def _replace(self, worker: WorkerProcess, *, threads: int | None = None, at_once: bool = False) -> None:
        _end(worker, at_once=at_once)
        threads = threads or worker.threads
        successor = self._reliefs.pop(worker, None)
        if successor is not None and successor.threads != threads:
            _end(successor, at_once=True)
            successor = None
        self._workers[self._workers.index(worker)] = successor or self._spawn(threads)

    def _spawn(self, threads: int) -> WorkerProcess:
        return WorkerProcess(threads, self._environment(threads), self._packed_plugins)

    def _environment(self, threads: int) -> dict[str, str]:
        """What a worker sets before it imports anything heavy."""
        cached = {} if self._engine_cache is None else self._engine_cache.environment(threads)
        return thread_environment(threads) | cached


def _end(worker: WorkerProcess, *, at_once: bool = False) -> None:
    worker.dismiss(at_once=at_once)
    worker.end(time.monotonic() + (0.0 if at_once else _PATIENCE))
