"""Columns as the matrix that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import StageError
from automl_keras.precision import Precision

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows


def training_matrix(rows: Rows, part: str, precision: Precision = "float32") -> np.ndarray:
    """[n, columns] of ``precision``, all finite.

    Raises StageError naming the first column that holds no numbers, or a value that is missing, infinite or beyond
    the precision; ``part`` says in the message which rows these are.
    """
    values = rows.matrix("float64")
    usable = np.abs(values) <= float(np.finfo(precision).max)  # False for NaN too
    if not usable.all():
        column = int(np.argmin(usable.all(axis=0)))
        bad = values[~usable[:, column], column]
        missing = int(np.isnan(bad).sum())
        what, mend = (
            (f"{missing} missing values", "put impute.simple before this stage")
            if missing
            else (f"infinite values or values beyond {precision} ({bad[0]:g})", "clip it or apply a power transform")
        )
        raise StageError(
            f"column {rows.frame.columns[column]!r} has {what} in the {part} rows, but a network needs finite "
            f"numbers; mend: {mend}"
        )
    return values.astype(precision)


def prediction_matrix(frame: pd.DataFrame, columns: Sequence[str], precision: Precision = "float32") -> np.ndarray:
    """[n, columns] of ``precision``, in the order of ``columns``.

    What is not finite stays so, and spoils its own row only.
    """
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(frame[list(columns)].to_numpy(dtype="float64", na_value=np.nan).astype(precision))
