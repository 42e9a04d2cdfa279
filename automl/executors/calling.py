"""Calling a job: the one place where a job's function is found, run, and its end turned into a message."""

from __future__ import annotations

import pkgutil
import traceback

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
