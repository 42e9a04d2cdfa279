"""What there is to know of a table before a pipeline for it is drafted: kinds, gaps, levels, skewness, the task.

Everything is computed from all rows and serves the choice of stages only. Nothing of it enters a pipeline: what
stages learn, they learn from training rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from automl.columns import Kind
from automl.errors import DataError, did_you_mean
from automl.input_schema import DEFAULT_MISSING, column_names, read_column, refuse_no_rows, refuse_single_value
from automl.input_schema.forms import arrow
from automl.input_schema.gaps import HOLDS_GAPS, WORDS, ColumnReading, infer_reading
from automl.input_schema.odd_cells import cells_in, counted, told_counts
from automl.learning import TaskKind
from automl.notation import PLAIN, Notation

Guess = Literal["feature", "id", "constant", "empty"]

_NAMED_LIKE_AN_ID = re.compile(r"(^|[^a-zA-Z])(id|Id|ID|uuid|UUID|guid|GUID)$|[a-z](Id|ID)$")
"""``id``, ``customer_id``, ``PassengerId``, but neither ``paid`` nor ``humid``."""
_COUNTED_NAMELESS = re.compile(r"Unnamed: \d+")
_NEARLY_ALL = 0.95
"""Share of distinct values from which a column of texts names its rows."""
_ROWS_TO_TELL = 20
"""In fewer rows a column of distinct texts says nothing about whether it is an id."""
_FEW_CLASSES = 10
"""A target of up to this many whole numbers is taken for classes, of more for amounts."""
_LEVELS_KEPT = 100


@dataclass(frozen=True)
class ColumnProfile:
    """One column that may become a feature.

    Attributes:
        name: as the table has it.
        kind: as the input schema will infer it.
        guess: what it looks like: a feature, an id (its values name the rows), constant, or empty.
        missing: share of cells without a value.
        distinct: number of different values, missing not counted.
        shares: categorical and boolean columns: shares of all rows that the most frequent levels hold, descending, at
            most 100 of them.
        skewness: numeric columns: the moment coefficient m3 / m2^1.5; 0 for a constant column.
        minimum, maximum: numeric columns: of the finite values.
        whole: numeric columns: whole numbers only.
    """

    name: str
    kind: Kind
    guess: Guess
    missing: float
    distinct: int
    shares: tuple[float, ...] = ()
    skewness: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    whole: bool = False


@dataclass(frozen=True)
class TargetProfile:
    """What is to be predicted.

    Attributes:
        name: the column.
        task: regression, binary or multiclass.
        declared: True where the file has to say so, because the rows alone do not.
        missing: rows without a target, which no stage will see.
        classes: rows of each class, the most frequent first; empty for a regression.
        minimum, maximum: of a regression target.
        skewness: of a regression target; ``log_skewness`` that of ln(1 + y), None where y is negative somewhere.
    """

    name: str
    task: TaskKind
    declared: bool
    missing: int
    classes: Mapping[str, int] = field(default_factory=dict)
    minimum: float = 0.0
    maximum: float = 0.0
    skewness: float = 0.0
    log_skewness: float | None = None


@dataclass(frozen=True)
class TableProfile:
    """A table, looked at.

    Attributes:
        rows: rows with a target.
        columns: every column but the target and those that the call has named for another role.
        target: what is to be predicted.
        ids: columns that the call has declared to name a row.
        ignored: columns that the call has declared to leave out.
        megabytes: what the table takes in memory, in 10^6 bytes.
        odd_cells: what is odd about single cells, a sentence for each column.
    """

    rows: int
    columns: Sequence[ColumnProfile]
    target: TargetProfile
    ids: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    megabytes: float = 0.0
    odd_cells: tuple[str, ...] = ()

    def features(self, *kinds: Kind) -> list[ColumnProfile]:
        """Columns that look like features, of these kinds or of all."""
        return [c for c in self.columns if c.guess == "feature" and (not kinds or c.kind in kinds)]


def profile_table(
    frame: pd.DataFrame,
    target: str,
    *,
    task: TaskKind | None = None,
    ids: Sequence[str] = (),
    ignore: Sequence[str] = (),
    notation: Notation = PLAIN,
    missing: Sequence[str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> TableProfile:
    """Look at raw rows as a reader brings them.

    Args:
        frame: all rows; not changed.
        target: the column to predict.
        task: what the caller says it is; else it is inferred, and decided where the rows leave it open.
        ids: columns that name a row.
        ignore: columns to leave out.
        notation: how the table writes numbers as text.
        missing: texts that mean "no value", beside the empty cell; None: the defaults.
        kinds: of columns that are not to be inferred.

    Raises:
        DataError: a name that is not there, a target that cannot be predicted, or no row to learn from.
    """
    frame = frame.set_axis(column_names(frame), axis=1)
    _check_names(list(frame.columns), target, ids, ignore)
    refuse_no_rows(frame)
    if len(set(frame.columns)) < len(frame.columns):
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"the column name {twice!r} stands more than once; mend: rename one")
    gone = DEFAULT_MISSING if missing is None else ("", *missing)
    read = {
        name: _read(frame[name], (kinds or {}).get(name), gone, () if missing is not None else WORDS, notation)
        for name in frame.columns
        if name not in {*ids, *ignore}
    }
    profile = _profile_target(read[target], task)
    labelled = len(frame) - profile.missing
    apart = {target, *ids, *ignore}
    columns = [_profile_column(read[name]) for name in frame.columns if name not in apart]
    memory = float(frame.memory_usage(deep=False).sum()) / 1e6
    odd = [sentence for column in read.values() for sentence in _odd_cells(column, is_target=column.name == target)]
    return TableProfile(labelled, columns, profile, tuple(ids), tuple(ignore), memory, tuple(odd))


def _check_names(names: Sequence[str], target: str, ids: Sequence[str], ignore: Sequence[str]) -> None:
    for name in (target, *ids, *ignore):
        if name not in names:
            hint = did_you_mean(name, names)
            found = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
            raise DataError(f"there is no column {name!r}{f'; {hint}' if hint else ''}; found {found}")
    roles = [target, *ids, *ignore]
    twice = next((name for name in roles if roles.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"the column {twice!r} has two roles; mend: name it once, as --target, --id or --ignore")


@dataclass(frozen=True)
class _Column:
    """A raw column, how it is read, and what comes out."""

    raw: pd.Series
    reading: ColumnReading
    missing: tuple[str, ...]
    gaps: tuple[str, ...]
    notation: Notation
    values: pd.Series

    @property
    def name(self) -> str:
        return str(self.raw.name)


def _read(
    raw: pd.Series, kind: Kind | None, missing: tuple[str, ...], words: tuple[str, ...], notation: Notation
) -> _Column:
    reading = ColumnReading(kind) if kind is not None else infer_reading(raw, missing, notation)
    gaps = (*missing, *words, *reading.odd) if reading.kind in HOLDS_GAPS else missing
    return _Column(raw, reading, missing, gaps, notation, read_column(raw, reading.kind, gaps, notation))


def _odd_cells(column: _Column, *, is_target: bool) -> Iterator[str]:
    if column.reading.odd:
        counts = counted(column.raw, column.reading.odd)
        what = {"numeric": "numbers", "boolean": "true or false", "datetime": "dates"}[column.reading.kind]
        yield (
            f"{column.name}: {cells_in(counts):,} cells are not {what} and count as missing: {told_counts(counts)}; "
            f"if they are levels, add data: {{kinds: {{{json.dumps(column.name, ensure_ascii=False)}: categorical}}}}"
        )
    if is_target or column.reading.kind not in ("numeric", "datetime"):
        counts = counted(column.raw, [text for text in column.missing if text])
        if counts:
            yield (
                f"{column.name}: {cells_in(counts):,} cells hold a text that counts as missing: {told_counts(counts)}; "
                f"if it is a {'class' if is_target else 'level'}: --missing ''"
            )


def _profile_column(column: _Column) -> ColumnProfile:
    raw, kind, values = column.raw, column.reading.kind, column.values
    name, rows = str(raw.name), len(values)
    if kind == "numeric":
        numbers = values.to_numpy(dtype="float64")
        numbers = numbers[~np.isnan(numbers)]
        distinct, present = len(np.unique(numbers)), len(numbers)
        counts_rows = distinct == rows > 1 and _counts_rows(name, numbers)
        guess = "id" if counts_rows else _guess(name, kind, present, distinct, rows)
        missing = 1.0 - present / rows if rows else 0.0
        if not distinct:
            return ColumnProfile(name, kind, guess, missing, distinct)
        return ColumnProfile(
            name, kind, guess, missing, distinct, skewness=_skewness(numbers), minimum=float(numbers.min()),
            maximum=float(numbers.max()), whole=_is_whole(numbers),
        )  # fmt: skip
    counts = np.sort(pc.value_counts(arrow(values).drop_null()).field("counts").to_numpy())[::-1]
    distinct, present = len(counts), int(counts.sum())
    missing = 1.0 - present / rows if rows else 0.0
    shares = tuple((counts[:_LEVELS_KEPT] / rows).tolist()) if kind in ("categorical", "boolean") else ()
    return ColumnProfile(name, kind, _guess(name, kind, present, distinct, rows), missing, distinct, shares)


def _guess(name: str, kind: Kind, present: int, distinct: int, rows: int) -> Guess:
    """A column of texts that are all different names its rows."""
    if distinct == 0:
        return "empty"
    if distinct == 1:
        return "constant" if present == rows else "feature"
    is_told = rows >= _ROWS_TO_TELL or _is_named_like_an_id(name)
    if kind == "categorical" and distinct >= _NEARLY_ALL * rows and is_told:
        return "id"
    return "feature"


def _counts_rows(name: str, numbers: np.ndarray) -> bool:
    """Whether numbers that are all different merely count or name their rows."""
    counts = numbers.max() - numbers.min() == len(numbers) - 1 and len(numbers) >= _ROWS_TO_TELL
    return _is_whole(numbers) and (_is_named_like_an_id(name) or bool(counts))


def _is_named_like_an_id(name: str) -> bool:
    return bool(_NAMED_LIKE_AN_ID.search(name) or _COUNTED_NAMELESS.fullmatch(name))


def _profile_target(column: _Column, declared: TaskKind | None) -> TargetProfile:
    raw, kind, values = column.raw, column.reading.kind, column.values
    present = values.dropna()
    name, missing, distinct = str(raw.name), len(values) - len(present), int(present.nunique())
    refuse_single_value(raw, distinct, column.gaps, None, "--missing ''")
    task = declared or _task(name, kind, present, distinct)
    if task == "binary" and distinct > 2:
        raise DataError(f"the target {name!r} has {distinct} classes; mend: --task multiclass")
    if task == "regression":
        if kind != "numeric":
            raise DataError(
                f"the target {name!r} is {kind}, but a regression needs numbers; "
                f"mend: --task {'binary' if distinct == 2 else 'multiclass'}"
            )
        numbers = present.to_numpy(dtype="float64")
        log_skewness = _skewness(np.log1p(numbers)) if numbers.min() >= 0 else None
        # Few distinct numbers leave it open what they are; the file has to say.
        settled = declared is None and distinct > _FEW_CLASSES
        return TargetProfile(
            name, task, not settled, missing, minimum=float(numbers.min()), maximum=float(numbers.max()),
            skewness=_skewness(numbers), log_skewness=log_skewness,
        )  # fmt: skip
    labels = read_column(raw, "categorical", column.gaps, column.notation)
    classes = {str(label): int(count) for label, count in labels.value_counts().items()}
    settled = declared is None and (kind != "numeric" or distinct == 2)
    return TargetProfile(name, task, not settled, missing, classes)


def _task(name: str, kind: Kind, present: pd.Series, distinct: int) -> TaskKind:
    if kind == "datetime":
        raise DataError(f"the target {name!r} is a date, which nothing here predicts; mend: choose another target")
    if distinct == 2:
        return "binary"
    if kind == "numeric":
        few = distinct <= _FEW_CLASSES and _is_whole(present.to_numpy(dtype="float64"))
        return "multiclass" if few else "regression"
    if distinct == len(present):
        raise DataError(
            f"the target {name!r} has another value in each of its {distinct} rows; expected classes that repeat, or "
            "numbers; mend: choose another target"
        )
    return "multiclass"


def _is_whole(numbers: np.ndarray) -> bool:
    return bool((numbers == np.trunc(numbers)).all())


def _skewness(numbers: np.ndarray) -> float:
    """The moment coefficient g1 = m3 / m2^1.5 of float64 [n]; 0 where all are equal or too large to cube."""
    scale = float(np.abs(numbers).max(initial=0.0))
    if scale == 0:
        return 0.0
    centred = numbers / scale - (numbers / scale).mean()
    variance = float((centred**2).mean())
    return float((centred**3).mean()) / variance**1.5 if variance > 1e-24 else 0.0
