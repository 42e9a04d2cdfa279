"""What ``-o`` names: refused before any work where nothing can be written, with a way that works."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

_YAML = (".yaml", ".yml")


class OutputFile(click.ParamType[Path]):
    """A file to write; its folder is there. ``-`` stands for the terminal where a verb says so."""

    name = "file"
    proposed = "pipeline.mmd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if (wrong := hindrance(path, self.proposed)) is not None:
            self.fail(wrong, param, ctx)
        return path


class PipelineOutput(OutputFile):
    """A pipeline file to write: YAML, under a name that says so or says nothing."""

    proposed = "pipeline.yaml"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix and path.suffix.lower() not in _YAML and not path.is_dir():
            named = path.with_suffix(".yaml") if path.suffix.lower() in _FORMATS else Path(f"{path}.yaml")
            self.fail(
                f"{path}: a pipeline file is written as YAML; expected a name that ends in {' or '.join(_YAML)}; "
                f"mend: -o {shlex.quote(str(named))}",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


_FORMATS = (".json", ".toml", ".txt", ".csv", ".py", ".ini", ".cfg", ".xml", ".md")
"""Endings that are taken for one, and no part of the name: ``houses.v2`` becomes ``houses.v2.yaml``."""


def hindrance(path: Path, name: str) -> str | None:
    """Why a file cannot be written there, and how to mend it; None if nothing speaks against it.

    ``name`` is what to call it in a folder that was named in its place.
    """
    if str(path) == "-":
        return None
    if path.is_dir():
        return f"{path} is a folder; mend: -o {shlex.quote(str(path / name))}"
    if path.parent.exists() and not path.parent.is_dir():
        return f"{path.parent} is a file and no folder; mend: name another folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; mend: mkdir -p {shlex.quote(str(path.parent))}, or write elsewhere"
    return None
