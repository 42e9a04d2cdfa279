"""What a model was compiled with, as the parts of a signature.

A hypermodel chooses stock losses and optimizers with numbers of its own. They become constants of the signature, except
the learning rate and the weight decay, which the compiled epoch takes as inputs whatever the model.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from automl_keras.hypermodel_outputs import only_loss
from automl_keras.schedules import Constant, Schedule

_TRIED_ROWS: Final = 16


@dataclass(frozen=True)
class StockLoss:
    """One of Keras' losses: a `automl_keras.specs.LossSpec`. ``config``: JSON, of a class or of a function's name."""

    config: str

    @property
    def dials(self) -> tuple[str, ...]:
        return ()

    def build(self, dials: Mapping[str, tf.Variable], reduction: str | None = None) -> keras.losses.Loss:  # noqa: ARG002
        document = json.loads(self.config)
        if isinstance(document, str):
            return _FunctionLoss(keras.losses.get(document), reduction)
        document["config"]["reduction"] = reduction
        return keras.losses.deserialize(document)

    @classmethod
    def of(cls, loss: Any) -> StockLoss | None:
        """The spec of what ``compile`` was given; None for what its configuration does not tell in full.

        Keras' own configurations forget numbers (3.15: that of Huber its delta), so what they give is tried out. None
        too for what is no mean over rows: another reduction, or one value for a whole batch (Dice, Tversky).
        """
        if isinstance(loss, str) or (callable(loss) and not isinstance(loss, keras.losses.Loss)):
            name = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
            try:
                known = keras.losses.get(name)
            except ValueError:
                return None
            if isinstance(known, keras.losses.Loss):
                return cls.of(known)
            spec = cls(json.dumps(known.__name__))
            return spec if (isinstance(loss, str) or known is loss) and spec._gives_rows() else None
        if not isinstance(loss, keras.losses.Loss) or not type(loss).__module__.startswith("keras."):
            return None
        if loss.reduction != "sum_over_batch_size":
            return None
        document = json.loads(json.dumps(keras.losses.serialize(loss)))
        document["config"] = {**document["config"], "name": None}
        spec = cls(json.dumps(document, sort_keys=True))
        return spec if spec._gives_rows() and _agree(loss, spec.build({}, loss.reduction)) else None

    def _gives_rows(self) -> bool:
        """Whether it gives a value for each row."""
        try:
            return _tried(self.build({})).shape == (_TRIED_ROWS,)
        except (TypeError, ValueError, tf.errors.InvalidArgumentError):
            return False  # it takes no rows of outputs (CTC); model.fit says what it misses


class _FunctionLoss(keras.losses.Loss):
    """A loss function of Keras; functions give a value for each row."""

    def __init__(self, function: Callable[..., Any], reduction: str | None) -> None:
        super().__init__(name=function.__name__, reduction=reduction)
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.function(y_true, y_pred)


def _agree(loss: keras.losses.Loss, other: keras.losses.Loss) -> bool:
    """Whether two losses give the same on a few numbers, small and large."""
    return np.array_equal(_tried(loss), _tried(other), equal_nan=True)


def _tried(loss: keras.losses.Loss) -> np.ndarray:
    """What a loss of Keras gives for a few rows."""
    rows = np.arange(_TRIED_ROWS)
    outputs = np.random.default_rng(0).uniform(0.0, 4.0, size=(len(rows), 3)).astype("float32")
    outputs[8:] /= outputs[8:].sum(axis=1, keepdims=True)
    function = loss.function.__name__ if isinstance(loss, _FunctionLoss) else type(loss).__name__
    target = rows[:, None] % 3 if "sparse" in function.lower() else np.eye(3, dtype="float32")[rows % 3]
    return np.asarray(loss(target, outputs))


@dataclass(frozen=True)
class StockOptimizer:
    """One of Keras' optimizers: a `automl_keras.specs.OptimizerSpec`.

    Attributes:
        config: JSON, without learning rate and weight decay.
        decayed: whether it was given a decay of weights, be it 0; how much is a dial.
        averaged: whether it keeps a moving average of the weights.
    """

    config: str
    decayed: bool
    averaged: bool

    @property
    def dials(self) -> tuple[str, ...]:
        return ("weight_decay",) if self.decayed else ()

    @property
    def momentum_dial(self) -> str | None:
        return None

    @property
    def elementwise(self) -> bool:
        """Not claimed: a hypermodel may bring any optimizer."""
        return False

    def build(
        self,
        weights: Sequence[keras.Variable],
        dials: Mapping[str, tf.Variable],
        *,
        carried: bool = False,  # noqa: ARG002 - never, for it is not elementwise
    ) -> keras.optimizers.Optimizer:
        document = json.loads(self.config)
        stand_ins = {"learning_rate": 1.0, "weight_decay": 0.5 if self.decayed else None}
        document["config"] = {**document["config"], **stand_ins}
        # keras.optimizers.deserialize of Keras 3.15 does not know Lamb and returns its name.
        optimizer = keras.saving.deserialize_keras_object(document)
        optimizer.build(weights)
        if self.decayed:
            optimizer.weight_decay = dials["weight_decay"]
        return optimizer


@dataclass(frozen=True)
class Compiled:
    """Optimizer and loss of a compiled model, and the numbers that its signature leaves open."""

    optimizer: StockOptimizer
    loss: StockLoss
    rate: float
    schedule: Schedule
    dials: Mapping[str, float]

    @classmethod
    def of(cls, model: keras.Model) -> Compiled | None:
        """None for what the compiled epoch cannot do.

        That is losses, optimizers or schedules of the author's own, weighted losses, weights exempt from decay, and
        layers whose statistics were adapted to data.
        """
        loss = StockLoss.of(only_loss(model.loss))
        if loss is None or _exempts(model.optimizer) or any(map(_adapted, model._flatten_layers())):
            return None
        try:
            compiled = model.get_compile_config()
            document = json.loads(json.dumps(compiled["optimizer"], default=float))
        except (NotImplementedError, TypeError):
            return None  # something that Keras cannot write down, as a schedule without get_config
        stock = document["module"] == "keras.optimizers" and "learning_rate" in document["config"]
        if not stock or compiled["loss_weights"] or compiled["run_eagerly"]:
            return None
        config = {name: value for name, value in document["config"].items() if name != "name"}
        rate, decay = config.pop("learning_rate"), config.pop("weight_decay", None)
        document["config"] = config
        optimizer = StockOptimizer(json.dumps(document, sort_keys=True), decay is not None, bool(config.get("use_ema")))
        dials = {} if decay is None else {"weight_decay": float(decay)}
        if isinstance(rate, dict):
            if rate.get("module") != "keras.optimizers.schedules":
                return None
            return cls(optimizer, loss, 1.0, CompiledSchedule(config=json.dumps(rate)), dials)
        return cls(optimizer, loss, float(rate), Constant(), dials)


def _exempts(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether ``exclude_from_weight_decay`` was called, which the optimizer's configuration does not tell."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def _adapted(layer: keras.layers.Layer) -> bool:
    """Whether a layer makes tensors of its weights in ``finalize_state``: a trace would take them for constants."""
    if isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
        return False
    return callable(getattr(layer, "finalize_state", None))


class CompiledSchedule(Schedule):
    """A ``LearningRateSchedule`` of Keras as factors on a rate of 1."""

    config: str

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:  # noqa: ARG002 - it knows its own
        rates: np.ndarray = _rates(self.config)(tf.constant(t)).numpy()
        return rates.astype(np.float64)


@functools.lru_cache(maxsize=64)
def _rates(config: str) -> Any:
    """Step numbers to rates; one step at a time, for some schedules branch on it."""
    schedule = keras.saving.deserialize_keras_object(json.loads(config))
    return tf.function(
        lambda t: tf.map_fn(schedule, t, fn_output_signature=tf.float32),
        input_signature=[tf.TensorSpec([None], tf.int64)],
    )
