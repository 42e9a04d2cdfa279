"""Hypermodels of what a compiled epoch is easily wrong about; none has a hyperparameter."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, optimizers


def _compiled(optimizer, loss="mse", first=(), outputs=1, activation=None):
    model = keras.Sequential([*first, layers.Dense(4, activation="tanh"), layers.Dense(outputs, activation=activation)])
    model.compile(optimizer, loss)
    return model


# In model.fit


def build_summed(hp):
    return _compiled(optimizers.SGD(0.0005), keras.losses.MeanSquaredError(reduction="sum"))


def build_exempt(hp):
    optimizer = optimizers.AdamW(0.05, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["kernel", "bias"])
    return _compiled(optimizer)


def build_exempt_by_list(hp):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    optimizer = optimizers.SGD(0.05, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=model.trainable_variables[:1])
    model.compile(optimizer, "mse")
    return model


def build_adapted(hp):
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(0).normal(5.0, 3.0, size=(50, 4)).astype("float32"))
    return _compiled(optimizers.SGD(0.05), first=[keras.Sequential([adapted])])


class Warm(optimizers.schedules.LearningRateSchedule):
    def __init__(self, top):
        self.top = top

    def __call__(self, step):
        return self.top * keras.ops.minimum(1.0, (keras.ops.cast(step, "float32") + 1) / 10)


class DescribedWarm(Warm):
    def get_config(self):
        return {"top": self.top}


def build_own_schedule(hp):
    return _compiled(optimizers.SGD(Warm(0.05)))


def build_described_schedule(hp):
    return _compiled(optimizers.SGD(DescribedWarm(0.05)))


def build_dice(hp):
    return _compiled(optimizers.SGD(0.05), keras.losses.Dice(), activation="sigmoid")


def build_tversky_by_name(hp):
    return _compiled(optimizers.SGD(0.05), "tversky", activation="sigmoid")


# In a compiled epoch


def build_given_statistics(hp):
    return _compiled(optimizers.SGD(0.05), first=[layers.Normalization(mean=[5.0] * 4, variance=[9.0] * 4)])


def build_no_decay(hp):
    return _compiled(optimizers.AdamW(0.01, weight_decay=0.0))


# What they put out


def build_loss_in_a_list(hp):
    return _compiled("sgd", ["sparse_categorical_crossentropy"], outputs=3, activation="softmax")


def build_loss_in_a_dict(hp):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="kind")(inputs))
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy"})
    return model


def _ending(end):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, end(layers.Dense(3)(inputs)))
    model.compile("sgd", "mse")
    return model


def build_softmax_in_submodel(hp):
    return _ending(keras.Sequential([keras.Sequential([layers.Dense(3, activation="softmax")])]))


def build_softmax_as_operation(hp):
    return _ending(keras.ops.softmax)


def build_softmax_as_function(hp):
    return _ending(keras.activations.softmax)


def build_softmax_as_layer(hp):
    return _ending(layers.Softmax())


def build_linear_after_softmax(hp):
    return _ending(lambda x: layers.Dense(3)(keras.ops.softmax(x)))


class Subclassed(keras.Model):
    def __init__(self, outputs=1):
        super().__init__()
        self.out = layers.Dense(outputs)

    def call(self, inputs):
        return self.out(inputs)


def build_subclassed_end(hp):
    return _ending(Subclassed(3))


def build_subclassed(hp):
    model = Subclassed()
    model.compile("sgd", "mse")
    return model


# Calls in inference mode


def build_inference(hp):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(1)(layers.BatchNormalization(name="norm")(inputs, training=False)))
    model.compile("sgd", "mse")
    return model


def build_inference_inside(hp):
    base = keras.Sequential([layers.Dense(4), layers.BatchNormalization()], name="base")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs, training=False)))
    model.compile("sgd", "mse")
    return model


def build_kept(hp):
    """What the mend of the two above says."""
    norm = layers.BatchNormalization(name="norm")
    norm.trainable = False
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.1)(norm(inputs))))
    model.compile("sgd", "mse")
    return model
