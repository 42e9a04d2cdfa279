"""The verbs about plugins: ``automl plugins ...``."""

from __future__ import annotations

import click

from automl.cli.calls import load_registry


@click.group()
def plugins() -> None:
    """See what is installed."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def list_plugins(ctx: click.Context, as_json: bool) -> None:
    """List everything that a pipeline file may name."""
    from automl.cli.listing import listing

    click.echo(listing(load_registry(ctx), as_json=as_json))


@plugins.command("show")
@click.argument("name")
@click.pass_context
def show_plugin(ctx: click.Context, name: str) -> None:
    """Show one component: what it does, its parameters, their ranges."""
    from automl.cli.listing import describe

    click.echo(describe(load_registry(ctx), name))
