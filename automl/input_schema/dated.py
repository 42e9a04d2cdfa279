"""Columns that give each row a date, whatever they are kept as."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

_FIRST, _LAST = 19000101, 21001231
_FEWEST = 10
"""Different dates below which they order nothing."""
_LOOKED_AT = 1000
_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%m-%Y", "%Y%m%d")
"""What a text, or a whole number of eight digits, is taken for a date in; a time of day may follow."""
_DATE = r"^\s*(\d{1,4}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{1,4}|\d{8})(?:[ T]\d{1,2}:\d{2}.*)?\s*$"
_KINDS_OF_DATES = ("datetime64", "datetime", "date")


def is_dated(column: pd.Series) -> bool:
    """Whether a column, raw or read, holds dates: as such, as texts in one notation, or as numbers like 20260131."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        numbers = column.to_numpy()[:_LOOKED_AT]
        if not _may_be_dates(numbers[~np.isnan(numbers)]):
            return False  # asked first of each of ten thousand columns: nothing but arrays is made for it
    known = column.iloc[:_LOOKED_AT].dropna()
    if known.dtype.kind in "iuf":  # of pandas' own and sparse dtypes, too
        whole = np.asarray(known, dtype="float64")
        if not _may_be_dates(whole):
            return False
        known = pd.Series(whole.astype("int64"))
    texts = known.astype("str")  # a raw cell may be anything, a list as well
    if known.dtype.kind == "b" or texts.nunique() < _FEWEST:
        return False
    if known.dtype.kind == "M" or pd.api.types.infer_dtype(known, skipna=True) in _KINDS_OF_DATES:
        return True
    texts = texts.str.extract(_DATE, expand=False)
    if texts.isna().any():
        return False
    return any(pd.to_datetime(texts, format=form, errors="coerce").notna().all() for form in _FORMATS)


def _may_be_dates(numbers: np.ndarray) -> bool:
    """Whether these numbers [n] are whole and of eight digits, as 20260131 is."""
    return bool(len(numbers) and numbers.min() >= _FIRST and numbers.max() <= _LAST and (numbers % 1 == 0).all())


def dated_columns(raw: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Those of the named columns that hold dates."""
    return [name for name in names if name in raw.columns and raw.columns.is_unique and is_dated(raw[name])]
