"""Columns in which all but a few cells are numbers: what kind they are, and which of their texts are gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from automl.columns import Kind
from automl.input_schema.columns import DEFAULT_MISSING
from automl.input_schema.forms import TEXT, arrow, is_object, plain_form
from automl.input_schema.kinds import infer_plain_kind
from automl.input_schema.numbers import any_code, is_missing, stripped, text_numbers
from automl.notation import PLAIN, Notation
from automl.written_numbers import NEARLY_ALL, NO_VALUE

WORDS: Final = tuple(
    sorted({form for word in NO_VALUE for form in (word, word.upper(), word.capitalize())} | {"NaN", "NaT"})
)
"""Texts that mean "no value" among numbers, dates and booleans, beside those that mean it everywhere."""
HOLDS_GAPS: Final[frozenset[Kind]] = frozenset({"numeric", "boolean", "datetime"})
"""Kinds of columns in which such a word can be nothing else; among levels it may be a level."""

_FEW_TEXTS = 10
_FEW_CELLS = 1000
"""So many different texts among numbers may be mistakes, or one in so many cells; more are levels."""
_HEAD = 1000
_SAMPLE = 50
_WORDS = frozenset(WORDS)
_DATE_OR_TRUTH = re.compile(r"\d{4}-\d{2}-\d{2}|(?i:true|false)$")


@dataclass(frozen=True)
class ColumnReading:
    """How a raw column is read: its kind, and the texts in it that are gaps although they mean a value elsewhere."""

    kind: Kind
    odd: tuple[str, ...] = ()


def infer_kind(raw: pd.Series, missing: Sequence[str] = DEFAULT_MISSING, notation: Notation = PLAIN) -> Kind:
    """What a raw column most likely means: its dtype, then its cells.

    Raises:
        DataError: values that are no table cells, or numbers in another notation than the table's.
    """
    return infer_reading(raw, missing, notation).kind


def infer_reading(raw: pd.Series, missing: Sequence[str], notation: Notation) -> ColumnReading:
    """What a raw column most likely means, and which of its texts are gaps then.

    A column is numeric where all cells are numbers but for words such as NULL (`WORDS`), or where 90 % are and the
    others are at most ten different texts (or one cell in a thousand). Likewise dates and booleans beside such words.
    Where the file says what is missing (``missing`` is not the default), a text that would be missing by default is
    none of these: somebody has left it out on purpose.

    Raises:
        DataError: as `infer_kind`.
    """
    kind = infer_plain_kind(raw, missing, notation)
    if kind in HOLDS_GAPS or isinstance(raw.dtype, pd.CategoricalDtype):
        return ColumnReading(kind)
    cells = _texts(raw)
    if cells is None:
        return ColumnReading(kind)
    if not _may_hold_values(cells, missing, notation):
        return ColumnReading(kind)
    cells = stripped(cells, missing).drop_null()
    kept = () if tuple(missing) == DEFAULT_MISSING else tuple(text for text in DEFAULT_MISSING if text not in missing)
    words = [word for word in WORDS if word not in kept]
    left = stripped(cells, words).drop_null()
    if not len(left):
        return ColumnReading(kind)
    if len(left) < len(cells):
        found = infer_plain_kind(raw, [*missing, *words], notation)
        if found in HOLDS_GAPS:
            held = pc.is_in(cells, value_set=pa.array(words, type=cells.type))
            return ColumnReading(found, tuple(cells.filter(held).unique().to_pylist()))
    odd = _odd_texts(left, notation)
    if not odd or not set(odd).isdisjoint(kept):
        return ColumnReading(kind)
    beside = [text for text in cells.unique().to_pylist() if text in words]
    return ColumnReading("numeric", (*beside, *odd))


def _may_hold_values(cells: pa.ChunkedArray, missing: Sequence[str], notation: Notation) -> bool:
    """Whether one of the first cells is a number, a date, true or false, or a word; if none is, all are levels."""
    sample = {cell.strip() for cell in cells.slice(0, _SAMPLE).to_pylist() if cell is not None}.difference(missing)
    return not sample or any(
        text in _WORDS or notation.plain(text) is not None or _DATE_OR_TRUTH.match(text) for text in sample
    )


def _texts(raw: pd.Series) -> pa.ChunkedArray | None:
    """The cells of a column of texts, or of texts beside numbers; None for any other."""
    values = plain_form(raw)
    if values.dtype == TEXT:
        return arrow(values)
    if is_object(values.dtype):
        texts = [None if is_missing(value) else str(value) for value in values.tolist()]
        return pa.chunked_array([pa.array(texts, type=pa.large_string())])
    return None


def _odd_texts(cells: pa.ChunkedArray, notation: Notation) -> list[str]:
    """The texts that are no numbers, where nearly all cells are; none where there are too many, or codes among them."""
    _, unread = text_numbers(cells.slice(0, _HEAD), (), notation)
    if unread.mean() > 0.5:  # words, told at little cost
        return []
    numbers, unread = text_numbers(cells, (), notation)
    if (~unread).sum() < NEARLY_ALL * len(cells) or not np.isfinite(numbers).any() or any_code(cells):
        return []
    odd: list[str] = cells.filter(pa.array(unread)).unique().to_pylist()
    return odd if len(odd) <= max(_FEW_TEXTS, len(cells) / _FEW_CELLS) else []
