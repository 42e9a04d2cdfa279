"""Networks learn something real."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from automl.dataset import Rows
from automl.learning import NetworkSpec, Task
from automl_keras.activations import ACTIVATIONS, INITIALIZERS
from automl_keras.networks import MLP, Linear
from automl_keras.optimizers import OptimizerChoice


def halves(load, task_kind: str) -> tuple[Task, Rows, Rows]:
    """A scikit-learn data set, standardised, every third row for validation."""
    data = load(as_frame=True)
    frame = ((data.data - data.data.mean()) / data.data.std()).astype("float64")
    regression = task_kind == "regression"
    target = data.target.astype("float64") if regression else data.target.astype(str)
    task = Task(task_kind, "target", () if regression else tuple(sorted(target.unique())))
    parts = [np.arange(len(frame)) % 3 != 0, np.arange(len(frame)) % 3 == 0]
    kinds = dict.fromkeys(frame.columns, "numeric")
    return task, *(Rows(frame[part], target[part], None, kinds) for part in parts)


@pytest.mark.parametrize("network", [Linear(), MLP(MLP.Params(widths=(32, 16)))], ids=lambda network: network.id)
def test_diabetes_is_learned(network):
    task, train_rows, valid = halves(load_diabetes, "regression")
    params = {"optimizer": "adamw", "learning_rate": 1e-2, "schedule": "cosine", "compile": "graph"}
    epochs = train(open_training(task, network=network, params=params, train=train_rows, valid=valid, epochs=30), 30)
    truth = valid.target.to_numpy()
    error = np.mean((epochs[-1].predicted - truth) ** 2) / truth.var()
    assert error < 0.65


@pytest.mark.parametrize(
    ("load", "kind", "least"), [(load_breast_cancer, "binary", 0.95), (load_wine, "multiclass", 0.93)]
)
@pytest.mark.parametrize("network", [Linear(), MLP(MLP.Params(widths=(16,)))], ids=lambda network: network.id)
def test_classes_are_learned(network, load, kind, least):
    task, train_rows, valid = halves(load, kind)
    params = {"learning_rate": 1e-2, "compile": "graph", "label_smoothing": 0.05}
    epochs = train(open_training(task, network=network, params=params, train=train_rows, valid=valid, epochs=30), 30)
    assert epochs[-1].predicted.shape == (len(valid), len(task.classes))
    accuracy = (epochs[-1].predicted.argmax(axis=1) == task.codes(valid.target)).mean()
    assert accuracy >= least


@pytest.mark.parametrize("name", list(OptimizerChoice.model_fields))
def test_every_optimizer_lowers_the_loss_at_its_default_rate(name):
    params = {"optimizer": name, "compile": "graph"}
    epochs = train(open_training(params=params, train=make_rows(n=300)), 8)
    assert epochs[-1].metrics["loss"] < 0.97 * epochs[0].metrics["loss"]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh"])
def test_every_regression_loss_lowers(loss):
    epochs = train(open_training(params={"loss": loss, "compile": "graph", "learning_rate": 1e-2}), 8)
    assert epochs[-1].metrics["loss"] < 0.9 * epochs[0].metrics["loss"]


def test_weights_decide_whom_the_model_serves():
    """Two contradictory halves: the one with the weight wins."""
    rows = make_rows(n=200)
    half = np.arange(200) % 2 == 0
    target = pd.Series(np.where(half, 10.0, -10.0), index=rows.frame.index)
    weight = pd.Series(np.where(half, 1.0, 0.0), index=rows.frame.index)
    training = open_training(
        train=Rows(rows.frame, target, weight, rows.kinds), params={"learning_rate": 1e-2, "compile": "graph"}
    )
    train(training, 6)
    training_error = np.abs(training.finish().apply(rows.frame)["prediction"] - 10.0).mean()
    assert training_error < 3.0


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_auto_keeps_the_variance_of_the_signal(activation):
    """The fitting initializer: after five layers the signal has neither died nor burst."""
    network = MLP(MLP.Params(depth=5, width=200, activation=activation))
    model = network.build(NetworkSpec(200, REGRESSION, 1))
    signal = np.random.default_rng(0).normal(size=(256, 200)).astype("float32")
    for layer in model.layers[1:-1]:
        signal = np.asarray(layer(signal))
    assert 0.005 < signal.std() < 3.0


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_initial_weights_come_from_the_seed(initializer):
    network = MLP(MLP.Params(widths=(6, 5), initializer=initializer))
    one, same, other = (network.build(NetworkSpec(4, BINARY, seed)).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_dropout_under_selu_is_alpha_dropout():
    kinds = {
        activation: {type(layer).__name__ for layer in small(activation=activation, dropout=0.2)
                     .build(NetworkSpec(4, MULTICLASS, 1)).layers}
        for activation in ("selu", "relu")
    }  # fmt: skip
    assert "AlphaDropout" in kinds["selu"]
    assert "Dropout" not in kinds["selu"]
    assert "Dropout" in kinds["relu"]
