"""A network's outputs for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from automl_keras import engine
from automl_keras.precision import Precision

if TYPE_CHECKING:
    import keras

BLOCK = 256
"""Rows of one pass. One shape for all, because a matrix product of another shape may add up in another order: so a
row's outputs do not depend on how many rows come with it, and a single row costs one block."""


class Forward:
    """Inference, dropout off, in blocks of a fixed number of rows.

    Deliberately without XLA: validation in training and prediction by the finished model then run the same kernels
    and agree in every bit, and the model needs no compilation before it first predicts.
    """

    def __init__(self, model: keras.Model, precision: Precision = "float32") -> None:
        """``precision`` is that of the rows; a model whose inputs are of another dtype casts them, as in training."""
        inputs, outputs = model.input_shape[-1], model.output_shape[-1]
        self._floats = tf.as_dtype(model.outputs[0].dtype).as_numpy_dtype
        self._block = (BLOCK, inputs)
        self._outputs = outputs

        traced = tf.function(lambda block: model(block, training=False), autograph=False, jit_compile=False)
        self._run = traced.get_concrete_function(tf.TensorSpec(self._block, precision))

    def blocks(self, features: np.ndarray) -> list[tf.Tensor]:
        """[n, inputs] as blocks [BLOCK, inputs], the last one filled up with zeros; n may be 0."""
        padding = -len(features) % BLOCK
        padded = np.pad(features, ((0, padding), (0, 0))) if padding else features
        return [tf.constant(block) for block in padded.reshape(-1, *self._block)]

    def run(self, blocks: Sequence[tf.Tensor], rows: int) -> np.ndarray:
        """Outputs [rows, outputs] for the first ``rows`` rows of ``blocks``."""
        if not rows:
            return np.empty((0, self._outputs), dtype=self._floats)
        # A loop of the graph's own (`tf.map_fn`) takes 50 ms longer to trace, and is no faster at some thousand rows.
        with engine.unoptimised():
            return np.concatenate([self._run(block).numpy() for block in blocks])[:rows]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """[n, inputs] of the rows' precision to [n, outputs] of the model's dtype; n may be 0."""
        return self.run(self.blocks(features), len(features))
