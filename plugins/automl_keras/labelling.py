"""What every training of a Keras model begins with: rows as arrays, the model's size, its first values, its mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from automl.errors import ConstraintError, StageError
from automl.fingerprint import seed_from
from automl_keras.features import training_matrix
from automl_keras.precision import Precision
from automl_keras.signatures import Mode

if TYPE_CHECKING:
    import keras

    from automl.dataset import Rows
    from automl.learning import Task
    from automl_keras.batches import LabelledRows
    from automl_keras.targets import TargetCode

_COMPILING: Final = (0.7, 0.25)
"""Seconds that XLA compiles longer than a plain graph takes to trace: for any network, and for each of its layers."""

_SAVED: Final = (25e-6, 3e-11)
"""Seconds that XLA saves in a step: for each layer, and for each multiplication of a weight and a row.

Measured on 2 x 64 (batch 32), 5 x 128 (batch 64) and 3 x 256 (batch 256), one thread: XLA is ahead from 17,000, 6,500
and 2,000 steps on."""


def label(
    task: Task, code: TargetCode, rows: Rows, part: str, one_hot: bool = False, precision: Precision = "float32"
) -> LabelledRows:
    """Rows as arrays; weights have a mean of 1. ``part`` says in errors which rows these are.

    Raises StageError at a column, a target or weights that no network can learn from.
    """
    from automl_keras.batches import LabelledRows

    if rows.target is None:
        raise StageError(f"the {part} rows have no target; mend: check data.target")
    weight = np.ones(len(rows)) if rows.weight is None else np.asarray(rows.weight, dtype=np.float64)
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.any():
        raise StageError(
            f"weights of the {part} rows must be finite, none negative and not all zero; "
            f"found {weight.min():g} to {weight.max():g}; mend: correct the weight column"
        )
    return LabelledRows(
        training_matrix(rows, part, precision),
        code.encode(task, rows.target, one_hot, precision),
        weight / weight.mean(),
    )


def check_codes(
    model: keras.Model,
    train: tuple[Rows, LabelledRows],
    valid: tuple[Rows | None, LabelledRows | None],
    precision: Precision = "float32",
) -> None:
    """Raises StageError if a code in the training or the validation rows has no row in an `Embedding` of the model."""
    from automl_keras.lookups import Lookups

    lookups = Lookups(model, precision)
    for part, (rows, labelled) in (("training", train), ("validation", valid)):
        bad = lookups.bad_code(labelled.features) if labelled is not None else None
        if bad is not None and rows is not None:
            raise StageError(bad.told(list(rows.frame.columns), rows.frame.index[bad.place], f"the {part} rows"))


def check_size(model: keras.Model, most: int | None) -> None:
    """Raises ConstraintError if the model learns more than ``most`` numbers."""
    learned = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    if most is not None and learned > most:
        raise ConstraintError(
            f"network {model.name!r} learns {learned:,} numbers, and the search allows {most:,}; "
            f"mend: fewer or narrower layers, or max_parameters: {learned}",
            learned / most - 1.0,
        )


def initial_values(model: keras.Model, seed: int) -> list[np.ndarray]:
    """Values of ``model.variables``; states of seed generators come from the trial's seed, whatever the layer had."""
    weights = {id(weight) for weight in model.weights}
    values = []
    for place, variable in enumerate(model.variables):
        value = np.array(variable.numpy())
        if id(variable) not in weights:
            value = np.array([seed_from(seed, "noise", place) % 2**31, 0], dtype=value.dtype)
        values.append(value)
    return values


def mode(wanted: Literal["auto", "xla", "graph", "fit"], model: keras.Model, steps: int, batch: int) -> Mode:
    """How the epochs of a training of ``steps`` steps run; under ``auto`` by what is expected to take less time."""
    if wanted != "auto":
        return wanted
    weights = [weight for weight in model.trainable_weights if len(weight.shape) > 1]
    layers, products = len(weights), batch * sum(int(np.prod(weight.shape)) for weight in weights)
    compiling = _COMPILING[0] + _COMPILING[1] * layers
    saved = steps * (_SAVED[0] * layers + _SAVED[1] * products)
    return "xla" if saved > compiling else "graph"
