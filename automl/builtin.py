"""What the kernel itself offers, through the same hooks as anyone's plugin."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_components() -> list[Record]:
    return [
        Record("search.network", "automl.search.stage:NetworkSearch", "Search for the network that predicts best."),
    ]


@hookimpl
def automl_searchers() -> list[Record]:
    return [
        Record(
            "random", "automl.search.random_search:RandomSearch", "Independent draws; every dimension its own stream."
        ),
    ]


@hookimpl
def automl_executors() -> list[Record]:
    return [
        Record("in_process", "automl.executors.in_process:InProcessExecutor", "One thread of this process."),
        Record("local", "automl.executors.local_processes:LocalProcessesExecutor", "Warm processes on this machine."),
    ]
