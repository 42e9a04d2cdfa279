"""Searchers on keras-tuner's oracles and on Optuna's samplers."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_searchers() -> list[Record]:
    return [
        Record(
            id="hyperband",
            code="automl_tuners.oracle_searchers:Hyperband",
            summary="Many short trainings; the best of them go on for longer (keras-tuner's oracle)",
            requires=("tensorflow", "keras_tuner"),
            extra="cpu,tuners",
        ),
        Record(
            id="bayesian",
            code="automl_tuners.oracle_searchers:Bayesian",
            summary="Gaussian process with an upper confidence bound (keras-tuner's oracle)",
            requires=("tensorflow", "keras_tuner"),
            extra="cpu,tuners",
        ),
        Record(
            id="optuna.tpe",
            code="automl_tuners.optuna_searchers:TPE",
            summary="Tree-structured Parzen estimator (Optuna's sampler)",
            requires=("optuna",),
            extra="tuners",
        ),
    ]
