"""Networks whose weights may be one vector, and those whose gradients are no vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras_samples import REGRESSION, open_training, small, train

from automl.learning import Network, NetworkSpec


class Lookup(Network):
    """An embedding of which each batch looks up some rows, in a model of its own."""

    id = "test.lookup"

    def build(self, spec: NetworkSpec) -> Any:
        import keras

        class OwnEmbedding(keras.layers.Embedding):
            pass

        keras.utils.set_random_seed(1)
        kind = keras.saving.register_keras_serializable("test_flat")(OwnEmbedding)
        inputs = keras.Input((spec.inputs,))
        codes = keras.ops.cast(keras.ops.abs(inputs) * 20 % 50, "int32")
        looked_up = keras.Sequential([kind(50, 3), keras.layers.Flatten()])(codes)
        return keras.Model(inputs, keras.layers.Dense(1)(looked_up))


def weights(mode: str) -> list[np.ndarray]:
    params = {"compile": mode, "optimizer": "nadam", "learning_rate": 0.05, "precision": "float64", "batch_size": 4}
    training = open_training(network=Lookup(), params=params)
    train(training, 2)
    assert training.mode == mode
    return training.finish().weights


def test_an_embedding_is_trained_as_model_fit_trains_it() -> None:
    for found, expected in zip(weights("graph"), weights("fit"), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_weights_looked_up_or_constrained_are_no_vector() -> None:
    import keras

    from automl_keras.flat import may_be_flat

    spec = NetworkSpec(4, REGRESSION, 7)
    assert may_be_flat(small().build(spec))
    assert not may_be_flat(Lookup().build(spec))
    assert not may_be_flat(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_constraint="non_neg")]))
    assert not may_be_flat(keras.Sequential([keras.Input((4,)), keras.layers.Flatten()]))
