"""The code behind a component that lies outside its plugin's package: found without importing it.

What a component names there (the module of its record, its base classes, what it declares in ``modules``) counts with
the version of its distribution, or with its sources where it is editable or of none. What any of that code imports
counts where it is of no distribution, or editable: a helper beside the plugin, a module of the working folder. Of other
distributions the component's ``engines`` tell.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.engine_versions import distributions
from automl.errors import PluginError
from automl.fingerprint import bytes_fingerprint, digest
from automl.plugin_sources import OWN_DISTRIBUTION

_OURS: Final = "automl"
_MOST_STEPS: Final = 20
"""So many modules may hand a name on."""
_FOUNDATION: Final = frozenset({_OURS, "pydantic", "builtins", "__future__"}) | sys.stdlib_module_names
"""What every component stands on: the kernel, whose contracts have numbers of their own, and Python."""


@dataclass(frozen=True)
class Code:
    """A package, or a lone module.

    Attributes:
        name: what it is imported as.
        distribution: of what is installed and not editable, else None.
        files: its Python files; none where there is no source.
        root: what the files' names are told from.
    """

    name: str
    distribution: str | None
    files: tuple[Path, ...]
    root: Path | None

    @property
    def version(self) -> str:
        """The version of its distribution, or a hash of its sources, as text that a person can compare."""
        if self.distribution is not None:
            return f"{self.distribution} {importlib.metadata.version(self.distribution)}"
        return f"{self.name} sources {hash_of(self.files, self.root)[:8]}"


def hash_of(files: Iterable[Path], root: Path | None) -> str:
    """Hash of files by their names below ``root`` and their bytes."""
    assert root is not None, "files have a place"
    return digest([[str(file.relative_to(root)), bytes_fingerprint(file.read_bytes())] for file in files])


@functools.cache
def versions_elsewhere(component: Any, code: str, package: str, distribution: str) -> tuple[str, ...]:
    """Versions of all code of a third party's component that lies outside its plugin's package, sorted.

    Args:
        component: the class, or whatever else a record leads to.
        code: what the record names, ``package.module:Class``.
        package: the plugin's own top-level package or module.
        distribution: what the plugin was installed as.

    Raises:
        PluginError: code that the component names is of no distribution and has no source, so that nobody could
            notice a change.
    """
    engines = {_distribution_of(engine) for engine in getattr(component, "engines", ())} | _engine_room()
    found: dict[str, Code] = {}
    waiting: list[tuple[Code, bool]] = []  # and whether distributions that it imports count

    def take(code: Code | None, *, deep: bool) -> None:
        if code is None or code.name in found:
            return
        found[code.name] = code
        if code.distribution is None:
            waiting.append((code, deep))

    own = locate(package)
    if own is not None:
        found[own.name] = own
        waiting.append((own, False))
    for name in _named(component, code):
        if _top(name) not in _FOUNDATION:
            take(_required(name, code), deep=False)
    without = [engine for engine in getattr(component, "engines", ()) if _distribution_of(engine) is None]
    for named in (*getattr(component, "modules", ()), *without):
        for name in _handed_on(*named.partition(":")[::2]):
            if _top(name) not in _FOUNDATION:
                located = _required(name, code)
                take(located, deep=True)
                if located == own and own is not None:
                    waiting.append((own, True))
    while waiting:
        here, deep = waiting.pop()
        for name in sorted(_imports(here)):
            there = None if _top(name) in _FOUNDATION else locate(name)
            if there is not None and (there.distribution is None or (deep and there.distribution not in engines)):
                take(there, deep=deep)
    told = (code for code in found.values() if code != own and code.distribution != distribution)
    return tuple(sorted(code.version for code in told))


def _named(component: Any, code: str) -> Iterator[str]:
    """The modules of the record and of the classes that a component is made of."""
    yield code.partition(":")[0]
    if isinstance(component, type):
        for kind in (component, getattr(component, "Params", None), getattr(component, "fitted", None)):
            yield from (base.__module__ for base in getattr(kind, "__mro__", ()))


def _required(name: str, code: str) -> Code:
    found = locate(name)
    if found is None or (found.distribution is None and not found.files):
        raise PluginError(
            f"{code}: its result depends on the module {name!r}, which is of no distribution and has no source file, "
            "so a change in it could not be noticed; mend: move that code into a module of the plugin's package"
        )
    return found


@functools.cache
def locate(name: str) -> Code | None:
    """The package or lone module that a module belongs to; None if it is not there."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        here = ".".join(parts[:depth])
        origin, is_package = _origin(here)
        if origin is None:
            return None
        if origin:  # else it is a namespace, and what lies below it counts
            distribution = _distribution_of(parts[0])
            if distribution is not None and not is_editable(distribution):
                return Code(here, distribution, (), None)
            path = Path(origin)
            root = path.parent
            files = sorted(root.rglob("*.py")) if is_package else [path]
            return Code(here, None, tuple(file for file in files if file.suffix == ".py" and file.is_file()), root)
    return None


