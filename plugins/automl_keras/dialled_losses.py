"""Keras losses that smooth labels by a variable: stock asks while tracing whether it is 0."""

from __future__ import annotations

import keras
import tensorflow as tf


class SmoothedBinaryCrossentropy(keras.losses.BinaryCrossentropy):
    """Labels 0 and 1 [n, 1] are drawn towards 1/2; outputs are logits or probabilities [n, 1]."""

    def __init__(self, smoothing: tf.Variable, reduction: str | None, *, from_logits: bool = True) -> None:
        super().__init__(from_logits=from_logits, reduction=reduction)
        self._smoothing = smoothing

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return super().call(y_true * (1.0 - self._smoothing) + 0.5 * self._smoothing, y_pred)


class SmoothedCategoricalCrossentropy(keras.losses.CategoricalCrossentropy):
    """One-hot labels [n, classes] are drawn towards 1 / classes; outputs are logits or probabilities [n, classes]."""

    def __init__(self, smoothing: tf.Variable, reduction: str | None, *, from_logits: bool = True) -> None:
        super().__init__(from_logits=from_logits, reduction=reduction)
        self._smoothing = smoothing

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        classes = y_true.shape[-1]
        return super().call(y_true * (1.0 - self._smoothing) + self._smoothing / classes, y_pred)
