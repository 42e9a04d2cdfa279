"""``automl plugins new``: a package to start a plugin from, whose contract tests pass as written."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Collection, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

from automl.errors import PluginError
from automl.hookspecs import API
from automl.writing import whole_folder

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SUFFIX: Final = ".template"
_ROWS: Final = 240


def write_package(name: str, parent: Path, taken: Collection[str] = ()) -> Path:
    """Write the package ``automl-<name>`` into ``parent``.

    Args:
        name: what the entry point is called, and where all ids of the plugin begin; ``acme``.
        parent: an existing folder, or one that can be made.
        taken: names that installed plugins have.

    Returns:
        The package's folder.

    Raises:
        PluginError: the name is no legal or no free one, or the folder is there already.
        OutputError: the folder cannot be written; nothing is left of it.
    """
    if not _NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot name a plugin; expected small letters, digits and single _, e.g. acme")
    if name in taken:
        raise PluginError(
            f"a plugin called {name!r} is installed already; mend: automl plugins new {_free(name, taken)}"
        )
    words = {
        "name": name,
        "distribution": f"automl-{name.replace('_', '-')}",
        "module": f"automl_{name}",
        "api": str(API),
    }
    package = parent / words["distribution"]
    if package.exists():
        raise PluginError(f"{package} is there already; mend: --dir ANOTHER_FOLDER, or another name")
    with whole_folder(package) as half:
        for path, text in _templates(resources.files(__name__) / "templates"):
            file = half / path.replace("automl_name", words["module"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(words), encoding="utf-8")
        (half / "example.csv").write_text(_example_rows(), encoding="utf-8")
    return package


def _templates(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    """Every template below a folder: its path without the suffix, and its text."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield f"{above}{entry.name.removesuffix(_SUFFIX)}", entry.read_text(encoding="utf-8")


def _example_rows() -> str:
    """Made-up flats: a price that hangs on area, rooms and age, with gaps in the age. The same every time."""
    draw = random.Random(0)  # noqa: S311 - sample rows, nothing secret
    lines = ["area,rooms,age,price"]
    for _ in range(_ROWS):
        area = draw.uniform(20, 160)
        rooms = max(1, round(area / 28 + draw.gauss(0, 0.7)))
        age = draw.randint(0, 90)
        price = 2100 * area + 9000 * rooms - 700 * age + draw.gauss(0, 12_000)
        shown = "" if draw.random() < 0.05 else age
        lines.append(f"{area:.1f},{rooms},{shown},{max(price, 10_000):.0f}")
    return "\n".join(lines) + "\n"


def _free(name: str, taken: Collection[str]) -> str:
    """A name that no plugin has."""
    return next(found for found in (f"{name}_{number}" for number in itertools.count(2)) if found not in taken)
