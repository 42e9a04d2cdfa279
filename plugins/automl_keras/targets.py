"""Between the target and what a network puts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import StageError
from automl.learning import Task, TaskKind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TargetCode:
    """How a target is put to the network and how its outputs are read.

    A regression target is always standardised: initial weights and learning rates are made for outputs near 1, and a
    target in the hundred thousands would never be reached. ``center`` and ``scale`` bring outputs back to its unit.
    """

    kind: TaskKind
    classes: tuple[str, ...] = ()
    center: float = 0.0
    scale: float = 1.0

    @classmethod
    def fit(cls, task: Task, target: pd.Series) -> TargetCode:
        """From the training rows' target. Raises StageError if it holds what no network can learn."""
        if task.is_classification:
            return cls(task.kind, task.classes)
        values = task.truth(target)
        if not np.isfinite(values).all():
            raise StageError(
                f"target {task.target!r} has {int((~np.isfinite(values)).sum())} missing or infinite values; "
                "mend: drop those rows when reading"
            )
        scale = float(values.std())
        # A constant target has the spread of its rounding errors only.
        constant = not np.isfinite(scale) or scale <= 1e-12 * float(np.abs(values).max())
        return cls(task.kind, (), float(values.mean()), 1.0 if constant else scale)

    def encode(self, task: Task, target: pd.Series, one_hot: bool = False) -> np.ndarray:
        """What the loss compares outputs with.

        Float32 [n, 1] for a regression (standardised) and a binary task (0 or 1); int32 [n, 1] class codes for a
        multiclass task, or float32 [n, classes] if ``one_hot``. Raises StageError at a label that no class stands for.
        """
        values = task.truth(target)
        if self.kind == "regression":
            return ((values - self.center) / self.scale).astype(np.float32)[:, None]
        if (values < 0).any():
            label = np.asarray(target)[values < 0][0]
            raise StageError(
                f"target {task.target!r} has the label {label!r}, expected one of {list(self.classes)}; "
                "mend: keep rows of one class together when splitting, or drop them"
            )
        if self.kind == "binary":
            return values.astype(np.float32)[:, None]
        if one_hot:
            return np.eye(len(self.classes), dtype=np.float32)[values]
        return values.astype(np.int32)[:, None]

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs float32 [n, 1 or classes] as predictions: float64 [n], or probabilities [n, classes].

        Not-a-number stays so.
        """
        values = outputs.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            if self.kind == "regression":
                return values[:, 0] * self.scale + self.center
            logits = np.hstack([np.zeros_like(values), values]) if self.kind == "binary" else values
            powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
            return powers / powers.sum(axis=1, keepdims=True)
