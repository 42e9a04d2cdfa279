"""Small tables and short trainings, through the learner's public door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from automl.dataset import Rows
from automl.learning import Epoch, Network, Task, Training, Trial
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP

REGRESSION = Task("regression", "y")
BINARY = Task("binary", "y", ("no", "yes"))
MULTICLASS = Task("multiclass", "y", ("a", "b", "c"))


def make_rows(task: Task = REGRESSION, n: int = 100, seed: int = 0, weighted: bool = False) -> Rows:
    """``n`` rows of four standard normal columns and a target that depends on them."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(size=(n, 4)), columns=["c1", "c2", "c3", "c4"], index=np.arange(n) * 3 + 5)
    signal = frame["c1"] * frame["c2"] + frame["c3"]
    if task.kind == "regression":
        target = 1000.0 + 200.0 * signal
    else:
        codes = np.searchsorted(np.quantile(signal, np.linspace(0, 1, task.outputs + 1)[1:-1]), signal)
        target = pd.Series([task.classes[code] for code in codes], index=frame.index)
    weight = pd.Series(draw.uniform(0.1, 3.0, size=n), index=frame.index) if weighted else None
    return Rows(frame, target, weight, dict.fromkeys(frame.columns, "numeric"))


def small(**params: Any) -> Network:
    return MLP(MLP.Params.model_validate({"widths": [8, 4], **params}))


def open_training(
    task: Task = REGRESSION,
    *,
    network: Network | None = None,
    params: Mapping[str, Any] | None = None,
    train: Rows | None = None,
    valid: Rows | None = None,
    seed: int = 7,
    epochs: int = 6,
) -> Training:
    learner = KerasLearner(KerasLearner.Params.model_validate({"batch_size": 32, **(params or {})}))
    trial = Trial(task, seed, epochs, until=epochs, network=network or small())
    return learner.open(trial, make_rows(task) if train is None else train, valid)


def train(training: Training, epochs: int) -> list[Epoch]:
    return [training.epoch() for _ in range(epochs)]
