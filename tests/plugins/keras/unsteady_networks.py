"""Networks that predict a row differently: by chance, by the other rows, by what came before."""

from __future__ import annotations

import functools
from typing import Any

from automl import Network, Record, hookimpl
from automl.learning import NetworkSpec


@functools.cache
def _layers() -> dict[str, Any]:
    """Layers of an author's own; Keras overrules a ``training=True`` that a functional model itself gives."""
    import keras

    @keras.saving.register_keras_serializable("unsteady")
    class Dropping(keras.layers.Layer):
        def __init__(self, **named):
            super().__init__(**named)
            self.inner = keras.layers.Dropout(0.2)

        def call(self, inputs):
            return self.inner(inputs, training=True)

    @keras.saving.register_keras_serializable("unsteady")
    class Beside(keras.layers.Layer):
        def call(self, inputs):
            return inputs - keras.ops.mean(inputs, axis=0)

    @keras.saving.register_keras_serializable("unsteady")
    class Remembering(keras.layers.Layer):
        def build(self, shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, inputs):
            self.count.assign(self.count + 1.0)
            return inputs * (1.0 + self.count)

    return {"dropping": Dropping, "beside": Beside, "remembering": Remembering}


class _Network(Network):
    def build(self, spec: NetworkSpec):
        import keras

        inputs = keras.Input((spec.inputs,))
        signal = _layers()[self.id.partition(".")[2]]()(keras.layers.Dense(8, "tanh")(inputs))
        return keras.Model(inputs, keras.layers.Dense(1)(signal))


class Dropping(_Network):
    """Drops units when it predicts."""

    id = "unsteady.dropping"


class Beside(_Network):
    """Centers over the rows that come along."""

    id = "unsteady.beside"


class Remembering(_Network):
    """Counts how often it was asked."""

    id = "unsteady.remembering"


NETWORKS = [Dropping, Beside, Remembering]


@hookimpl
def automl_networks() -> list[Record]:
    return [Record(n.id, f"unsteady_networks:{n.__name__}", n.summary()) for n in NETWORKS]
