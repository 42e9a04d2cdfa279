"""Keras layers and regularisers whose numbers are variables, and one that leaves nothing behind.

Stock Keras asks while tracing whether a rate or a strength is 0, which no variable can answer; these leave the
question out and are used where the number is not 0. All of these stand in for stock ones inside a program only: a
finished model is stock Keras throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import keras
import tensorflow as tf

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


class _Dialled:
    """A layer with a rate."""

    rate: tf.Variable

    @classmethod
    def from_dials(cls, config: Mapping[str, Any], dials: Mapping[str, tf.Variable]) -> Self:
        layer = cls.from_config({**config, "rate": 0.5})  # type: ignore[attr-defined] # switches the noise on
        layer.rate = dials["rate"]
        return layer


class DialledDropout(_Dialled, keras.layers.Dropout):
    """Drops each unit with the probability in a variable."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        # Keras holds seeds as int64 on TensorFlow, and XLA takes int32 ones; folded as keras.random does.
        seed = tf.cast(tf.math.floormod(self.seed_generator.next(), tf.int32.max - 1), tf.int32)
        return tf.nn.experimental.stateless_dropout(inputs, self.rate, seed)


class DialledAlphaDropout(_Dialled, keras.layers.AlphaDropout):
    """Sets each unit to SELU's lower end with the probability in a variable (Klambauer et al. 2017)."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        low = -_SELU_ALPHA * _SELU_SCALE
        drawn = keras.random.uniform(keras.ops.shape(inputs), dtype=inputs.dtype, seed=self.seed_generator)
        kept = tf.cast(drawn >= self.rate, inputs.dtype)
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        return scale * (inputs * kept + low * (1 - kept)) - scale * low * self.rate


class PlainSwish(keras.layers.Activation):
    """``x * sigmoid(x)``, which is Keras' silu without a gradient of its own.

    The gradient that TensorFlow registers for its silu keeps every traced function alive until the process ends.
    """

    @classmethod
    def from_dials(cls, config: Mapping[str, Any], dials: Mapping[str, tf.Variable]) -> Self:
        layer: Self = cls.from_config(dict(config))
        return layer

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs * tf.sigmoid(inputs)


class DialledL1L2(keras.regularizers.L1L2):
    """``l1 * sum(|w|) + l2 * sum(w ** 2)``, each part only where there is a variable for it."""

    @classmethod
    def from_dials(cls, config: Mapping[str, Any], dials: Mapping[str, tf.Variable]) -> Self:
        penalty = cls()
        penalty.l1, penalty.l2 = dials.get("l1"), dials.get("l2")
        return penalty

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        parts = []
        if self.l1 is not None:
            parts.append(self.l1 * keras.ops.sum(keras.ops.absolute(x)))
        if self.l2 is not None:
            parts.append(self.l2 * keras.ops.sum(keras.ops.square(x)))
        return parts[0] + parts[1] if len(parts) == 2 else parts[0]


_KINDS = {kind.__name__: kind for kind in (DialledDropout, DialledAlphaDropout, PlainSwish, DialledL1L2)}


@dataclass(frozen=True)
class _Reader:
    """Stands where Keras, reading a configuration, looks for a class: numbers in its ``dials`` become variables."""

    kind: Any
    dials: Sequence[tf.Variable]

    def from_config(self, config: Mapping[str, Any]) -> Any:
        plain = {name: value for name, value in config.items() if name != "dials"}
        return self.kind.from_dials(plain, {name: self.dials[place] for name, place in config["dials"].items()})


def readers(dials: Sequence[tf.Variable]) -> dict[str, Any]:
    """Custom objects for Keras' reader of configurations, by registered name."""
    return {f"automl_keras>{name}": _Reader(kind, dials) for name, kind in _KINDS.items()}
