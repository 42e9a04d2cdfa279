"""Columns as the matrix that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import StageError

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Rows

_LARGEST = float(np.finfo(np.float32).max)


def training_matrix(rows: Rows, part: str) -> np.ndarray:
    """Float32 [n, columns], all finite.

    Raises StageError naming the first column that holds no numbers, or a value that is missing, infinite or beyond
    float32; ``part`` says in the message which rows these are.
    """
    values = rows.matrix("float64")
    usable = np.abs(values) <= _LARGEST  # False for NaN too
    if not usable.all():
        column = int(np.argmin(usable.all(axis=0)))
        bad = values[~usable[:, column], column]
        missing = int(np.isnan(bad).sum())
        what, mend = (
            (f"{missing} missing values", "put impute.simple before this stage")
            if missing
            else (f"infinite values or values beyond float32 ({bad[0]:g})", "clip it or apply a power transform")
        )
        raise StageError(
            f"column {rows.frame.columns[column]!r} has {what} in the {part} rows, but a network needs finite "
            f"numbers; mend: {mend}"
        )
    return values.astype(np.float32)


def prediction_matrix(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Float32 [n, columns] in the order of ``columns``. What is not finite stays so, and spoils its own row only."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(frame[list(columns)].to_numpy(dtype="float64", na_value=np.nan).astype(np.float32))
