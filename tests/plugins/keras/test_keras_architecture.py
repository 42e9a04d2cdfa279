"""An architecture as text: the same whatever Keras called the network and whatever it was compiled with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras_samples import open_training

from automl.learning import Network, NetworkSpec


def stacked() -> Any:
    import keras

    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])


def functional() -> Any:
    import keras

    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3)(inputs)
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()([hidden, keras.layers.Dense(3)(inputs)])))


def of_operations() -> Any:
    """Plain arithmetic on tensors: Keras numbers its operations as it numbers layers."""
    import keras

    inputs = keras.Input((4,))
    gates = keras.ops.sigmoid(keras.layers.Dense(4)(inputs))
    return keras.Model(inputs, keras.layers.Dense(1)(inputs + 0.5 * gates * keras.layers.Dense(4)(inputs)))


def nested() -> Any:
    import keras

    block = keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)])
    block.compile("adam", "mse")
    return keras.Sequential([keras.Input((4,)), block, keras.layers.Dense(1)])


def wrapped() -> Any:
    import keras

    wrapper = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    return keras.Sequential([keras.Input((4,)), wrapper, keras.layers.Dense(1)])


def named_like_a_dtype() -> Any:
    import keras

    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="float32"), keras.layers.Dense(1)])


BUILDS = [stacked, functional, of_operations, nested, wrapped, named_like_a_dtype]


@pytest.mark.parametrize("build", BUILDS)
def test_two_builds_of_a_network_without_names_have_one_architecture(build: Callable[[], Any]) -> None:
    from automl_keras.architecture import architecture

    first, second = architecture(build()), architecture(build())
    assert first.text == second.text
    assert first.dialled == second.dialled


@pytest.mark.parametrize("build", BUILDS)
def test_the_text_gives_the_network_back(build: Callable[[], Any]) -> None:
    from automl_keras.architecture import architecture, rebuild

    model = build()
    rows = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    again = rebuild(architecture(model).text)
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(rows), model(rows))


def test_what_a_model_was_compiled_with_is_no_part_of_it() -> None:
    from automl_keras.architecture import architecture

    plain, compiled = stacked(), stacked()
    compiled.compile("adam", lambda truth, outputs: truth - outputs)
    assert architecture(compiled) == architecture(plain)
    assert compiled.compiled


class Unnamed(Network):
    """A Sequential whose author named nothing."""

    id = "test.unnamed"

    def build(self, spec: NetworkSpec) -> Any:
        return stacked()


def test_trainings_of_an_unnamed_sequential_share_one_program() -> None:
    one, other = (open_training(network=Unnamed(), params={"compile": "graph"}) for _ in range(2))
    assert one._program is other._program  # type: ignore[attr-defined]
    one.epoch()
    names = [layer["config"]["name"] for layer in json.loads(one.finish().state()["architecture"])["config"]["layers"]]
    assert names == ["input_layer_1", "dense_1", "dense_2"]
