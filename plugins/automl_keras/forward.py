"""A network's outputs for any number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

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

    def __init__(self, model: keras.Model) -> None:
        inputs, outputs = model.input_shape[-1], model.output_shape[-1]
        self._outputs = outputs

        def run(blocks: tf.Tensor) -> tf.Tensor:
            return tf.map_fn(
                lambda block: model(block, training=False),
                blocks,
                parallel_iterations=1,
                fn_output_signature=tf.TensorSpec([BLOCK, outputs], tf.float32),
            )

        traced = tf.function(run, autograph=False, jit_compile=False)
        self._run = traced.get_concrete_function(tf.TensorSpec([None, BLOCK, inputs], tf.float32))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Float32 [n, inputs] to float32 [n, outputs]; n may be 0."""
        rows = len(features)
        if not rows:
            return np.empty((0, self._outputs), dtype=np.float32)
        padding = -rows % BLOCK
        padded = np.pad(features, ((0, padding), (0, 0))) if padding else features
        outputs = self._run(tf.constant(padded.reshape(-1, BLOCK, features.shape[1])))
        return outputs.numpy().reshape(-1, self._outputs)[:rows]
