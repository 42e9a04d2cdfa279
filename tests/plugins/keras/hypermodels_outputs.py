"""Models whose outputs are bounded, or are no probabilities until somebody makes them so."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from automl_keras.hypermodel import HypermodelNetwork, network_from_hypermodel


def _network(name: str, width: int, activation: str | None, loss: Any) -> type[HypermodelNetwork]:
    def build(hp: Any) -> keras.Model:
        model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(width, activation=activation)])
        model.compile(keras.optimizers.Adam(0.03), loss)
        return model

    return network_from_hypermodel(build, f"outputs.{name.lower()}", name=name)


losses = keras.losses
Sigmoids = _network("Sigmoids", 3, "sigmoid", "binary_crossentropy")
SigmoidLogits = _network("SigmoidLogits", 3, None, losses.BinaryCrossentropy(from_logits=True))
SoftplusShares = _network("SoftplusShares", 3, "softplus", "categorical_crossentropy")
LinearNoLogits = _network("LinearNoLogits", 3, None, "sparse_categorical_crossentropy")
LinearSquares = _network("LinearSquares", 3, None, "mse")
SoftmaxAsLogits = _network("SoftmaxAsLogits", 3, "softmax", losses.CategoricalCrossentropy(from_logits=True))
OneLinear = _network("OneLinear", 1, None, "binary_crossentropy")
OneSigmoid = _network("OneSigmoid", 1, "sigmoid", "mse")
OneSoftplus = _network("OneSoftplus", 1, "softplus", "mse")


class OwnLinear(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 1), initializer="zeros")

    def call(self, inputs):
        return inputs @ self.kernel


class OwnPositive(OwnLinear):
    def call(self, inputs):
        return keras.ops.softplus(super().call(inputs))


class Coded(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(1)

    def call(self, inputs):
        return self.out(inputs)


def _embedded(hp: Any) -> keras.Model:
    inputs = keras.Input((4,))
    code = layers.Flatten()(layers.Embedding(5, 2, name="codes")(inputs[:, 3:]))
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([inputs[:, :3], code])))
    model.compile("sgd", "mse")
    return model


EmbeddedModel = network_from_hypermodel(_embedded, "outputs.embedded", name="EmbeddedModel")
