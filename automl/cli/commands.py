"""The verbs of the command line. Each loads what it needs when it is called, so ``--help`` and ``check`` stay light.

Exit codes: 0 done, 1 the work was begun and failed, 2 the call or the file is wrong, or what they name is not there,
3 a gate or ``plan --check`` was not met, 130 interrupted by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
"""

from __future__ import annotations

import click

from automl.cli.cache_commands import cache
from automl.cli.check_commands import check
from automl.cli.config_commands import config, describe, schema
from automl.cli.doctor_commands import doctor
from automl.cli.graph_commands import graph
from automl.cli.group import Cli, plugin_options
from automl.cli.pipeline_commands import plan, run
from automl.cli.plugin_commands import plugins
from automl.cli.predict_command import predict
from automl.cli.run_commands import diff, runs
from automl.cli.start_commands import fit, init


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="automl-pipelines", prog_name="automl")
@click.option("--debug", is_flag=True, help="Show the whole cause of an error: Python's traceback.")
@plugin_options
def main(debug: bool) -> None:
    """Plugin-based AutoML for neural networks on tables."""


main.add_command(predict)
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
