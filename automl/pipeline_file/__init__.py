"""Pipeline files: YAML in, a checked `Declaration` out.

`load` reads a file, lays the files that it extends, a profile and ``--set`` changes over each other, fills in
variables, and checks the result against the plugins that are installed and the header of the data. All mistakes
come back in one `automl.errors.PipelineFileError`, each with its place.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from automl.gates import Gate
from automl.pipeline_file.check import declare
from automl.pipeline_file.declaration import DataDeclaration, Declaration, StageDeclaration, Use
from automl.pipeline_file.layers import Layers, apply_set, choose_profile
from automl.pipeline_file.naming import derived_name
from automl.pipeline_file.origins import Origin, Written, origins, places_in
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Fields, Scalar, find, replace
from automl.plugins import Registry

__all__ = [
    "DataDeclaration",
    "Declaration",
    "Gate",
    "Origin",
    "StageDeclaration",
    "Use",
    "layered",
    "load",
    "loads",
    "trace",
]


def load(
    path: str | os.PathLike[str],
    registry: Registry,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
    header: bool = True,
) -> Declaration:
    """Read and check a pipeline file.

    Args:
        path: the file. ``extends`` is relative to it, ``data.path`` to the working folder.
        registry: the plugins that the file may name.
        profile: the profile to lay over the file.
        sets: changes to lay over that, each ``key.subkey=value`` with the value in YAML.
        header: also compare names with the columns of the data, which the reader takes from the data's header.

    Raises:
        PipelineFileError: with every mistake that was found.
    """
    file = Path(path)
    problems = Problems()
    written = _written(Layers(problems).file(file), str(file), profile, sets, problems)
    return _declare(written, registry, problems, name=derived_name(file.stem), source=str(file), header=header)


def trace(
    path: str | os.PathLike[str], registry: Registry, *, profile: str | None = None, sets: Sequence[str] = ()
) -> tuple[Declaration, list[Origin]]:
    """Read and check a pipeline file like `load`; and where each value in force, every default included, comes from."""
    file = Path(path)
    problems = Problems()
    written = _written(Layers(problems).file(file), str(file), profile, sets, problems)
    declaration = _declare(written, registry, problems, name=derived_name(file.stem), source=str(file), header=True)
    return declaration, origins(written, declaration, registry)


def loads(
    text: str,
    registry: Registry,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
    header: bool = True,
    name: str = "pipeline",
    folder: str | os.PathLike[str] = ".",
    held: Mapping[tuple[str, ...], Any] | None = None,
) -> Declaration:
    """Read and check the text of a pipeline file. Else like `load`.

    Args:
        text: the file.
        folder: where the files lie that it extends.
        held: objects that no text can hold, by their place; what the text says there stands for them.
        registry, profile, sets, header, name: see `load`; ``name`` is the pipeline's if the text gives none.
    """
    problems = Problems()
    written = _written(Layers(problems).text(text, Path(folder), "<text>"), "<text>", profile, sets, problems)
    for path, value in (held or {}).items():
        found = find(written.tree, path)
        if found.path == path:
            tree = replace(written.tree, path, Scalar(value, found.node.place))
            assert isinstance(tree, Fields)
            written = dataclasses.replace(written, tree=tree)
    return _declare(written, registry, problems, name=name, source=None, header=header)


def layered(path: str | os.PathLike[str], *, profile: str | None = None, sets: Sequence[str] = ()) -> Fields:
    """A file with all layers laid over each other, references not filled in, nothing checked.

    Raises PipelineFileError if a layer cannot be read.
    """
    file = Path(path)
    problems = Problems()
    written = _written(Layers(problems).file(file), str(file), profile, sets, problems)
    problems.throw()
    return written.tree


def _written(tree: Fields | None, top: str, profile: str | None, sets: Sequence[str], problems: Problems) -> Written:
    """The layers of a file with a profile and changes laid over them. Raises PipelineFileError if there is no file."""
    if tree is None:
        problems.throw()
    assert tree is not None
    chosen = find(tree, ("profiles", profile)) if profile is not None else None
    profiled = frozenset(places_in(chosen.node)) if chosen and len(chosen.path) == 2 else frozenset()
    tree = choose_profile(tree, profile, problems)
    for change in sets:
        tree = apply_set(tree, change, problems)
    return Written(tree, top, profile, profiled)


def _declare(
    written: Written, registry: Registry, problems: Problems, *, name: str, source: str | None, header: bool
) -> Declaration:
    return declare(written.tree, registry, os.environ, problems, name=name, source=source, header=header)
