"""Finding plugins and what they offer.

A plugin that fails to import, misspells a hook or claims a taken id is set aside with a message that names its
distribution, version and cause. It is fatal only where a pipeline file needs it.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pluggy

from automl.errors import AutoMLError, PluginError, did_you_mean
from automl.hookspecs import PROJECT, Announcements, Offers, families
from automl.records import Record

_PREFIX = "automl_"


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin: its entry point's name, its module and the distribution that brought it."""

    name: str
    module: str
    distribution: str
    version: str


@dataclass(frozen=True)
class SetAside:
    """A plugin that could not be used, and why."""

    name: str
    distribution: str
    version: str
    cause: str

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.distribution} {self.version}) is set aside: {self.cause}"


@dataclass(frozen=True)
class Offer:
    """A record and the plugin it came from."""

    family: str
    record: Record
    plugin: Plugin


class Registry:
    """All that is offered, by family and id.

    Families are the hooks of `automl.hookspecs.Offers` without their prefix: components, readers, learners,
    networks, searchers, executors, observers, metrics.
    """

    def __init__(self, blocked: Iterable[str] = ()) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(Offers)
        self.manager.add_hookspecs(Announcements)
        self.plugins: list[Plugin] = []
        self.set_aside: list[SetAside] = []
        self._offers: dict[str, dict[str, Offer]] = {name.removeprefix(_PREFIX): {} for name in families(Offers)}
        self._blocked = frozenset(blocked)

    @classmethod
    def load(cls, blocked: Iterable[str] = ()) -> Registry:
        """Every installed plugin, by the entry-point group ``automl``; ``blocked`` ones are not imported.

        Raises PluginError if there is none of a blocked name.
        """
        registry = cls(blocked)
        points = importlib.metadata.entry_points(group=PROJECT)
        for name in sorted(registry._blocked - points.names):
            hint = did_you_mean(name, points.names)
            raise PluginError(f"there is no plugin {name!r} to leave out{f'; {hint}' if hint else ''}")
        for point in sorted(points, key=lambda p: (p.value != "automl.builtin", p.name)):
            if point.name in registry._blocked:
                continue
            distribution = point.dist.name if point.dist else "?"
            version = point.dist.version if point.dist else "?"
            try:
                module = point.load()
            except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything at import
                registry.set_aside.append(
                    SetAside(point.name, distribution, version, f"{type(error).__name__}: {error}")
                )
                continue
            registry.register(module, Plugin(point.name, point.value, distribution, version))
        return registry

    def register(self, module: Any, plugin: Plugin) -> None:
        """Take a plugin in, or set it aside."""
        if self.manager.has_plugin(plugin.name):
            cause = f"another plugin is called {plugin.name!r} already"
            self.set_aside.append(SetAside(plugin.name, plugin.distribution, plugin.version, cause))
            return
        try:
            self.manager.register(module, plugin.name)
            self._check_hooks(plugin.name)
            offers = self._collect(module, plugin)
        except Exception as error:  # noqa: BLE001 - the hooks are a stranger's code
            if self.manager.has_plugin(plugin.name):
                self.manager.unregister(name=plugin.name)
            cause = str(error) if isinstance(error, AutoMLError) else f"{type(error).__name__}: {error}"
            self.set_aside.append(SetAside(plugin.name, plugin.distribution, plugin.version, cause))
            return
        for offer in offers:
            self._offers[offer.family][offer.record.id] = offer
        self.plugins.append(plugin)

    def _check_hooks(self, name: str) -> None:
        known = [*families(Offers), *families(Announcements)]
        for caller in self.manager.get_hookcallers(self.manager.get_plugin(name)) or []:
            if caller.spec is None:
                hint = did_you_mean(caller.name, known)
                raise PluginError(f"{caller.name} is no hook{f'; {hint}' if hint else ''}")

    def _collect(self, module: Any, plugin: Plugin) -> list[Offer]:
        offers: list[Offer] = []
        for hook in families(Offers):
            family = hook.removeprefix(_PREFIX)
            for record in getattr(module, hook, list)():
                taken = self._offers[family].get(record.id)
                if taken or any(o.record.id == record.id and o.family == family for o in offers):
                    owner = taken.plugin.name if taken else plugin.name
                    raise PluginError(f"it offers {record.id!r} among the {family}, which {owner!r} offers already")
                offers.append(Offer(family, record, plugin))
        return offers

    def ids(self, family: str) -> list[str]:
        return sorted(self._offers[family])

    def offers(self) -> Iterator[Offer]:
        """All offers, family by family, in the order of their ids."""
        for offers in self._offers.values():
            yield from (offers[name] for name in sorted(offers))

    def offer(self, family: str, name: str) -> Offer:
        """The offer with this id; raises PluginError with a suggestion, or with the cause if its plugin is broken."""
        offers: Mapping[str, Offer] = self._offers[family]
        if name not in offers:
            hint = did_you_mean(name, offers)
            aside = "".join(f"\n  {broken}" for broken in self.set_aside)
            raise PluginError(f"no {name!r} among the {family}{f'; {hint}' if hint else ''}{aside}")
        return offers[name]

    def get(self, family: str, name: str) -> Any:
        """The class with this id; imports it on first use."""
        return self.offer(family, name).record.load()

    def reader_for(self, path: str) -> str | None:
        """Id of the reader that takes files with this suffix, or None."""
        for name, offer in self._offers["readers"].items():
            if path.lower().endswith(offer.record.suffixes):
                return name
        return None

    def lock(self) -> dict[str, str]:
        """Names and versions of the loaded plugins: what a worker must have as well."""
        return {plugin.name: f"{plugin.distribution} {plugin.version}" for plugin in self.plugins}
