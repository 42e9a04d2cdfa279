"""The licence of the compiled trainer: it computes what stock Keras computes.

In float64 to the last digits. Stock Keras brings constants such as beta_1 to the weights' dtype by way of float32, even
in float64: so these tests use numbers that float32 holds exactly, or give stock Keras float64 tensors (``exact``).
"""

from __future__ import annotations

import numpy as np
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, train
from keras_stock import BATCH, Stock

from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP

EPOCHS, STEPS = 5, 20
ROWS = STEPS * BATCH - 3
"""The last batch has 5 rows. Under batch normalisation it is filled up with others, which ``fit`` knows nothing of."""

FINE = 2.0**-10
CASES = {
    "sgd": ({"momentum": 0.0}, "SGD", {}, {"schedule": "exponential"}),
    "momentum": (
        {"momentum": 0.75},
        "SGD",
        {"momentum": 0.75},
        {"schedule": {"one_cycle": {"momentum_low": 0.5, "momentum_high": 0.75}}},
    ),
    "nesterov": (
        {"momentum": 0.875, "nesterov": True, "weight_decay": 0.25},
        "SGD",
        {"momentum": 0.875, "nesterov": True, "weight_decay": 0.25},
        {"schedule": "cosine", "warmup": 0.1},
    ),
    "rmsprop": ({"rho": 0.75}, "RMSprop", {"rho": 0.75}, {"l1": FINE}),
    "rmsprop_momentum": (
        {"momentum": 0.5, "centered": True},
        "RMSprop",
        {"momentum": 0.5, "centered": True},
        {"schedule": {"power": {"power": 2.0}}, "l2": FINE},
    ),
    "adam": (
        {"beta_1": 0.875, "beta_2": 0.96875},
        "Adam",
        {"beta_1": 0.875, "beta_2": 0.96875},
        {"l1": FINE, "l2": 2 * FINE, "clip_norm": 0.25},
    ),
    "adam_defaults": ({}, "Adam", {"beta_1": 0.9, "beta_2": 0.999}, {"exact": True}),
    "amsgrad": (
        {"beta_1": 0.875, "beta_2": 0.96875, "amsgrad": True, "epsilon": 1e-4},
        "Adam",
        {"beta_1": 0.875, "beta_2": 0.96875, "amsgrad": True, "epsilon": 1e-4},
        {"schedule": {"performance": {"patience": 1, "min_delta": 0.02}}},
    ),
    "adamw": (
        {"beta_1": 0.75, "beta_2": 0.875, "weight_decay": 0.25},
        "AdamW",
        {"beta_1": 0.75, "beta_2": 0.875, "weight_decay": 0.25},
        {"ema": 0.75},
    ),
    "nadam": ({"beta_1": 0.875, "beta_2": 0.96875}, "Nadam", {"beta_1": 0.875, "beta_2": 0.96875}, {}),
    "adamax": (
        {"beta_1": 0.875, "beta_2": 0.96875},
        "Adamax",
        {"beta_1": 0.875, "beta_2": 0.96875},
        {"batch_norm": True, "activation": "elu", "rows": STEPS * BATCH},
    ),
    "adagrad": ({}, "Adagrad", {}, {"task": BINARY, "label_smoothing": 0.125}),
    "lion": (
        {"beta_1": 0.875, "beta_2": 0.96875, "weight_decay": 0.125},
        "Lion",
        {"beta_1": 0.875, "beta_2": 0.96875, "weight_decay": 0.125},
        {"task": MULTICLASS, "label_smoothing": 0.25},
    ),
}
"""Optimizer as we write it, as Keras does, and what else differs from the plainest training."""


ALIASES = {
    "momentum": "sgd",
    "nesterov": "sgd",
    "adam_defaults": "adam",
    "amsgrad": "adam",
    "rmsprop_momentum": "rmsprop",
}


@pytest.mark.parametrize("name", CASES)
def test_five_epochs_in_float64_are_those_of_fit(name):
    ours, kind, theirs, more = CASES[name]
    setting = {"schedule": "constant", "warmup": 0.0, "task": REGRESSION, "activation": "tanh", **more}
    extras = {"clip_norm": "global_clipnorm", "ema": "ema_momentum"}
    theirs = {**theirs, **{stock: setting[name] for name, stock in extras.items() if name in setting}}
    found, losses, expected, stock_losses = both(
        setting,
        {ALIASES.get(name, name): ours},
        (kind, {**theirs, "use_ema": True} if "ema" in setting else theirs),
        "float64",
        "xla" if name in ("adam", "momentum") else "graph",
    )
    distance = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(found, expected, strict=True)))
    norm = np.sqrt(sum((b**2).sum() for b in expected))
    assert all(a.dtype == np.float64 for a in found)
    assert distance <= 1e-9 * norm
    if not {"l1", "l2", "ema"} & set(setting):  # Keras adds penalties to val_loss, and averages after the last epoch
        np.testing.assert_allclose(losses, stock_losses, rtol=1e-9)


@pytest.mark.parametrize(
    "more",
    [
        {"task": REGRESSION, "activation": "relu"},
        {"task": MULTICLASS, "activation": "swish"},
        {"task": REGRESSION, "activation": "relu", "batch_norm": True, "rows": STEPS * BATCH},
    ],
    ids=["relu", "swish_multiclass", "relu_batch_norm"],
)
def test_the_validation_loss_in_float32_under_xla_is_that_of_fit(more):
    setting = {"schedule": "cosine", "warmup": 0.0, **more}
    _, losses, _, expected = both(setting, "adam", ("Adam", {}), "float32", "xla")
    np.testing.assert_allclose(losses, expected, atol=1e-4)


def both(setting, ours, theirs, precision, mode):
    """Weights and validation losses of the compiled trainer and of stock Keras."""
    task, rate = setting["task"], 0.0625
    network = {"widths": [6], **{name: setting[name] for name in MLP.Params.model_fields if name in setting}}
    learner = {name: setting[name] for name in KerasLearner.Params.model_fields if name in setting}
    rows = make_rows(task, setting.get("rows", ROWS), weighted=True)
    valid = make_rows(task, 40, seed=1, weighted=True)
    training = open_training(
        task,
        network=MLP(MLP.Params.model_validate(network)),
        params={"optimizer": ours, "learning_rate": rate, "batch_size": BATCH, "compile": mode, "precision": precision}
        | learner,
        train=rows,
        valid=valid,
        epochs=EPOCHS,
    )
    losses = [epoch.metrics["valid_loss"] for epoch in train(training, EPOCHS)]
    assert training.mode == mode
    stock = Stock(
        task, rows, valid, precision, EPOCHS, theirs, rate, setting["schedule"], setting["warmup"], network,
        setting.get("label_smoothing", 0.0), setting.get("exact", False),
    )  # fmt: skip
    return training.finish().weights, losses, *stock.run()
