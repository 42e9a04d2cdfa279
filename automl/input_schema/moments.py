"""Dates and times as levels: one spelling for each moment, whatever type or text it comes as."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import pandas as pd

_WRITTEN = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
"""An ISO date, with or without a time of day and a zone, as databases, CSV files and pandas write it."""


def moment(text: str) -> str | None:
    """The one spelling of a date or a time; None for any other text.

    A midnight without a zone is its date: a column of times has ``2026-01-31 00:00:00`` in a CSV file where a frame
    cannot tell it from a day. A time with a zone is told in UTC, since a Parquet file keeps the moment and may lose the
    zone: ``2026-01-31 09:30:00+00:00`` for ``2026-01-31T10:30+01:00``.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        date = datetime.date(int(year), int(month), int(day))
        clock = datetime.time(int(hour or 0), int(minute or 0), int(second or 0))
        time = datetime.datetime.combine(date, clock)
        if zone is not None:
            time -= _offset(zone)
    except (ValueError, OverflowError):
        return None
    below = (fraction or "").rstrip("0")
    if zone is None and time.time() == datetime.time() and not below:
        return time.date().isoformat()
    return f"{time.isoformat(sep=' ')}{'.' if below else ''}{below}{'' if zone is None else '+00:00'}"


def _offset(zone: str) -> datetime.timedelta:
    if zone == "Z":
        return datetime.timedelta()
    digits = zone[1:].replace(":", "")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -offset if zone[0] == "-" else offset


def to_dates(values: pd.Series) -> pd.Series:
    """ISO dates and times, texts or Python's and pandas' own, as datetime64 in UTC; NaT for what is none.

    pandas takes the words "now" and "today" for the time at which it reads them.
    """
    if isinstance(values.dtype, pd.StringDtype):
        words = ~values.str.contains("[0-9]", na=True)
    else:
        words = values.map(lambda cell: isinstance(cell, str) and not any(map(str.isdigit, cell))).astype(bool)
    return pd.to_datetime(values.mask(words), errors="coerce", format="ISO8601", utc=True)


def is_moment(value: Any) -> bool:
    """Whether one cell is a date or a time as Python, numpy or pandas have it."""
    return isinstance(value, datetime.date | np.datetime64)
