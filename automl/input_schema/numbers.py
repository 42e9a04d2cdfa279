"""Cells as numbers: float64, whatever the column holds and however it writes them."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from automl.input_schema.forms import TEXT, arrow, is_decimal
from automl.notation import CODE, NUMBER, WORDS, Notation

DASH = "-"
"""No value among numbers, a level among texts."""
TRUTHS = {"true": 1.0, "false": 0.0}
"""Texts that are numbers where booleans are."""
LARGEST = float(np.finfo(np.float32).max)
"""Networks compute in float32: a feature beyond this is infinite to them."""

Numbers = tuple[np.ndarray, np.ndarray]
"""float64 [n], missing as NaN; and bool [n]: cells that are there and no numbers."""


def to_numbers(values: pd.Series, missing: Sequence[str], notation: Notation) -> Numbers:
    """A column in its plain form as numbers; a marker of "no value" that is a number means it however it is written."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        numbers, unread = to_numbers(values.cat.categories.to_series(), missing, notation)
        codes = values.cat.codes.to_numpy()
        return np.append(numbers, np.nan)[codes], np.append(unread, False)[codes]
    if dtype == TEXT:
        numbers, unread = text_numbers(arrow(values), missing, notation)
    elif is_decimal(dtype):
        numbers, unread = arrow(values).cast(pa.float64()).to_numpy(), np.zeros(len(values), dtype=bool)
    elif dtype.kind in "iufb":
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        unread = np.zeros(len(values), dtype=bool)
        if (dtype.kind == "b" or isinstance(dtype, pd.BooleanDtype)) and holds_truths(missing):
            numbers = np.full(len(values), np.nan)
    else:
        numbers, unread = _object_numbers(values.astype(object), missing, notation)
    return without_markers(numbers, missing, notation), unread


def holds_truths(texts: Iterable[str]) -> bool:
    """Whether one of these texts is true or false: among what means "no value", no boolean is a number."""
    return any(text.lower() in TRUTHS for text in texts)


def without_markers(numbers: np.ndarray, missing: Sequence[str], notation: Notation) -> np.ndarray:
    """Numbers, float64 [n], of which those that mean "no value" are NaN; not copied where there is none."""
    markers = _marker_numbers(tuple(missing), notation)
    return np.where(np.isin(numbers, markers), np.nan, numbers) if markers else numbers


@functools.lru_cache(maxsize=256)
def _marker_numbers(missing: tuple[str, ...], notation: Notation) -> list[float]:
    return [float(plain) for plain in map(notation.plain, missing) if plain is not None]


def text_numbers(cells: pa.ChunkedArray, missing: Sequence[str], notation: Notation) -> Numbers:
    """Texts as numbers, in the notation of their table."""
    cells = stripped(cells, [*missing, DASH])
    try:
        numbers = in_plain_notation(cells, notation).cast(pa.float64())
    except pa.ArrowInvalid:
        plain = in_plain_notation(cells, notation)
        fits = pc.match_substring_regex(plain, f"^({NUMBER}|{WORDS})$")
        numbers = pc.if_else(fits, plain, None).cast(pa.float64())
        return _values(numbers), pc.fill_null(pc.invert(fits), False).to_numpy()
    return _values(numbers), np.zeros(len(cells), dtype=bool)


def _values(numbers: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = numbers.to_numpy()
    return values if values.flags.writeable else values.copy()


def stripped(cells: pa.ChunkedArray, markers: Sequence[str]) -> pa.ChunkedArray:
    """Texts without the blanks around them; those that mean "no value" are null."""
    cells = pc.utf8_trim_whitespace(cells)
    marked = pc.is_in(cells, value_set=_as_array(tuple(markers), cells.type))
    return pc.if_else(marked, pa.scalar(None, cells.type), cells) if pc.any(marked).as_py() else cells


@functools.lru_cache(maxsize=256)
def _as_array(texts: tuple[str, ...], kind: pa.DataType) -> pa.Array:
    return pa.array(texts, type=kind)


def in_plain_notation(cells: pa.ChunkedArray, notation: Notation) -> pa.ChunkedArray:
    """Texts with a decimal point and no groups; what is no number in the notation becomes none in the plain one."""
    if notation.thousands is not None and pc.any(pc.match_substring(cells, notation.thousands)).as_py():
        grouped = pc.match_substring_regex(cells, f"^{notation.grouped}$")
        cells = pc.if_else(grouped, pc.replace_substring(cells, notation.thousands, ""), cells)
    if notation.decimal == ".":
        return cells
    # A point that is left is part of no number here: "1.599" must not become 1.599.
    cells = pc.replace_substring(cells, ".", "..")
    return pc.replace_substring(cells, notation.decimal, ".")


def any_code(cells: pa.ChunkedArray) -> bool:
    """Whether a text looks like a number but is a code: 007. The pattern is slow and sees only suspects."""
    suspects = pc.or_(pc.starts_with(cells, "0"), pc.or_(pc.starts_with(cells, "-0"), pc.starts_with(cells, "+0")))
    return bool(pc.any(pc.match_substring_regex(cells.filter(suspects), f"^{CODE}")).as_py())


def _object_numbers(values: pd.Series, missing: Sequence[str], notation: Notation) -> Numbers:
    numbers = np.full(len(values), np.nan)
    unread = np.zeros(len(values), dtype=bool)
    texts: dict[int, str] = {}
    no_truths = holds_truths(missing)
    for place, value in enumerate(values.tolist()):
        if isinstance(value, str):
            texts[place] = value
        elif is_missing(value) or (no_truths and isinstance(value, bool | np.bool_)):
            continue
        elif isinstance(value, bool | int | float | Decimal | np.bool_ | np.integer | np.floating):
            numbers[place] = as_float(value)
        else:
            unread[place] = True
    if texts:
        places = list(texts)
        cells = pa.chunked_array([pa.array(list(texts.values()), type=pa.large_string())])
        numbers[places], unread[places] = text_numbers(cells, missing, notation)
    return numbers, unread


def is_missing(value: Any) -> bool:
    """Whether one cell holds no value: None, NaN, NaT, NA, Decimal's NaN."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def as_float(value: Any) -> float:
    """One number as float64; what lies beyond it is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
