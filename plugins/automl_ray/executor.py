"""Workers on a Ray cluster: warm actors, which Ray places by what a trial asks for."""

from __future__ import annotations

import logging
import pickle
import time
from collections import deque
from typing import Any, ClassVar

from automl import params as parameters
from automl.errors import AutoMLError
from automl.executors.calling import pack, raised, withdrawn
from automl.executors.memory import Held
from automl.executors.threads import thread_environment, usable_cpus
from automl.executors.waiting import WaitingJobs
from automl.executors.worker import PluginSet
from automl.params import param
from automl.quantities import Bytes
from automl.search.contracts import Executor, Job, Lost, Message, Progress
from automl_ray.connection import Connection
from automl_ray.member import Member
from automl_ray.placement import Demand

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that killed workers have to be dead before ``close`` goes on."""

_ROUND = 5.0
"""Seconds without a word from any worker after which the nodes are looked at."""

_FAILED_STARTS = 3
"""So many workers in a row that die before they are ready mean that none ever will be."""


class RayParams(parameters.Params):
    address: str | None = param(
        None,
        description="The cluster: `auto` (RAY_ADDRESS, else one on this machine), `host:port` or `ray://host:port`; "
        "null starts a Ray on this machine, and ends it with the run.",
        identity=False,
    )
    workers: int | None = param(
        None,
        ge=1,
        description="The most trials at the same time; by default as many as the cluster's nodes hold.",
        identity=False,
    )
    threads: int = param(
        1,
        ge=1,
        description="CPU threads of a job, as `resources.cpu` says; a job with another number gets a new worker.",
        identity=False,
    )
    recycle_above: Bytes = param(
        4 * 10**9,
        description="A worker that holds more memory of its own after a job is replaced by a fresh one.",
        identity=False,
    )


class RayExecutor(Executor):
    """Runs jobs in warm actors on the nodes of a Ray cluster.

    Workers come with the jobs: one for every job that waits, up to `workers`, and each occupies what its job's
    ``threads`` and ``resources`` say. They stay warm; a job with other demands gets a new one. A worker that dies,
    alone or with its node, costs its job (`Lost`); the next job gets another one as soon as a node has room.
    A free worker takes the jobs that it is warm for first (`WaitingJobs`). One that holds more than ``recycle_above``
    after a job leaves, and the next job gets a fresh one: only then is there room for it on a cluster that is full.
    ``Job.data`` is put into the object store once per fingerprint, so workers need not see the driver's files.

    Attributes:
        plugins: what jobs find in ``worker.registry()``; assign it before ``start``.
    """

    id: ClassVar[str] = "ray"
    Params: ClassVar[type[parameters.Params]] = RayParams

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.plugins = PluginSet()
        self._connection = Connection()
        self._count: int = self.params.workers or 1
        self._members: list[Member] = []
        self._waiting = WaitingJobs()
        self._messages: deque[Message] = deque()
        self._data: dict[str, Any] = {}
        self._accepted: set[Demand] = set()
        self._warned: set[Demand] = set()
        self._failed_starts = 0
        self._last_failure = ""

    @property
    def workers(self) -> int:
        """How many jobs run at the same time, where ``workers`` is not given: known once it is started."""
        return self._count

    def start(self) -> None:
        """Connect to the cluster, or start one. Raises AutoMLError if there is none."""
        self._packed_plugins = pickle.dumps(self.plugins)
        wanted = (self.params.workers or 1) * self.params.threads
        self._connection.open(self.params.address, max(wanted, usable_cpus()))
        if self.params.workers is None:
            demand = Demand(self.params.threads)
            self._count = max(1, sum(demand.fits(node) for node in self._connection.nodes()))

    def submit(self, job: Job) -> None:
        """Queue a job. Raises AutoMLError if it cannot be pickled, or if no node has what it asks for."""
        import ray

        packed = pack(job)
        self._accept(Demand.of(job))
        for fingerprint, read in job.data.items():
            if fingerprint not in self._data:
                self._data[fingerprint] = ray.put(read())
        self._waiting.add(job, packed)
        self._attend(0)

    def stop(self, job: str) -> None:
        for member in self._members:
            if member.job == job:
                member.stop()
        if self._waiting.withdraw(job):
            self._messages.append(withdrawn(job))

    def kill(self, job: str) -> None:
        """End a job now, and its worker with it; the next job gets another one.

        A job whose end has arrived already keeps it; one that waits is withdrawn as by ``stop``.
        """
        import ray

        for member in [member for member in self._members if member.job == job]:
            while member.job == job and ray.wait([member.ear], timeout=0)[0]:
                self._hear(member)
            if member.job == job:
                self._dismiss(member)
                self._messages.append(Lost(job, f"{member.name} was killed on request"))
        if self._waiting.withdraw(job):
            self._messages.append(withdrawn(job))

    def next(self, timeout: float | None = None) -> Message | None:
        """The next message, or None. Raises AutoMLError if workers cannot be started on the cluster."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._messages and self._under_way():
            left = _ROUND if deadline is None else min(_ROUND, max(0.0, deadline - time.monotonic()))
            if not self._attend(left):
                if deadline is not None and time.monotonic() >= deadline:
                    break
                self._warn_of_what_is_gone()
        return self._messages.popleft() if self._messages else None

    def close(self) -> None:
        import ray

        self._waiting.clear()
        self._data.clear()
        for member in self._members:
            member.kill()
        if self._members:  # else the processes may outlive this call
            ray.wait([member.ear for member in self._members], num_returns=len(self._members), timeout=_PATIENCE)
        self._members.clear()
        self._connection.close()

    def _under_way(self) -> bool:
        return bool(self._waiting) or any(member.job is not None for member in self._members)

    def _attend(self, timeout: float | None) -> bool:
        """Hear the workers that have something to say, then hand out jobs; False if none spoke in time."""
        import ray

        if self._failed_starts >= _FAILED_STARTS:
            raise AutoMLError(
                f"run.executor: the Ray cluster cannot start workers: {_FAILED_STARTS} in a row ended before they were "
                f"ready; the last one: {self._last_failure}. Mend: install automl-pipelines[ray] and the pipeline's "
                "plugins in the Python of every node; the node's log folder tells more"
            )
        self._hand_out()
        members = {member.ear: member for member in self._members}
        ready: list[Any] = []
        if members:
            ready, _ = ray.wait(list(members), num_returns=len(members), timeout=0)
            if not ready:
                ready, _ = ray.wait(list(members), num_returns=1, timeout=timeout)
        for ear in ready:
            self._hear(members[ear])
        self._hand_out()
        return bool(ready)

    def _hear(self, member: Member) -> None:
        from ray.exceptions import RayError

        try:
            heard = member.hear()
        except RayError as error:
            self._bury(member, error)
            return
        self._failed_starts = 0
        for data in heard:
            try:
                message: Message | Held = pickle.loads(data)  # noqa: S301 - from our own worker
            except Exception as error:  # noqa: BLE001 - unpickling imports the modules that the result names
                message = raised(member.job or "", AutoMLError(f"the driver cannot read what the job sent: {error!r}"))
                self._dismiss(member)
            if isinstance(message, Held):
                member.memory = message.memory
                continue
            self._messages.append(message)
            if not isinstance(message, Progress):
                self._free(member)
                return

    def _free(self, member: Member) -> None:
        """Its job has ended: it is ready for another one, unless it has grown too large."""
        member.job = None
        if member.memory > self.params.recycle_above and member in self._members:
            self._dismiss(member)

    def _bury(self, member: Member, error: Exception) -> None:
        """Take leave of a worker that does not answer any more; it is killed in case it still lives."""
        self._dismiss(member)
        cause = member.death_in_words(error)
        if member.job is not None:
            self._messages.append(Lost(member.job, cause))
            member.job = None
        if not member.ready:
            self._failed_starts += 1
            self._last_failure = cause

    def _hand_out(self) -> None:
        while self._waiting:
            idle = [member for member in self._members if member.ready and member.job is None]
            match = self._waiting.match(idle, lambda member, job: member.demand == Demand.of(job))
            if match is None:
                for member in idle:  # it may occupy what the first job needs
                    self._dismiss(member)
                self._recruit()
                return
            member, job, packed = match
            member.give(job.id, packed, {name: self._data[name] for name in job.data})

    def _recruit(self) -> None:
        """Have a worker on its way for every job that waits, as far as `workers` goes."""
        coming = [member for member in self._members if not member.ready]
        for job in self._waiting:
            demand = Demand.of(job)
            expected = next((member for member in coming if member.demand == demand), None)
            if expected is not None:
                coming.remove(expected)
                continue
            if len(self._members) == self._count:
                if not coming:
                    return
                self._dismiss(coming.pop())  # nobody waits for it any more
            self._members.append(Member(demand, self._environment(demand), self._packed_plugins))

    def _accept(self, demand: Demand) -> None:
        """Check a demand once: a job that is tried again waits where its node has just left the cluster."""
        if demand not in self._accepted:
            demand.check(self._connection.nodes())
            self._accepted.add(demand)

    def _warn_of_what_is_gone(self) -> None:
        """Say once what trials wait for that no node has any more; Ray itself would say nothing."""
        waiting = {member.demand for member in self._members if not member.ready} - self._warned
        nodes = self._connection.nodes() if waiting else []
        for demand in waiting:
            if not any(demand.fits(node) for node in nodes):
                self._warned.add(demand)
                _log.warning("no node of the Ray cluster has %s any more: trials wait until one has", demand)

    def _dismiss(self, member: Member) -> None:
        member.kill()
        self._members.remove(member)

    def _environment(self, demand: Demand) -> dict[str, str]:
        """What a worker's process is started with."""
        found = thread_environment(demand.cpu)
        if demand.gpu:
            found["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # a share of a GPU is no limit: the first would take it all
        else:
            # Since Ray 2.60 a worker that asks for no GPU inherits the node's, and TensorFlow would take all of them.
            found["CUDA_VISIBLE_DEVICES"] = ""
        return found
