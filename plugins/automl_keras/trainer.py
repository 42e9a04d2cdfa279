"""A whole epoch inside one compiled function.

Data lie in tensors, a ``tf.while_loop`` walks over the batches, and model, loss and optimizer are stock Keras, or
differ from it in nothing but numbers that are variables. For a network of 2 x 64 units and batches of 32 rows this is
an order of magnitude faster than ``model.fit`` as a plain graph, and more under XLA, because nothing returns to Python
between steps (see ``benchmarks/trainer.py``).

A program for a pack of K networks of one signature would keep the loop, the orders and the rows as they are, and give
a leading axis [K] to all that a training brings along: the weights and the optimizer's state, the rates and momenta
[K, steps], the dials [K]. One step is then one batched product per layer (``tf.vectorized_map`` over ``_loss``,
gradients of the sum), and a `Seat` is one row of every variable; `Program.train` would take K seats and return K
losses. What it replaces is the model and the optimizer of `Program.__init__`; who calls it would see no difference.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from automl_keras import engine
from automl_keras.architecture import rebuild
from automl_keras.batches import Batches, Visit
from automl_keras.flat import FlatStep, FlatWeights, may_be_flat
from automl_keras.forward import Forward
from automl_keras.precision import keras_floats
from automl_keras.signatures import Mode, Signature, network_dials

_log = logging.getLogger(__name__)

_XLA_REFUSALS = (
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
    tf.errors.NotFoundError,
    tf.errors.InternalError,
)
"""What XLA raises, before anything ran, at an operation it has no kernel for or whose shape depends on values."""

_ROUNDING = 1e-9
"""Weights of a mean of 1 that differ by no more are equal."""

_FIT_PARTS = ("train_step", "compute_loss", "make_train_function", "fit")
"""Methods of a model that decide how it is trained, and that a compiled epoch does not call."""


class Seat:
    """The state of one training while it waits for its program.

    ``values`` are those of `Program.variables`, or of the model's alone where the optimizer is to start afresh; stale
    while the training is the one that the program is lent to.
    """

    def __init__(self, values: Sequence[np.ndarray]) -> None:
        self.values = values


@dataclass(frozen=True)
class Pace:
    """The numbers an epoch trains by, in the signature's precision.

    Attributes:
        rates: learning rates [steps].
        momenta: values of the optimizer's momentum dial [steps]; ignored where it has none.
        dials: values of the other dials, by name.
    """

    rates: np.ndarray
    momenta: np.ndarray
    dials: Mapping[str, float]


class _Given(NamedTuple):
    """What a compiled epoch is given besides the number of steps: see `Batches`, `Visit` and `Pace`."""

    features: tf.Tensor
    target: tf.Tensor
    order: tf.Tensor
    weights: tf.Tensor
    shares: tf.Tensor
    rates: tf.Tensor
    momenta: tf.Tensor


class Program:
    """Model, optimizer and compiled functions of one signature, lent to one training at a time.

    Trainings may take turns: what one leaves in the variables goes back to its seat before another is let in.

    Attributes:
        mode: how epochs run; falls from ``xla`` to ``graph`` to ``fit`` where one of them cannot run this network.
            A model that has its own of what ``fit`` consists of (``train_step``, ``compute_loss``) begins at ``fit``.
        variables: the model's weights and seeds, then the optimizer's state. Final once it is prepared.
    """

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self._dials = {name: tf.Variable(0.0, dtype=signature.precision, name=name) for name in signature.dials}
        with keras_floats(signature.precision):
            places = network_dials(signature.architecture_dials)
            self.model = rebuild(signature.architecture, [self._dials[name] for name in places])
            self._row_loss = signature.loss.build(self._dials)
        self.mode: Mode = "fit" if _trains_itself(self.model) else signature.mode
        flat = self.mode == "graph" and signature.optimizer.elementwise and may_be_flat(self.model)
        self._take_optimizer(FlatWeights(self.model, signature.precision) if flat else None)
        self._epoch: Any = None
        self._lock = threading.RLock()
        self._guest: weakref.ref[Seat] | None = None

    def _take_optimizer(self, flat: FlatWeights | None) -> None:
        """Make the optimizer; another one later on begins afresh, which it may, for no step was taken."""
        weights = self.model.trainable_variables if flat is None else [flat.vector]
        with keras_floats(self.signature.precision):
            self._optimizer = self.signature.optimizer.build(weights, self._dials, carried=flat is not None)
        self._flat = None if flat is None else FlatStep(self.model, flat, self._optimizer)
        self._optimizer_start = [_copy(variable) for variable in self._optimizer.variables]
        self.variables = [*self.model.variables, *self._optimizer.variables]

    @functools.cached_property
    def forward(self) -> Forward:
        """The model's outputs for any rows, by its present weights."""
        return Forward(self.model, self.signature.precision)

    # State: whose it is, and copies of it

    @contextlib.contextmanager
    def lent_to(self, seat: Seat) -> Iterator[None]:
        """With this training's state in the variables."""
        with self._lock:
            guest = self._guest() if self._guest else None
            if guest is not seat:
                if guest is not None:
                    guest.values = self.read()
                values = seat.values
                if len(values) == len(self.model.variables):
                    values = [*values, *self._optimizer_start]
                for variable, value in zip(self.variables, values, strict=True):
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

    def predict(self, blocks: Sequence[tf.Tensor], rows: int) -> np.ndarray:
        """Outputs [rows, outputs] for the first ``rows`` rows of ``blocks`` (see `Forward.blocks`)."""
        with self._averaged():
            return self.forward.run(blocks, rows)

    def row_losses(self, target: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The loss of each row, penalties on the weights left out; [n]."""
        return self._row_loss(target, outputs).numpy()

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
        """With the averaged weights in place of the present ones, where the optimizer averages them."""
        if not self.signature.optimizer.averaged:
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

    def prepare(self, batches: Batches) -> None:
        """Trace and compile the epoch, if no training before this one did; no state changes.

        The compiled function is called for no steps at all: that compiles it, and shows whether XLA can.
        """
        with self._lock:
            while self._epoch is None and self.mode != "fit":
                try:
                    epoch = self._trace(batches)
                except Exception as error:  # noqa: BLE001 - layers may raise anything; a real mistake recurs in fit
                    if self._flat is None:
                        self._fall_back("fit", error)
                    self._take_optimizer(None)
                    continue
                nothing = Visit.blank(self.signature.steps, self.signature.batch, self.signature.precision)
                pace = np.zeros(self.signature.steps, self.signature.precision)
                try:
                    _run(epoch, batches, nothing, Pace(pace, pace, {}), 0)
                except _XLA_REFUSALS as error:
                    if self.mode != "xla":
                        raise
                    self._fall_back("graph", error)
                else:
                    self._epoch = epoch

    def train(self, batches: Batches, visit: Visit, pace: Pace) -> float:
        """Train one epoch and return its mean loss, penalties included, weighed by the rows of each batch.

        Raises whatever TensorFlow raises if it runs out of memory or a layer refuses a value.
        """
        self.prepare(batches)
        for name, value in pace.dials.items():
            self._dials[name].assign(value)
        if self.mode == "fit":
            return self._fit(batches, visit, pace)
        return float(_run(self._epoch, batches, visit, pace, self.signature.steps))

    def _trace(self, batches: Batches) -> Any:
        steps, batch, floats = self.signature.steps, self.signature.batch, self.signature.precision
        per_step = tf.TensorSpec([steps], floats)
        walk = self._walk if self._flat is None else functools.partial(self._walk_flat, self._flat)
        function = tf.function(walk, autograph=False, jit_compile=self.mode == "xla")
        with keras_floats(floats):
            return function.get_concrete_function(
                tf.TensorSpec([], tf.int32),
                _Given(
                    features=tf.TensorSpec.from_tensor(batches.features),
                    target=tf.TensorSpec.from_tensor(batches.target),
                    order=tf.TensorSpec([steps, batch], tf.int32),
                    weights=tf.TensorSpec([steps, batch], floats),
                    shares=per_step,
                    rates=per_step,
                    momenta=per_step,
                ),
            )

    def _walk(self, steps: tf.Tensor, given: _Given) -> tf.Tensor:
        """The first ``steps`` steps of an epoch, as traced. One is what ``train_step`` of ``keras.Model`` does."""
        optimizer, variables = self._optimizer, self.model.trainable_variables
        momentum = self.signature.optimizer.momentum_dial

        def step(number: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            optimizer.learning_rate.assign(given.rates[number])
            if momentum is not None:
                self._dials[momentum].assign(given.momenta[number])
            with tf.GradientTape() as tape:
                loss = self._loss(given, number)
            gradients = tape.gradient(loss, variables)
            # There is one replica and nothing to sum. Keras sums all the same when it runs inside one, and the
            # gradient that TensorFlow registers for the sum keeps each traced epoch alive for good, some 3 MB each.
            tf.distribute.get_replica_context().merge_call(lambda _: optimizer.apply(gradients, variables))
            return number + 1, total + loss * given.shares[number]

        start = (tf.constant(0), tf.zeros([], given.rates.dtype))
        _, total = tf.while_loop(lambda number, _: number < steps, step, start, parallel_iterations=1)
        return total

    def _walk_flat(self, flat: FlatStep, steps: tf.Tensor, given: _Given) -> tf.Tensor:
        """The same, with the state of the training carried from step to step (see `automl_keras.flat`)."""
        optimizer = self.signature.optimizer
        fixed = {name: tf.convert_to_tensor(self._dials[name]) for name in optimizer.dials}

        def step(number: tf.Tensor, total: tf.Tensor, *state: tf.Tensor) -> tuple[tf.Tensor, ...]:
            moving = {} if optimizer.momentum_dial is None else {optimizer.momentum_dial: given.momenta[number]}
            loss, state = flat.take(state, lambda: self._loss(given, number), given.rates[number], {**fixed, **moving})
            return (number + 1, total + loss * given.shares[number], *state)

        start = (tf.constant(0), tf.zeros([], given.rates.dtype), *flat.read())
        _, total, *state = tf.while_loop(lambda number, *_: number < steps, step, start, parallel_iterations=1)
        flat.write(state)
        return total

    def _loss(self, given: _Given, number: tf.Tensor) -> tf.Tensor:
        """Of one batch: the rows' losses by their weights, and the penalties."""
        rows = given.order[number]
        outputs = self.model(tf.gather(given.features, rows), training=True)
        loss = tf.reduce_sum(self._row_loss(tf.gather(given.target, rows), outputs) * given.weights[number])
        return tf.add_n([loss, *(tf.cast(penalty, loss.dtype) for penalty in self.model.losses)])

    def _fit(self, batches: Batches, visit: Visit, pace: Pace) -> float:
        """The same epoch by ``model.fit``, in the same order; the last batch has its own, smaller size.

        Weights are given where they differ only: a ``train_step`` need not take them.
        """
        rows, precision = batches.rows, self.signature.precision
        order = visit.order.ravel()[: len(rows)]
        momentum = self.signature.optimizer.momentum_dial
        weights = rows.weight[order].astype(precision) if weights_differ(rows.weight) else None
        callbacks: list[Any] = [_Pacer(pace, self._dials[momentum] if momentum else None)]
        live = LiveWeights(self.model)
        if self.signature.optimizer.averaged:
            callbacks.append(live)
        with keras_floats(precision):
            if not self.model.compiled:
                loss = self.signature.loss.build(self._dials, "sum_over_batch_size")
                self.model.compile(optimizer=self._optimizer, loss=loss, jit_compile=False)
            history = self.model.fit(
                rows.features[order],
                rows.target[order],
                sample_weight=weights,
                batch_size=batches.batch,
                shuffle=False,
                verbose=0,
                callbacks=callbacks,
            )
        live.put_back()
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


class LiveWeights(keras.callbacks.Callback):
    """Copies the learned weights at the end of each epoch.

    Where an optimizer averages weights, ``model.fit`` then ends by putting the averages in their place, and one call
    for each epoch would go on from those.
    """

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self._variables = model.trainable_variables
        self.values: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        self.values = [_copy(variable) for variable in self._variables]

    def put_back(self) -> None:
        """Nothing if it was told of no epoch."""
        if self.values is not None:
            for variable, value in zip(self._variables, self.values, strict=True):
                variable.assign(value)


def weights_differ(weight: np.ndarray) -> bool:
    """Whether weights of rows, of mean 1, tell them apart; a constant one becomes 1 up to rounding only."""
    return bool(np.ptp(weight) > _ROUNDING)


def _run(epoch: Any, batches: Batches, visit: Visit, pace: Pace, steps: int) -> tf.Tensor:
    arrays = map(tf.constant, (visit.order, visit.weights, visit.shares, pace.rates, pace.momenta))
    with engine.unoptimised():
        return epoch(tf.constant(steps), _Given(batches.features, batches.target, *arrays))


def _trains_itself(model: keras.Model) -> bool:
    return any(getattr(type(model), part) is not getattr(keras.Model, part) for part in _FIT_PARTS)


def _copy(variable: keras.Variable) -> np.ndarray:
    """A real copy: ``numpy()`` may show the very buffer that the next epoch overwrites."""
    return np.array(variable.numpy())
