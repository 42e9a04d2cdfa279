"""Which modules are a plugin's own: the only ones that a model file may have imported by naming them."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from automl.errors import AutoMLError, BundleError
from automl.plugin_sources import Plugin
from automl.plugins import Registry


def import_for_model(modules: Iterable[str], registry: Registry, lock: Iterable[str]) -> None:
    """Import modules that a model file names.

    Args:
        modules: dotted names, from the file.
        registry: the plugins that are loaded.
        lock: names of the plugins that the model was made with, from the file.

    Raises:
        BundleError: a module belongs to no loaded plugin of the lock, or cannot be imported. Nothing was imported that
            belongs to none.
    """
    among = [plugin for plugin in registry.plugins if plugin.name in set(lock)]
    for module in dict.fromkeys(modules):
        if not isinstance(module, str) or not all(part.isidentifier() for part in module.split(".")):
            raise BundleError(f"the model names the module {module!r}, which is no name of one")
        plugin = _owner(module, among, registry)
        if plugin is None:
            raise BundleError(
                f"the model needs code of the module {module}, which belongs to none of its plugins that are installed "
                f"({', '.join(each.name for each in among) or 'none'}), so it is not imported; mend: install the "
                "plugin that offers it; an author keeps layers in the plugin's own package, or names their module in "
                "`modules` of the network"
            )
        try:
            importlib.import_module(module)
        except Exception as error:
            raise BundleError(
                f"the model needs code of the module {module}, which cannot be imported: {type(error).__name__}: "
                f"{error}; mend: install the version of {plugin} that it was made with"
            ) from error


def _owner(module: str, among: Iterable[Plugin], registry: Registry) -> Plugin | None:
    package, *rest = module.split(".")
    if any(part.startswith("__") for part in rest):  # __main__ is a program
        return None
    for plugin in among:
        if package in {plugin.module.partition(".")[0], *_of_offers(plugin, registry)}:
            return plugin
    for plugin in among:
        if package in _declared(plugin, registry) or _brings(plugin, package):
            return plugin
    return None


def _of_offers(plugin: Plugin, registry: Registry) -> Iterator[str]:
    for offer in registry.offers():
        if offer.plugin == plugin:
            yield offer.record.code.partition(":")[0].partition(".")[0]


def _declared(plugin: Plugin, registry: Registry) -> Iterator[str]:
    """The packages that the plugin's networks say they take code from, beside their engines."""
    for offer in registry.offers():
        if offer.plugin == plugin and offer.family == "networks":
            try:
                network = offer.record.load_to_describe()
            except AutoMLError:  # it has said so already where it was to be used; of this one nothing is known
                continue
            named = {module.partition(":")[0].partition(".")[0] for module in getattr(network, "modules", ())}
            yield from named - sys.stdlib_module_names - set(getattr(network, "engines", ()))


def _brings(plugin: Plugin, package: str) -> bool:
    """Whether the plugin's distribution installed this package, and importing it would find that one."""
    if plugin.is_built_in or plugin.folder is not None:
        return False
    try:
        distribution = importlib.metadata.distribution(plugin.distribution)
        found = sys.modules.get(package) or importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    place = getattr(found, "__file__", None) or getattr(found, "origin", None)
    if place is None:
        return False
    files = (file for file in distribution.files or () if file.parts[0] in (package, f"{package}.py"))
    return any(Path(str(distribution.locate_file(file))).resolve() == Path(place).resolve() for file in files)
