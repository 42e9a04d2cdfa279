"""Losses by name and task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automl.errors import StageError
from automl.learning import TaskKind

if TYPE_CHECKING:
    import keras

LossName = Literal["auto", "mse", "mae", "huber", "log_cosh", "cross_entropy"]


@dataclass(frozen=True)
class LossSpec:
    """A loss, settled for a task. All take outputs without activation.

    Attributes:
        name: never ``auto``.
        kind: the task's kind.
        huber_delta: for ``huber``: where the square becomes a line, in standard deviations of the target.
        label_smoothing: for ``cross_entropy``: the share of each label that is spread over all classes.
    """

    name: LossName
    kind: TaskKind
    huber_delta: float = 1.0
    label_smoothing: float = 0.0

    @classmethod
    def settle(cls, name: LossName, kind: TaskKind, huber_delta: float, label_smoothing: float) -> LossSpec:
        """Choose for ``auto``, drop what does not apply. Raises StageError if loss and task do not go together."""
        classification = kind != "regression"
        if name == "auto":
            name = "cross_entropy" if classification else "mse"
        if classification != (name == "cross_entropy"):
            fitting = "cross_entropy" if classification else "mse, mae, huber or log_cosh"
            raise StageError(f"loss {name!r} does not fit a {kind} task; mend: use {fitting}, or leave it at auto")
        return cls(
            name, kind, huber_delta if name == "huber" else 1.0, label_smoothing if name == "cross_entropy" else 0.0
        )

    @property
    def one_hot(self) -> bool:
        """Whether the target must be one column per class: sparse labels cannot be smoothed."""
        return self.kind == "multiclass" and self.label_smoothing > 0

    def build(self, reduction: str | None = None) -> keras.losses.Loss:
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
        if self.kind == "binary":
            return losses.BinaryCrossentropy(True, self.label_smoothing, reduction=reduction)
        if self.one_hot:
            return losses.CategoricalCrossentropy(True, self.label_smoothing, reduction=reduction)
        return losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
