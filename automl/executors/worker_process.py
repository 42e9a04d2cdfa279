"""What runs inside a process of the local executor.

This module is imported before the thread variables are set, so it must load no numpy: OpenBLAS, OpenMP and
TensorFlow read them once, when they are loaded.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import signal
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from automl.executors.memory import Held, own_memory
from automl.executors.worker import PluginSet, Worker
from automl.masked_streams import mask_streams
from automl.plugins import Registry

_PATIENCE = 2.0
"""Seconds that a job has to end by itself once the driver is gone."""


def serve(connection: Connection[Any, Any], environment: Mapping[str, str], threads: int, plugins: bytes) -> None:
    """Run the driver's jobs, one at a time, until it hangs up. Says `Held` when it takes jobs, and before each end.

    Ctrl-C goes to every process of the terminal's group. What it means is the driver's to decide.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # it was born with it held back
    mask_streams()
    faulthandler.enable()  # a native crash leaves the Python stack on stderr
    os.environ.update(environment)
    from automl.executors.calling import answer  # only now, for it loads numpy

    inbox = _Inbox(connection)
    worker = _ProcessWorker(connection, inbox, pickle.loads(plugins), threads)  # noqa: S301 - from our own driver
    try:
        connection.send_bytes(_held())
        while (parcel := inbox.jobs.get()) is not None:
            worker.job, payload = parcel
            end = answer(worker.job, payload, worker)
            connection.send_bytes(_held())
            connection.send_bytes(end)
    except OSError:
        return  # the driver hung up while it was spoken to: nobody is left to hear of it


def _held() -> bytes:
    return pickle.dumps(Held(own_memory()))


class _Inbox:
    """Hears the driver in a thread of its own, so that a busy worker takes a stop, and notices the driver's death.

    Linux could signal the driver's death (PR_SET_PDEATHSIG), but does so when the *thread* ends that spawned the
    worker, and workers outlive the search, and its thread, for which they were started.
    """

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self.jobs: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self.stopped: str | None = None
        self._connection = connection
        threading.Thread(target=self._listen, name="automl-inbox", daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                job, payload = self._connection.recv()
                if payload is None:
                    self.stopped = job
                else:
                    self.stopped = None  # a stop for an earlier attempt at the same job is out of date
                    self.jobs.put((job, payload))
        except (EOFError, OSError):
            self.jobs.put(None)
        # An idle worker leaves now, a job that reports finds its pipe broken; any other must not outlive the driver.
        time.sleep(_PATIENCE)
        os._exit(1)


class _ProcessWorker(Worker):
    def __init__(self, connection: Connection[Any, Any], inbox: _Inbox, plugins: PluginSet, threads: int) -> None:
        self.memory = {}
        self.threads = threads
        self.job = ""
        self._connection = connection
        self._inbox = inbox
        self._plugins = plugins

    def registry(self) -> Registry:
        return self._plugins.registry

    def report(self, payload: Mapping[str, Any]) -> bool:
        from automl.search.contracts import Progress  # it loads numpy

        self._connection.send_bytes(pickle.dumps(Progress(self.job, payload)))
        return self._inbox.stopped == self.job
