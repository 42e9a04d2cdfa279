"""A whole epoch inside one compiled function.

Data lie in tensors, a ``tf.while_loop`` walks over the batches, and model, loss and optimizer are stock Keras. For a
network of 2 x 64 units and batches of 32 rows this is an order of magnitude faster than ``model.fit`` as a plain
graph, and more under XLA, because nothing returns to Python between steps (see ``benchmarks/trainer.py``).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from automl_keras.architecture import rebuild
from automl_keras.batches import Batches, Visit
from automl_keras.dials import build_optimizer
from automl_keras.forward import Forward
from automl_keras.signatures import Mode, Signature

_log = logging.getLogger(__name__)

_EMA = "ema_momentum"
_XLA_REFUSALS = (
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
    tf.errors.NotFoundError,
    tf.errors.InternalError,
)
"""What XLA raises, before anything ran, at an operation it has no kernel for or whose shape depends on values."""


class Seat:
    """The state of one training while it waits for its program.

    ``values`` are those of `Program.variables`; stale while the training is the one that the program is lent to.
    """

    def __init__(self, values: Sequence[np.ndarray]) -> None:
        self.values = values


@dataclass(frozen=True)
class Pace:
    """The numbers an epoch trains by.

    Attributes:
        rates: learning rates, float32 [steps].
        momenta: values of the optimizer's momentum dial, float32 [steps]; ignored where it has none.
        dials: values of the other dials, and ``ema_momentum`` where weights are averaged.
    """

    rates: np.ndarray
    momenta: np.ndarray
    dials: Mapping[str, float]


class Program:
    """Model, optimizer and compiled functions of one signature, lent to one training at a time.

    Trainings may take turns: what one leaves in the variables goes back to its seat before another is let in.

    Attributes:
        mode: how epochs run; falls from ``xla`` to ``graph`` to ``fit`` where one of them cannot run this network.
            A model with a ``train_step`` or ``compute_loss`` of its own begins at ``fit``, which calls them.
        variables: the model's weights and seeds, then the optimizer's state.
    """

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.model = rebuild(signature.architecture)
        self.mode: Mode = "fit" if _trains_itself(self.model) else signature.mode
        self.forward = Forward(self.model)
        names = [*signature.optimizer.dials, *([_EMA] if signature.averaged else [])]
        self._dials = {name: tf.Variable(0.0, name=name) for name in names}
        self._optimizer = build_optimizer(
            signature.optimizer,
            self._dials,
            self.model.trainable_variables,
            signature.clip_norm,
            signature.averaged,
        )
        self._optimizer_start = [_copy(variable) for variable in self._optimizer.variables]
        self.variables = [*self.model.variables, *self._optimizer.variables]
        self._row_loss = signature.loss.build()
        self._epoch: Any = None
        self._ran = False
        self._lock = threading.RLock()
        self._guest: weakref.ref[Seat] | None = None

    # State: whose it is, and copies of it

    def seat(self, initial: Sequence[np.ndarray]) -> Seat:
        """Room for a new training: ``initial`` holds values for the model's variables; the optimizer starts afresh."""
        return Seat([*initial, *self._optimizer_start])

    @contextlib.contextmanager
    def lent_to(self, seat: Seat) -> Iterator[None]:
        """With this training's state in the variables."""
        with self._lock:
            guest = self._guest() if self._guest else None
            if guest is not seat:
                if guest is not None:
                    guest.values = self.read()
                for variable, value in zip(self.variables, seat.values, strict=True):
                    variable.assign(value)
                self._guest = weakref.ref(seat)
            yield

    def read(self) -> list[np.ndarray]:
        """Copies of the variables."""
        return [_copy(variable) for variable in self.variables]

    def weights(self) -> list[np.ndarray]:
        """Copies of the weights to predict with, in the order of ``model.weights``."""
        with self._averaged():
            return [_copy(weight) for weight in self.model.weights]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Outputs without activation, float32 [n, outputs]."""
        with self._averaged():
            return self.forward(features)

    def row_losses(self, target: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The loss of each row, penalties on the weights left out; float32 [n]."""
        return self._row_loss(target, outputs).numpy()

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
        """With the averaged weights in place of the present ones, where the signature has them averaged."""
        if not self.signature.averaged:
            yield
            return
        variables = self.model.trainable_variables
        present = [_copy(variable) for variable in variables]
        self._optimizer.finalize_variable_values(variables)
        try:
            yield
        finally:
            for variable, value in zip(variables, present, strict=True):
                variable.assign(value)

    # Training

    def train(self, batches: Batches, visit: Visit, pace: Pace) -> float:
        """Train one epoch and return its mean loss, penalties included, weighed by the rows of each batch."""
        for name, value in pace.dials.items():
            self._dials[name].assign(value)
        if self._epoch is None and self.mode != "fit":
            self._trace(batches)
        if self.mode == "fit":
            return self._fit(batches, visit, pace)
        arrays = (visit.order, visit.weights, visit.shares, pace.rates, pace.momenta)
        try:
            loss = self._epoch(batches.features, batches.target, *map(tf.constant, arrays))
        except _XLA_REFUSALS as error:
            if self.mode != "xla" or self._ran:
                raise
            self._fall_back("graph", error)
            return self.train(batches, visit, pace)
        self._ran = True
        return float(loss)

    def _trace(self, batches: Batches) -> None:
        steps, batch = self.signature.steps, self.signature.batch
        per_step = tf.TensorSpec([steps], tf.float32)
        function = tf.function(self._walk, autograph=False, jit_compile=self.mode == "xla")
        try:
            self._epoch = function.get_concrete_function(
                tf.TensorSpec.from_tensor(batches.features),
                tf.TensorSpec.from_tensor(batches.target),
                tf.TensorSpec([steps, batch], tf.int32),
                tf.TensorSpec([steps, batch], tf.float32),
                per_step,
                per_step,
                per_step,
            )
        except Exception as error:  # noqa: BLE001 - a network's layers may raise anything; a real mistake recurs in fit
            self._fall_back("fit", error)

    def _walk(
        self,
        features: tf.Tensor,
        target: tf.Tensor,
        order: tf.Tensor,
        weights: tf.Tensor,
        shares: tf.Tensor,
        rates: tf.Tensor,
        momenta: tf.Tensor,
    ) -> tf.Tensor:
        """The epoch, as traced. One step is what ``train_step`` of ``keras.Model`` does."""
        model, optimizer = self.model, self._optimizer
        variables = model.trainable_variables
        momentum = self.signature.optimizer.momentum_dial

        def step(number: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            optimizer.learning_rate.assign(rates[number])
            if momentum is not None:
                self._dials[momentum].assign(momenta[number])
            rows = order[number]
            with tf.GradientTape() as tape:
                outputs = model(tf.gather(features, rows), training=True)
                loss = tf.reduce_sum(self._row_loss(tf.gather(target, rows), outputs) * weights[number])
                if model.losses:
                    loss += tf.add_n(model.losses)
            optimizer.apply(tape.gradient(loss, variables), variables)
            return number + 1, total + loss * shares[number]

        _, total = tf.while_loop(
            lambda number, _: number < self.signature.steps,
            step,
            (tf.constant(0), tf.constant(0.0)),
            parallel_iterations=1,
        )
        return total

    def _fit(self, batches: Batches, visit: Visit, pace: Pace) -> float:
        """The same epoch by ``model.fit``, in the same order; the last batch has its own, smaller size."""
        if not self.model.compiled:
            self.model.compile(
                optimizer=self._optimizer, loss=self.signature.loss.build("sum_over_batch_size"), jit_compile=False
            )
        rows = batches.rows
        order = visit.order.ravel()[: len(rows)]
        momentum = self.signature.optimizer.momentum_dial
        history = self.model.fit(
            rows.features[order],
            rows.target[order],
            sample_weight=rows.weight[order].astype(np.float32),
            batch_size=batches.batch,
            shuffle=False,
            verbose=0,
            callbacks=[_Pacer(pace, self._dials[momentum] if momentum else None)],
        )
        return float(history.history["loss"][0])

    def _fall_back(self, mode: Mode, error: Exception) -> None:
        first_line = (str(error).splitlines() or [""])[0]
        _log.warning("%s cannot run as %s, using %s: %s", self.model.name, self.mode, mode, first_line)
        self.mode, self._epoch = mode, None


class _Pacer(keras.callbacks.Callback):
    """Sets the learning rate and the momentum of each step under ``model.fit``."""

    def __init__(self, pace: Pace, momentum: tf.Variable | None) -> None:
        super().__init__()
        self._pace = pace
        self._momentum = momentum

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        self.model.optimizer.learning_rate.assign(self._pace.rates[batch])
        if self._momentum is not None:
            self._momentum.assign(self._pace.momenta[batch])


def _trains_itself(model: keras.Model) -> bool:
    kind = type(model)
    return kind.train_step is not keras.Model.train_step or kind.compute_loss is not keras.Model.compute_loss


def _copy(variable: keras.Variable) -> np.ndarray:
    """A real copy: ``numpy()`` may show the very buffer that the next epoch overwrites."""
    return np.array(variable.numpy())
