"""Trials on the nodes of a Ray cluster, or on a Ray of our own on this machine."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_executors() -> list[Record]:
    summary = "Warm actors on the nodes of a Ray cluster."
    return [Record("ray", "automl_ray.executor:RayExecutor", summary, requires=("ray",), extra="ray")]
