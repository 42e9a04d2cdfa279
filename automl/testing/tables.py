"""Comparing frames, and laying them into read-only memory."""

from __future__ import annotations

import numpy as np
import pandas as pd


def assert_same(found: pd.DataFrame, expected: pd.DataFrame, message: str, rtol: float = 0.0) -> None:
    """Same names, dtypes, index and values; ``rtol``: relative difference of numbers that counts as none.

    Raises:
        AssertionError: ``message``, and the first difference.
    """
    __tracebackhide__ = True
    try:
        pd.testing.assert_frame_equal(found, expected, check_exact=rtol == 0.0, rtol=rtol, atol=rtol)
    except AssertionError as error:
        raise AssertionError(f"{message}\n{error}") from None


def read_only(frame: pd.DataFrame) -> pd.DataFrame:
    """The same values in arrays that refuse to be written to, whatever flag is set on them."""
    columns = {name: _read_only_series(frame[name]) for name in frame.columns}
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _read_only_series(series: pd.Series) -> pd.Series:
    if isinstance(series.dtype, pd.BooleanDtype):
        truths = pd.arrays.BooleanArray(
            _frozen(series.to_numpy(dtype="bool", na_value=False)), _frozen(series.isna().to_numpy())
        )
        return pd.Series(truths, index=series.index, name=series.name, copy=False)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiuM":
        return pd.Series(_frozen(series.to_numpy()), index=series.index, name=series.name, copy=False)
    return series  # text lies in Arrow's memory, which nobody can write to


def _frozen(values: np.ndarray) -> np.ndarray:
    """A view of bytes: unlike a flag of the array, their being read-only cannot be undone."""
    return np.frombuffer(values.tobytes(), dtype=values.dtype)
