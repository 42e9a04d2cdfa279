"""What the compiled epoch cannot run, it hands on, and says so."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from keras_samples import make_rows, open_training, train

from automl.learning import Network, NetworkSpec


class Strings(Network):
    """Goes through text, which XLA knows nothing of."""

    id = "test.strings"

    def build(self, spec: NetworkSpec):
        import keras
        import tensorflow as tf

        @keras.saving.register_keras_serializable("automl_test")
        class ThroughText(keras.layers.Layer):
            def call(self, inputs):
                text = tf.strings.to_number(tf.strings.as_string(tf.stop_gradient(inputs)))
                return inputs + 0.0 * tf.ensure_shape(text, inputs.shape)

            def compute_output_shape(self, shape):
                return shape

        inputs = keras.Input((spec.inputs,))
        outputs = keras.layers.Dense(1, kernel_initializer="ones")(ThroughText()(inputs))
        return keras.Model(inputs, outputs)


class OwnStep(Network):
    """Brings a training step of its own."""

    id = "test.own_step"

    def build(self, spec: NetworkSpec):
        import keras

        @keras.saving.register_keras_serializable("automl_test")
        class Stubborn(keras.Model):
            def train_step(self, data):
                return {"loss": 42.0 + 0.0 * keras.ops.sum(self(data[0])), "own": 1.0}

        inputs = keras.Input((spec.inputs,))
        return Stubborn(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs))


@pytest.mark.usefixtures("nothing_compiled")
def test_what_xla_cannot_compile_runs_as_a_graph(caplog):
    training = open_training(network=Strings(), params={"compile": "xla"}, valid=make_rows(n=10))
    with caplog.at_level(logging.WARNING, "automl_keras"):
        first, last = train(training, 2)
    assert training.mode == "graph"
    assert "cannot run as xla, using graph" in caplog.text
    assert last.metrics["loss"] < first.metrics["loss"]
    graph = open_training(network=Strings(), params={"compile": "graph"})
    train(graph, 2)
    assert np.array_equal(graph.finish().weights[0], training.finish().weights[0])


@pytest.mark.usefixtures("nothing_compiled")
def test_a_model_with_its_own_training_step_gets_it():
    training = open_training(network=OwnStep(), params={"compile": "xla"})
    assert training.epoch().metrics["loss"] == 42.0
    assert training.mode == "fit"
