"""Which waiting job starts next, and in which worker: in order, but where a worker is warm for a later one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from automl.search.contracts import Job

MOST_OVERTAKEN = 3
"""So many later jobs may start before a job because a worker is warm for them; then it is its turn."""

REMEMBERED = 16
"""So many of its last jobs' affinities are remembered of a worker."""


class Warm(Protocol):
    """A worker. ``had`` holds the affinities of its last jobs, as `no_affinities` begins it."""

    had: deque[str | None]


W = TypeVar("W", bound=Warm)


def no_affinities() -> deque[str | None]:
    """What a worker has had before its first job."""
    return deque(maxlen=REMEMBERED)


@dataclass
class _Waiting:
    job: Job
    packed: bytes
    overtaken: int = 0


class WaitingJobs:
    """The queue of an executor: jobs, packed to travel, in the order in which they were submitted.

    A free worker takes the first job whose affinity it has had, else the first of all. A job is overtaken so at most
    `MOST_OVERTAKEN` times. No job waits for a busy worker, also for one that is warm for it. What comes of a job does
    not depend on its worker, so neither does a search's ledger.
    """

    def __init__(self) -> None:
        self._entries: deque[_Waiting] = deque()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __iter__(self) -> Iterator[Job]:
        return (entry.job for entry in self._entries)

    def add(self, job: Job, packed: bytes) -> None:
        self._entries.append(_Waiting(job, packed))

    def withdraw(self, job: str) -> bool:
        """Take the job with this id out; False if it does not wait."""
        kept = [entry for entry in self._entries if entry.job.id != job]
        found = len(kept) < len(self._entries)
        self._entries = deque(kept)
        return found

    def clear(self) -> None:
        self._entries.clear()

    def match(self, free: Sequence[W], suits: Callable[[W, Job], bool]) -> tuple[W, Job, bytes] | None:
        """Take out the job that starts next; the worker that gets it, the job, and the packed job.

        None if no free worker suits the first job and none is warm for a later one: then it is for the first job that
        a worker has to be made.
        """
        for entry in self._entries:
            for worker in free:
                if _is_warm(worker, entry.job) and suits(worker, entry.job):
                    return self._start(entry, worker)
            if entry.overtaken >= MOST_OVERTAKEN:
                break
        first = next(iter(self._entries), None)
        fitting = [worker for worker in free if first is not None and suits(worker, first.job)]
        if first is None or not fitting:
            return None
        # A worker that is warm for none of those that wait is the one to be spent on a job that must warm it.
        return self._start(first, min(fitting, key=lambda worker: any(_is_warm(worker, job) for job in self)))

    def _start(self, chosen: _Waiting, worker: W) -> tuple[W, Job, bytes]:
        for entry in self._entries:
            if entry is chosen:
                break
            entry.overtaken += 1
        self._entries.remove(chosen)
        worker.had.append(chosen.job.affinity)
        return worker, chosen.job, chosen.packed


def _is_warm(worker: Warm, job: Job) -> bool:
    return job.affinity is not None and job.affinity in worker.had
