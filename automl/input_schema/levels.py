"""Cells as levels and labels: one spelling for each, the same in any batch and from any table.

A text is itself, sign by sign, without the blanks around it. A number has one spelling, `automl.notation.canonical`,
and so has a date or a time (`automl.input_schema.moments`). Whether a text such as "42.0" is the number 42 or a text is
decided once, from the training cells: the column's spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from automl.input_schema.forms import TEXT, arrow, is_decimal, is_object, plain_form
from automl.input_schema.moments import is_moment, moment
from automl.input_schema.numbers import is_missing, stripped
from automl.notation import PLAIN, Notation, canonical, is_usual_spelling

_EXACT = 2.0**53
"""Below this a whole number in float64 is the one that was meant."""
_LARGEST_SINGLE = float(np.finfo(np.float32).max)
_LONG_FRACTION = 9
"""Digits from which a fraction may be a float32 with digits that nobody wrote."""

Spelling = Literal["number", "text", "date", "exact", "verbatim"]
"""How a column's texts are taken: as numbers where they are some (42.0 is 42), each as itself (1.10 is not 1.1), or as
dates and times (2026-01-31 00:00:00 is 2026-01-31). Labels, which come back as they were, have two more: numbers with
all the digits of their type ("exact"), and texts with the blanks around them ("verbatim")."""


def spelling_of(values: pd.Series, missing: Sequence[str], notation: Notation) -> Spelling:
    """Decide from all training cells, in their plain form.

    "number" where the cells are numbers, or texts that all write numbers as programs do. One text that writes a number
    otherwise (1.10, 1E5, 007, +5) makes texts of all: it has a meaning that the number has not. So do words beside
    numbers, unless one is written as a float (40.0, which is 40 in a table of floats) and no two are the same.
    "date" where all cells are dates or times, or texts that write some.
    """
    dtype = values.dtype
    if dtype.kind == "M":
        return "date"
    if isinstance(dtype, pd.CategoricalDtype):
        used = values.cat.categories[np.unique(values.cat.codes[values.cat.codes >= 0])]
        return spelling_of(used.to_series(), missing, notation)
    if dtype != TEXT and not is_object(dtype):
        return "number"
    cells = [value for value in _distinct(values) if not is_missing(value)]
    texts = [text for text in (cell.strip() for cell in cells if isinstance(cell, str)) if text not in missing]
    others = [cell for cell in cells if not isinstance(cell, str)]
    if (texts or others) and all(map(is_moment, others)) and all(map(moment, texts)):
        return "date"
    real = any(isinstance(cell, int | float | Decimal | np.number) and not isinstance(cell, bool) for cell in cells)
    words = False
    written: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        plain = notation.plain(text)
        if plain is None:
            words = True
            if _looks_like_a_code(text, notation):
                return "text"
        elif not is_usual_spelling(plain):
            return "text"
        else:
            written[text] = canonical(Decimal(plain))
    if real or not words:
        return "number"
    as_floats = any(text != level for text, level in written.items())
    return "number" if as_floats and len(set(written.values())) == len(written) else "text"


def _looks_like_a_code(text: str, notation: Notation) -> bool:
    """007, 0100.5: a number but for the zeros that it begins with."""
    digits = text.lstrip("+-")
    return digits[:1] == "0" and digits[1:2].isdigit() and notation.plain(digits.lstrip("0") or "0") is not None


def _distinct(values: pd.Series) -> Iterable[Any]:
    if values.dtype == TEXT:
        return arrow(values).unique().to_pylist()
    return values.tolist()


def to_levels(values: pd.Series, spelling: Spelling, missing: Sequence[str], notation: Notation) -> pd.Series:
    """A column in its plain form as levels, ``str`` with the same index; missing where there is none."""
    spelled = [level for text in missing for level in (_as_number(text, PLAIN), moment(text)) if level is not None]
    gone = frozenset([*missing, *spelled])

    def spell(value: Any) -> str | None:
        level = spell_cell(value, spelling, notation)
        return None if level is None or level.strip() in gone else level

    if isinstance(values.dtype, pd.CategoricalDtype):
        known = values.cat.categories
        return _from_codes(values, values.cat.codes.to_numpy(), _cells(known, known.dtype), spell)
    if values.dtype == TEXT:
        cells = stripped(arrow(values), missing)
        if spelling == "verbatim":
            cells = pc.if_else(pc.is_null(cells), cells, arrow(values).cast(cells.type))
        elif spelling != "text":
            encoded = cells.combine_chunks().dictionary_encode()
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            return _from_codes(values, codes, encoded.dictionary.to_pylist(), spell)
        return _series(values, cells)
    if values.dtype.kind in "iu":
        cells = arrow(values).cast(pa.large_string())
        return _series(values, stripped(cells, sorted(gone)))
    if is_object(values.dtype):
        return _series(values, pa.array([spell(value) for value in values.tolist()], type=pa.large_string()))
    if is_decimal(values.dtype):
        encoded = arrow(values).combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return _from_codes(values, codes, encoded.dictionary.to_pylist(), spell)
    codes, uniques = pd.factorize(values)
    return _from_codes(values, codes, _cells(uniques, values.dtype), spell)


def _cells(distinct: pd.Index, dtype: Any) -> list[Any]:
    """The distinct values in the type of their column: pandas makes 0.10000000149011612 of a float32 0.1."""
    plain = plain_form(distinct.to_series())
    if isinstance(plain.dtype, np.dtype) and plain.dtype.kind == "f":
        return list(plain.to_numpy().astype(dtype if isinstance(dtype, np.dtype) else plain.dtype))
    return list(distinct)


def _from_codes(
    values: pd.Series, codes: np.ndarray, cells: list[Any], spell: Callable[[Any], str | None]
) -> pd.Series:
    levels = pa.array([*(spell(cell) for cell in cells), None], type=pa.large_string())
    return _series(values, levels.take(pa.array(np.where(codes < 0, len(cells), codes))))


def _series(values: pd.Series, cells: pa.Array | pa.ChunkedArray) -> pd.Series:
    return pd.Series(TEXT.__from_arrow__(cells), index=values.index, name=values.name)


def spell_cell(value: Any, spelling: Spelling, notation: Notation) -> str | None:
    """One cell as a level; None for a missing one.

    A Decimal among texts is written with its own digits (1.10), as an export to text writes it; a fraction of any
    float type with the fewest digits that tell it, as a CSV file has it; a whole number with all of its digits.
    """
    if isinstance(value, str):
        text = value.strip()
        if spelling == "verbatim":
            return value
        if spelling == "date":
            return moment(text) or text
        return text if spelling == "text" else _as_number(text, notation, exact=spelling == "exact") or text
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, int | np.integer):
        return canonical(Decimal(int(value)))
    if isinstance(value, float | np.floating):
        if np.isfinite(value):
            whole = abs(float(value)) < _EXACT and value == int(value)  # str() rounds a large float32
            number = Decimal(int(value)) if whole else Decimal(str(value))
            return canonical(number if spelling == "exact" else _of_single_precision(number))
        return str(value)
    if isinstance(value, Decimal):
        if spelling not in ("number", "exact") or not value.is_finite():
            return str(value)
        return canonical(value if spelling == "exact" else _of_single_precision(value))
    return (moment(str(value)) if is_moment(value) else None) or str(value)


def _of_single_precision(number: Decimal) -> Decimal:
    """With the fewest digits that tell it, if it is a float32 that was written as a float64: 0.1 for the digits of
    ``float(np.float32(0.1))``, which is what a column of floats becomes among Python's objects, and in some exports.
    """
    if len(number.as_tuple().digits) < _LONG_FRACTION or number == number.to_integral_value():
        return number
    double = float(number)
    if abs(double) > _LARGEST_SINGLE or Decimal(repr(double)) != number:
        return number
    single = np.float32(double)
    return Decimal(str(single)) if float(single) == double else number


def _as_number(text: str, notation: Notation, *, exact: bool = True) -> str | None:
    plain = notation.plain(text)
    if plain is None:
        return None
    return canonical(Decimal(plain) if exact else _of_single_precision(Decimal(plain)))
