"""The compiled epoch computes what stock Keras computes, whatever it runs as."""

from __future__ import annotations

import numpy as np
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train

from automl.learning import NetworkSpec, Task
from automl_keras.batches import Batches, LabelledRows
from automl_keras.targets import TargetCode

EPOCHS, BATCH = 3, 32

OPTIMIZERS = {
    "sgd": ({"sgd": {"momentum": 0.0}}, "SGD", {}),
    "momentum": ({"sgd": {"momentum": 0.8}}, "SGD", {"momentum": 0.8}),
    "nesterov": (
        {"sgd": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}},
        "SGD",
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    "rmsprop": (
        {"rmsprop": {"rho": 0.8, "momentum": 0.5, "centered": True}},
        "RMSprop",
        {"rho": 0.8, "momentum": 0.5, "centered": True},
    ),
    "adam": ({"adam": {"beta_1": 0.8, "beta_2": 0.9}}, "Adam", {"beta_1": 0.8, "beta_2": 0.9}),
    "amsgrad": ({"adam": {"amsgrad": True, "epsilon": 1e-4}}, "Adam", {"amsgrad": True, "epsilon": 1e-4}),
    "adamw": ({"adamw": {"weight_decay": 0.3}}, "AdamW", {"weight_decay": 0.3}),
    "nadam": ("nadam", "Nadam", {}),
    "adamax": ("adamax", "Adamax", {}),
    "adagrad": ("adagrad", "Adagrad", {}),
    "lion": ({"lion": {"weight_decay": 0.1}}, "Lion", {"weight_decay": 0.1}),
}


def by_hand(task: Task, network, optimizer, loss, seed: int = 7) -> tuple[list[np.ndarray], list[float]]:
    """Weights and losses after training by ``train_on_batch``, in the learner's batch order, weights included."""
    rows = make_rows(task, weighted=True)
    code = TargetCode.fit(task, rows.target, rows.weight)
    weight = rows.weight.to_numpy() / rows.weight.mean()
    labelled = LabelledRows(rows.matrix(), code.encode(task, rows.target), weight)
    batches = Batches(labelled, BATCH, seed)
    model = network.build(NetworkSpec(4, task, seed))
    model.compile(optimizer=optimizer, loss=loss)
    assert len(rows) % BATCH, "the last batch should be a partial one"
    losses = []
    for epoch in range(EPOCHS):
        order, total = batches.permutation(epoch), 0.0
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            model.reset_metrics()
            loss_value = model.train_on_batch(
                labelled.features[batch], labelled.target[batch], weight[batch].astype("float32")
            )
            total += float(loss_value) * len(batch)
        losses.append(total / len(order))
    return model.get_weights(), losses


def close(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_equal_those_of_stock_keras(name):
    import keras

    written, kind, options = OPTIMIZERS[name]
    network = small(activation="tanh", l2=1e-3)
    params = {"optimizer": written, "learning_rate": 0.01, "compile": "graph"}
    training = open_training(network=network, params=params, train=make_rows(weighted=True))
    epochs = train(training, EPOCHS)
    optimizer = getattr(keras.optimizers, kind)(learning_rate=0.01, **options)
    weights, losses = by_hand(REGRESSION, network, optimizer, "mse")
    close(training.finish().weights, weights)
    np.testing.assert_allclose([epoch.metrics["loss"] for epoch in epochs], losses, rtol=1e-4)


@pytest.mark.parametrize("task", [BINARY, MULTICLASS], ids=lambda task: task.kind)
@pytest.mark.parametrize("mode", ["xla", "graph", "fit"])
def test_classes_equal_stock_keras_in_every_mode(task, mode):
    import keras

    network = small(batch_norm=False, activation="swish")
    training = open_training(
        task, network=network, params={"compile": mode, "clip_norm": 0.5}, train=make_rows(task, weighted=True)
    )
    train(training, EPOCHS)
    assert training.mode == mode
    loss = keras.losses.BinaryCrossentropy if task.kind == "binary" else keras.losses.SparseCategoricalCrossentropy
    optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=0.5)
    close(training.finish().weights, by_hand(task, network, optimizer, loss(from_logits=True))[0])


@pytest.mark.parametrize("mode", ["graph", "fit"])
def test_rates_and_momenta_change_at_every_step_in_every_mode(mode):
    params = {"optimizer": "sgd", "schedule": {"one_cycle": {"momentum_low": 0.5}}, "warmup": 0.1}
    compiled = open_training(params={**params, "compile": "xla"})
    other = open_training(params={**params, "compile": mode})
    constant = open_training(params={**params, "schedule": "constant", "compile": "graph"})
    for training in (compiled, other, constant):
        train(training, EPOCHS)
    close(other.finish().weights, compiled.finish().weights)
    assert np.abs(constant.finish().weights[0] - compiled.finish().weights[0]).max() > 1e-3


def test_averaged_weights_are_the_moving_average():
    import keras

    network = small()
    training = open_training(
        network=network, params={"ema": 0.9, "compile": "graph"}, train=make_rows(weighted=True), valid=make_rows(n=20)
    )
    last = train(training, EPOCHS)[-1]
    optimizer = keras.optimizers.Adam(1e-3, use_ema=True, ema_momentum=0.9)
    present, _ = by_hand(REGRESSION, network, optimizer, "mse")
    model = network.build(NetworkSpec(4, REGRESSION, 7))
    model.set_weights(present)
    optimizer.finalize_variable_values(optimizer._trainable_variables)
    close(training.finish().weights, [variable.numpy() for variable in optimizer._trainable_variables])
    assert np.array_equal(training.finish().apply(make_rows(n=20).frame)["prediction"], last.predicted)


def test_the_padding_of_the_last_batch_does_not_train():
    """100 rows in batches of 99: the second batch is one row and 98 of weight zero."""
    training = open_training(params={"batch_size": 99, "compile": "graph"})
    stock = open_training(params={"batch_size": 99, "compile": "fit"})
    for either in (training, stock):
        train(either, 2)
    close(training.finish().weights, stock.finish().weights)
