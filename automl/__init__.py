"""A plugin-based AutoML pipeline engine for neural networks on tables.

Most people use the command line (``automl --help``). From Python::

    import automl

    predictor = automl.load("model.automl")
    predictions = predictor.predict(rows)

Plugin authors import the contracts from here; names load on first use, so ``import automl`` is light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.components import Fitted as Fitted
    from automl.components import Header as Header
    from automl.components import Reader as Reader
    from automl.components import Splitter as Splitter
    from automl.components import Stage as Stage
    from automl.components import Transform as Transform
    from automl.dataset import Dataset as Dataset
    from automl.dataset import Rows as Rows
    from automl.hookspecs import hookimpl as hookimpl
    from automl.learning import Learner as Learner
    from automl.learning import Metric as Metric
    from automl.learning import Network as Network
    from automl.learning import Training as Training
    from automl.observer import Observer as Observer
    from automl.params import Params as Params
    from automl.params import Secret as Secret
    from automl.params import param as param
    from automl.pipeline import Pipeline as Pipeline
    from automl.pipeline import choice as choice
    from automl.pipeline import integer as integer
    from automl.pipeline import one_of as one_of
    from automl.pipeline import real as real
    from automl.pipeline import tune as tune
    from automl.predictor import Predictor as Predictor
    from automl.records import Record as Record

_HOMES = {
    "components": ("Fitted", "Header", "Reader", "Splitter", "Stage", "Transform"),
    "dataset": ("Dataset", "Rows"),
    "hookspecs": ("hookimpl",),
    "learning": ("Learner", "Metric", "Network", "Training"),
    "observer": ("Observer",),
    "params": ("Params", "Secret", "param"),
    "pipeline": ("Pipeline", "choice", "integer", "one_of", "real", "tune"),
    "predictor": ("Predictor",),
    "records": ("Record",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, "load"])


def load(path: str) -> Predictor:
    """Open a model bundle; see `automl.predictor.Predictor.load`."""
    from automl.predictor import Predictor

    return Predictor.load(path)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'automl' has no attribute {name!r}")
    return getattr(importlib.import_module(f"automl.{_HOME_OF[name]}"), name)
