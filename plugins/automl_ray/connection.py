"""The way to Ray: to one that runs already, or to one of our own for as long as the executor needs it."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

from automl.errors import AutoMLError

_SETTINGS = ("RAY_USAGE_STATS_ENABLED", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
"""What a Ray of our own reads from the environment, and may write there."""


class Connection:
    """Opened once and closed once. A Ray that this process is connected to already is used, and left as it is."""

    def __init__(self) -> None:
        self._connected = False
        self._folder: str | None = None
        self._before: Mapping[str, str | None] = {}

    def open(self, address: str | None, cpus: int) -> None:
        """Connect to ``address``; None starts a Ray with ``cpus`` CPUs here. Raises AutoMLError if there is none."""
        import ray

        if ray.is_initialized():
            return
        handler = signal.getsignal(signal.SIGTERM)
        self._before = {name: os.environ.get(name) for name in _SETTINGS}
        self._connected = True
        try:
            if address is None:
                self._start(cpus)
            else:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except Exception as error:
            self.close()
            raise AutoMLError(_not_reached(address, error)) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)  # Ray put its own one there

    def nodes(self) -> list[Mapping[str, float]]:
        """The resources of each node that is alive, in Ray's names: CPU, GPU, memory (bytes)."""
        import ray

        return [node["Resources"] for node in ray.nodes() if node["Alive"]]

    def close(self) -> None:
        """Leave the cluster; a Ray that was started here ends, and its files go."""
        import ray

        if not self._connected:
            return
        ray.shutdown()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)  # its processes may still write their last log lines
        self._connected = False

    def _start(self, cpus: int) -> None:
        import ray

        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # Ray's ports are open to the network. Without a mode set, it starts with tokens, and would keep one at home.
        os.environ.setdefault("RAY_AUTH_TOKEN", _token())
        # Sockets lie in there, and their paths may have 107 characters: the folder must not lie deep.
        self._folder = tempfile.mkdtemp(prefix="automl-ray-")
        options: dict[str, Any] = {
            "_temp_dir": self._folder,
            "_system_config": {"prestart_worker_first_driver": False},  # our workers have their own environment
        }
        ray.init(
            address="local",
            num_cpus=cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            **options,
        )


@functools.cache
def _token() -> str:
    """One for this process: Ray reads it once, and takes no other one for the next cluster."""
    return secrets.token_hex(32)


def _not_reached(address: str | None, error: Exception) -> str:
    cause = " ".join(str(error).split())
    if address is None:
        return (
            f"run.executor: Ray cannot be started on this machine: {type(error).__name__}: {cause}; "
            "mend: check its memory and the space for temporary files, or use the executor 'local'"
        )
    return (
        f"run.executor: no Ray cluster answers at {address!r}: {type(error).__name__}: {cause}; "
        "mend: start one (ray start --head), give its address as host:port, or leave the address out to start one here"
    )
