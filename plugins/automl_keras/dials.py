"""Keras optimizers whose numbers are variables, so that changing them compiles nothing anew."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_keras.flat import carried_kind


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


class DialledRMSprop(keras.optimizers.RMSprop):
    """Stock RMSprop with momentum, whose momentum may be a variable: stock asks ``momentum > 0`` while tracing."""

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        place = self._get_variable_index(variable)
        velocity, momentum = self._velocities[place], self._momentums[place]
        self.assign(velocity, self.rho * velocity + (1.0 - self.rho) * tf.square(gradient))
        if self.centered:
            average = self._average_gradients[place]
            self.assign(average, self.rho * average + (1.0 - self.rho) * gradient)
            denominator = velocity - tf.square(average) + self.epsilon
        else:
            denominator = velocity + self.epsilon
        self.assign(momentum, self.momentum * momentum + learning_rate * gradient / tf.sqrt(denominator))
        self.assign_sub(variable, momentum)


class _Clipping:
    """Clips all gradients together by a variable: stock asks ``global_clipnorm > 0`` while tracing.

    ``tf.clip_by_global_norm`` is the formula of ``global_clipnorm``.
    """

    clip_norm: tf.Variable

    def apply(self, grads: Sequence[tf.Tensor], trainable_variables: Sequence[keras.Variable] | None = None) -> None:
        clipped, _ = tf.clip_by_global_norm(grads, self.clip_norm)
        super().apply(clipped, trainable_variables)  # type: ignore[misc]


_DIALLED: Mapping[str, type[keras.optimizers.Optimizer]] = {"SGD": DialledSGD, "RMSprop": DialledRMSprop}


def build_optimizer(
    name: str,
    switches: Mapping[str, Any],
    weights: Sequence[keras.Variable],
    dials: Mapping[str, tf.Variable],
    *,
    carried: bool = False,
) -> keras.optimizers.Optimizer:
    """The Keras optimizer ``name`` for ``weights``; it reads the numbers in ``dials`` (scalars) at every step.

    Keras' optimizers keep these numbers as attributes and only ever compute with them, momentum and clipping apart;
    so they are built with stand-ins that switch the same parts on, and the variables then take the attributes' place.
    """
    stock: type[keras.optimizers.Optimizer] = getattr(keras.optimizers, name)
    kind = _DIALLED.get(name, stock) if "momentum" in dials else stock
    if "clip_norm" in dials:
        kind = _clipping(kind)  # type: ignore[arg-type] # mypy takes classes of unknown metaclass for unhashable
    if carried:
        kind = carried_kind(kind)  # type: ignore[arg-type] # as above
    stand_ins = {dial: 0.5 for dial in dials if dial != "clip_norm"}
    optimizer = kind(learning_rate=1.0, use_ema="ema_momentum" in dials, **switches, **stand_ins)
    optimizer.build(weights)
    for dial, variable in dials.items():
        setattr(optimizer, dial, variable)
    return optimizer


@functools.cache
def _clipping(kind: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    return type(f"Clipping{kind.__name__}", (_Clipping, kind), {})