def _origin(name: str) -> tuple[str | None, bool]:
    """Where a module lies ("" for a namespace, None if it is not there), and whether it is a package."""
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__spec__", None) is None:  # __main__
        return getattr(loaded, "__file__", None) or "", False
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None, False
    if spec is None:
        return None, False
    return spec.origin or "", spec.submodule_search_locations is not None


def _distribution_of(module: str) -> str | None:
    found = distributions().get(_top(module), ())
    return found[0] if found else None


@functools.cache
def is_editable(distribution: str) -> bool:
    """Whether what is imported are sources that somebody may edit; also of what is no distribution."""
    try:
        text = importlib.metadata.distribution(distribution).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return True
    origin: dict[str, Any] = json.loads(text) if text else {}
    return bool(origin.get("dir_info", {}).get("editable", False))


@functools.cache
def _engine_room() -> set[str]:
    """The distributions that the engine itself is built on, such as numpy: a component names them as its engines."""
    named = importlib.metadata.requires(OWN_DISTRIBUTION) or ()
    wanted = {re.split(r"[^\w.-]", name, maxsplit=1)[0].lower().replace("_", "-") for name in named}
    known = {found for names in distributions().values() for found in names}
    return {name for name in known if name.lower().replace("_", "-") in wanted}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _imports(code: Code) -> set[str]:
    """The modules that the files of a package import, wherever in them, without those of the package itself."""
    found: set[str] = set()
    for file in code.files:
        for node in ast.walk(_parsed(file)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
                found |= {f"{node.module}.{alias.name}" for alias in node.names if _is_namespace(node.module)}
    return {name for name in found if _top(name) != _top(code.name)}


def _is_namespace(module: str) -> bool:
    return _top(module) not in _FOUNDATION and _origin(_top(module))[0] == ""


@functools.cache
def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError:  # a file that nothing imports may be for another Python
        return ast.Module(body=[], type_ignores=[])


def _handed_on(module: str, name: str) -> Iterator[str]:
    """The modules through which a name comes to ``module``, itself first: those that it is imported from."""
    for _ in range(_MOST_STEPS):
        yield module
        file = _file(module)
        source = (
            None if file is None else _imported_from(_parsed(file), name, module, is_package=file.stem == "__init__")
        )
        if source is None:
            return
        module, name = source


def _file(module: str) -> Path | None:
    if locate(module) is None:
        return None
    try:
        origin, _ = _origin(module)  # imports the packages above it
    except Exception:  # noqa: BLE001 - a stranger's package may raise anything; using the hypermodel will tell
        return None
    return Path(origin) if origin and origin.endswith(".py") and Path(origin).is_file() else None


def _imported_from(tree: ast.Module, name: str, module: str, *, is_package: bool) -> tuple[str, str] | None:
    """Where a module imports a name from, and what it is called there; None if it does not."""
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                above = module.split(".")
                kept = len(above) - node.level + is_package if node.level else 0
                return ".".join([*above[:kept], *([node.module] if node.module else [])]), alias.name
    return None
