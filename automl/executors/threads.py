"""How many threads a worker's libraries may use: what it is told through its environment before it loads them."""

from __future__ import annotations

import os

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def thread_environment(threads: int) -> dict[str, str]:
    """Environment variables that hold the numeric libraries and TensorFlow to ``threads``; all read them at import.

    XLA computes in TensorFlow's pool for operations, so it is held, too. When it compiles, the last half of the work
    goes to a pool of its own with a thread for each CPU that the process may run on, which no setting changes: it
    takes the same CPU time, spread over more CPUs, for a part of a second.
    """
    quiet = {"TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")}
    return dict.fromkeys(_VARIABLES, str(threads)) | quiet


def usable_cpus() -> int:
    """CPUs that this process may run on: what ``taskset`` and containers with CPU sets leave of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
