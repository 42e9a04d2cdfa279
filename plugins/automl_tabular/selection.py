"""The columns that something was fitted on, taken out of any frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import PredictError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def require(frame: pd.DataFrame, columns: Iterable[str], who: str) -> None:
    """Raises PredictError naming the first column that is not in the frame."""
    for name in columns:
        if name not in frame.columns:
            hint = did_you_mean(name, frame.columns)
            raise PredictError(
                f"{who}: column {name!r} is missing; it was there in training; found {list(frame.columns)[:20]}; "
                "mend: add the column (empty cells are allowed)" + (f"; {hint}" if hint else "")
            )


def column_values(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A numeric or boolean column as a new, contiguous float64 array [n], missing as NaN."""
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)


def columns_of(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Numeric or boolean columns as a new, C-ordered float64 array [columns, n], missing as NaN."""
    values = frame[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan, copy=True).T
    return np.ascontiguousarray(values).reshape(len(columns), len(frame))


def matrix(frame: pd.DataFrame, columns: Sequence[str], who: str) -> np.ndarray:
    """These columns, in this order, as a C-ordered float64 matrix [n, columns], missing as NaN."""
    require(frame, columns, who)
    values = frame[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.ascontiguousarray(values).reshape(len(frame), len(columns))


def block(values: np.ndarray, columns: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """A frame over a float64 array [columns, n]: pandas keeps its columns contiguous, so nothing is copied."""
    import pandas as pd

    return pd.DataFrame(values.T, index=index, columns=pd.Index(list(columns), dtype="str"), copy=False)
