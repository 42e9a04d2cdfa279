"""What costs no compilation: numbers that the compiled epoch reads from variables."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train

from automl.learning import NetworkSpec
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP, Linear
from automl_keras.signatures import program

DIALS = {
    "dropout": ({"dropout": 0.1}, {"dropout": 0.6}, {}, {}),
    "alpha_dropout": ({"activation": "selu", "dropout": 0.1}, {"activation": "selu", "dropout": 0.6}, {}, {}),
    "l1": ({"l1": 0.01}, {"l1": 1.0}, {}, {}),
    "l2": ({"l2": 0.01}, {"l2": 1.0}, {}, {}),
    "momentum": ({}, {}, {"optimizer": {"sgd": {"momentum": 0.5}}}, {"optimizer": {"sgd": {"momentum": 0.9}}}),
    "momentum_of_rmsprop": (
        {}, {}, {"optimizer": {"rmsprop": {"momentum": 0.5}}}, {"optimizer": {"rmsprop": {"momentum": 0.9}}},
    ),
    "weight_decay": (
        {}, {}, {"optimizer": {"adamw": {"weight_decay": 0.01}}}, {"optimizer": {"adamw": {"weight_decay": 1.0}}},
    ),
    "learning_rate": ({}, {}, {"learning_rate": 1e-3}, {"learning_rate": 1e-2}),
    "clip_norm": ({}, {}, {"optimizer": "sgd", "clip_norm": 0.01}, {"optimizer": "sgd", "clip_norm": 1.0}),
    "label_smoothing": ({}, {}, {"label_smoothing": 0.1}, {"label_smoothing": 0.4}),
    "ema": ({}, {}, {"ema": 0.5}, {"ema": 0.9}),
}  # fmt: skip
ABSENT = {
    "dropout": {"dropout": 0.0},
    "alpha_dropout": {"activation": "selu", "dropout": 0.0},
    "l1": {"l1": 0.0},
    "l2": {"l2": 0.0},
    "momentum": {"optimizer": {"sgd": {"momentum": 0.0}}},
    "momentum_of_rmsprop": {"optimizer": "rmsprop"},
    "clip_norm": {"optimizer": "sgd"},
    "label_smoothing": {},
    "ema": {},
}


def learner(params) -> KerasLearner:
    return KerasLearner(KerasLearner.Params.model_validate(params))


@pytest.mark.parametrize("dial", DIALS)
def test_trials_that_differ_in_a_dial_share_one_program(dial):
    *networks, low, high = DIALS[dial]
    task = MULTICLASS if dial == "label_smoothing" else REGRESSION
    one, other = (
        open_training(task, network=small(**network), params={**params, "compile": "graph"})
        for network, params in zip(networks, (low, high), strict=True)
    )
    train(one, 1)
    misses = program.cache_info().misses
    again = open_training(task, network=small(**networks[1]), params={**high, "compile": "graph"})
    assert program.cache_info().misses == misses
    train(other, 1)
    train(again, 1)
    weights = [training.finish().weights[0] for training in (one, other, again)]
    assert not np.array_equal(weights[0], weights[1]), "the dial does nothing"
    assert np.array_equal(weights[1], weights[2])
    affinities = {
        learner(params).affinity(small(**network)) for network, params in zip(networks, (low, high), strict=True)
    }
    assert len(affinities) == 1
    if dial in ABSENT:
        network = {name: value for name, value in ABSENT[dial].items() if name in MLP.Params.model_fields}
        params = {name: value for name, value in ABSENT[dial].items() if name not in network}
        assert learner(params).affinity(small(**network)) not in affinities


def test_affinity_tells_what_is_compiled_apart():
    params = [
        {}, {"batch_size": 128}, {"optimizer": "sgd"}, {"optimizer": {"sgd": {"nesterov": True}}},
        {"compile": "graph"}, {"precision": "float64"}, {"loss": "mae"}, {"ema": 0.9},
    ]  # fmt: skip
    networks = [small(), small(widths=[9]), small(activation="elu"), small(batch_norm=True), Linear()]
    found = [learner(one).affinity(small()) for one in params] + [learner({}).affinity(one) for one in networks[1:]]
    assert len(set(found)) == len(found)
    assert learner({}).affinity(small(initializer="orthogonal")) == found[0]
    assert learner({}).affinity(None) is None


@pytest.mark.parametrize("kind", ["Dropout", "AlphaDropout"])
def test_dropout_keeps_what_its_dial_says(kind):
    import keras
    import tensorflow as tf

    from automl_keras.architecture import architecture, rebuild

    stock = getattr(keras.layers, kind)(0.3, seed=5)
    inputs = keras.Input((50,))
    described = architecture(keras.Model(inputs, stock(inputs)))
    assert described.numbers == (0.3,)
    dial = tf.Variable(0.3)
    dialled = rebuild(described.dialled, [dial]).layers[-1]
    assert type(dialled).__name__ == f"Dialled{kind}"
    signal = np.random.default_rng(0).normal(size=(4000, 50)).astype("float32")
    for rate in (0.3, 0.05, 0.8):
        dial.assign(rate)
        noisy = np.asarray(dialled(signal, training=True))
        lost = 0.0 if kind == "Dropout" else noisy.min()
        dropped = np.isclose(noisy, lost, atol=1e-6) if kind == "Dropout" else _most_frequent(noisy)
        # 200,000 units: four standard deviations of a share are 0.0045 at most
        assert abs(dropped.mean() - rate) < 0.0045
        assert abs(noisy.mean() - signal.mean()) < 0.02
        assert kind == "Dropout" or abs(noisy.std() - 1.0) < 0.02
        assert np.array_equal(dialled(signal, training=False), signal)


def _most_frequent(values: np.ndarray) -> np.ndarray:
    """Where the one value stands that all dropped units share."""
    found, counts = np.unique(values, return_counts=True)
    return values == found[counts.argmax()]


@pytest.mark.parametrize("kind", ["Dropout", "AlphaDropout"])
def test_dialled_dropout_draws_the_noise_of_stock_dropout(kind):
    import keras
    import tensorflow as tf

    from automl_keras.architecture import architecture, rebuild

    inputs = keras.Input((9,))
    stock = keras.Model(inputs, getattr(keras.layers, kind)(0.25, seed=5)(inputs))
    described = architecture(stock)
    dialled = rebuild(described.dialled, [tf.Variable(0.25)])
    dialled.variables[0].assign(stock.variables[0])
    signal = np.random.default_rng(0).normal(size=(20, 9)).astype("float32")
    for _ in range(2):
        np.testing.assert_allclose(dialled(signal, training=True), stock(signal, training=True), rtol=1e-5, atol=1e-6)


def test_the_finished_model_is_stock_keras_with_the_true_numbers():
    network = small(activation="selu", dropout=0.25, l1=0.5, l2=0.125)
    training = open_training(network=network, params={"compile": "graph"})
    train(training, 1)
    text = training.finish().architecture
    assert "ialled" not in text
    assert '"rate":0.25' in text
    assert '"l1":0.5,"l2":0.125' in text
    assert training.finish().apply(make_rows().frame).notna().all(axis=None)


@pytest.mark.parametrize("task", [BINARY, MULTICLASS], ids=lambda task: task.kind)
def test_smoothed_labels_run_in_every_mode_alike(task):
    """float64: the modes add up in different orders."""
    params = {"label_smoothing": 0.2, "clip_norm": 0.5, "precision": "float64"}
    trained = [open_training(task, params={**params, "compile": mode}) for mode in ("xla", "graph", "fit")]
    for training in trained:
        train(training, 2)
    for other in trained[1:]:
        for one, two in zip(trained[0].finish().weights, other.finish().weights, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-10)


def test_linear_takes_penalties():
    model = Linear(Linear.Params(l1=0.5)).build(NetworkSpec(4, REGRESSION, 1))
    assert model.layers[-1].kernel_regularizer.get_config() == {"l1": 0.5, "l2": 0.0}


@pytest.mark.parametrize("activation", ["swish", "selu", "mish"])
def test_a_program_that_is_let_go_leaves_no_graph_behind(activation):
    def graphs() -> int:
        gc.collect()
        return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())

    network = small(activation=activation, dropout=0.1)
    program.cache_clear()
    before = graphs()
    training = open_training(network=network, params={"compile": "graph"}, valid=make_rows(n=9))
    train(training, 1)
    assert graphs() > before
    del training
    program.cache_clear()
    assert graphs() == before


def test_swish_is_trained_and_kept_as_keras_has_it():
    valid = make_rows(n=300, seed=5)
    training = open_training(network=small(activation="swish"), params={"compile": "xla"}, valid=valid)
    last = train(training, 1)[-1]
    assert '"activation":"silu"' in training.finish().architecture
    assert np.array_equal(training.finish().apply(valid.frame)["prediction"], last.predicted)
