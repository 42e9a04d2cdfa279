"""All weights as one vector, and the state of a training as values that the loop carries.

What an epoch costs as a plain graph, to trace and to run, is the number of its operations: a stock optimizer takes some
25 for every weight array, and each reads and writes variables. An optimizer that treats every number alike may as well
update one vector; the layers are given their parts of it. Measured on 3 x 64 units with Adam: half the time to trace,
half the time of the first call, and for small batches half the time of an epoch, equal in every bit. Under XLA it is a
loss (the parts are copied), so it is for plain graphs only. Networks with embeddings keep their weights apart: there
Keras updates by rows (``IndexedSlices``), each batch those that it looked up, which is another step than that of a
vector's dense gradient.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf

from automl_keras.precision import Precision


class _Carried:
    """Put in front of one of Keras' optimizers built for one vector, inside a ``keras.StatelessScope``.

    Keras' TensorFlow optimizers write to ``tf.Variable`` by way of ``tf.distribute``. In the scope a variable has a
    value and none of that; assigning to it is left to Keras' variables, which know the scope.
    """

    _trainable_variables: Sequence[keras.Variable]
    learning_rate: keras.Variable
    weight_decay: tf.Tensor | None
    update_step: Callable[[tf.Tensor, keras.Variable, tf.Tensor], None]

    def assign(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign(value)

    def assign_add(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign(variable + value)

    def assign_sub(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign(variable - value)

    def _get_variable_index(self, variable: keras.Variable) -> int:  # noqa: ARG002 - there is one
        return 0

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        if self.weight_decay is not None:
            for variable in variables:
                self.assign_sub(variable, variable * self.weight_decay * self.learning_rate)

    def _all_reduce_sum_gradients(self, gradients: Sequence[tf.Tensor]) -> Sequence[tf.Tensor]:
        return gradients

    def _distributed_tf_update_step(
        self,
        distribution: object,  # noqa: ARG002
        gradients: Sequence[tuple[tf.Tensor, tf.Tensor]],
        learning_rate: tf.Tensor,
    ) -> None:
        for (gradient, _), variable in zip(gradients, self._trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)


@functools.cache
def carried_kind(kind: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    """The optimizer class for a vector whose value a scope holds."""
    return type(f"Carried{kind.__name__}", (_Carried, kind), {})


class FlatWeights:
    """A model's trainable weights, end to end.

    Attributes:
        vector: stands for them where a Keras variable is asked for; its own value is never used.
    """

    def __init__(self, model: keras.Model, precision: Precision) -> None:
        self._variables = model.trainable_variables
        self._shapes = [tuple(variable.shape) for variable in self._variables]
        self._sizes = [math.prod(shape) for shape in self._shapes]
        self.vector = keras.Variable(tf.zeros([sum(self._sizes)], precision), dtype=precision, name="weights")

    def read(self) -> tf.Tensor:
        """The weights' present values as one vector."""
        return tf.concat([tf.reshape(variable.value, [-1]) for variable in self._variables], axis=0)

    def write(self, vector: tf.Tensor) -> None:
        """Give the weights the values of a vector."""
        for variable, part in self.parts(vector):
            variable.assign(part)

    def parts(self, vector: tf.Tensor) -> list[tuple[keras.Variable, tf.Tensor]]:
        """Each weight with its part of a vector."""
        cut = tf.split(vector, self._sizes)
        return [
            (variable, tf.reshape(part, shape))
            for variable, part, shape in zip(self._variables, cut, self._shapes, strict=True)
        ]


def may_be_flat(model: keras.Model) -> bool:
    """Whether there are weights, all of one type, none constrained by itself and none looked up row by row."""
    if any(isinstance(layer, keras.layers.Embedding) for layer in model._flatten_layers()):
        return False
    weights = model.trainable_variables
    return bool(weights) and all(w.constraint is None and w.dtype == weights[0].dtype for w in weights)


class FlatStep:
    """One step of training on values.

    A state is ``[vector, *non-trainable variables, *optimizer's variables but the learning rate]``.
    """

    def __init__(self, model: keras.Model, weights: FlatWeights, optimizer: keras.optimizers.Optimizer) -> None:
        self._weights = weights
        self._optimizer = optimizer
        self._untrained = model.non_trainable_variables
        # By identity: the learning rate comes with each step.
        self._slots = [v for v in optimizer.variables if v is not optimizer.learning_rate]

    def read(self) -> list[tf.Tensor]:
        """The state that lies in the variables."""
        return [self._weights.read(), *(variable.value for variable in (*self._untrained, *self._slots))]

    def write(self, state: Sequence[tf.Tensor]) -> None:
        """Put a state into the variables."""
        vector, *rest = state
        self._weights.write(vector)
        for variable, value in zip((*self._untrained, *self._slots), rest, strict=True):
            variable.assign(value)

    def take(
        self,
        state: Sequence[tf.Tensor],
        loss: Callable[[], tf.Tensor],
        learning_rate: tf.Tensor,
        dials: Mapping[str, tf.Tensor],
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """The loss before the step, and the state after it. ``dials`` are the optimizer's attributes in this step."""
        vector, *rest = state
        untrained, slots = rest[: len(self._untrained)], rest[len(self._untrained) :]
        mapping = [*self._weights.parts(vector), *zip(self._untrained, untrained, strict=True)]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            value = loss()
        untrained = [scope.get_current_value(variable) for variable in self._untrained]
        gradients = tf.gradients(value, [vector])
        mapping = [
            (self._weights.vector, vector),
            (self._optimizer.learning_rate, learning_rate),
            *zip(self._slots, slots, strict=True),
        ]
        with _set_to(self._optimizer, dials), keras.StatelessScope(state_mapping=mapping) as scope:
            self._optimizer.apply(gradients)
        updated = [scope.get_current_value(variable) for variable in (self._weights.vector, *self._slots)]
        return value, (updated[0], *untrained, *updated[1:])


@contextmanager
def _set_to(optimizer: keras.optimizers.Optimizer, dials: Mapping[str, tf.Tensor]) -> Iterator[None]:
    """With the optimizer's numbers as tensors: each read of a variable would be an operation of every step."""
    before = {name: getattr(optimizer, name) for name in dials}
    try:
        for name, value in dials.items():
            setattr(optimizer, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(optimizer, name, value)
