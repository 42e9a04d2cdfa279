"""Sample jobs: one for each way in which a job can behave, for the tests of executors and of what stands on them.

Name one as ``automl.testing.jobs:echo``. Each is called as ``job(payload, worker)``; where it takes options, the
payload is a mapping. A job that has to wait does so for a file, so that a test decides when it goes on.
"""

# ruff: noqa: ARG001 - every job takes a payload and a worker, whether it needs them or not
from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from automl.executors.worker import Worker

_PAUSE = 0.01
"""Seconds between two looks at a file."""


def echo(payload: Any, worker: Worker) -> Any:
    """Return the payload."""
    return payload


def fail(payload: str, worker: Worker) -> None:
    """Raise ``ValueError(payload)``."""
    raise ValueError(payload)


def leave(payload: int, worker: Worker) -> None:
    """Call ``sys.exit`` with the payload, as code that was written for the command line does."""
    sys.exit(payload)


def crash(payload: int, worker: Worker) -> None:
    """End the process with this exit code, without a word."""
    os._exit(payload)


def kill(payload: int, worker: Worker) -> None:
    """Kill the process with this signal, as the system does when memory runs out."""
    os.kill(os.getpid(), payload)


def identify(payload: Any, worker: Worker) -> dict[str, Any]:
    """The process, its parent, its thread count and its environment."""
    return {"pid": os.getpid(), "parent": os.getppid(), "threads": worker.threads, "environment": dict(os.environ)}


def modules(payload: Any, worker: Worker) -> list[str]:
    """Names of all modules that are loaded in the process."""
    return sorted(sys.modules)


def count(payload: str, worker: Worker) -> int:
    """Count the calls under this name in the worker's memory, from 1."""
    worker.memory[payload] = worker.memory.get(payload, 0) + 1
    return int(worker.memory[payload])


def hold(payload: int, worker: Worker) -> int:
    """Fill this many bytes and keep them for the life of the worker, as compiled code is kept; the process id."""
    worker.memory.setdefault("held", []).append(np.ones(payload, dtype="uint8"))
    return os.getpid()


def arrays(payload: Mapping[str, int], worker: Worker) -> dict[str, np.ndarray]:
    """``number`` arrays of ``size`` float64 values each, all different."""
    return {f"a{i}": np.arange(payload["size"], dtype="float64") + i for i in range(payload["number"])}


def total(payload: np.ndarray, worker: Worker) -> float:
    """Sum of an array."""
    return float(payload.sum())


def unsendable(payload: Any, worker: Worker) -> Iterator[int]:
    """Return a generator, which cannot be pickled."""
    return (i for i in range(3))


def unreadable(payload: Any, worker: Worker) -> Unreadable:
    """Return what can be pickled, but not read again."""
    return Unreadable()


class Unreadable:
    """Its pickle asks for something that does not exist."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (_refuse, ("it was made to be unreadable",))


def _refuse(reason: str) -> None:
    raise ValueError(reason)


def report(payload: int, worker: Worker) -> list[bool]:
    """Report ``{"step": i}`` for i in 1..payload; return the answers."""
    return [worker.report({"step": step}) for step in range(1, payload + 1)]


def report_until_stopped(payload: Any, worker: Worker) -> int:
    """Report until told to stop; return how often it reported."""
    step = 1
    while not worker.report({"step": step}):
        time.sleep(_PAUSE)
        step += 1
    return step


def note(payload: Mapping[str, str], worker: Worker) -> None:
    """Append ``text`` as a line to the file ``path``."""
    with Path(payload["path"]).open("a", encoding="utf-8") as stream:
        stream.write(payload["text"] + "\n")


def meet(payload: Mapping[str, str], worker: Worker) -> int:
    """Create the file ``here`` holding the process id, then wait, deaf to the driver, until ``there`` exists."""
    draft = Path(f"{payload['here']}.draft")
    draft.write_text(str(os.getpid()), encoding="utf-8")
    draft.rename(payload["here"])
    while not Path(payload["there"]).exists():
        time.sleep(_PAUSE)
    return os.getpid()


def seize(payload: Any, worker: Worker) -> None:
    """Report once, then never come back: deaf to SIGTERM, and no other thread of the process runs any more."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker.report({})
    assert 1 in itertools.repeat(0)  # an endless loop in C, as a native library that hangs


def carried(payload: str, worker: Worker) -> Any:
    """What the executor carried here under this fingerprint, or None."""
    return worker.carried(payload)


def plugin_lock(payload: Any, worker: Worker) -> dict[str, str]:
    """The plugins that the worker has."""
    return worker.registry().lock()
