"""Between the target and what a network puts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automl.errors import StageError
from automl.learning import Task, TaskKind
from automl_keras.precision import Precision
from automl_keras.units import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from automl_keras.output_ranges import Range

Outputs = Literal["logits", "probabilities", "separate_logits"]
"""How a classification's outputs are read: as logits of a softmax (of a sigmoid where there is one), as probabilities,
or as logits of one sigmoid for each class."""


@dataclass(frozen=True)
class TargetCode:
    """How a target is put to the network and how its outputs are read.

    A regression target is standardised: initial weights and learning rates are made for outputs near 1, and a
    target in the hundred thousands would never be reached. Where the network's last activation bounds its outputs, the
    unit is one that they can reach (`automl_keras.units`). ``center`` and ``scale`` [targets] bring outputs back to
    the target's own. ``columns`` are what a regression's predictions are called. ``outputs``: see `Outputs`.
    """

    kind: TaskKind
    classes: tuple[str, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    columns: tuple[str, ...] = ()
    outputs: Outputs = "logits"

    @classmethod
    def fit(
        cls,
        task: Task,
        target: pd.Series | pd.DataFrame,
        weight: pd.Series | None = None,
        *,
        ranges: Sequence[Range] | None = None,
        network: str = "",
        as_written: bool = False,
    ) -> TargetCode:
        """From the training rows' target.

        Args:
            task: what is predicted.
            target: of the training rows.
            weight: how much each row counts; None: all alike.
            ranges: what a regression's outputs can be; None: anything.
            network, as_written: see `automl_keras.units.units`.

        Raises StageError if it holds what no network, or not this one, can learn.
        """
        if task.is_classification:
            return cls(task.kind, task.classes)
        values = task.truth(target).reshape(len(target), -1)
        if not np.isfinite(values).all():
            raise StageError(
                f"target {', '.join(map(repr, task.targets))} has {int((~np.isfinite(values)).sum())} missing or "
                "infinite values; mend: drop those rows when reading"
            )
        weights = None if weight is None else _shares(weight)
        moments = [_center_and_scale(np.ascontiguousarray(column), weights) for column in values.T]
        if ranges is not None:
            moments = units(values, moments, ranges, task.targets, network, as_written=as_written)
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

        Probabilities of a row sum to 1. Not-a-number stays so.
        """
        values = outputs.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            if self.kind == "regression":
                predicted = values * self.scale + self.center
                return predicted[:, 0] if len(self.center) == 1 else predicted
            if self.outputs == "separate_logits":
                values = np.exp(-np.logaddexp(0.0, -values))
            if self.outputs != "logits":
                return np.hstack([1.0 - values, values]) if self.kind == "binary" else _normalised(values)
            logits = np.hstack([np.zeros_like(values), values]) if self.kind == "binary" else values
            powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
            return powers / powers.sum(axis=1, keepdims=True)


def outputs_of(ranges: Sequence[Range], kind: TaskKind, network: str) -> Outputs:
    """How the outputs of a network are read that is trained with a cross-entropy of our choice.

    Raises StageError if its last activation leaves neither logits nor probabilities.
    """
    first = ranges[0]
    if all(found.is_open for found in ranges):
        return "logits"
    if first.is_share if kind == "binary" else first.shares:
        return "probabilities"
    # Only differences of several logits count, so that a bound on one side takes nothing away.
    if kind == "multiclass" and not any(found.is_bounded for found in ranges):
        return "logits"
    fitting = "sigmoid" if kind == "binary" else "softmax"
    raise StageError(
        f"network {network!r} ends in {first.by}, whose outputs are {first.text}, so that they are neither logits nor "
        f"probabilities of a {kind} task; mend: leave the activation of the last layer out, or use {fitting}"
    )


def _normalised(values: np.ndarray) -> np.ndarray:
    """Rows as shares of their sum, as Keras' cross-entropies take them; equal ones where all are 0."""
    values = np.maximum(values, 0.0)
    total = values.sum(axis=1, keepdims=True)
    return np.where(total == 0.0, 1.0 / values.shape[1], values / np.where(total == 0.0, 1.0, total))


def _shares(weight: pd.Series) -> np.ndarray | None:
    """Weights as shares of the largest; None where all are equal, or where none can be used (which `label` tells)."""
    values = weight.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.min() == values.max():
        return None
    return values / values.max()


def _center_and_scale(values: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    largest = float(np.abs(values).max())
    with np.errstate(over="ignore", invalid="ignore"):
        center, scale = _moments(values, weights)
    if not np.isfinite(scale):  # squares of the largest are infinite
        center, scale = (moment * largest for moment in _moments(values / largest, weights))
    # A constant target has the spread of its rounding errors only.
    return center, scale if np.isfinite(scale) and scale > 1e-12 * largest else 1.0


def _moments(values: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    if weights is None:
        return float(values.mean()), float(values.std())
    center = float(np.average(values, weights=weights))
    return center, float(np.sqrt(np.average((values - center) ** 2, weights=weights)))
