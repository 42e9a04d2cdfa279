"""One writer at a time: a lock that dies with its process, and says whose it is."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from automl.errors import StoreError

_POLL_SECONDS = 0.2
_COMMAND_LENGTH = 200


@dataclass(frozen=True)
class Holder:
    """Who writes a store: ``since`` is ISO 8601 in UTC."""

    pid: int
    host: str
    since: str
    command: str

    @classmethod
    def this_process(cls) -> Holder:
        now = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:_COMMAND_LENGTH]
        return cls(os.getpid(), platform.node(), now, command)

    @classmethod
    def read(cls, handle: IO[str]) -> Holder | None:
        """Who left its name; None if it has not done so yet."""
        handle.seek(0)
        try:
            return cls(**json.loads(handle.read()))
        except (ValueError, TypeError, RecursionError):
            return None

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.command}) since {self.since}"


@contextlib.contextmanager
def locked(path: Path, wait: float | None, tell: Callable[[str], None] | None) -> Iterator[None]:
    """Hold the lock file.

    The kernel lets go of the lock when its process ends, however it ends, so what a killed process wrote into the
    file is no obstacle.

    Args:
        path: the lock file; made if it is not there.
        wait: for how many seconds to wait for whoever has it; None: not at all; ``math.inf``: until it ends.
        tell: called with a sentence that names whom this process waits for, once for each holder.

    Raises:
        StoreError: another process holds it, and the wait is over.
    """
    with path.open("a+") as handle:
        _acquire(handle, path.parent, wait, tell)
        handle.truncate(0)
        handle.write(json.dumps(asdict(Holder.this_process())))
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def _acquire(handle: IO[str], root: Path, wait: float | None, tell: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + (wait or 0.0)
    told: Holder | None = None
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = Holder.read(handle)
            if time.monotonic() >= deadline:
                waited = f", after {wait:g} s of waiting" if wait else ""
                raise StoreError(
                    f"{root} is in use by {holder or 'a process that did not say its name'}{waited}; "
                    "mend: wait until it ends (--wait), or run in another folder"
                ) from error
            if tell is not None and holder is not None and holder != told:
                tell(f"waiting for {holder}, which writes {root}")
                told = holder
            time.sleep(_POLL_SECONDS)
        else:
            return
