"""Searchers on keras-tuner's oracles and on Optuna's samplers, a grid and Sobol's sequence; Optuna's journal."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_searchers() -> list[Record]:
    return [
        Record(
            id="grid",
            code="automl_tuners.sequences:GridSearch",
            summary="All combinations, in order or shuffled",
        ),
        Record(
            id="sobol",
            code="automl_tuners.sequences:SobolSearch",
            summary="Sobol's sequence: fills the space more evenly than random points",
        ),
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
        Record(
            id="optuna.cmaes",
            code="automl_tuners.optuna_searchers:CMAES",
            summary="CMA-ES: evolution of a normal distribution (Optuna's sampler)",
            requires=("optuna", "cmaes"),
            extra="tuners",
        ),
        Record(
            id="optuna.qmc",
            code="automl_tuners.optuna_searchers:QMC",
            summary="Quasi-random points: Sobol or Halton (Optuna's sampler)",
            requires=("optuna",),
            extra="tuners",
        ),
        Record(
            id="optuna.gp",
            code="automl_tuners.optuna_searchers:GP",
            summary="Gaussian process with expected improvement (Optuna's sampler)",
            requires=("optuna", "torch"),
            extra="tuners,gp",
        ),
    ]


@hookimpl
def automl_observers() -> list[Record]:
    return [
        Record(
            id="optuna_journal",
            code="automl_tuners.journal:OptunaJournal",
            summary="Writes every search into an Optuna journal, which optuna-dashboard opens",
            requires=("optuna",),
            extra="tuners",
        )
    ]
