"""Finding plugins and what they offer.

A plugin that fails to import, misspells a hook or claims a taken id is set aside with a message that names its
distribution, version and cause. It is fatal only where a pipeline file needs it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pluggy

from automl.attribution import note_owner
from automl.errors import AutoMLError, PluginError, did_you_mean
from automl.hookspecs import PROJECT, Announcements, Offers, families
from automl.plugin_guard import check_api, check_hooks, check_id, check_observer, offered_by
from automl.plugin_sources import Plugin, Source, in_folder, installed
from automl.records import Record

_NONE = "there are none; mend: leave --no-plugins out, or install a plugin that offers one"
_LISTED = 12
"""Ids that an error names where none is like the unknown one."""

__all__ = ["Offer", "Plugin", "PluginChoice", "Registry", "SetAside"]


@dataclass(frozen=True)
class SetAside:
    """A plugin that could not be used, and why."""

    name: str
    distribution: str
    version: str
    cause: str
    folder: str | None = None

    def __str__(self) -> str:
        return f"{Plugin(self.name, '', self.distribution, self.version, self.folder)} is set aside: {self.cause}"

    @classmethod
    def of(cls, plugin: Plugin, error: BaseException) -> SetAside:
        cause = str(error) if isinstance(error, AutoMLError) else f"{type(error).__name__}: {error}"
        return cls(plugin.name, plugin.distribution, plugin.version, cause, plugin.folder)


@dataclass(frozen=True)
class Offer:
    """A record and the plugin it came from."""

    family: str
    record: Record
    plugin: Plugin


@dataclass(frozen=True)
class PluginChoice:
    """Which plugins a call of ``automl`` is to have; a command of a plugin finds it as click's ``ctx.obj``.

    Attributes:
        blocked: names of plugins that are left out (``--no-plugins=a,b``).
        third_party: False leaves out every installed plugin that is not built in (``--no-plugins``).
        folders: where else plugins are looked for (``--plugin-dir``).
    """

    blocked: tuple[str, ...] = ()
    third_party: bool = True
    folders: tuple[Path, ...] = ()

    @functools.cached_property
    def registry(self) -> Registry:
        """The plugins, loaded on first use and kept."""
        return Registry.load(self.blocked, third_party=self.third_party, folders=self.folders)


class Registry:
    """All that is offered, by family and id.

    Families are the hooks of `automl.hookspecs.Offers` without their prefix: components, readers, learners,
    networks, searchers, executors, observers, metrics, commands, ...

    Attributes:
        plugins: those that are loaded, in the order in which they were.
        set_aside: those that could not be used.
        left_out: names of those that were not to be imported.
    """

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(Offers)
        self.manager.add_hookspecs(Announcements)
        self.plugins: list[Plugin] = []
        self.set_aside: list[SetAside] = []
        self.left_out: list[str] = []
        self._offers: dict[str, dict[str, Offer]] = {name.removeprefix("automl_"): {} for name in families(Offers)}

    @classmethod
    def load(
        cls, blocked: Iterable[str] = (), *, third_party: bool = True, folders: Iterable[str | Path] = ()
    ) -> Registry:
        """Every installed plugin, by the entry-point group ``automl``, then those in ``folders``.

        What is left out is not imported.

        Args:
            blocked: names of plugins to leave out, wherever they come from.
            third_party: False leaves out what is installed but not built in. What lies in ``folders`` was asked for
                and is loaded all the same.
            folders: folders with modules or packages called ``automl_<name>``; they join the end of ``sys.path``.

        Raises:
            PluginError: there is none of a blocked name, or no plugin in a folder.
        """
        registry = cls()
        sources = list(installed())
        asked_for = [source for folder in folders for source in in_folder(Path(folder))]
        names = {source.plugin.name for source in [*sources, *asked_for]}
        for name in sorted(set(blocked) - names):
            hint = did_you_mean(name, names)
            raise PluginError(f"there is no plugin {name!r} to leave out{f'; {hint}' if hint else ''}")
        out = set(blocked)
        if not third_party:
            sources, strangers = _parted(sources)
            registry.left_out += [source.plugin.name for source in strangers]
        for source in [*sources, *asked_for]:
            if source.plugin.name in out:
                registry.left_out.append(source.plugin.name)
            else:
                registry.take(source)
        return registry

    def take(self, source: Source) -> None:
        """Import a plugin that was found and take it in, or set it aside."""
        try:
            module = source.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a stranger's module may do anything at import
            self.set_aside.append(SetAside.of(source.plugin, error))
        else:
            self.register(module, source.plugin)

    def register(self, module: Any, plugin: Plugin) -> None:
        """Take a plugin in, or set it aside."""
        try:
            if self.manager.has_plugin(plugin.name):
                raise PluginError(f"another plugin is called {plugin.name!r} already")
            if first := self.manager.get_name(module):
                raise PluginError(f"its module is the plugin {first!r} already; mend: one entry point for a module")
            check_api(module)
            check_hooks(self.manager, module)
            offers = self._collect(module, plugin)
            self._hand_to_pluggy(module, plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the hooks are a stranger's code
            self.set_aside.append(SetAside.of(plugin, error))
            return
        for offer in offers:
            self._offers[offer.family][offer.record.id] = offer
        self.plugins.append(plugin)

    def _collect(self, module: Any, plugin: Plugin) -> list[Offer]:
        offers: dict[tuple[str, str], Offer] = {}
        for family, record in offered_by(module):
            taken = self._offers[family].get(record.id) or offers.get((family, record.id))
            if taken:
                raise PluginError(
                    f"it offers {record.id!r} among the {family}, which {taken.plugin.name!r} offers already"
                )
            check_id(record, family, plugin)
            offers[family, record.id] = Offer(family, replace(record, distribution=plugin.distribution), plugin)
        return list(offers.values())

    def _hand_to_pluggy(self, module: Any, plugin: Plugin) -> None:
        try:
            self.manager.register(module, plugin.name)
        except Exception:
            self.manager.unregister(name=plugin.name)  # it keeps the name of what it refused
            raise

    def ids(self, family: str) -> list[str]:
        return sorted(self._offers[family])

    def in_order(self, family: str) -> list[str]:
        """Ids in the order in which the plugins offer them, built-in ones first."""
        return list(self._offers[family])

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
            if (owner := name.split(".")[0]) in self.left_out:
                aside += f"\n  the plugin {owner!r} is left out by --no-plugins"
            more = f" and {len(offers) - _LISTED} more" if len(offers) > _LISTED else ""
            known = f"expected one of {', '.join(sorted(offers)[:_LISTED])}{more}" if offers else _NONE
            raise PluginError(f"no {name!r} among the {family}; {hint or known}{aside}")
        return offers[name]

    def get(self, family: str, name: str) -> Any:
        """The class with this id; imports it on first use.

        Raises:
            PluginError: there is none, it cannot be imported, or it is an observer that misspells what it hears.
        """
        offer = self.offer(family, name)
        found = offer.record.load()
        note_owner(found, family, name, str(offer.plugin), built_in=offer.plugin.is_built_in)
        if family == "observers" and isinstance(found, type):
            try:
                check_observer(found)
            except PluginError as error:
                raise PluginError(f"observer {name!r} of {offer.plugin}: {error}") from None
        return found

    def reader_for(self, path: str) -> str | None:
        """Id of the reader that takes files with this suffix, or None."""
        for name, offer in self._offers["readers"].items():
            if path.lower().endswith(offer.record.suffixes):
                return name
        return None

    def lock(self) -> dict[str, str]:
        """Names and versions of the loaded plugins: what a worker must have as well."""
        return {plugin.name: f"{plugin.distribution} {plugin.version}" for plugin in self.plugins}


def _parted(sources: Iterable[Source]) -> tuple[list[Source], list[Source]]:
    """The built-in ones, and the rest."""
    parts: tuple[list[Source], list[Source]] = ([], [])
    for source in sources:
        parts[not source.plugin.is_built_in].append(source)
    return parts
