"""The input schema: what raw rows must look like, and how they are brought into the form that the plan works on.

It is inferred once from all rows that were read (names, kinds, dtypes; never statistics) and is the first Fitted
of every predictor: training rows and rows to predict pass through the same object.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.columns import DTYPES, Kind, Role
from automl.components import Fitted
from automl.errors import DataError, PredictError, did_you_mean
from automl.notation import PLAIN, Notation

if TYPE_CHECKING:
    from automl.learning import TaskKind
    from automl.pipeline_file.declaration import DataDeclaration

DEFAULT_MISSING = ("", "?", "NA", "N/A")
"""Texts that mean "no value" unless the file says otherwise; ``-`` does so in otherwise numeric columns."""

_DASH = "-"
_CELLS = (str, bool, int, float, np.bool_, np.integer, np.floating, datetime.date, np.datetime64)
_TEXT_LENGTH = 40
"""Mean characters from which a column of mostly distinct strings is text rather than a category."""
_FEW_VALUES = 10
"""A numeric target with up to this many distinct values (but more than two) may be classes or amounts: ask."""


@dataclasses.dataclass(frozen=True)
class InputSchema(Fitted):
    """Columns of raw rows, in order, and how each is read.

    Attributes:
        names: column names; ignored columns are left out.
        kinds: the kind of each.
        roles: the role of each.
        missing: texts that mean "no value".
        task: the kind of task that the target makes.
        decimal, thousands: how the training table wrote numbers as text (see `automl.notation`); rows to predict are
            read so, too.
        label_dtype: dtype kind of the raw target ("i", "f", "b" or "O"): predicted labels come back as such.
    """

    names: Sequence[str]
    kinds_: Sequence[Kind]
    roles: Sequence[Role]
    missing: Sequence[str]
    task: TaskKind
    label_dtype: str
    decimal: str = "."
    thousands: str | None = None

    @property
    def notation(self) -> Notation:
        """How the training table wrote numbers as text."""
        return Notation(self.decimal, self.thousands)

    @property
    def targets(self) -> tuple[str, ...]:
        """The target columns, in the order of the table."""
        return tuple(name for name, role in zip(self.names, self.roles, strict=True) if role == "target")

    @property
    def required(self) -> list[str]:
        """Columns without which no prediction is possible."""
        return [name for name, role in zip(self.names, self.roles, strict=True) if role == "feature"]

    @property
    def identifiers(self) -> list[str]:
        """Columns that are passed through to the predictions where they are present."""
        return [name for name, role in zip(self.names, self.roles, strict=True) if role == "id"]

    def kinds(self) -> Mapping[str, Kind]:
        return dict(zip(self.names, self.kinds_, strict=True))

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raw rows as the plan takes them: known columns only, one dtype per kind, missing as missing.

        Columns that are no features may be absent. Raises PredictError naming a missing feature, or the column, the
        row and the value that cannot be read.
        """
        return self._read(frame, self.names)

    def features(self, frame: pd.DataFrame, notation: Notation | None = None) -> pd.DataFrame:
        """The feature columns alone, as rows to predict are seen: whatever the others hold is not looked at.

        ``notation``: how these rows write numbers as text, where that is not as the training table did.
        """
        schema = self
        if notation is not None:
            schema = dataclasses.replace(self, decimal=notation.decimal, thousands=notation.thousands)
        return schema._read(frame, self.required)

    def _read(self, frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
        renamed = frame.set_axis(column_names(frame), axis=1)
        if not renamed.columns.is_unique:
            raise PredictError(
                f"column {renamed.columns[renamed.columns.duplicated()][0]!r} stands more than once; mend: rename one"
            )
        for name in self.required:
            if name not in renamed.columns:
                hint = did_you_mean(name, renamed.columns)
                raise PredictError(
                    f"column {name!r} is missing; expected {len(self.required)} feature columns, found "
                    f"{list(renamed.columns)[:20]}; mend: add the column (empty cells are allowed)"
                    + (f"; {hint}" if hint else "")
                )
        kinds = self.kinds()
        present = [name for name in names if name in renamed.columns]
        columns = {name: read_column(renamed[name], kinds[name], self.missing) for name in present}
        return pd.DataFrame(columns, index=frame.index, columns=present)

    def restore_labels(self, labels: np.ndarray) -> np.ndarray:
        """Class labels (str) in the raw target's own dtype."""
        if self.label_dtype == "i":
            return labels.astype(np.float64).astype(np.int64)
        if self.label_dtype == "f":
            return labels.astype(np.float64)
        if self.label_dtype == "b":
            return labels == "True"
        return labels


def column_names(frame: pd.DataFrame) -> list[str]:
    """Column names as text; the levels of a MultiIndex joined with a dot."""
    return [".".join(str(part) for part in name) if isinstance(name, tuple) else str(name) for name in frame.columns]


def read_column(raw: pd.Series, kind: Kind, missing: Sequence[str]) -> pd.Series:
    """One raw column in the dtype of its kind. Infinite numbers become missing."""
    values = _without_markers(raw, missing)
    if kind == "numeric":
        return _numbers(values, raw)
    if kind == "boolean":
        return _booleans(values, raw)
    if kind == "datetime":
        return _dates(values, raw)
    return _labels(values)


def _without_markers(raw: pd.Series, missing: Sequence[str]) -> pd.Series:
    """Missing markers as missing; a column of numbers or dates has none."""
    if raw.dtype.kind in "iufbmM":
        return raw
    if raw.dtype != object and raw.dtype != DTYPES["text"]:
        raw = raw.astype(object)  # categories, and Arrow's types, which do not compare with texts when all is missing
    stripped = raw.map(lambda v: v.strip() if isinstance(v, str) else v)
    return stripped.mask(stripped.isin(list(missing)))


def _numbers(values: pd.Series, raw: pd.Series) -> pd.Series:
    if values.dtype.kind not in "iufb":
        values = values.mask(values == _DASH)
        numbers = pd.to_numeric(values, errors="coerce")
        _refuse_unread(numbers.isna() & values.notna(), raw, "a number")
        values = numbers
    numbers = values.astype(DTYPES["numeric"])
    return numbers.mask(np.isinf(numbers))


def _booleans(values: pd.Series, raw: pd.Series) -> pd.Series:
    words = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    if values.dtype.kind == "b":
        return values.astype(DTYPES["boolean"])
    read = values.map(lambda v: words.get(str(v).lower()), na_action="ignore")
    _refuse_unread(read.isna() & values.notna(), raw, "true or false")
    return read.astype(DTYPES["boolean"])


def _dates(values: pd.Series, raw: pd.Series) -> pd.Series:
    if values.dtype.kind != "M" and not isinstance(values.dtype, pd.DatetimeTZDtype):
        read = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
        _refuse_unread(read.isna() & values.notna(), raw, "a date such as 2026-01-31 or 2026-01-31T12:00")
        values = read
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    return values.astype(DTYPES["datetime"])


def _labels(values: pd.Series) -> pd.Series:
    """Strings; whole numbers without a decimal point, so that 7, 7.0 and "7" are one level."""
    if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    elif values.dtype == object:
        values = values.map(lambda v: str(int(v)) if isinstance(v, float) and v.is_integer() else v)
    return values.astype(DTYPES["categorical"])


def _refuse_unread(unread: pd.Series, raw: pd.Series, expected: str) -> None:
    if unread.any():
        row = unread.idxmax()
        raise PredictError(
            f"column {raw.name!r}: row {row!r} holds {raw.loc[[row]].iloc[0]!r}, where {expected} was expected"
            f" ({int(unread.sum())} such rows); mend: correct the cell, leave it empty, or give the column another"
            " kind (data.kinds) and train again"
        )


def infer_schema(frame: pd.DataFrame, data: DataDeclaration, notation: Notation = PLAIN) -> InputSchema:
    """Kinds, roles and the task from all rows. Raises DataError where the data cannot be what the file says."""
    frame = frame.set_axis(column_names(frame), axis=1)
    names = _checked_names(frame, data)
    missing = DEFAULT_MISSING if data.missing is None else tuple(data.missing)
    roles: dict[str, Role] = {name: data.roles.get(name, "feature") for name in names}
    roles |= dict.fromkeys(data.targets, "target")
    kinds = {name: data.kinds.get(name) or infer_kind(frame[name], missing) for name in names}
    task = data.task or _inferred_task(frame, data, kinds, missing)
    kinds |= dict.fromkeys(data.targets, "numeric" if task == "regression" else "categorical")
    if task == "regression":
        for name in data.targets:
            _refuse_infinite(frame[name])
    return InputSchema(
        names, [kinds[n] for n in names], [roles[n] for n in names], list(missing), task,
        _label_dtype(frame[data.target]), notation.decimal, notation.thousands,
    )  # fmt: skip


def _inferred_task(
    frame: pd.DataFrame, data: DataDeclaration, kinds: Mapping[str, Kind], missing: Sequence[str]
) -> TaskKind:
    tasks = {name: infer_task(read_column(frame[name], kinds[name], missing), name) for name in data.targets}
    classes = [name for name, task in tasks.items() if task != "regression"]
    if len(tasks) > 1 and classes:
        raise DataError(
            f"the target {classes[0]!r} makes a {tasks[classes[0]]} task; expected numbers, since there are several "
            "targets; mend: make a pipeline for it alone, or say `task: regression` if its numbers are amounts"
        )
    return tasks[data.target]


def _label_dtype(target: pd.Series) -> str:
    kind = target.dtype.kind
    if _all_booleans(target.dropna()):
        return "b"
    return {"u": "i"}.get(kind, kind) if kind in "iuf" else "O"


def _all_booleans(values: pd.Series) -> bool:
    return values.dtype.kind == "b" or bool(values.map(lambda v: isinstance(v, bool | np.bool_)).all())


def _checked_names(frame: pd.DataFrame, data: DataDeclaration) -> list[str]:
    names = [name for name in frame.columns if name not in data.ignore]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"the column name {twice[0]!r} stands {names.count(twice[0])} times; mend: rename one")
    for name in (*data.targets, *data.roles, *data.kinds):
        if name not in names:
            hint = did_you_mean(name, names)
            raise DataError(f"there is no column {name!r}; found {names[:20]}{f'; {hint}' if hint else ''}")
    return names


