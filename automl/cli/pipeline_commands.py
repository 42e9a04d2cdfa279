"""The verbs that carry a pipeline out, or say what that would do: ``automl plan`` and ``automl run``."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.cli.calls import NOT_MET, load_pipeline, load_registry, pipeline_options
from automl.cli.duration import Duration

if TYPE_CHECKING:
    from automl.pipeline_file.declaration import Declaration
    from automl.plugins import Registry
    from automl.selection import Selection
    from automl.time_limit import TimeLimit


def selection_options(command: Any) -> Any:
    """Which part of the pipeline, and what of it anew."""
    for option in (
        click.option("--fresh", is_flag=True, help="Execute everything anew, as if nothing were stored."),
        click.option("--force", "force", metavar="STAGE", multiple=True, help="Execute this stage anew."),
        click.option("--to", "stop", metavar="STAGE", help="Go as far as this stage."),
        click.option("--from", "start", metavar="STAGE", help="Execute this stage and all that follows from it anew."),
    ):
        command = option(command)
    return command


def _selection(
    start: str | None, stop: str | None, force: Sequence[str], *, fresh: bool, keep_going: bool
) -> Selection:
    from automl.selection import Selection

    return Selection(start, stop, tuple(force), fresh, keep_going)


@click.command()
@pipeline_options
@selection_options
@click.option("--check", "must_be_done", is_flag=True, help="Exit with 3 if anything would run.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def plan(
    ctx: click.Context,
    file: Path,
    profile: str | None,
    sets: tuple[str, ...],
    start: str | None,
    stop: str | None,
    force: tuple[str, ...],
    fresh: bool,
    must_be_done: bool,
    as_json: bool,
) -> None:
    """Show what a run would do with each stage, and why. Executes nothing."""
    registry = load_registry(ctx)
    declaration = load_pipeline(file, registry, profile, sets)
    selection = _selection(start, stop, force, fresh=fresh, keep_going=False)
    from automl.advice.examine import examine_data
    from automl.cli.advice_view import show_advice
    from automl.cli.forecast_view import forecast_lines
    from automl.explain import explain
    from automl.plan.values import Values
    from automl.run import WORKSPACE
    from automl.store import Store

    values = Values(declaration, registry, Store(WORKSPACE / "store"), selection.anew)
    wanted = values.graph.upstream(selection.targets(values.graph))
    forecasts = [forecast for forecast in explain(values) if forecast.stage in wanted]
    if as_json:
        found = [finding.to_json() for finding in examine_data(values).findings]
        click.echo(json.dumps({"stages": [asdict(forecast) for forecast in forecasts], "advice": found}, indent=1))
    else:
        show_advice(values)
        for line in forecast_lines(forecasts):
            click.echo(line)
    if must_be_done and any(forecast.executes for forecast in forecasts):
        sys.exit(NOT_MET)


@click.command()
@pipeline_options
@selection_options
@click.option(
    "--time", "seconds", type=Duration(), metavar="TIME", help="The most time that each search may take, such as 2m."
)
@click.option("--keep-going", is_flag=True, help="A failing stage stops what depends on it, and nothing else.")
@click.option("--wait", is_flag=True, help="Wait while another run writes this store.")
@click.pass_context
def run(
    ctx: click.Context,
    file: Path,
    profile: str | None,
    sets: tuple[str, ...],
    start: str | None,
    stop: str | None,
    force: tuple[str, ...],
    fresh: bool,
    seconds: float | None,
    keep_going: bool,
    wait: bool,
) -> None:
    """Run a pipeline: whatever is unchanged since the last time executes nothing."""
    registry = load_registry(ctx)
    declaration = load_pipeline(file, registry, profile, sets)
    if seconds is not None:
        declaration = load_pipeline(file, registry, profile, [*sets, *_budgets(declaration, registry, seconds)])
    carry_out(
        declaration,
        registry,
        _selection(start, stop, force, fresh=fresh, keep_going=keep_going),
        wait=math.inf if wait else None,
    )


def carry_out(
    declaration: Declaration,
    registry: Registry,
    selection: Selection | None = None,
    *,
    wait: float | None = None,
    limit: TimeLimit | None = None,
) -> None:
    """Run a checked pipeline with progress and a closing summary; exits with 3 where a gate is missed."""
    from automl import run as runs
    from automl.cli.advice_view import AdvicePrinter
    from automl.cli.progress import make_progress
    from automl.cli.summary import print_summary
    from automl.selection import Selection

    try:
        result = runs.run(
            declaration,
            registry,
            observers=[AdvicePrinter(), make_progress()],
            selection=selection or Selection(),
            wait=wait,
            limit=limit,
            tell=lambda sentence: click.echo(sentence, err=True),
        )
    except KeyboardInterrupt as stop:
        file = shlex.quote(declaration.source) if declaration.source else "FILE"
        stop.add_note("start the same command again to go on from where it was")
        stop.add_note(f"automl plan {file} tells what is remembered")
        raise
    print_summary(result.finished, result.links)
    if result.finished.gates_missed:
        sys.exit(NOT_MET)


def _budgets(declaration: Declaration, registry: Registry, seconds: float) -> list[str]:
    """``--time`` as changes of the file: the budget of every search."""
    from automl.components import Stage

    searches = [
        stage.name
        for stage in declaration.stages.values()
        if issubclass(found := registry.get("components", stage.use), Stage) and found.consumes == "open"
    ]
    if not searches:
        raise click.UsageError("--time bounds searches, and this pipeline has none")
    return [f"stages.{name}.with.budget.time={seconds!r}" for name in searches]
