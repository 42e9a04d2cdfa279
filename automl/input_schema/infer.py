"""The schema from all rows of the training table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from automl.columns import Kind, Role
from automl.described import flow
from automl.errors import DataError, RefusedCellError, did_you_mean
from automl.input_schema.columns import DEFAULT_MISSING, column_names, read_column, row_at
from automl.input_schema.forms import plain_form
from automl.input_schema.gaps import HOLDS_GAPS, WORDS, ColumnReading, infer_reading
from automl.input_schema.kinds import refuse_foreign
from automl.input_schema.labels import TEXTS, are_texts, label_type
from automl.input_schema.levels import Spelling, spelling_of
from automl.input_schema.numbers import DASH, LARGEST, to_numbers
from automl.input_schema.odd_cells import cells_in, counted, missing_key, told_counts
from automl.input_schema.schema import InputSchema
from automl.notation import PLAIN, Notation

if TYPE_CHECKING:
    from automl.learning import TaskKind
    from automl.pipeline_file.declaration import DataDeclaration

_FEW_VALUES = 10
"""A numeric target with up to this many distinct values (but more than two) may be classes or amounts: ask."""
_NOT_A_NUMBER = ("nan", "NaN", "NAN", "Nan")
"""Read as a missing number where all others are numbers, without being an odd text."""
_LEVELS: frozenset[Kind] = frozenset({"categorical", "ordinal", "text"})


def infer_schema(
    frame: pd.DataFrame,
    data: DataDeclaration,
    notation: Notation = PLAIN,
    *,
    typed: bool = True,
) -> InputSchema:
    """Kinds, roles and the task from all rows.

    Args:
        frame: all raw rows.
        data: what the file says of them.
        notation: how their texts write numbers.
        typed: whether the table tells numbers from texts. Where it does not, as in CSV, a target of texts that are
            numbers has numbers as labels.

    Raises:
        DataError: the data cannot be what the file says.
    """
    frame = frame.set_axis(column_names(frame), axis=1)
    names = _checked_names(frame, data)
    missing = DEFAULT_MISSING if data.missing is None else tuple(data.missing)
    roles: dict[str, Role] = {name: data.roles.get(name, "feature") for name in names}
    roles |= dict.fromkeys(data.targets, "target")
    readings = {name: _reading(frame[name], roles[name], data, missing, notation) for name in names}
    kinds = {name: reading.kind for name, reading in readings.items()}
    words = WORDS if data.missing is None else ()
    gaps = {
        name: (*missing, *words, *reading.odd) if reading.kind in HOLDS_GAPS else missing
        for name, reading in readings.items()
    }
    task = data.task or _inferred_task(frame, data, kinds, gaps, notation)
    kinds |= dict.fromkeys(data.targets, "numeric" if task == "regression" else "categorical")
    odd = {name: reading.odd for name, reading in readings.items() if kinds[name] in HOLDS_GAPS}
    if task != "regression" and data.target not in data.kinds:
        odd[data.target] = _gaps_among_labels(frame[data.target], readings[data.target], data, missing, notation)
        gaps[data.target] = (*missing, *odd[data.target])
    if task == "regression":
        for name in data.targets:
            _refuse_infinite(frame[name], gaps[name], notation)
    spellings: dict[str, Spelling] = {
        name: "text" if kind == "text" else spelling_of(plain_form(frame[name]), gaps[name], notation)
        for name, kind in kinds.items()
        if kind in _LEVELS
    }
    label = label_type(
        frame[data.target], spellings.get(data.target, "number"), notation, typed=typed, missing=gaps[data.target]
    )
    if label == TEXTS and data.target in spellings and are_texts(frame[data.target]):
        spellings[data.target] = "verbatim"
    elif data.target in spellings and spellings[data.target] == "number":
        spellings[data.target] = "exact"
    return InputSchema(
        names, [kinds[n] for n in names], [roles[n] for n in names], list(missing), task, label,
        notation.decimal, notation.thousands, spellings, list(words),
        {name: list(texts) for name, texts in odd.items() if texts},
    )  # fmt: skip


def refuse_no_rows(frame: pd.DataFrame, path: str | None = None) -> None:
    """Raises DataError for a table that has names of columns and nothing below them; ``path`` is its file."""
    if not len(frame):
        where = f"{path}: the table" if path else "the table"
        raise DataError(
            f"{where} has {len(frame.columns)} column names and no rows; expected rows to learn from; mend: export "
            "it again, or name another table"
        )


def _gaps_among_labels(
    raw: pd.Series, reading: ColumnReading, data: DataDeclaration, missing: tuple[str, ...], notation: Notation
) -> tuple[str, ...]:
    """The texts of a target of classes that are gaps: words such as NULL, or a dash, beside numbers, truths or dates.

    What else stands there is a gap where the task was inferred without it, and a class where the file says the task.
    """
    if data.task is not None:
        reading = infer_reading(raw, missing, notation)
        if not set(reading.odd) <= set(WORDS):
            return ()
    if reading.kind not in HOLDS_GAPS:
        return ()
    more = (DASH, *_NOT_A_NUMBER) if reading.kind == "numeric" else ()
    return (*reading.odd, *(text for text, _ in counted(raw, more) if text not in reading.odd))


def _reading(
    raw: pd.Series, role: Role, data: DataDeclaration, missing: tuple[str, ...], notation: Notation
) -> ColumnReading:
    """What the file says, else what the role needs, else what the cells look like."""
    declared = data.kinds.get(str(raw.name))
    if declared is not None:
        return ColumnReading(declared)
    if role == "target" and data.task not in (None, "regression"):
        refuse_foreign(plain_form(raw))
        return ColumnReading("categorical")
    if role == "id":
        return ColumnReading("categorical")  # passed through, whatever it holds
    if role == "weight":
        return ColumnReading("numeric")
    reading = infer_reading(raw, missing, notation)
    # Long numbers that name a group must not meet in one float64.
    return ColumnReading("categorical") if role == "group" and reading.kind == "numeric" else reading


def _inferred_task(
    frame: pd.DataFrame,
    data: DataDeclaration,
    kinds: Mapping[str, Kind],
    gaps: Mapping[str, tuple[str, ...]],
    notation: Notation,
) -> TaskKind:
    tasks: dict[str, TaskKind] = {}
    for name in data.targets:
        target = read_column(frame[name], kinds[name], gaps[name], notation, largest=np.finfo(np.float64).max)
        distinct = int(target.nunique())
        if kinds[name] == "numeric" and distinct <= _FEW_VALUES:  # long numbers may have met in one float64
            distinct = int(read_column(frame[name], "categorical", gaps[name], notation, "number").nunique())
        refuse_single_value(frame[name], distinct, gaps[name], data.missing)
        tasks[name] = infer_task(target, name, distinct, alone=len(data.targets) == 1)
    classes = [name for name, task in tasks.items() if task != "regression"]
    if len(tasks) > 1 and classes:
        rest = [name for name in data.targets if name not in classes]
        alone = f"data: {{target: {flow(rest)}}}, and a pipeline for it alone" if rest else "a pipeline for each target"
        amounts = "data: {task: regression} if its numbers are amounts; else "
        raise DataError(
            f"the target {classes[0]!r} makes a {tasks[classes[0]]} task; expected numbers, since there are several "
            f"targets; mend: {amounts if all(kinds[name] == 'numeric' for name in classes) else ''}{alone}"
        )
    return tasks[data.target]


def _checked_names(frame: pd.DataFrame, data: DataDeclaration) -> list[str]:
    ignored = frozenset(data.ignore)
    names = [name for name in frame.columns if name not in ignored]
    if len(there := set(names)) < len(names):
        twice = min(name for name, count in Counter(names).items() if count > 1)
        raise DataError(f"the column name {twice!r} stands {names.count(twice)} times; mend: rename one")
    for name in (*data.targets, *data.roles, *data.kinds):
        if name not in there:
            hint = did_you_mean(name, names)
            raise DataError(f"there is no column {name!r}; found {names[:20]}{f'; {hint}' if hint else ''}")
    return names


def _refuse_infinite(target: pd.Series, missing: tuple[str, ...], notation: Notation) -> None:
    """In a feature an infinite number counts as missing; of a target it would cost the row unsaid."""
    numbers, _ = to_numbers(plain_form(target), missing, notation)
    infinite = np.abs(numbers) > LARGEST
    if infinite.any():
        row = int(np.argmax(infinite))
        found = str(target.iloc[row])
        raise RefusedCellError(
            f"the target {target.name!r} is infinite or beyond {LARGEST:.2g}, the largest number a network computes "
            f"with, in {int(infinite.sum())} rows: ",
            row,
            f" holds {found if len(found) <= 40 else found[:40] + '...'}; mend: correct those rows, leave the cells "
            "empty, or give the target in another unit",
            row_at(target, row).removesuffix(","),
        )


def refuse_single_value(
    raw: pd.Series, found: int, missing: Sequence[str], declared: Sequence[str] | None, key: str | None = None
) -> None:
    """Raises DataError for a target with so many (``found``) values if these are fewer than two.

    Args:
        raw: the target as it was read. A text in it that counts as missing may be the other class, and is told.
        found: the number of distinct values.
        missing: texts that mean "no value" in it.
        declared: what the file says of that, if it does.
        key: what makes a value of such a text; that of a file if absent.
    """
    if found >= 2:
        return
    texts = counted(raw, [text for text in missing if text])
    words = key or missing_key(declared, less=[text for text, _ in texts])
    held = f" ({cells_in(texts):,} cells hold a text that counts as missing: {told_counts(texts)})" if texts else ""
    raise DataError(
        f"the target {raw.name!r} has {found} distinct value(s){held}; there is nothing to predict; "
        f"mend: {f'{words} if that text is a class, or ' if texts else ''}choose another target (data.target)"
    )


def infer_task(target: pd.Series, name: str, distinct: int, *, alone: bool = True) -> TaskKind:
    """The task that a target with so many distinct values, two or more, makes.

    Raises DataError where it could be either. ``alone`` is False for one of several targets, which can be amounts only.
    """
    if target.dtype.kind != "f":
        return "binary" if distinct == 2 else "multiclass"
    if distinct == 2:
        return "binary"
    if distinct <= _FEW_VALUES:
        raise DataError(
            f"the target {name!r} holds {distinct} distinct numbers: amounts or classes? "
            "mend: data: {task: regression} if they are amounts, "
            + (
                "data: {task: multiclass} if they are classes"
                if alone
                else "a pipeline for it alone if they are classes"
            )
        )
    return "regression"


def check_target(target: pd.Series, task: TaskKind) -> None:
    """Raises DataError for a target that no learner can use."""
    found = target.nunique()
    if task == "binary" and found > 2:
        raise DataError(
            f"the target {target.name!r} has {found} classes where `task: binary` expects 2; "
            "mend: data: {task: multiclass}"
        )
