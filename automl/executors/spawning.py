"""The driver's end of a worker process: starting it clean, talking to it, ending it, and naming how it died."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from types import ModuleType

from automl.executors.waiting import no_affinities
from automl.executors.worker_process import serve

_CONTEXT = get_context("spawn")
_LAST_WORD = 1.0
"""Seconds between the request to end and the kill."""

_main_is_hidden = threading.Lock()


class WorkerProcess:
    """One worker: its process, its pipe, and the job that it has.

    Attributes:
        ready: it has said that it takes jobs.
        job: id of the job it works on, or None.
        had: the affinities of its last jobs.
        memory: bytes that it held when it last told (`automl.executors.memory.own_memory`).
        end_in_words: how it ended, once it has.
    """

    def __init__(self, threads: int, environment: Mapping[str, str], plugins: bytes) -> None:
        self.threads = threads
        self.ready = False
        self.job: str | None = None
        self.had = no_affinities()
        self.memory = 0
        self.end_in_words = ""
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(
            target=serve, args=(theirs, dict(environment), threads, plugins), name="automl-worker", daemon=True
        )
        with theirs, _without_main(), _without_interrupts():
            self._process.start()

    def tell(self, job: str, payload: bytes | None) -> None:
        """Hand it a job, or (without a payload) tell it to stop that job."""
        with contextlib.suppress(OSError):  # it just died: the end of its pipe is heard next, with the cause
            self.connection.send((job, payload))

    def dismiss(self, *, at_once: bool) -> None:
        """Hang up. A worker that has no job leaves by itself; ``at_once`` terminates it."""
        self.connection.close()
        if at_once:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for its end until ``deadline`` (of `time.monotonic`), then force it. No zombie stays."""
        self._process.join(max(0.0, deadline - time.monotonic()))
        if self._process.exitcode is None:
            self._process.terminate()
            self._process.join(_LAST_WORD)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self.end_in_words = _in_words(self._process.exitcode)
        self._process.close()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep the driver's ``__main__`` out of the child.

    Spawn imports it there again: a script without a guard would run twice, the console script would load the
    command line, and a notebook's engine imports would come before the thread variables. Jobs are named by their
    module, so that nothing in it is needed.
    """
    with _main_is_hidden:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let the child be born with Ctrl-C held back, until it says itself that it ignores it (`serve`)."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_words(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"ended with exit code {exitcode}"
    try:
        name = signal.Signals(-exitcode).name
    except ValueError:
        name = f"signal {-exitcode}"
    hint = " (the system kills so when memory runs out)" if -exitcode == signal.SIGKILL else ""
    return f"was killed by {name}{hint}"
