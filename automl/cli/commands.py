"""The verbs of the command line. Each loads what it needs when it is called, so ``--help`` and ``check`` stay light.

Exit codes: 0 done, 1 the run failed, 2 the file or the call is wrong, 3 a gate or ``plan --check`` was not met.
"""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.cache_commands import cache
from automl.cli.calls import load_registry
from automl.cli.check_commands import check
from automl.cli.config_commands import config, describe, schema
from automl.cli.doctor_commands import doctor
from automl.cli.graph_commands import graph
from automl.cli.group import Cli, plugin_options
from automl.cli.pipeline_commands import plan, run
from automl.cli.plugin_commands import plugins
from automl.cli.run_commands import diff, runs
from automl.cli.start_commands import fit, init


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="automl-pipelines", prog_name="automl")
@plugin_options
def main() -> None:
    """Plugin-based AutoML for neural networks on tables."""


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


main.add_command(plan)
main.add_command(run)
main.add_command(plugins)
main.add_command(doctor)
main.add_command(cache)
main.add_command(check)
main.add_command(init)
main.add_command(fit)
main.add_command(graph)
main.add_command(diff)
main.add_command(runs)
main.add_command(config)
main.add_command(describe)
main.add_command(schema)
