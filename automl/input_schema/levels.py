"""Cells as levels and labels: one spelling for each, the same in any batch and from any table.

A text is itself, sign by sign. A number has one spelling, `automl.notation.canonical`. Whether a text such as "42.0"
is the number 42 or a text is decided once, from the training cells: the column's spelling.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from automl.columns import DTYPES
from automl.input_schema.forms import TEXT, arrow, is_decimal, is_object, plain_form
from automl.input_schema.numbers import is_missing, stripped
from automl.notation import PLAIN, Notation, canonical, is_usual_spelling

_EXACT = 2.0**53
"""Below this a whole number in float64 is the one that was meant."""

Spelling = Literal["number", "text"]
"""How a column's texts are taken: as numbers where they are some (42.0 is 42), or each as itself (1.10 is not 1.1)."""


def spelling_of(values: pd.Series, missing: Sequence[str], notation: Notation) -> Spelling:
    """Decide from all training cells, in their plain form.

    "number" where the cells are numbers, or texts that all write numbers as programs do. One text that writes a number
    otherwise (1.10, 1E5, 007, +5) makes texts of all: it has a meaning that the number has not. So do words beside
    numbers, unless one is written as a float (40.0, which is 40 in a table of floats) and no two are the same.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        used = values.cat.categories[np.unique(values.cat.codes[values.cat.codes >= 0])]
        return spelling_of(used.to_series(), missing, notation)
    if dtype != TEXT and not is_object(dtype):
        return "number"
    cells = [value for value in _distinct(values) if not is_missing(value)]
    texts = [text for text in (cell.strip() for cell in cells if isinstance(cell, str)) if text not in missing]
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
    gone = frozenset(missing) | {spelled for text in missing if (spelled := _as_number(text, PLAIN)) is not None}

    def spell(value: Any) -> str | None:
        level = spell_cell(value, spelling, notation)
        return None if level is None or level in gone else level

    if isinstance(values.dtype, pd.CategoricalDtype):
        known = values.cat.categories
        return _from_codes(values, values.cat.codes.to_numpy(), _cells(known, known.dtype), spell)
    if values.dtype == TEXT:
        cells = stripped(arrow(values), missing)
        if spelling == "number":
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
    return pd.Series(cells.to_pandas().array, index=values.index, name=values.name, dtype=DTYPES["categorical"])


def spell_cell(value: Any, spelling: Spelling, notation: Notation) -> str | None:
    """One cell as a level; None for a missing one.

    A Decimal among texts is written with its own digits (1.10), as an export to text writes it; a fraction of any
    float type with the fewest digits that tell it, as a CSV file has it; a whole number with all of its digits.
    """
    if isinstance(value, str):
        text = value.strip()
        return (_as_number(text, notation) or text) if spelling == "number" else text
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, int | np.integer):
        return canonical(Decimal(int(value)))
    if isinstance(value, float | np.floating):
        if np.isfinite(value):
            whole = abs(float(value)) < _EXACT and value == int(value)  # str() rounds a large float32
            return canonical(Decimal(int(value)) if whole else Decimal(str(value)))
        return str(value)
    if isinstance(value, Decimal):
        return canonical(value) if spelling == "number" and value.is_finite() else str(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return str(value)


def _as_number(text: str, notation: Notation) -> str | None:
    plain = notation.plain(text)
    return None if plain is None else canonical(Decimal(plain))
