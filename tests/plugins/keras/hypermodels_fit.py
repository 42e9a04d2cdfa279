"""Hypermodels that ``model.fit`` trains, or their own ``fit``, and such as hold code of their own."""

from __future__ import annotations

import keras
import keras_tuner
import numpy as np
from keras import layers


def own_loss(y, p):
    """None of Keras', so that epochs run in ``model.fit``."""
    return keras.ops.mean(keras.ops.abs(y - p), axis=-1)


def compiled(*parts, loss=own_loss, optimizer="adam"):
    model = keras.Sequential([*parts, layers.Dense(4, activation="tanh"), layers.Dense(1)])
    model.compile(optimizer, loss)
    return model


class Adapting(keras_tuner.HyperModel):
    """Adapts a layer to the rows that ``fit`` is given."""

    def build(self, hp):
        return compiled(layers.Normalization(), loss="mse")

    def fit(self, hp, model, x, y, **kwargs):
        model.layers[0].adapt(x)
        return model.fit(x, y, **kwargs)


def build_adapted(hp):
    """Layers that were adapted before: by weights of theirs, and by what is written in the configuration."""
    rows = np.random.default_rng(0).normal(0.5, 2.0, size=(50, 4)).astype("float32")
    normalization, bins = layers.Normalization(), layers.Discretization(num_bins=3)
    normalization.adapt(rows)
    bins.adapt((rows - 0.5) / 2.0)
    return compiled(normalization, bins, layers.Rescaling(0.5))


def averaging():
    return keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5)


class Averaged(keras_tuner.HyperModel):
    """Visits the rows in their order, so that epochs can be told to be those of one call."""

    def build(self, hp):
        return compiled(loss="mse", optimizer=averaging())

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, shuffle=False, **kwargs)


def build_averaged(hp):
    return compiled(optimizer=averaging())


class AveragedLoop(Averaged):
    """Its own training loop: the averages stay in the optimizer."""

    def fit(self, hp, model, x, y, epochs, initial_epoch, callbacks, **kwargs):
        for epoch in range(initial_epoch, epochs):
            logs = {"loss": model.train_on_batch(x, y)}
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs)


def build_batched(hp):
    hp.Choice("batch_size", [4, 90])
    return compiled()


def build_whole_numbers(hp):
    inputs = keras.Input((4,), dtype="int32")
    embedded = layers.Flatten()(layers.Embedding(5, 3)(keras.ops.abs(inputs) % 5))
    model = keras.Model(inputs, layers.Dense(1)(embedded))
    model.compile("adam", "mse")
    return model


def build_whole_numbers_own_loss(hp):
    model = build_whole_numbers(hp)
    model.compile("adam", own_loss)
    return model


def build_mixed(hp):
    model = keras.Sequential([layers.Dense(4, "tanh", dtype="mixed_bfloat16"), layers.Dense(1, dtype="float32")])
    model.compile("sgd", "mse")
    return model


def build_double(hp):
    model = keras.Sequential([layers.Dense(4, "tanh", dtype="float64"), layers.Dense(1)])
    model.compile("sgd", own_loss)
    return model


@keras.saving.register_keras_serializable("automl_fit_test")
class Twice(layers.Layer):
    def call(self, inputs):
        return inputs * 2.0


@keras.saving.register_keras_serializable("automl_fit_test")
def cubed(values):
    return values**3


class Unregistered(layers.Layer):
    def call(self, inputs):
        return inputs * 2.0


def build_registered(hp):
    return compiled(Twice(), layers.Dense(3, activation=cubed), loss="mse")


def build_unregistered(hp):
    return compiled(Unregistered())


def build_lambda(hp):
    return compiled(layers.Lambda(lambda x: x * 2.0))
