"""What the verbs share: finding the plugins, reading the file, and the exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automl.pipeline_file.declaration import Declaration
    from automl.plugins import PluginChoice, Registry

FAILED, WRONG, NOT_MET = 1, 2, 3
"""Exit codes of every verb: the work was begun and failed; the call or the file is wrong, or what they name is not
there; a gate or ``plan --check`` was not met. A signal gives 128 and its number (`automl.cli.signals`)."""


def load_registry(ctx: click.Context) -> Registry:
    """The plugins that the call is to have, loaded once; a broken one is warned of."""
    choice: PluginChoice = ctx.obj
    first = "registry" not in vars(choice)
    registry = choice.registry
    for broken in registry.set_aside if first else ():
        click.echo(f"warning: {broken}", err=True)
    return registry


def pipeline_options(command: Any) -> Any:
    """The arguments of every verb that takes a pipeline file."""
    override = click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Override a key: seed=7.")
    profile = click.option("--profile", metavar="NAME", help="Apply a profile of the file.")
    return click.argument("file", type=click.Path(path_type=Path))(profile(override(command)))


def load_pipeline(file: Path, registry: Registry, profile: str | None, sets: Sequence[str]) -> Declaration:
    """The checked pipeline file."""
    from automl.pipeline_file import load

    return load(file, registry, profile=profile, sets=sets)
