"""The verbs of the command line. Each loads what it needs when it is called, so ``--help`` and ``check`` stay light.

Exit codes: 0 done, 1 the run failed, 2 the file or the call is wrong, 3 a gate or ``plan --check`` was not met.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from automl.cli.calls import FAILED, NOT_MET, WRONG, load_pipeline, load_registry, pipeline_options
from automl.cli.plugin_commands import plugins
from automl.errors import AutoMLError, PipelineFileError, PluginError


class Cli(click.Group):
    """Turns errors raised on purpose into a message and an exit code; any other keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PipelineFileError as error:
            _fail(f"{error}\n\n{len(error.problems)} problem(s) found.", WRONG)
        except PluginError as error:
            _fail(f"error: {error}", WRONG)
        except AutoMLError as error:
            _fail(f"error: {error}", FAILED)
        except KeyboardInterrupt:
            _fail("\nstopped; start the same command again to go on from where it was", FAILED)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="automl-pipelines", prog_name="automl")
@click.option("--no-plugins", "blocked", metavar="A,B", default="", help="Do not load these plugins.")
@click.pass_context
def main(ctx: click.Context, blocked: str) -> None:
    """Plugin-based AutoML for neural networks on tables."""
    ctx.obj = tuple(name for name in blocked.split(",") if name)


@main.command()
@pipeline_options
@click.pass_context
def check(ctx: click.Context, file: Path, profile: str | None, sets: tuple[str, ...]) -> None:
    """Check a pipeline file, without reading the data's rows."""
    declaration = load_pipeline(file, load_registry(ctx), profile, sets)
    click.echo(f"{file}: ok, {len(declaration.stages)} stages: {', '.join(declaration.stages)}")


@main.command()
@pipeline_options
@click.option("--check", "must_be_done", is_flag=True, help="Exit with 3 if anything would run.")
@click.pass_context
def plan(ctx: click.Context, file: Path, profile: str | None, sets: tuple[str, ...], must_be_done: bool) -> None:
    """Show what a run would do with each stage, and why. Executes nothing."""
    registry = load_registry(ctx)
    declaration = load_pipeline(file, registry, profile, sets)
    from automl.explain import explain
    from automl.plan.materialize import Plan
    from automl.run import WORKSPACE, LazyExecutor
    from automl.store import Store

    store, executor = Store(WORKSPACE / "store"), LazyExecutor(declaration, registry)
    forecasts = explain(Plan(declaration, registry, store, lambda _: None, executor))
    width = max(len(forecast.stage) for forecast in forecasts)
    for row in forecasts:
        click.echo(f"{row.stage:<{width}}  {row.state:<9}  {row.component:<22}  {row.reason}".rstrip())
    if must_be_done and any(forecast.state in ("run", "waits") for forecast in forecasts):
        sys.exit(NOT_MET)


@main.command()
@pipeline_options
@click.pass_context
def run(ctx: click.Context, file: Path, profile: str | None, sets: tuple[str, ...]) -> None:
    """Run a pipeline: whatever is unchanged since the last time executes nothing."""
    registry = load_registry(ctx)
    declaration = load_pipeline(file, registry, profile, sets)
    from automl import run as runs
    from automl.cli.progress import make_progress
    from automl.cli.summary import print_summary

    result = runs.run(declaration, registry, observers=[make_progress()])
    print_summary(result.finished, result.links)
    if result.finished.gates_missed:
        sys.exit(NOT_MET)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write; by default the terminal.")
@click.pass_context
def predict(ctx: click.Context, model: Path, data: Path, output: Path | None) -> None:
    """Predict raw rows. MODEL is a bundle (model.automl) or the folder of a run; DATA and OUTPUT are CSV or Parquet."""
    registry = load_registry(ctx)
    from automl.predictor import Predictor

    name = registry.reader_for(str(data))
    if name is None:
        raise click.UsageError(f"no reader takes {data}; expected a suffix such as .csv or .parquet")
    reader = registry.get("readers", name)
    raw = reader(reader.Params(path=str(data))).read()
    predictor = Predictor.load(model / "model.automl" if model.is_dir() else model, registry)
    predictions = predictor.predict(raw)
    if output is None:
        click.echo(predictions.to_csv(index=False), nl=False)
    elif output.suffix in (".parquet", ".pq"):
        predictions.to_parquet(output, index=False)
    else:
        predictions.to_csv(output, index=False)
    if output is not None:
        click.echo(f"{len(predictions)} predictions written to {output}", err=True)


main.add_command(plugins)
