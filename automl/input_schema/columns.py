"""One raw column in the dtype of its kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from automl.columns import DTYPES, Kind
from automl.errors import CellError, reader_keys, reader_options
from automl.input_schema.forms import TEXT, arrow, is_object, plain_form
from automl.input_schema.levels import Spelling, spelling_of, to_levels
from automl.input_schema.moments import moment, to_dates
from automl.input_schema.numbers import LARGEST, TRUTHS, holds_truths, stripped, to_numbers
from automl.notation import PLAIN, Notation

DEFAULT_MISSING = ("", "?", "NA", "N/A")
"""Texts that mean "no value" unless the file says otherwise; ``-`` does so in otherwise numeric columns."""

_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def column_names(frame: pd.DataFrame) -> list[str]:
    """Column names as text; the levels of a MultiIndex joined with a dot."""
    return [".".join(str(part) for part in name) if isinstance(name, tuple) else str(name) for name in frame.columns]


def named_by_text(frame: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """The frame with texts as names; a wanted column that is not there but names a level of the index comes from it."""
    named = frame.set_axis(column_names(frame), axis=1)
    levels = {str(name): level for level, name in enumerate(frame.index.names) if name is not None}
    found = {
        name: frame.index.get_level_values(levels[name]).array
        for name in wanted
        if name in levels and name not in named.columns
    }
    return named.assign(**found) if found else named


def read_column(
    raw: pd.Series,
    kind: Kind,
    missing: Sequence[str],
    notation: Notation = PLAIN,
    spelling: Spelling | None = None,
    *,
    largest: float = LARGEST,
) -> pd.Series:
    """One raw column in the dtype of its kind.

    Args:
        raw: as a reader or a caller brought it.
        kind: what it means.
        missing: texts that mean "no value".
        notation: how its texts write numbers.
        spelling: how its texts become levels; decided from this column if absent, as when fitting.
        largest: numbers beyond it count as missing, like infinite ones.

    Raises:
        CellError: a cell cannot be read, with its column, row and value.
    """
    if kind == "numeric":
        numbers, _ = read_numbers(raw, missing, notation, largest=largest)
        return pd.Series(numbers, index=raw.index, name=raw.name, dtype=DTYPES["numeric"])
    values = plain_form(raw)
    if kind == "boolean":
        return _booleans(values, missing, notation, raw)
    if kind == "datetime":
        return _dates(values, missing, raw)
    return to_levels(values, spelling or spelling_of(values, missing, notation), missing, notation)


def read_numbers(
    raw: pd.Series, missing: Sequence[str], notation: Notation, *, largest: float = LARGEST
) -> tuple[np.ndarray, np.ndarray]:
    """A raw column as float64 [n], and where it is infinite or beyond ``largest``: bool [n], missing among the numbers.

    Raises:
        CellError: a cell is no number.
    """
    values = plain_form(raw)
    numbers, unread = to_numbers(values, missing, notation)
    if unread.any() and not holds_truths(missing):
        numbers, unread = _with_truths(numbers, unread, values)
    refuse_unread(unread, raw, *_expected_number(unread, values, notation))
    return bounded(numbers, largest)


def bounded(numbers: np.ndarray, largest: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, float64 [n], of which those beyond ``largest`` are NaN, and where these stood: bool [n]."""
    beyond = np.abs(numbers) > largest
    return (np.where(beyond, np.nan, numbers) if beyond.any() else numbers), beyond


