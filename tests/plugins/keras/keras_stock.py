"""The other side of the comparison: a stock Keras model, built layer by layer and trained by ``fit``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from automl.dataset import Rows
from automl.learning import NetworkSpec, Task
from automl_keras.batches import Batches, LabelledRows
from automl_keras.networks import MLP
from automl_keras.precision import keras_floats
from automl_keras.schedules import RatePlan, ScheduleChoice
from automl_keras.targets import TargetCode

BATCH = 8


@dataclass(frozen=True)
class Stock:
    """A training by ``keras.Model.fit`` with constant numbers; rates (and momenta) set by a callback at every step."""

    task: Task
    train: Rows
    valid: Rows
    precision: str
    epochs: int
    optimizer: tuple[str, dict[str, Any]]
    rate: float
    schedule: Any = "constant"
    warmup: float = 0.0
    network: dict[str, Any] = field(default_factory=dict)
    smoothing: float = 0.0
    exact: bool = False
    seed: int = 7

    def run(self) -> tuple[list[np.ndarray], list[float]]:
        """Weights at the end, and the validation loss of every epoch (penalties included)."""
        with keras_floats(self.precision):
            return self._run()

    def _run(self) -> tuple[list[np.ndarray], list[float]]:
        import keras

        code = TargetCode.fit(self.task, self.train.target, self.train.weight)
        train, valid = (self._arrays(code, rows) for rows in (self.train, self.valid))
        batches = Batches(LabelledRows(*train), BATCH, self.seed)
        params = MLP.Params.model_validate(self.network)
        model = self._model(params)
        model.set_weights(MLP(params).build(NetworkSpec(train[0].shape[1], self.task, self.seed)).get_weights())
        kind, options = self.optimizer
        schedule = ScheduleChoice.model_validate(self.schedule).chosen
        plan = RatePlan(self.rate, schedule, self.warmup, batches.steps, self.epochs, self.precision)
        pacer = _pacer(plan)
        moves = plan.momenta(0) is not None
        optimizer = getattr(keras.optimizers, kind)(**options)
        if self.exact:
            for name, value in options.items():
                setattr(optimizer, name, keras.ops.convert_to_tensor(value, self.precision))
        model.compile(optimizer, loss=self._loss(), run_eagerly=moves)
        history = model.fit(
            self._feed(train, batches),
            steps_per_epoch=batches.steps,
            epochs=self.epochs,
            validation_data=valid,
            shuffle=False,
            callbacks=[pacer],
            verbose=0,
        )
        return model.get_weights(), history.history["val_loss"]

    def _feed(self, arrays: tuple[np.ndarray, ...], batches: Batches) -> Iterator[tuple[np.ndarray, ...]]:
        for epoch in range(self.epochs):
            order = batches.permutation(epoch)
            for start in range(0, len(order), BATCH):
                yield tuple(array[order[start : start + BATCH]] for array in arrays)

    def _arrays(self, code: TargetCode, rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight.to_numpy() / rows.weight.mean()
        one_hot = self.task.kind == "multiclass" and self.smoothing > 0
        target = code.encode(self.task, rows.target, one_hot, self.precision)
        return rows.matrix(self.precision), target, weight.astype(self.precision)

    def _model(self, params: MLP.Params) -> Any:
        import keras

        layers, penalty = keras.layers, keras.regularizers.L1L2(params.l1, params.l2)
        model = keras.Sequential([keras.Input((self.train.frame.shape[1],))])
        for units in params.layers():
            model.add(layers.Dense(units, use_bias=not params.batch_norm, kernel_regularizer=penalty))
            if params.batch_norm:
                model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.Activation(params.activation))
        model.add(layers.Dense(1 if self.task.kind == "binary" else self.task.outputs, kernel_regularizer=penalty))
        return model

    def _loss(self) -> Any:
        import keras

        if self.task.kind == "regression":
            return keras.losses.MeanSquaredError()
        if self.task.kind == "binary":
            return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=self.smoothing)
        if self.smoothing:
            return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=self.smoothing)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _pacer(plan: RatePlan) -> Any:
    import keras

    class Pacer(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.rates, self.momenta = plan.rates(epoch), plan.momenta(epoch)

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.model.optimizer.learning_rate.assign(self.rates[batch])
            if self.momenta is not None:
                self.model.optimizer.momentum = keras.ops.convert_to_tensor(
                    self.momenta[batch]
                )  # no float32 on its way

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            plan.observe(logs["val_loss"])

    return Pacer()
