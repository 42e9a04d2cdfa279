"""The verb ``automl check``."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.cli.calls import WRONG, load_pipeline, load_registry, pipeline_options
from automl.errors import PipelineFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automl.advice.findings import Finding
    from automl.pipeline_file.declaration import Declaration
    from automl.plan.values import Values
    from automl.plugins import Registry


@click.command()
@pipeline_options
@click.option("--data", "with_data", is_flag=True, help="Read the rows, too, and look at them.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def check(
    ctx: click.Context, file: Path, profile: str | None, sets: tuple[str, ...], with_data: bool, as_json: bool
) -> None:
    """Check a pipeline file; by itself without reading the data's rows. Executes nothing."""
    registry = load_registry(ctx)
    try:
        declaration = load_pipeline(file, registry, profile, sets)
    except PipelineFileError as error:
        if not as_json:
            raise
        _print_json(file, problems=[dataclasses.asdict(problem) for problem in error.problems], findings=[])
        sys.exit(WRONG)
    if as_json:
        findings = _findings(declaration, registry) if with_data else []
        _print_json(file, problems=[], findings=[finding.to_json() for finding in findings])
        sys.exit(WRONG if any(finding.severity == "error" for finding in findings) else 0)
    told = ""
    if with_data:
        from automl.cli.advice_view import counted, show_advice

        told = f"; {counted(show_advice(_values(declaration, registry)).warnings)} about the data"
    click.echo(f"{file}: ok, {len(declaration.stages)} stages: {', '.join(declaration.stages)}{told}")


def _findings(declaration: Declaration, registry: Registry) -> Sequence[Finding]:
    from automl.advice.examine import examine_data

    return examine_data(_values(declaration, registry)).findings


def _values(declaration: Declaration, registry: Registry) -> Values:
    """Over the store of the working folder: a table that a run left there is not read again."""
    from automl.plan.values import Values
    from automl.run import WORKSPACE
    from automl.store import Store

    return Values(declaration, registry, Store(WORKSPACE / "store"), lambda _: ())


def _print_json(file: Path, *, problems: list[dict[str, Any]], findings: list[dict[str, Any]]) -> None:
    click.echo(json.dumps({"file": str(file), "problems": problems, "findings": findings}, indent=1))