def _with_truths(numbers: np.ndarray, unread: np.ndarray, values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Texts such as "True" as 1 and 0, which a frame of booleans has in their place."""
    cells = values.astype(object)[unread]
    truths = cells.map(lambda cell: TRUTHS.get(cell.strip().lower()) if isinstance(cell, str) else None)
    found = pd.to_numeric(truths).to_numpy(dtype=np.float64, na_value=np.nan)
    numbers, unread = numbers.copy(), unread.copy()
    numbers[unread] = found
    unread[unread] = np.isnan(found)
    return numbers, unread


def _booleans(values: pd.Series, missing: Sequence[str], notation: Notation, raw: pd.Series) -> pd.Series:
    if values.dtype.kind == "b" or isinstance(values.dtype, pd.BooleanDtype):
        return values.astype(DTYPES["boolean"])
    levels = to_levels(values, "number", missing, notation)
    read = levels.map(lambda level: _TRUTH.get(level.lower()), na_action="ignore")
    refuse_unread((read.isna() & levels.notna()).to_numpy(), raw, "true or false")
    return read.astype(DTYPES["boolean"])


def _dates(values: pd.Series, missing: Sequence[str], raw: pd.Series) -> pd.Series:
    if values.dtype == TEXT:
        cells = stripped(arrow(values), missing)
        values = pd.Series(cells.to_pandas().array, index=raw.index, name=raw.name, dtype=TEXT)
    elif is_object(values.dtype) or isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object).map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
        values = values.mask(values.isin(list(missing)))
    if values.dtype.kind != "M" and not isinstance(values.dtype, pd.DatetimeTZDtype):
        read = to_dates(values)
        expected = "a date such as 2026-01-31 or 2026-01-31T12:00"
        refuse_unread((read.isna() & values.notna()).to_numpy(), raw, expected)
        values = read
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    dates = values.astype(DTYPES["datetime"])
    markers = [pd.Timestamp(written).tz_localize(None) for text in missing if (written := moment(text)) is not None]
    return dates.mask(dates.isin(markers)) if markers else dates


def _expected_number(unread: np.ndarray, values: pd.Series, notation: Notation) -> tuple[str, str]:
    """What is expected in place of a cell, and the mend; a point under a decimal comma is named for what it is."""
    cell = values.iloc[int(np.argmax(unread))] if unread.any() else None
    sign = misread_sign(cell, notation) if isinstance(cell, str) else None
    if sign is None:
        return "a number", ""
    groups = "" if notation.thousands is None else f" and {notation.thousands!r} between thousands"
    keys = notation_keys(str(cell), sign, notation)
    mend = f"say how these rows write numbers, {reader_options(keys)} or {reader_keys(keys)}; or "
    return f"a number with the decimal sign {notation.decimal!r}{groups}", mend


def misread_sign(cell: str, notation: Notation) -> str | None:
    """The point or comma for which a text is no number in this notation, although it is one in another; else None."""
    text = cell.strip()
    if notation.plain(text) is not None:
        return None
    for decimal, thousands in ((".", ","), (",", ".")):
        if Notation(decimal, thousands).plain(text) is not None:
            return next(sign for sign in (decimal, thousands) if sign in text and sign != notation.decimal)
    return None


def notation_keys(cell: str, sign: str, notation: Notation) -> dict[str, str]:
    """The reader's parameters under which a text that is no number yet becomes one: ``{"thousands": "."}``."""
    if Notation(notation.decimal, sign).plain(cell.strip()) is not None:
        return {"thousands": sign}
    other = "." if sign == "," else ","
    return {"decimal": sign} | ({"thousands": other} if notation.thousands == sign or other in cell else {})


def refuse_unread(unread: np.ndarray, raw: pd.Series, expected: str, mend: str = "") -> None:
    """Raise CellError for the first cell that cannot be read."""
    if not unread.any():
        return
    row = int(np.argmax(unread))
    problem = (
        f"holds {raw.iloc[row]!r}, where {expected} was expected ({int(unread.sum())} such rows); mend: {mend}correct "
        "the cell, leave it empty, or train again with the text under data.missing, or another kind under data.kinds"
    )
    raise CellError(str(raw.name), row, problem, row_at(raw, row))


def row_at(raw: pd.Series, place: int) -> str:
    """A row by its label, and by its place from 1 where the label does not tell: "row 'b', the 2nd of all,"."""
    label = raw.index[place]
    label = label.item() if isinstance(label, np.generic) else label
    if isinstance(label, int) and label == place:
        return f"row {label!r}"
    return f"row {label!r}, the {ordinal(place + 1)} of all,"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
