"""Losses by name and task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automl.errors import StageError
from automl.learning import TaskKind

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

LossName = Literal["auto", "mse", "mae", "huber", "log_cosh", "cross_entropy"]


def fitting_losses(kind: TaskKind) -> tuple[LossName, ...]:
    """The losses for a kind of task, the default first; ``auto`` stands for that one."""
    return ("mse", "mae", "huber", "log_cosh") if kind == "regression" else ("cross_entropy",)


@dataclass(frozen=True)
class TaskLoss:
    """A loss, settled for a task: a `automl_keras.specs.LossSpec`.

    Attributes:
        name: never ``auto``.
        kind: the task's kind.
        huber_delta: for ``huber``: where the square becomes a line, in standard deviations of the target.
        smoothed: for ``cross_entropy``: whether a share of each label is spread over all classes; the dial
            ``label_smoothing`` says how much.
        probabilities: for ``cross_entropy``: whether the network puts out probabilities rather than logits.
    """

    name: LossName
    kind: TaskKind
    huber_delta: float = 1.0
    smoothed: bool = False
    probabilities: bool = False

    @classmethod
    def settle(cls, name: LossName, kind: TaskKind, huber_delta: float, label_smoothing: float) -> TaskLoss:
        """Choose for ``auto``, drop what does not apply. Raises StageError if loss and task do not go together."""
        classification = kind != "regression"
        fitting = fitting_losses(kind)
        if name == "auto":
            name = fitting[0]
        if name not in fitting:
            named = " or ".join(fitting)
            raise StageError(f"loss {name!r} does not fit a {kind} task; mend: loss: auto, or {named}")
        return cls(name, kind, huber_delta if name == "huber" else 1.0, classification and label_smoothing > 0.0)

    @property
    def dials(self) -> tuple[str, ...]:
        return ("label_smoothing",) if self.smoothed else ()

    @property
    def one_hot(self) -> bool:
        """Whether the target must be one column per class: sparse labels cannot be smoothed."""
        return self.kind == "multiclass" and self.smoothed

    def build(self, dials: Mapping[str, tf.Variable], reduction: str | None = None) -> keras.losses.Loss:
        """The Keras loss; without ``reduction`` it gives one value per row."""
        import keras

        losses = keras.losses
        if self.name == "mse":
            return losses.MeanSquaredError(reduction=reduction)
        if self.name == "mae":
            return losses.MeanAbsoluteError(reduction=reduction)
        if self.name == "huber":
            return losses.Huber(self.huber_delta, reduction=reduction)
        if self.name == "log_cosh":
            return losses.LogCosh(reduction=reduction)
        if self.smoothed:
            from automl_keras.dialled_losses import SmoothedBinaryCrossentropy, SmoothedCategoricalCrossentropy

            kind = SmoothedBinaryCrossentropy if self.kind == "binary" else SmoothedCategoricalCrossentropy
            return kind(dials["label_smoothing"], reduction, from_logits=not self.probabilities)
        if self.kind == "binary":
            return losses.BinaryCrossentropy(from_logits=not self.probabilities, reduction=reduction)
        return losses.SparseCategoricalCrossentropy(from_logits=not self.probabilities, reduction=reduction)
