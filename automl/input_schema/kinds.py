"""What a raw column most likely means, from all its cells."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from automl.columns import Kind
from automl.described import flow
from automl.errors import DataError, RefusedCellError, reader_keys
from automl.input_schema.columns import misread_sign, notation_keys, row_at
from automl.input_schema.forms import TEXT, arrow, is_decimal, is_object, plain_form
from automl.input_schema.moments import to_dates
from automl.input_schema.numbers import DASH, any_code, is_missing, stripped, text_numbers
from automl.notation import PLAIN, Notation

_TEXT_LENGTH = 40
"""Mean characters from which a column of mostly distinct strings is text rather than a category."""
_HEAD = 1000
"""Cells that tell words from numbers at little cost, before all are looked at."""
_FIRST, _BEGINS_A_WORD = 4, "iInN"
"""Cells that tell words from numbers before Arrow is asked, and letters with which "inf" and "nan" begin."""
_FEW, _FEW_TEXTS = 0.1, 10
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBERS = (int, float, Decimal, np.integer, np.floating)
_CELLS = (str, bool, np.bool_, *_NUMBERS, datetime.date, np.datetime64)


def infer_plain_kind(raw: pd.Series, missing: Sequence[str], notation: Notation = PLAIN) -> Kind:
    """What a raw column most likely means, if every cell that is not missing counts.

    Raises:
        DataError: values that are no table cells, or numbers in another notation than the table's.
    """
    values = plain_form(raw)
    refuse_foreign(values)
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "categorical"
    if dtype.kind == "b" or isinstance(dtype, pd.BooleanDtype):
        return "boolean"
    if dtype.kind in "iuf" or is_decimal(dtype):
        return "numeric"
    if dtype.kind == "M" or isinstance(dtype, pd.DatetimeTZDtype):
        return "datetime"
    if dtype == TEXT:
        return _kind_of_texts(arrow(values), missing, notation, raw)
    return _kind_of_objects(values, missing, notation, raw)


def _kind_of_objects(values: pd.Series, missing: Sequence[str], notation: Notation, raw: pd.Series) -> Kind:
    cells = [value for value in values.tolist() if not is_missing(value)]
    cells = [cell for cell in cells if not (isinstance(cell, str) and cell.strip() in missing)]
    if not cells:
        return "numeric"
    if any(isinstance(cell, bool | np.bool_) for cell in cells):
        return "boolean" if are_truths(cells, notation) else "categorical"
    texts = [cell for cell in cells if isinstance(cell, str)]
    others = [cell for cell in cells if not isinstance(cell, str)]
    if all(isinstance(cell, _NUMBERS) for cell in others):
        if not texts or all(text.strip() == DASH for text in texts):
            return "numeric"
        if _kind_of_texts(_chunked(texts), missing, notation, raw) == "numeric":
            return "numeric"
        return "categorical" if others else _kind_of_texts(_chunked(texts), missing, notation, raw)
    return _kind_of_texts(_chunked([str(cell) for cell in cells]), missing, notation, raw)


def _chunked(texts: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(texts, type=pa.large_string())])


def _kind_of_texts(cells: pa.ChunkedArray, missing: Sequence[str], notation: Notation, raw: pd.Series) -> Kind:
    cells = stripped(cells, missing).drop_null()
    if not len(cells):
        return "numeric"
    if _are_numbers(cells, notation):
        return "numeric"
    texts = cells.unique().to_pylist()
    _refuse_other_notation(texts, cells, notation, raw)
    if are_truths(texts, notation):
        return "boolean"
    if _are_dates(texts):
        return "datetime"
    length = pc.mean(pc.utf8_length(cells)).as_py()
    return "text" if length > _TEXT_LENGTH and len(texts) > len(cells) / 2 else "categorical"


def are_truths(cells: Iterable[Any], notation: Notation) -> bool:
    """Whether these cells are true and false, some of them written as 1 and 0; not where all are."""
    texts = {str(cell).strip().lower() for cell in cells}
    numbers = texts - {"true", "false"}
    return numbers < texts and all(
        (plain := notation.plain(text)) is not None and float(plain) in (0, 1) for text in numbers
    )


def types_of(raw: pd.Series) -> list[str]:
    """The types of a column's values in words, where it holds Python's objects; integers and floats are numbers."""
    values = plain_form(raw)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.cat.categories.to_series()
    if not is_object(values.dtype):
        return []
    words = {str: "texts", bool: "booleans", np.bool_: "booleans"}
    found = (
        words.get(type(value), "numbers" if isinstance(value, _NUMBERS) else type(value).__name__)
        for value in values.tolist()
        if not is_missing(value)
    )
    return sorted(set(found))


def _are_numbers(cells: pa.ChunkedArray, notation: Notation) -> bool:
    """Whether all are numbers and none a code; a dash is no value beside numbers, "nan" and "inf" alone are words."""
    if any(text[:1].isalpha() and text[:1] not in _BEGINS_A_WORD for text in cells.slice(0, _FIRST).to_pylist()):
        return False
    for part in (cells.slice(0, _HEAD), cells):
        numbers, unread = text_numbers(part, (), notation)
        if unread.any():
            return False
    return bool(np.isfinite(numbers).any()) and not any_code(cells)


def _refuse_other_notation(texts: list[str], cells: pa.ChunkedArray, notation: Notation, raw: pd.Series) -> None:
    """Raises ReadingError where the cells are numbers if a point or a comma is read otherwise than the table says.

    A few with another decimal sign are odd cells, and told as such (`automl.input_schema.gaps`); that a sign stands
    between thousands concerns just the large numbers, and is refused however few there are.
    """
    if notation == PLAIN:
        return  # nobody has said how numbers are written: a column such as "1,5" may be words
    others = [text for text in texts if text != DASH and notation.plain(text) is None]
    signs = [misread_sign(text, notation) for text in others]
    if not others or None in signs:
        return
    grouped = [text for text, sign in zip(others, signs, strict=True) if "thousands" in _keys(text, sign, notation)]
    few = pc.sum(pc.is_in(cells, value_set=pa.array(others, type=cells.type))).as_py() <= _FEW * len(cells)
    if few and not grouped and len(others) <= _FEW_TEXTS:
        return
    cell = (grouped or others)[0]
    sign = str(signs[others.index(cell)])
    row = next(i for i, value in enumerate(raw.tolist()) if isinstance(value, str) and value.strip() == cell)
    name = flow(str(raw.name))
    raise RefusedCellError(
        f"column {raw.name!r}: ",
        row,
        f" holds {cell!r} ({len(others):,} such values); expected numbers with the decimal sign {notation.decimal!r}, "
        f"which this is not; mend: {reader_keys(notation_keys(cell, sign, notation))}, or, if these are no numbers, "
        f"data: {{kinds: {{{name}: categorical}}}}",
        row_at(raw, row).removesuffix(","),
    )


def _keys(text: str, sign: str | None, notation: Notation) -> dict[str, str]:
    return notation_keys(text, str(sign), notation)


def _are_dates(texts: list[str]) -> bool:
    if not all(map(_DATE.match, texts[:200])):
        return False
    return bool(to_dates(pd.Series(texts, dtype=TEXT)).notna().all())


def refuse_foreign(values: pd.Series) -> None:
    """Durations, periods, complex numbers, lists: numbers could be made of some, but which?"""
    dtype = values.dtype
    found = ""
    if (
        dtype.kind in "mc"
        or isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype)
        or (isinstance(dtype, pd.ArrowDtype) and not is_decimal(dtype))
    ):
        found = str(dtype)
    elif is_object(dtype):
        foreign: Any = next((v for v in values.tolist() if not is_missing(v) and not isinstance(v, _CELLS)), None)
        found = "" if foreign is None else type(foreign).__name__
    if found:
        raise DataError(
            f"column {values.name!r} holds {found} values; expected numbers, texts, booleans or dates; "
            "mend: convert the column, or name it under data.roles.ignore"
        )
