"""What ``automl doctor`` finds: the machine, the engines, the plugins, and whether a run could write here."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from automl.engine_versions import distributions
from automl.errors import StoreError
from automl.executors.threads import usable_cpus
from automl.plugin_sources import OWN_DISTRIBUTION
from automl.plugins import Registry

State = Literal["ok", "note", "broken"]

_LITTLE_DISK: Final = 1_000_000_000
"""Bytes below which a run is likely to fill the disk: the store's scratch alone may take more."""
_DISTRIBUTION_NAME: Final = re.compile(r"[\w.-]+")
_GPU_QUERY: Final = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
_PATIENCE: Final = 60
"""Seconds that another program may take to answer."""


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's: what was looked at, how it is, and what mends it where it is not well."""

    about: str
    state: State
    text: str
    mend: str | None = None


def examine(registry: Registry, workspace: Path) -> Iterator[Diagnosis]:
    """Look at everything, from the interpreter to the disk.

    Args:
        registry: the plugins of this call.
        workspace: the folder that runs write to; it need not exist.
    """
    yield Diagnosis("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Diagnosis("platform", "ok", f"{platform.platform()}, {platform.machine()}")
    yield Diagnosis("processors", "ok", f"{usable_cpus()} usable of {os.cpu_count()}")
    yield Diagnosis("memory", "ok", _memory())
    yield from _gpus()
    libraries = list(_libraries())
    yield from libraries
    yield from _engines(registry)
    yield from _plugins(registry)
    if any(library.state == "broken" for library in libraries):
        return  # the store could not even be imported
    yield from _store(workspace / "store")
    yield from _writing(workspace)
    yield _disk(workspace)


def _memory() -> str:
    page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")  # what a container may take of it
    allowed = limit.read_text(encoding="ascii").strip() if limit.exists() else "max"
    held = f", of which this container may take {int(allowed) / 1e9:.1f} GB" if allowed.isdigit() else ""
    return f"{page * pages / 1e9:.1f} GB{held}"


def _gpus() -> Iterator[Diagnosis]:
    """What the driver shows, and what TensorFlow makes of it; that is asked in another process: it takes seconds."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield Diagnosis("gpu", "ok", "none: nvidia-smi is not installed")
        return
    answer = _ask([tool, *_GPU_QUERY])
    cards = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if answer.returncode != 0 or not cards:
        yield Diagnosis("gpu", "note", f"none: nvidia-smi says {(answer.stderr or answer.stdout).strip() or 'nothing'}")
        return
    yield from (Diagnosis("gpu", "ok", card) for card in cards)
    if importlib.util.find_spec("tensorflow") is not None:
        script = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
        seen = _ask([sys.executable, "-c", script]).stdout.strip() or "0"
        well = seen == str(len(cards))
        mend = None if well else "pip install 'automl-pipelines[gpu]', and look at CUDA_VISIBLE_DEVICES"
        yield Diagnosis("gpu", "ok" if well else "note", f"TensorFlow sees {seen} of {len(cards)}", mend)


def _ask(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {_PATIENCE} s")


def _libraries() -> Iterator[Diagnosis]:
    """What the base installation asks for, by its own metadata."""
    asked_for = [line for line in importlib.metadata.requires(OWN_DISTRIBUTION) or () if "extra ==" not in line]
    names = [_DISTRIBUTION_NAME.match(line)[0] for line in asked_for]  # type: ignore[index]
    versions: dict[str, str] = {}
    for name in sorted(names):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Diagnosis("library", "broken", f"{name} is not installed", f"pip install {OWN_DISTRIBUTION}")
    yield Diagnosis("libraries", "ok", _versions(versions))


def _versions(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))


def _engines(registry: Registry) -> Iterator[Diagnosis]:
    """The modules that offers say they need: their versions, or the extra that brings them."""
    needed: dict[tuple[str, str, str], list[str]] = {}
    for offer in registry.offers():
        for module in offer.record.requires:
            key = (module, offer.record.distribution, offer.record.extra or "")
            needed.setdefault(key, []).append(offer.record.id)
    there: dict[str, str] = {}
    for (module, distribution, extra), ids in sorted(needed.items()):
        if importlib.util.find_spec(module) is not None:
            there |= {name: importlib.metadata.version(name) for name in distributions().get(module, [])}
            continue
        mend = f"pip install '{distribution}[{extra}]'" if extra else f"install what brings {module}"
        yield Diagnosis("extra", "note", f"{module} is not installed: {', '.join(ids)} cannot be used", mend)
    if there:
        yield Diagnosis("engines", "ok", _versions(there))


def _plugins(registry: Registry) -> Iterator[Diagnosis]:
    for plugin in registry.plugins:
        place = f", in {plugin.folder}" if plugin.folder else ""
        yield Diagnosis("plugin", "ok", f"{plugin.name}: {plugin.distribution} {plugin.version}{place}")
    for name in registry.left_out:
        yield Diagnosis("plugin", "ok", f"{name}: left out by --no-plugins")
    for broken in registry.set_aside:
        mend = f"update, repair or uninstall it, or leave it out: automl --no-plugins={broken.name}"
        yield Diagnosis("plugin", "broken", str(broken), mend)


def _store(root: Path) -> Iterator[Diagnosis]:
    """Read only: a store of an older format is left as it is, the next run migrates it."""
    from automl.store.layout import Layout
    from automl.store.migrating import FORMAT, read_format
    from automl.store.room import format_size

    if not root.exists():
        yield Diagnosis("store", "ok", f"none yet; a run makes {root}")
        return
    layout = Layout(root)
    try:
        found = read_format(layout)
    except StoreError as error:
        yield Diagnosis("store", "broken", str(error))
        return
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    older = "" if found in (None, FORMAT) else f" (the next run brings it to {FORMAT})"
    values = len(list(layout.stored()))
    yield Diagnosis("store", "ok", f"{root}: format {found}{older}, {values} values, {format_size(size)}")
    if (holder := _writer(layout.lock)) is not None:
        yield Diagnosis("store", "note", f"{root} is in use by {holder}", "wait until it ends, or: automl run --wait")


def _writer(lock: Path) -> str | None:
    """Who writes the store now; None if nobody does."""
    from automl.store.locking import Holder

    if not lock.exists():
        return None
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return str(Holder.read(handle) or "a process that did not say its name")
    return None


def _writing(workspace: Path) -> Iterator[Diagnosis]:
    """By doing it: permission bits do not tell of read-only mounts and quotas."""
    folder = next(parent for parent in (workspace.absolute(), *workspace.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder) as handle:
            handle.write(b"automl")
    except OSError as error:
        mend = "work in a folder that you may write to"
        yield Diagnosis("writing", "broken", f"{folder} cannot be written to: {error.strerror or error}", mend)
    else:
        yield Diagnosis("writing", "ok", f"{folder} can be written to")


def _disk(workspace: Path) -> Diagnosis:
    from automl.store.room import format_size, free_bytes

    free = free_bytes(workspace)
    if free >= _LITTLE_DISK:
        return Diagnosis("disk", "ok", f"{format_size(free)} left")
    mend = "free some space: automl cache gc --max-size 1GB removes stored values"
    return Diagnosis("disk", "broken", f"only {format_size(free)} left", mend)
