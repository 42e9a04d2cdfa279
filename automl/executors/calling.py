"""Calling a job: the one place where a job's function is found, run, and its end turned into a message."""

from __future__ import annotations

import dataclasses
import pickle
import pkgutil
import traceback

from automl.errors import AutoMLError
from automl.executors.worker import Worker
from automl.search.contracts import Job, Raised, Returned


def call(job: Job, worker: Worker) -> Returned | Raised:
    """Run ``job`` here and now. Whatever it raises becomes a Raised, ``SystemExit`` included."""
    try:
        return Returned(job.id, pkgutil.resolve_name(job.function)(job.payload, worker))
    except BaseException as error:  # noqa: BLE001 - a job that calls sys.exit ends itself, not its worker
        return raised(job.id, error)


def raised(job: str, error: BaseException) -> Raised:
    """The message for ``error``: one line ``Type: text``, and the traceback."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return Raised(job, f"{name}: {text}" if text else name, "".join(traceback.format_exception(error)))


def pack(job: Job) -> bytes:
    """``job`` as it travels to another process, without its ``data``. Raises AutoMLError if it cannot."""
    try:
        return pickle.dumps(dataclasses.replace(job, data={}))
    except Exception as error:
        raise AutoMLError(
            f"job {job.id!r} cannot travel to a worker process: {type(error).__name__}: {error}; "
            "mend: pass plain values, arrays and dataclasses"
        ) from error


def answer(job: str, packed: bytes, worker: Worker) -> bytes:
    """Run a packed job, whose id is ``job``; its end as it travels back, also where its parts cannot."""
    try:
        message = call(pickle.loads(packed), worker)  # noqa: S301 - from our own driver
    except Exception as error:  # noqa: BLE001 - unpickling imports the modules that the payload names
        return pickle.dumps(raised(job, _cannot_travel("payload cannot be read by the worker", error)))
    try:
        return pickle.dumps(message)
    except Exception as error:  # noqa: BLE001 - pickling calls the result's own code
        return pickle.dumps(raised(job, _cannot_travel("result cannot travel to the driver", error)))


def _cannot_travel(what: str, error: Exception) -> AutoMLError:
    found = AutoMLError(f"the job's {what}: {type(error).__name__}: {error}; mend: use plain values and arrays")
    found.__cause__ = error
    return found


def withdrawn(job: str) -> Raised:
    """The message for a job that was stopped while it waited: it never began."""
    return Raised(job, "Withdrawn: it was stopped before it began", "")
