"""What the compiled epoch cannot run, it hands on, and says so."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from keras_samples import make_rows, open_training, train

from automl import params
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


class TwoParts(Network):
    """Its training step is that of Keras' guide, which knows no weights of rows."""

    id = "test.two_parts"

    def build(self, spec: NetworkSpec):
        import keras

        @keras.saving.register_keras_serializable("automl_test")
        class Guided(keras.Model):
            def train_step(self, data):
                x, y = data
                return {"loss": 42.0 + 0.0 * keras.ops.sum(self(x) - y), "own": 1.0}

        inputs = keras.Input((spec.inputs,))
        return Guided(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs))


class OwnFit(Network):
    """Brings the whole of ``fit``, or the function that it calls for each step."""

    id = "test.own_fit"

    def build(self, spec: NetworkSpec):
        import keras

        @keras.saving.register_keras_serializable("automl_test")
        class Fitting(keras.Model):
            def fit(self, *args, **kwargs):
                history = super().fit(*args, **kwargs)
                history.history["loss"] = [42.0]
                return history

        @keras.saving.register_keras_serializable("automl_test")
        class Making(keras.Model):
            def make_train_function(self, force=False):
                self.train_function = lambda iterator: {"loss": 42.0 + 0.0 * len(next(iterator)), "own": 1.0}

        inputs = keras.Input((spec.inputs,))
        kind = Fitting if self.params.whole else Making
        return kind(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs))

    class Params(params.Params):
        whole: bool = True


@pytest.mark.usefixtures("nothing_compiled")
def test_a_training_step_that_takes_no_weights_is_given_none():
    training = open_training(network=TwoParts())
    assert training.epoch().metrics["loss"] == 42.0
    weighted = open_training(network=TwoParts(), train=make_rows(weighted=True))
    with pytest.raises(ValueError, match="too many values to unpack"):
        weighted.epoch()


@pytest.mark.usefixtures("nothing_compiled")
@pytest.mark.parametrize("whole", [True, False])
def test_a_model_that_overrides_fit_or_what_it_calls_is_trained_by_it(whole):
    training = open_training(network=OwnFit(OwnFit.Params(whole=whole)), params={"compile": "graph"})
    assert training.epoch().metrics["loss"] == 42.0
    assert training.mode == "fit"
