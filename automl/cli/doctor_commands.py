"""The verb ``automl doctor``."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from automl.cli.calls import FAILED

_MARKS = {"ok": " ", "note": "·", "broken": "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at the machine, the engines, the plugins and the store; exit with 1 if something is broken."""
    from automl.cli.doctor import examine
    from automl.run import WORKSPACE

    found = list(examine(ctx.obj.registry, WORKSPACE))
    broken = [diagnosis for diagnosis in found if diagnosis.state == "broken"]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(diagnosis) for diagnosis in found], indent=1))
    else:
        width = max(len(diagnosis.about) for diagnosis in found)
        for diagnosis in found:
            click.echo(f"{_MARKS[diagnosis.state]} {diagnosis.about:<{width}}  {diagnosis.text}")
            if diagnosis.mend:
                click.echo(f"  {'':<{width}}  mend: {diagnosis.mend}")
        click.echo(f"\n{len(broken)} broken" if broken else "\nall is well")
    if broken:
        sys.exit(FAILED)
