"""What automl-acme offers. This module is loaded on every call of automl, so it imports nothing heavy."""

from __future__ import annotations

from automl import Record, hookimpl

AUTOML_API = 1


@hookimpl
def automl_components() -> list[Record]:
    return [Record("acme.robust", "automl_acme.robust:Robust", "Numbers less the median, over the interquartile range")]


@hookimpl
def automl_networks() -> list[Record]:
    summary = "Hidden layers of gated linear units, with a way around them"
    return [Record("acme.gated", "automl_acme.gated:Gated", summary, requires=("keras",))]


@hookimpl
def automl_observers() -> list[Record]:
    return [Record("acme.csv", "automl_acme.csv_observer:CsvObserver", "A row for each trial in trials.csv")]
