"""The folder in which workers share what XLA compiled, from one process and one run to the next.

TensorFlow reads and writes it (``--tf_xla_persistent_cache_directory``) and leaves the rest to the caller:

- Its entries are machine code, named by the computation alone. Code for another CPU ends the process; code that was
  compiled for one thread runs on one thread wherever it is loaded (measured: 0.97 of 2 cores instead of 1.56). So
  there is a folder for each version of TensorFlow, CPU and number of threads.
- It never removes an entry. What was not used for longest goes when a run begins, down to a bound.
- It does not compile anew where an entry is damaged: every training that needs it fails. So those go, too.

An entry is written to a file of its own and renamed, so processes may write the same one at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from automl.plugin_sources import OWN_DISTRIBUTION

_log = logging.getLogger(__name__)

AUTO = "auto"
_ENGINES = ("tensorflow", "tensorflow-cpu")
"""Distributions of the engine."""

_FLAG = "--tf_xla_persistent_cache_directory"
_KINDS = {"vendor_id", "cpu family", "model", "model name", "flags", "CPU implementer", "CPU part", "Features", "Model"}
"""What decides which instructions there are: x86, ARM, and the GPUs' ``Model``."""


@dataclass(frozen=True)
class EngineCache:
    """A cache on this machine.

    Attributes:
        root: holds a folder for each kind of worker.
    """

    root: Path

    @classmethod
    def at(cls, place: str) -> EngineCache:
        """The cache at a path; ``auto`` is one below the user's cache folder (XDG_CACHE_HOME, ~/.cache)."""
        if place != AUTO:
            return cls(Path(place).absolute())
        import platformdirs

        return cls(platformdirs.user_cache_path(OWN_DISTRIBUTION) / "xla")

    def tidy(self, most: int) -> None:
        """Remove damaged entries, then those that were not used for longest until ``most`` bytes are left.

        Whatever else lies there stays. Other runs may use the cache, and tidy it, at the same time.
        """
        entries = []
        for path in self.root.glob("tensorflow-*/threads-*/xla_compile_cache__*"):
            with contextlib.suppress(FileNotFoundError):  # another run was faster
                found = path.stat()
                if path.suffix == ".pb" and not is_whole(path):
                    path.unlink()
                else:
                    entries.append((max(found.st_atime, found.st_mtime), found.st_size, path))
        total = 0
        for _, size, path in sorted(entries, reverse=True):
            total += size
            if total > most:
                path.unlink(missing_ok=True)

    def environment(self, threads: int) -> dict[str, str]:
        """What makes the engine of a worker with so many threads use the cache; nothing if it is not installed.

        TF_XLA_FLAGS of the caller's stay in force; if they name a folder already, it is that one.
        """
        theirs = os.environ.get("TF_XLA_FLAGS", "")
        folder = self.folder(threads)
        if folder is None or _FLAG in theirs:
            return {}
        return {"TF_XLA_FLAGS": f'{theirs} {_FLAG}="{folder}"'.strip()}

    def folder(self, threads: int) -> Path | None:
        """Where workers of this machine with so many threads keep their entries; None if there is no TensorFlow."""
        version = _engine_version()
        if version is None:
            return None
        # TensorFlow leaves its flags out of an entry's name, too, though they change the code.
        kind = hashlib.sha256("\n".join([*_processors(), os.environ.get("XLA_FLAGS", "")]).encode()).hexdigest()
        return self.root / f"tensorflow-{version}-{kind[:12]}" / f"threads-{threads}"


def open_engine_cache(place: str, most: int) -> EngineCache | None:
    """The cache at a path or ``auto``, tidied.

    None, with a warning, if this user cannot use it: it makes a run faster, and is none of its results.
    """
    cache = EngineCache.at(place)
    try:
        cache.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        cache.tidy(most)
    except OSError as error:
        _log.warning("run.executor: engine_cache: %s cannot be used, so it is left out: %s", cache.root, error)
        return None
    return cache


def is_whole(entry: Path) -> bool:
    """Whether a file holds a protocol-buffer message to its end: false for what a crash or a full disk left empty.

    Looks at the outer fields only, and so reads little. Wire format: https://protobuf.dev/programming-guides/encoding
    """
    with open(entry, "rb", opener=_open_unnoticed) as stream:
        end = stream.seek(0, os.SEEK_END)
        place = 0
        while place < end:
            stream.seek(place)
            head = stream.read(20)  # two numbers of ten bytes at the most
            tag, used = _varint(head)
            value, more = _varint(head[used:])
            length = {0: more, 1: 8, 2: more + value, 5: 4}.get(tag & 7)
            if tag < 8 or length is None:  # fields count from 1
                return False
            place += used + length
        return place == end > 0


def _open_unnoticed(path: str, flags: int) -> int:
    """Open a file without a trace in its time of last use, where the system and its owner allow that."""
    try:
        return os.open(path, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(path, flags)


def _varint(data: bytes) -> tuple[int, int]:
    """A number in base 128, and how many bytes it takes; what is cut short counts as one that goes on."""
    value = 0
    for index, byte in enumerate(data[:10]):
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            return value, index + 1
    return value, 11


def _engine_version() -> str | None:
    for name in _ENGINES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return None


def _processors() -> Iterator[str]:
    """What tells one kind of CPU, or of GPU, from another."""
    yield platform.machine()
    yield platform.processor()
    for path in (Path("/proc/cpuinfo"), *sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))):
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.split("\n\n")[0].splitlines():  # all CPUs of a machine are alike
            name, _, value = line.partition(":")
            if name.strip() in _KINDS:
                yield f"{name.strip()}: {value.strip()}"