def _refuse_infinite(target: pd.Series) -> None:
    """In a feature an infinite number counts as missing; of a target it would cost the row unsaid."""
    infinite = np.isinf(pd.to_numeric(target, errors="coerce").astype("float64"))
    if infinite.any():
        raise DataError(
            f"the target {target.name!r} is infinite in {int(infinite.sum())} rows, the first {infinite.idxmax()!r}; "
            "mend: correct those rows, or leave the cells empty"
        )


def infer_kind(raw: pd.Series, missing: Sequence[str] = DEFAULT_MISSING) -> Kind:
    """What a raw column most likely means. Raises DataError for values that are no table cells."""
    _refuse_foreign(raw)
    if raw.dtype.kind == "b" or isinstance(raw.dtype, pd.BooleanDtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(raw.dtype):
        return "numeric"
    if raw.dtype.kind == "M" or isinstance(raw.dtype, pd.DatetimeTZDtype):
        return "datetime"
    values = _without_markers(raw, missing).dropna()
    if not len(values):
        return "numeric"
    if _all_booleans(values):
        return "boolean"
    numbers = pd.to_numeric(values[values != _DASH], errors="coerce")
    if len(numbers) and numbers.notna().all():
        return "numeric"
    if set(values.map(str).str.lower().unique()) <= {"true", "false"}:
        return "boolean"
    texts = values.map(str)
    if texts.head(200).str.match(r"\d{4}-\d{2}-\d{2}").all():
        dates = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
        if dates.notna().all():
            return "datetime"
    if texts.str.len().mean() > _TEXT_LENGTH and texts.nunique() > len(texts) / 2:
        return "text"
    return "categorical"


def _refuse_foreign(raw: pd.Series) -> None:
    """Durations, periods, complex numbers, decimals, lists: numbers could be made of some, but which?"""
    found = str(raw.dtype) if raw.dtype.kind in "mc" or isinstance(raw.dtype, pd.PeriodDtype | pd.IntervalDtype) else ""
    if raw.dtype == object:
        foreign = raw[raw.notna() & ~raw.map(lambda v: isinstance(v, _CELLS))]
        found = type(foreign.iloc[0]).__name__ if len(foreign) else ""
    if found:
        raise DataError(
            f"column {raw.name!r} holds {found} values; expected numbers, texts, booleans or dates; "
            "mend: convert the column, or name it under data.roles.ignore"
        )


def infer_task(target: pd.Series, name: str) -> TaskKind:
    """The task that a target column makes; raises DataError where it could be either."""
    distinct = target.dropna().nunique()
    if distinct < 2:
        raise DataError(
            f"the target {name!r} has {distinct} distinct value(s); there is nothing to predict; "
            "mend: choose another target (data.target)"
        )
    if target.dtype.kind != "f":
        return "binary" if distinct == 2 else "multiclass"
    if distinct == 2:
        return "binary"
    if distinct <= _FEW_VALUES:
        raise DataError(
            f"the target {name!r} holds {distinct} distinct numbers: amounts or classes? "
            "mend: say `task: regression` or `task: multiclass` under data:"
        )
    return "regression"


def check_target(target: pd.Series, task: TaskKind) -> None:
    """Raises DataError for a target that no learner can use."""
    if task == "regression" and (target.abs() > 1e250).any():
        raise DataError(f"the target {target.name!r} holds values beyond 1e250; mend: correct those rows")
    found = target.nunique()
    if found < 2:
        raise DataError(f"the target {target.name!r} has {found} distinct value(s); there is nothing to predict")
    if task == "binary" and found > 2:
        raise DataError(
            f"the target {target.name!r} has {found} classes where `task: binary` expects 2; mend: task: multiclass"
        )


def describe_schema(schema: InputSchema) -> dict[str, Any]:
    """Counts by kind, for a person: ``{"task": "binary", "features": 14, "numeric": 6, "categorical": 8}``."""
    features = [k for k, role in zip(schema.kinds_, schema.roles, strict=True) if role == "feature"]
    counts: dict[str, int] = {str(kind): features.count(kind) for kind in dict.fromkeys(features)}
    return {"task": schema.task, "target": ", ".join(schema.targets), "features": len(features), **counts}
