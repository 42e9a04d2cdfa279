"""How much memory a worker holds, and how much of it is too much."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_MOST = 4 * 10**9
_LEAST = 10**9
"""A worker must not reach it with its first job: with TensorFlow and a compiled network it holds 0.32 GB (measured)."""

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Held:
    """What a worker says of itself when it is ready, and before the end of each job: bytes of its own memory."""

    memory: int


def own_memory() -> int:
    """Bytes that this process alone holds; 0 on a system that does not tell.

    What is mapped from files or shared memory is left out, for it goes when others need the room: the engine's
    libraries, and on Ray the data of a search. Outside of Linux it is the most that was ever held.
    """
    try:
        resident, shared = Path("/proc/self/statm").read_text(encoding="ascii").split()[1:3]
    except OSError:
        return _peak()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _peak() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory_for_each(workers: int) -> int:
    """Bytes that each of so many workers may hold: its share of half of what there is, but from 1 to 4 GB."""
    return max(_LEAST, min(_MOST, _usable() // 2 // workers))


def _usable() -> int:
    """Bytes of memory of this machine, or of the container that this process is in."""
    if not hasattr(os, "sysconf"):
        return 0
    found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in map(Path, _CGROUPS):
        limit = path.read_text(encoding="ascii").strip() if path.exists() else "max"
        if limit != "max":
            found = min(found, int(limit))
    return found
