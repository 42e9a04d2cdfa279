"""Columns that give each row a date, whatever they are kept as."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

_FIRST, _LAST = 19000101, 21001231
_FEWEST = 10
"""Different dates below which they order nothing."""
_LOOKED_AT = 1000
_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%m-%Y", "%Y%m%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
)  # fmt: skip
"""What a text, or a whole number of eight digits, is taken for a date in; a time of day may follow."""
_DATE = (
    r"^\s*(\d{1,4}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{1,4}|\d{8}"
    r"|\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4})(?:,?[ T]\d{1,2}:\d{2}.*)?\s*$"
)
_PERIOD = r"^\s*\d{4}-?(?:(?:0[1-9]|1[0-2])|W(?:0[1-9]|[1-4]\d|5[0-3])|Q[1-4])\s*$"
"""A month, a week or a quarter of a year: 2026-01, 202601, 2026-W05, 2026Q1."""
_MONTHS = (190001, 210012)
_MOMENT = re.compile(r"time|date|stamp|epoch|moment|(?:^|[^a-z])(?:ts|when|at)(?:[^a-z]|$)", re.IGNORECASE)
"""Names of columns whose numbers of seconds are taken for moments."""
_SECONDS = (631_152_000, 2_524_608_000)
"""From 1990 to 2050, since 1970; milliseconds, microseconds and nanoseconds are looked for as well."""
_MINUTE = 60
_LONG_NUMBER = r"\s*\d{9,19}(?:\.\d+)?\s*"
_ANY = re.compile(f"{_DATE}|{_PERIOD}|{_LONG_NUMBER}")
_KINDS_OF_DATES = ("datetime64", "datetime", "date")


def is_dated(column: pd.Series) -> bool:
    """Whether a column, raw or read, holds dates.

    As such, as texts in one notation, as numbers like 20260131 or 202601, or as seconds since 1970.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        numbers = column.to_numpy()[:_LOOKED_AT]
        numbers = numbers[~np.isnan(numbers)]
        if not _may_be_dates(numbers) and not _are_moments(numbers, str(column.name)):
            return False  # asked first of each of ten thousand columns: nothing but arrays is made for it
    known = column.iloc[:_LOOKED_AT].dropna()
    if known.dtype == "str" and not (len(known) and _ANY.match(known.iloc[0])):
        return False
    if known.dtype.kind in "iuf":  # of pandas' own and sparse dtypes, too
        whole = np.asarray(known, dtype="float64")
        if _are_moments(whole, str(column.name)):
            return True
        if not _may_be_dates(whole):
            return False
        known = pd.Series(whole.astype("int64"))
    texts = known.astype("str")  # a raw cell may be anything, a list as well
    if known.dtype.kind == "b" or texts.nunique() < _FEWEST:
        return False
    if known.dtype.kind == "M" or pd.api.types.infer_dtype(known, skipna=True) in _KINDS_OF_DATES:
        return True
    if texts.str.fullmatch(_PERIOD).all():
        return True
    if texts.str.fullmatch(_LONG_NUMBER).all():
        return _are_moments(texts.astype("float64").to_numpy(), str(column.name))
    texts = texts.str.extract(_DATE, expand=False)
    if texts.isna().any():
        return False
    return any(pd.to_datetime(texts, format=form, errors="coerce").notna().all() for form in _FORMATS)


def _may_be_dates(numbers: np.ndarray) -> bool:
    """Whether these numbers [n] are whole and of eight digits, as 20260131 is, or of six, as 202601 is."""
    if not len(numbers):
        return False
    low, high = numbers.min(), numbers.max()
    long = low >= _FIRST and high <= _LAST
    return bool((long or (low >= _MONTHS[0] and high <= _MONTHS[1])) and (numbers % 1 == 0).all())


def _are_moments(numbers: np.ndarray, name: str) -> bool:
    """Whether these numbers [n] are seconds since 1970, or thousandths, millionths, billionths of one.

    By the name of their column, or because all of them are whole minutes, which other numbers are not by chance.
    """
    if not len(numbers):
        return False
    low, high = float(numbers.min()), float(numbers.max())
    if low < _SECONDS[0]:
        return False  # nearly all columns
    unit = next(
        (unit for unit in (1, 10**3, 10**6, 10**9) if low >= _SECONDS[0] * unit and high <= _SECONDS[1] * unit), 0
    )
    if not unit or len(np.unique(numbers)) < _FEWEST:
        return False
    return bool(_MOMENT.search(name) or (numbers % (_MINUTE * unit) == 0).all())


def dated_columns(raw: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Those of the named columns that hold dates."""
    return [name for name in names if name in raw.columns and raw.columns.is_unique and is_dated(raw[name])]
