"""Runs and trials in MLflow, and the model as one that MLflow can load and serve."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_observers() -> list[Record]:
    summary = "Tracks the run, its trials and its model in MLflow."
    return [Record("mlflow", "automl_mlflow.observer:MlflowObserver", summary, requires=("mlflow",), extra="mlflow")]


@hookimpl
def automl_commands() -> list[Record]:
    summary = "Send to MLflow what it missed."
    return [Record("track", "automl_mlflow.track_command:track", summary, requires=("mlflow",), extra="mlflow")]
