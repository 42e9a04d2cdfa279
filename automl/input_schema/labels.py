"""Class labels in the type of the raw target: what type that is, and labels as text brought back into it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from automl.errors import BundleError
from automl.input_schema.forms import TEXT, arrow, is_object, nullable, plain_form
from automl.input_schema.levels import Spelling
from automl.input_schema.moments import is_moment
from automl.input_schema.numbers import is_missing
from automl.notation import Notation, canonical

TEXTS = "str"
INTEGERS = "integer"
"""Python's whole numbers of any size."""
DECIMALS = "decimal"
"""Python's Decimal objects."""
DATES = "date"
"""Python's dates."""
MOMENTS = "datetime"
"""Dates with a time among Python's objects; come back as pandas' Timestamps."""

_OBJECTS = (TEXTS, INTEGERS, DECIMALS, DATES, MOMENTS)

_NUMPY = re.compile(r"u?int(8|16|32|64)|float(16|32|64)|bool")
_EXTENSION = re.compile(
    r"U?Int(8|16|32|64)|Float(32|64)|boolean|(u?int(8|16|32|64)|float|halffloat|double|bool)\[pyarrow\]"
)
_DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)\[pyarrow\]")
_MOMENT = re.compile(
    r"datetime64\[(s|ms|us|ns)(, [\w/+:-]{1,60})?\]"
    r"|timestamp\[(s|ms|us|ns)(, tz=[\w/+:-]{1,60})?\]\[pyarrow\]|date(32\[day|64\[ms)\]\[pyarrow\]"
)


def label_type(
    raw: pd.Series, spelling: Spelling, notation: Notation, *, typed: bool, missing: Sequence[str] = ()
) -> str:
    """Name of the type in which labels come back: a dtype's, or one of the constants of this module.

    Args:
        raw: the target as it was read.
        spelling: of its levels.
        notation: how its texts write numbers.
        typed: whether the table tells numbers from texts; where it does not, texts that are numbers are numbers.
        missing: texts that are no labels.
    """
    if isinstance(raw.dtype, pd.ArrowDtype) and pa.types.is_dictionary(raw.dtype.pyarrow_dtype):
        return label_type(plain_form(raw), spelling, notation, typed=True)
    if isinstance(raw.dtype, pd.CategoricalDtype):
        return label_type(raw.cat.categories.to_series(), spelling, notation, typed=True)
    if isinstance(raw.dtype, pd.SparseDtype):
        return label_type(raw.sparse.to_dense(), spelling, notation, typed=typed)
    name = str(raw.dtype)
    if any(pattern.fullmatch(name) for pattern in (_NUMPY, _EXTENSION, _DECIMAL, _MOMENT)):
        return name
    values = plain_form(raw)
    if values.dtype == TEXT and typed:
        return TEXTS
    if values.dtype == TEXT:
        return _type_of_texts(values, spelling, notation, missing)
    if is_object(values.dtype):
        return _type_of_objects([value for value in values.tolist() if not is_missing(value)])
    return TEXTS


def are_texts(raw: pd.Series) -> bool:
    """Whether a raw target holds texts and nothing else, whatever its dtype."""
    values = plain_form(raw)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return are_texts(values.cat.categories.to_series())
    if is_object(values.dtype):
        return all(isinstance(value, str) for value in values.tolist() if not is_missing(value))
    return bool(values.dtype == TEXT)


def _type_of_texts(values: pd.Series, spelling: Spelling, notation: Notation, missing: Sequence[str]) -> str:
    texts = {text.strip() for text in arrow(values).unique().drop_null().to_pylist()}.difference(missing)
    if texts == {"True", "False"}:  # as pandas writes booleans; other words for them are texts
        return "bool"
    if spelling != "number":
        return TEXTS
    written = [notation.plain(text) for text in texts]
    plain = [text for text in written if text is not None]
    if len(plain) < len(written):  # words beside numbers
        return TEXTS
    if all(re.fullmatch(r"-?[0-9]+", text) for text in plain):
        found = _whole_type([int(text) for text in plain])
        return TEXTS if found == INTEGERS else found
    exact = all(canonical(Decimal(text)) == canonical(Decimal(repr(float(text)))) for text in plain)
    return "float64" if exact else TEXTS


