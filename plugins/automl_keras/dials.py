"""Keras optimizers whose numbers are variables, so that changing them compiles nothing anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from automl_keras.signatures import OptimizerSignature


class DialledSGD(keras.optimizers.SGD):
    """Stock SGD with momentum, whose momentum may be a variable: stock asks ``momentum != 0`` while tracing."""

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        velocity = self.momentums[self._get_variable_index(variable)]
        step = gradient * learning_rate
        self.assign(velocity, velocity * self.momentum - step)
        if self.nesterov:
            self.assign_add(variable, velocity * self.momentum - step)
        else:
            self.assign_add(variable, velocity)


def build_optimizer(
    signature: OptimizerSignature,
    dials: Mapping[str, tf.Variable],
    weights: Sequence[keras.Variable],
    clip_norm: float | None,
    averaged: bool,
) -> keras.optimizers.Optimizer:
    """A Keras optimizer for ``weights`` that reads the numbers in ``dials`` (scalar float32 variables) at every step.

    Keras' optimizers keep these numbers as attributes and only ever compute with them, momentum apart; so they are
    built with stand-ins that switch the same parts on, and the variables then take the attributes' place.
    """
    moving = signature.keras == "SGD" and "momentum" in signature.dials
    kind = DialledSGD if moving else getattr(keras.optimizers, signature.keras)
    stand_ins = dict.fromkeys(signature.dials, 0.5)
    optimizer = kind(
        learning_rate=1.0, global_clipnorm=clip_norm, use_ema=averaged, **dict(signature.switches), **stand_ins
    )
    optimizer.build(weights)
    # There is one replica and nothing to sum. Keras sums all the same, and the gradient that TensorFlow registers for
    # the sum keeps each traced epoch alive for good, some 3 MB of every signature.
    optimizer._all_reduce_sum_gradients = list
    for name, dial in dials.items():
        setattr(optimizer, name, dial)
    return optimizer
