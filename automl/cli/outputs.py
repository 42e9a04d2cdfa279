"""What ``-o`` names: refused before any work where nothing can be written, with a way that works."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click


class OutputFile(click.ParamType[Path]):
    """A file to write; its folder is there. ``-`` stands for the terminal where a verb says so."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if (wrong := hindrance(path)) is not None:
            self.fail(wrong, param, ctx)
        return path


def hindrance(path: Path) -> str | None:
    """Why a file cannot be written there, and how to mend it; None if nothing speaks against it."""
    if str(path) == "-":
        return None
    if path.is_dir():
        return f"{path} is a folder; mend: name a file in it, such as {shlex.quote(str(path / 'FILE'))}"
    if path.parent.exists() and not path.parent.is_dir():
        return f"{path.parent} is a file and no folder; mend: name another folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; mend: mkdir -p {shlex.quote(str(path.parent))}, or write elsewhere"
    return None
