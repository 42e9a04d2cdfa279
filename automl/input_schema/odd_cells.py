"""What is odd about the cells of a table: told before a run, and kept with the table that was read.

Only counted here; what is worth a word is decided by the rules of `automl.advice.odd_cells`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from automl.input_schema.columns import DEFAULT_MISSING, column_names
from automl.input_schema.forms import TEXT, arrow, is_object, plain_form
from automl.input_schema.numbers import is_missing, stripped
from automl.input_schema.schema import InputSchema
from automl.written_numbers import NEARLY_ALL, looks_like_number

SENTINELS: Final = (-99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0)
"""Numbers that stand for "no value" in many tables."""

_APART = 5
"""So many times the range of all other numbers a sentinel lies beside them, to be taken for one."""
_SAMPLE = 1000
_DISTINCT = 10
"""Different cells from which a column of texts may be one of numbers that are written oddly."""
_UNITS = re.compile(r"^[(\u2212\u2013]?\s*[$€£¥₹]?\s*|\s*([$€£¥₹%]|[A-Za-z]{1,3})?\)?$")
"""What may stand around a number: a currency or a unit, parentheses, a typesetter's minus or dash."""

Counts = list[tuple[str, int]]
"""Texts with their numbers of cells, the most frequent first."""


def odd_cells_in(raw: pd.DataFrame, schema: InputSchema, read: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Look at the cells of a table.

    Args:
        raw: all rows as the reader brought them.
        schema: what was made of them.
        read: the rows as the schema reads them.

    Returns:
        By the rule that tells of it, then by column, as JSON values: texts among numbers, dates or booleans that count
        as gaps; texts that count as missing among levels and in targets; a cell of a column of levels whose cells are
        numbers written otherwise; numbers that most likely stand for no value.
    """
    raw = raw.set_axis(column_names(raw), axis=1)
    kinds = schema.kinds()
    found: dict[str, dict[str, Any]] = {
        "data.odd_cells": {},
        "data.missing_words": {},
        "data.notation": {},
        "data.sentinels": {},
    }
    for name, role in zip(schema.names, schema.roles, strict=True):
        if role not in ("feature", "target"):
            continue
        if name in schema.odd:
            found["data.odd_cells"][name] = counted(raw[name], schema.odd[name])
        if (kinds[name] not in ("numeric", "datetime") or role == "target") and read[name].isna().any():
            markers = counted(raw[name], [text for text in schema.missing_in(name) if text])
            if markers:
                found["data.missing_words"][name] = markers
        if kinds[name] in ("categorical", "text") and (cell := _number_with_unit(raw[name])) is not None:
            found["data.notation"][name] = cell
        if kinds[name] == "numeric" and role == "feature":
            sentinels = list(_sentinels(read[name].to_numpy()))
            if sentinels:
                found["data.sentinels"][name] = sentinels
    return found


def _texts(raw: pd.Series) -> pa.ChunkedArray | None:
    values = plain_form(raw)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = plain_form(values.astype(object))
    if values.dtype == TEXT:
        return arrow(values)
    if is_object(values.dtype):
        texts = [str(value) for value in values.tolist() if not is_missing(value)]
        return pa.chunked_array([pa.array(texts, type=pa.large_string())])
    return None


def counted(raw: pd.Series, texts: Sequence[str]) -> Counts:
    """How many cells hold each of the texts."""
    cells = _texts(raw)
    if cells is None:
        return []
    cells = stripped(cells, ())
    held = cells.filter(pc.is_in(cells, value_set=pa.array(list(texts), type=cells.type)))
    counts = [(str(entry["values"]), int(entry["counts"])) for entry in pc.value_counts(held).to_pylist()]
    return sorted(counts, key=lambda entry: (-entry[1], entry[0]))


def _number_with_unit(raw: pd.Series) -> str | None:
    """A cell of a column whose different cells nearly all are numbers in some notation, or with a unit; else None."""
    cells = _texts(raw)
    if cells is None:
        return None
    sample: list[str] = stripped(cells.slice(0, _SAMPLE), ("",)).drop_null().unique().to_pylist()
    if len(sample) < _DISTINCT:
        return None
    odd = [text for text in sample if not text.isdigit() and looks_like_number(_UNITS.sub("", text))]
    plain = [text for text in sample if text.isdigit() and not text.startswith("0")]
    if not odd or len(odd) + len(plain) < NEARLY_ALL * len(sample):
        return None
    return next((text for text in odd if not looks_like_number(text)), odd[0])


def _sentinels(numbers: np.ndarray) -> Iterator[tuple[str, int]]:
    """Numbers such as -999 that repeat and lie far from all others, or alone below 0, each with its count."""
    present = numbers[~np.isnan(numbers)]
    if len(present) < _DISTINCT:
        return
    ends = {float(present.min()), float(present.max())}
    for sentinel in ends.intersection(SENTINELS):
        rest = present[present != sentinel]
        count = len(present) - len(rest)
        if count < 2 or len(rest) < _DISTINCT or len(np.unique(rest[:_SAMPLE])) < 3:
            continue
        low, high = float(rest.min()), float(rest.max())
        distance = low - sentinel if sentinel < low else sentinel - high
        if distance > _APART * (high - low) or (sentinel < 0 <= low and distance > (high - low) / 100):
            yield f"{sentinel:g}" if abs(sentinel) < 1e5 else str(int(sentinel)), count


def told_counts(counts: Sequence[tuple[str, int]], most: int = 3) -> str:
    """Texts with their counts for a sentence: ``'NULL' (2), 'n/a' (1) and 4 more``."""
    shown = ", ".join(f"{text!r} ({count:,})" for text, count in list(counts)[:most])
    return f"{shown} and {len(counts) - most} more" if len(counts) > most else shown


def cells_in(counts: Sequence[tuple[str, int]]) -> int:
    """The number of cells that are counted."""
    return sum(count for _, count in counts)


def missing_key(declared: Sequence[str] | None, *, more: Sequence[str] = (), less: Sequence[str] = ()) -> str:
    """The key ``data.missing`` as a file takes it, with some texts more, or some fewer.

    Args:
        declared: what the file says; None: nothing, so the defaults count.
        more: texts that are to count as missing, too.
        less: texts that are not to; of the defaults none but the empty cell stays then.
    """
    base = list(DEFAULT_MISSING if declared is None else declared)
    if less:
        base = [""] if declared is None else [text for text in base if text not in less]
    texts = [*base, *(text for text in more if text not in base)]
    return f"data: {{missing: {json.dumps(texts, ensure_ascii=False)}}}"
