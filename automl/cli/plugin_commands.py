"""The verbs about plugins: ``automl plugins ...``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from automl.cli.cache_commands import Size
from automl.cli.calls import FAILED, load_registry
from automl.cli.duration import Duration


@click.group()
def plugins() -> None:
    """See, start and test plugins."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """List everything that a pipeline file may name."""
    from automl.cli.listing import listing

    click.echo(listing(load_registry(ctx), as_json=as_json))


@plugins.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def show_plugin(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show what is offered under a name: what it does, its parameters, their ranges, an example."""
    from automl.cli.listing import describe

    click.echo(describe(load_registry(ctx), name, as_json=as_json))


@plugins.command("new")
@click.argument("name")
@click.option(
    "--dir", "parent", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="Where to write the package's folder; by default here.",
)  # fmt: skip
@click.pass_context
def new_plugin(ctx: click.Context, name: str, parent: Path) -> None:
    """Write a package called automl-NAME: a stage, its contract tests, a pipeline that runs."""
    from automl.scaffold import write_package

    taken = [plugin.name for plugin in load_registry(ctx).plugins]
    package = write_package(name, parent, taken)
    click.echo(f"{package}: written\n\nnext:")
    for line in (
        f"pip install -e {package}",
        f"python -m pytest {package}",
        f"cd {package} && automl run pipeline.yaml",
    ):
        click.echo(f"  {line}")


@plugins.command("test")
@click.argument("name")
@click.option(
    "--timeout", type=Duration(), default="2m", show_default=True, help="How long each test may run: 90s, 5m."
)  # fmt: skip
@click.option(
    "--memory", type=Size(), default="4GB", show_default=True,
    help="How much memory each test may hold, its processes together: 500MB, 8GB.",
)  # fmt: skip
@click.pass_context
def test_plugin(ctx: click.Context, name: str, timeout: float, memory: int) -> None:
    """Run the contract checks over all that a plugin offers. NAME is a plugin's name or its module.

    A test that runs for too long or holds too much memory is ended and has failed; after three of one offer the rest of
    its tests are left out.
    """
    from automl.cli.contract_run import run_contracts

    passed = run_contracts(load_registry(ctx), ctx.obj, name, seconds=timeout, memory=memory)
    sys.exit(0 if passed else FAILED)
