"""Where plugins come from: the entry points of installed distributions, and the folders of ``--plugin-dir``.

Nothing is imported here before `Source.load` is called.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.errors import PluginError
from automl.hookspecs import PROJECT

OWN_DISTRIBUTION: Final = "automl-pipelines"
"""What brings the kernel and the built-in plugins; everything else is a third party's."""

_MODULE_PREFIX: Final = "automl_"
_NO_VERSION: Final = "0"


@dataclass(frozen=True)
class Plugin:
    """A plugin: the name of its entry point, its module, and the distribution that brought it.

    Attributes:
        folder: for a plugin of ``--plugin-dir``, the absolute folder that its module lies in. Such a plugin has no
            distribution: it counts as ``automl-<name>`` in a version made of its sources, ``0+1a2b3c4d``.
    """

    name: str
    module: str
    distribution: str
    version: str
    folder: str | None = None

    def __str__(self) -> str:
        place = f", in {self.folder}" if self.folder else ""
        return f"plugin {self.name!r} ({self.distribution} {self.version}{place})"

    @property
    def is_built_in(self) -> bool:
        return self.distribution == OWN_DISTRIBUTION


@dataclass(frozen=True)
class Source:
    """A plugin that was found, and how to import it."""

    plugin: Plugin
    load: Callable[[], Any]


def installed() -> Iterator[Source]:
    """Every entry point of the group ``automl``: the kernel's first, then the built-in ones, then third parties'.

    The order is that of the names, so that which of two claims an id first does not depend on the disk.
    """
    points = [
        (Plugin(point.name, point.value, *_distribution_of(point)), point)
        for point in importlib.metadata.entry_points(group=PROJECT)
    ]

    def order(found: tuple[Plugin, Any]) -> tuple[Any, ...]:
        plugin = found[0]
        kernel = plugin.module == "automl.builtin"
        return not kernel, not plugin.is_built_in, plugin.name, plugin.distribution

    for plugin, point in sorted(points, key=order):
        yield Source(plugin, point.load)


def _distribution_of(point: importlib.metadata.EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("?", _NO_VERSION)


def in_folder(folder: Path) -> list[Source]:
    """The modules and packages called ``automl_<name>`` that lie in a folder; each is the plugin ``<name>``.

    Raises PluginError if there is none: a folder that was asked for and brings nothing is a mistake.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise PluginError(f"--plugin-dir {folder}: there is no such folder")
    found = [
        _in_file(path)
        for path in sorted(root.glob(f"{_MODULE_PREFIX}*"))
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    ]
    if not found:
        raise PluginError(
            f"--plugin-dir {folder}: no plugin in it; expected automl_<name>.py or automl_<name>/__init__.py"
        )
    return found


def _in_file(path: Path) -> Source:
    module = path.stem
    name = module.removeprefix(_MODULE_PREFIX)
    version = f"{_NO_VERSION}+{_sources(path)[:8]}"
    plugin = Plugin(name, module, f"automl-{name.replace('_', '-')}", version, str(path.parent))
    return Source(plugin, lambda: _import_from(plugin))


def _sources(path: Path) -> str:
    """Hash of a module's, or of all a package's, Python files."""
    found = hashlib.sha256()
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        found.update(f"{file.relative_to(path.parent).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _import_from(plugin: Plugin) -> Any:
    """Import a plugin's module from its folder, which stays importable: its records name modules in it.

    The folder goes to the end of the path, so that a file in it hides no installed module; a plugin's module that
    is itself hidden by an installed one of the same name is refused.
    """
    assert plugin.folder is not None
    if plugin.folder not in sys.path:
        sys.path.append(plugin.folder)
        importlib.invalidate_caches()
    module = importlib.import_module(plugin.module)
    origin = Path(module.__file__ or "").resolve()
    if not origin.is_relative_to(plugin.folder):
        raise PluginError(f"{plugin.module} in {origin.parent} hides it; mend: uninstall or rename one of the two")
    return module


def same_elsewhere(plugin: Plugin) -> Source:
    """In another process: the source of a plugin that came by no entry point on the driver.

    Raises PluginError if its folder does not have it here.
    """
    if plugin.folder is None:
        return Source(plugin, lambda: importlib.import_module(plugin.module))
    for source in in_folder(Path(plugin.folder)):
        if source.plugin.name == plugin.name:
            return source
    raise PluginError(f"{plugin.folder} has no {plugin.module} here")