def _type_of_objects(cells: list[Any]) -> str:
    if all(isinstance(cell, bool | np.bool_) for cell in cells):
        return "bool"
    if any(isinstance(cell, bool | np.bool_) for cell in cells):
        return TEXTS
    if all(isinstance(cell, int | np.integer) for cell in cells):
        return _whole_type([int(cell) for cell in cells])
    if len({type(cell) for cell in cells}) == 1 and isinstance(cells[0], np.float16 | np.float32):
        return str(cells[0].dtype)
    if all(isinstance(cell, int | float | np.integer | np.floating) for cell in cells):
        return "float64"
    if all(isinstance(cell, int | Decimal | np.integer) for cell in cells):
        return DECIMALS
    if all(is_moment(cell) for cell in cells):
        return DATES if not any(isinstance(cell, datetime.datetime | np.datetime64) for cell in cells) else MOMENTS
    return TEXTS


def _whole_type(numbers: list[int]) -> str:
    least, most = min(numbers, default=0), max(numbers, default=0)
    if least >= -(2**63) and most < 2**63:
        return "int64"
    return "uint64" if least >= 0 and most < 2**64 else INTEGERS


def is_label_type(name: object) -> bool:
    """Whether labels can come back in a type of this name."""
    if not isinstance(name, str):
        return False
    if _MOMENT.fullmatch(name):
        return _is_dtype(name)  # a zone may be none
    return name in _OBJECTS or any(pattern.fullmatch(name) for pattern in (_NUMPY, _EXTENSION, _DECIMAL))


def _is_dtype(name: str) -> bool:
    try:
        return bool(pd.api.types.pandas_dtype(name))
    except (TypeError, ValueError, LookupError, pa.ArrowException):
        return False


def restore(labels: np.ndarray, known: np.ndarray, name: str) -> Any:
    """Labels as text [n] in the type called ``name``, an array that a frame takes as a column.

    Where ``known`` [n] is False the label is missing; whole numbers and booleans become pandas' nullable ones then.
    """
    codes, distinct = pd.factorize(labels)
    cells = [_cell(str(text), name) for text in distinct]
    codes = np.where(known, codes, len(cells))
    gap = bool((codes == len(cells)).any())
    if decimal := _DECIMAL.fullmatch(name):
        width, precision, scale = (int(part) for part in decimal.groups())
        kind = getattr(pa, f"decimal{width}")(precision, scale)
        return pd.array([*cells, None], dtype=pd.ArrowDtype(kind)).take(codes)
    if name in _OBJECTS:
        values = np.empty(len(cells) + 1, dtype=object)
        values[:] = [*cells, None]
        return values[codes]
    if _MOMENT.fullmatch(name):
        return pd.array([*cells, pd.NaT], dtype=name).take(codes)
    if _NUMPY.fullmatch(name) and name.startswith("float"):
        return np.array([*cells, np.nan], dtype=name)[codes]
    if _NUMPY.fullmatch(name) and not gap:
        return np.array([*cells, 0], dtype=name)[codes]
    if _NUMPY.fullmatch(name) or _EXTENSION.fullmatch(name):
        return pd.array([*cells, pd.NA], dtype=nullable(name) if _NUMPY.fullmatch(name) else name).take(codes)
    raise BundleError(f"labels of the type {name!r} are none that this version makes; mend: train again")


def _cell(text: str, name: str) -> Any:
    lower = name.lower()
    if name == DATES:
        return datetime.date.fromisoformat(text)
    if name == MOMENTS or _MOMENT.fullmatch(name):
        return pd.Timestamp(text)
    if lower.startswith("bool"):
        return text == "True"
    if lower.startswith(("int", "uint")):
        return int(text)
    if lower.startswith(("float", "double", "halffloat")):
        return float(text)
    return Decimal(text) if lower.startswith("decimal") else text


def numpy_name(name: str) -> str:
    """numpy's name for what labels of a type are: "int64" for Int64 and int64[pyarrow]; itself where it has none."""
    plain = name.removesuffix("[pyarrow]").lower()
    return {"boolean": "bool", "double": "float64", "float": "float32", "halffloat": "float16"}.get(plain, plain)
