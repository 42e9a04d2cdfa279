"""What a job sees of the worker it runs in, and which plugins that worker has."""

from __future__ import annotations

import functools
import importlib.metadata
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl.errors import PluginError
from automl.hookspecs import PROJECT
from automl.plugin_sources import same_elsewhere
from automl.plugins import Plugin, Registry, SetAside
from automl.secret import hidden_texts, hide_also


class Worker(ABC):
    """Handed to every job as its second argument. ``memory`` outlives the job: what a warm worker keeps at hand."""

    memory: dict[str, Any]
    threads: int

    @abstractmethod
    def registry(self) -> Registry:
        """The plugins of this process, loaded on first use and kept."""

    @abstractmethod
    def report(self, payload: Mapping[str, Any]) -> bool:
        """Send progress to the driver; True if the job should stop now."""

    def carried(self, fingerprint: str) -> Any:  # noqa: ARG002 - it is here for executors that carry data
        """What the executor carried here of the job's ``data``, read-only; None if the job has to read it itself."""
        return None


@dataclass(frozen=True)
class PluginSet:
    """The plugins of a run, as data: what a worker needs to have the same ones as the driver.

    A plugin manager cannot be pickled. A PluginSet can: it crosses as names and versions, and the first ``registry``
    on the other side loads the plugins there and refuses if they are not the driver's. What the driver masks goes with
    it: the worker masks it in what it prints.

    Attributes:
        blocked: names of entry points that are not imported.
        extra: plugins that come by no entry point: each module must be importable in the worker, or lie in the
            plugin's folder (``--plugin-dir``) there too.
        lock: what the driver has (`Registry.lock`); None on the driver itself.
    """

    blocked: tuple[str, ...] = ()
    extra: tuple[Plugin, ...] = ()
    lock: Mapping[str, str] | None = None

    @classmethod
    def of(cls, registry: Registry) -> PluginSet:
        """The set that ``registry`` holds; ``registry`` itself stays in use on this side."""
        points = {point.name for point in importlib.metadata.entry_points(group=PROJECT)}
        known: list[Plugin | SetAside] = [*registry.plugins, *registry.set_aside]
        seen = {found.name for found in known if not found.folder}
        extra = tuple(plugin for plugin in registry.plugins if plugin.folder or plugin.name not in points)
        plugins = cls(tuple(sorted(points - seen)), extra)
        object.__setattr__(plugins, "registry", registry)
        return plugins

    @functools.cached_property
    def registry(self) -> Registry:
        """The plugins, loaded on first use. Raises PluginError with both lists if they are not the driver's."""
        registry = Registry.load(self.blocked)
        for plugin in self.extra:
            try:
                source = same_elsewhere(plugin)
            except PluginError as error:
                registry.set_aside.append(SetAside.of(plugin, error))
            else:
                registry.take(source)
        if self.lock is not None and registry.lock() != self.lock:
            raise PluginError(_difference(self.lock, registry))
        return registry

    def __getstate__(self) -> dict[str, Any]:
        lock = self.registry.lock() if self.lock is None else self.lock
        return {"blocked": self.blocked, "extra": self.extra, "lock": dict(lock), "_hidden": hidden_texts()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        hide_also(state.pop("_hidden"))
        self.__dict__.update(state)


def _difference(driver: Mapping[str, str], registry: Registry) -> str:
    lists = {"driver": driver, "worker": registry.lock()}
    lines = ["this worker has other plugins than the driver"]
    for side, lock in lists.items():
        lines.append(
            f"  {side}: {', '.join(f'{name} = {version}' for name, version in sorted(lock.items())) or 'none'}"
        )
    lines += [f"  on the worker, {broken}" for broken in registry.set_aside]
    lines.append("  mend: install the same versions of the same distributions for the worker")
    return "\n".join(lines)
