"""Between the target and what a network puts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automl.errors import StageError
from automl.learning import Task, TaskKind
from automl_keras.precision import Precision

if TYPE_CHECKING:
    import pandas as pd


Outputs = Literal["logits", "probabilities"]


@dataclass(frozen=True)
class TargetCode:
    """How a target is put to the network and how its outputs are read.

    A regression target is always standardised: initial weights and learning rates are made for outputs near 1, and a
    target in the hundred thousands would never be reached. ``center`` and ``scale`` [targets] bring outputs back to
    its unit. ``columns`` are what a regression's predictions are called. ``outputs`` says of a classification whether
    the network puts out logits or probabilities already.
    """

    kind: TaskKind
    classes: tuple[str, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    columns: tuple[str, ...] = ()
    outputs: Outputs = "logits"

    @classmethod
    def fit(cls, task: Task, target: pd.Series | pd.DataFrame) -> TargetCode:
        """From the training rows' target. Raises StageError if it holds what no network can learn."""
        if task.is_classification:
            return cls(task.kind, task.classes)
        values = task.truth(target).reshape(len(target), -1)
        if not np.isfinite(values).all():
            raise StageError(
                f"target {', '.join(map(repr, task.targets))} has {int((~np.isfinite(values)).sum())} missing or "
                "infinite values; mend: drop those rows when reading"
            )
        moments = [_center_and_scale(np.ascontiguousarray(column)) for column in values.T]
        center, scale = zip(*moments, strict=True)
        return cls(task.kind, (), center, scale, tuple(task.prediction_columns))

    def encode(
        self, task: Task, target: pd.Series | pd.DataFrame, one_hot: bool = False, precision: Precision = "float32"
    ) -> np.ndarray:
        """What the loss compares outputs with.

        Of ``precision``: [n, targets] for a regression (standardised), [n, 1] for a binary task (0 or 1), [n, classes]
        for a multiclass task if ``one_hot``; else int32 [n, 1] class codes. Raises StageError at a label that no class
        stands for.
        """
        values = task.truth(target)
        if self.kind == "regression":
            return ((values.reshape(len(values), -1) - self.center) / self.scale).astype(precision)
        if (values < 0).any():
            label = np.asarray(target)[values < 0][0]
            raise StageError(
                f"target {task.target!r} has the label {label!r}, expected one of {list(self.classes)}; "
                "mend: keep rows of one class together when splitting, or drop them"
            )
        if self.kind == "binary":
            return values.astype(precision)[:, None]
        if one_hot:
            return np.eye(len(self.classes), dtype=precision)[values]
        return values.astype(np.int32)[:, None]

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs [n, outputs] as predictions: float64 [n], or [n, targets], or probabilities [n, classes].

        Not-a-number stays so.
        """
        values = outputs.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            if self.kind == "regression":
                predicted = values * self.scale + self.center
                return predicted[:, 0] if len(self.center) == 1 else predicted
            if self.outputs == "probabilities":
                return np.hstack([1.0 - values, values]) if self.kind == "binary" else values
            logits = np.hstack([np.zeros_like(values), values]) if self.kind == "binary" else values
            powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
            return powers / powers.sum(axis=1, keepdims=True)


def _center_and_scale(values: np.ndarray) -> tuple[float, float]:
    largest = float(np.abs(values).max())
    with np.errstate(over="ignore", invalid="ignore"):
        center, scale = float(values.mean()), float(values.std())
    if not np.isfinite(scale):  # squares of the largest are infinite
        shrunk = values / largest
        center, scale = float(shrunk.mean()) * largest, float(shrunk.std()) * largest
    # A constant target has the spread of its rounding errors only.
    return center, scale if np.isfinite(scale) and scale > 1e-12 * largest else 1.0
