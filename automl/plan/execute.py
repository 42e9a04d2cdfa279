"""What happens when a value is not in the store: reading, splitting, fitting and applying."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from automl import codec
from automl.attribution import STRANGERS_ERRORS, named_errors
from automl.columns import TEST, TRAIN, Kind
from automl.components import Fitted, Reader, Splitter, Transform
from automl.dataset import Column, Dataset, Rows, column_fingerprints
from automl.errors import AutoMLError, CellError, DataError, PlanError, RefusedCellError, StageError
from automl.fingerprint import array_fingerprint
from automl.input_schema import (
    DEFAULT_MISSING,
    check_target,
    column_names,
    describe_schema,
    infer_schema,
    read_column,
    refuse_no_rows,
    refuse_single_value,
)
from automl.input_schema.dated import dated_columns
from automl.input_schema.odd_cells import odd_cells_in
from automl.labels import with_positive_last
from automl.learning import TaskKind
from automl.pipeline_file.declaration import DataDeclaration
from automl.plan.histories import PARTITION, graft
from automl.plan.remarks import remarks_on
from automl.plan.selectors import select
from automl.plan.target_wise import TargetWise
from automl.state_types import refuse_false_state

_MOST_LEVELS = 10_000
_USUAL_EXPONENT = 100
"""Weights up to 2^100, and down to its inverse, are taken as they are."""


@dataclass(frozen=True)
class Executed:
    """What a node's execution leaves: a dataset, a state, and what it wrote (``-name``: dropped) for the histories."""

    dataset: Dataset
    state: Any
    wrote: Sequence[str]
    record: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def read(reader: Reader, data: DataDeclaration) -> Executed:
    """Read raw rows, infer the input schema, pass the rows through it; rows without a target or of weight 0 go.

    Rows of weight 0 go first: neither kinds nor levels nor the split may come from a row that does not count.
    """
    with named_errors(type(reader), "read", "reader"):
        raw = reader.read()
    refuse_no_rows(raw, getattr(reader.params, "path", None))
    with named_errors(type(reader), "notation", "reader"):
        notation = reader.notation()
    counted = _counted(raw, data, reader)
    raw = raw[counted] if not counted.all() else raw
    rows = np.flatnonzero(counted)
    knows_places = type(reader).place is not Reader.place
    place = (lambda row: reader.place(int(rows[row]))) if knows_places else None
    beyond: dict[str, np.ndarray] = {}
    try:
        schema = infer_schema(raw, data, notation, typed=reader.typed)
        frame = _with_plain_weights(schema.read(raw, beyond), data)
    except (CellError, RefusedCellError) as error:
        raise error if place is None else error.at(place(error.row)) from error
    remarks = {**odd_cells_in(raw, schema, frame), **remarks_on(raw, schema, beyond, place)}
    if dated := dated_columns(raw, data.ignore):
        remarks["split.random_of_dated_rows"] = dated
    frame.index = pd.Index(rows, dtype="int64")
    missing_target = frame[list(data.targets)].isna().any(axis=1)
    frame = frame[~missing_target]
    if frame.empty and len(data.targets) > 1:
        raise DataError(
            f"no row has a value of the target {', '.join(map(repr, data.targets))}; "
            "mend: a table with rows to learn from"
        )
    named = raw.set_axis(column_names(raw), axis=1)
    for name in data.targets:
        refuse_single_value(named[name], frame[name].nunique(), schema.missing_in(name), data.missing)
        check_target(frame[name], schema.task)
    if data.positive is not None:
        _check_positive(frame, schema.task, data)
    if not schema.required:
        raise DataError(f"there is no feature column besides the target; mend: {_to_learn_from(raw, data)}")
    roles = dict(zip(schema.names, schema.roles, strict=True))
    kinds = schema.kinds()
    dataset = Dataset.make(frame, {n: roles[n] for n in frame.columns}, {n: kinds[n] for n in frame.columns})
    record = {
        "rows_without_target": int(missing_target.sum()),
        "rows_without_weight": int((~counted).sum()),
        "schema": describe_schema(schema),
        "remarks": remarks,
    }
    return Executed(dataset, schema.state(), list(frame.columns), record)


def _to_learn_from(raw: pd.DataFrame, data: DataDeclaration) -> str:
    """What is in another role and could be a feature."""
    apart = [name for name in (*data.roles, *data.ignore) if name in column_names(raw)]
    if not apart:
        return "a table with other columns"
    one = f"take {apart[0]!r}" if len(apart) == 1 else f"take one of {', '.join(map(repr, apart[:10]))}"
    return f"{one} out of data.roles"


def _counted(raw: pd.DataFrame, data: DataDeclaration, reader: Reader) -> np.ndarray:
    """Mask over the raw rows, bool [n]: False where the weight is 0. All True if no row has another weight."""
    name = next((name for name, role in data.roles.items() if role == "weight"), None)
    names = column_names(raw)
    if name not in names:  # no weights, or a name that the schema refuses with all others
        return np.ones(len(raw), dtype=bool)
    missing = DEFAULT_MISSING if data.missing is None else data.missing
    try:
        column = read_column(raw.iloc[:, names.index(name)], "numeric", missing, reader.notation())
    except CellError as error:
        told = error if type(reader).place is Reader.place else error.at(reader.place(error.row))
        raise DataError(f"data.roles.weight: {told}") from error
    counted: np.ndarray = column.to_numpy(dtype=np.float64) != 0
    return counted if counted.any() else np.ones(len(raw), dtype=bool)


def _with_plain_weights(frame: pd.DataFrame, data: DataDeclaration) -> pd.DataFrame:
    """Weights of no particular size: 1 where all are equal, and so near 1 that their sums and squares are float64.

    They are divided by a power of two, which rounds none, and left alone where that is not needed: whole numbers are
    counts. What is no weight stays, to be told.
    """
    name = next((name for name, role in data.roles.items() if role == "weight"), None)
    if name is None:
        return frame
    weight = frame[name].to_numpy(dtype=np.float64)
    known = weight[weight != 0]
    if not len(known) or not (np.isfinite(known) & (known > 0)).all():
        return frame
    if len(known) == len(weight) and known.min() == known.max():
        return frame.assign(**{name: 1.0})
    exponent = int(np.frexp(known.max())[1])
    return frame if abs(exponent) < _USUAL_EXPONENT else frame.assign(**{name: np.ldexp(weight, -exponent)})


def _check_positive(frame: pd.DataFrame, task: TaskKind, data: DataDeclaration) -> None:
    """Raises DataError if `data.positive` is none of two classes."""
    if task == "regression":
        raise DataError(
            f"data.positive: {data.positive!r} is to be one of two classes, and the target {data.target!r} makes a "
            "regression; mend: remove 'positive', or say `task: binary`"
        )
    with_positive_last(frame[data.target].unique(), data.positive, data.target)


def split(splitter: Splitter, dataset: Dataset, who: str) -> Executed:
    """Partition the rows."""
    part = np.asarray(_guarded(who, "split", splitter.split, dataset), dtype="int16")
    if part.shape != (len(dataset.frame),):
        raise StageError(f"{who}: split returned shape {part.shape}, expected ({len(dataset.frame)},)")
    if not (part >= 0).any():
        raise DataError(f"{who}: no training row is left of {len(part)}; mend: smaller valid and test shares")
    return Executed(dataclasses.replace(dataset, part=part), None, [PARTITION])


def transform(stage: Transform, dataset: Dataset, selector: Any, who: str) -> Executed:
    """Fit on training rows only, then apply to all rows that this view of the data holds.

    A stage that is given no columns (no categories in this table) passes everything through and has no state.
    """
    if dataset.part is None and not stage.stateless:
        raise PlanError(f"{who}: it learns from rows, but no split stands before it: it would see the test rows")
    if dataset.part is not None and (dataset.part == TEST).any():
        raise PlanError(f"{who}: test rows reached a transform; this is a defect of the engine")
    selected = dataset.named("target") if stage.on_target else select(selector, dataset, stage.accepts, who)
    if stage.on_target:
        for name in selected:
            if (kind := dataset.columns[name].kind) not in stage.accepts:
                raise PlanError(f"{who}: the target {name!r} is {kind}, not a number")
    rows = dataset.rows(TRAIN, selected)
    if stage.stateless:
        rows = Rows(rows.frame.iloc[:0], None, None, rows.kinds)
    if not selected:
        return Executed(dataset, None, [], {"selected": [], "on_target": False})
    if type(stage).fit_apply is Transform.fit_apply:
        fitted = _fit(stage, rows, who)
        output = _guarded(who, "apply", fitted.apply, dataset.frame[selected])
    elif stage.on_target and len(selected) > 1:
        raise PlanError(f"{who}: it fits training rows in a way of its own (fit_apply), which takes one target only")
    else:
        fitted, shown = _guarded(who, "fit", stage.fit_apply, rows)
        fitted = _guarded(who, "state", through_codec, fitted)
        dataset, output = _beside_training(stage, dataset, selected, fitted, shown, who)
    return Executed(
        _grafted(dataset, selected, output, fitted, who),
        fitted.state(),
        [*output.columns, *(f"-{name}" for name in selected if name not in output.columns)],
        {"selected": selected, "on_target": stage.on_target, "levels": _levels_met(fitted, rows, output)},
    )


def _levels_met(fitted: Fitted, rows: Rows, output: pd.DataFrame) -> dict[str, list[str]]:
    """The training levels of columns that a stage makes something else of, unless it tells itself what it has not seen.

    A model counts by them the cells that hold other levels. Columns of more levels than a person would be told of are
    left out, and so are all columns of a stage that learns from no rows.
    """
    if type(fitted).unseen_cells is not Fitted.unseen_cells or not len(rows.frame):
        return {}
    found: dict[str, list[str]] = {}
    for name, column in rows.frame.items():
        if column.dtype == "str" and (name not in output.columns or output[name].dtype != "str"):
            levels = column.dropna().unique()
            if len(levels) <= _MOST_LEVELS:
                found[str(name)] = sorted(map(str, levels))
    return found


def through_codec(fitted: Fitted) -> Fitted:
    """Use what will be loaded: a Fitted as it comes back from the store. Raises StageError if that is no state of its
    class."""
    state = codec.from_bytes(codec.to_bytes(fitted.state()))
    refuse_false_state(type(fitted), state)
    return type(fitted).from_state(state)


def _fit(stage: Transform, rows: Rows, who: str) -> Fitted:
    """Fit, of several targets each by itself; what comes out has been through the codec."""
    targets = list(rows.frame.columns) if stage.on_target else []
    if len(targets) < 2:
        return _guarded(who, "state", through_codec, _guarded(who, "fit", stage.fit, rows))
    each = {name: dataclasses.replace(rows, frame=rows.frame[[name]]) for name in targets}
    return TargetWise({name: _fit(stage, alone, who) for name, alone in each.items()})


def _beside_training(
    stage: Transform, dataset: Dataset, selected: list[str], fitted: Fitted, shown: pd.DataFrame, who: str
) -> tuple[Dataset, pd.DataFrame]:
    """The training rows as ``fit_apply`` gave them, all others through ``apply``."""
    assert dataset.part is not None
    rest = _guarded(who, "apply", fitted.apply, dataset.frame.loc[dataset.part != TRAIN, selected])
    if list(rest.columns) != list(shown.columns) or (len(rest) and list(rest.dtypes) != list(shown.dtypes)):
        raise StageError(f"{who}: the training output and apply differ in columns or dtypes")
    train = dataset.frame.index[dataset.part == TRAIN]
    lost = train.difference(shown.index)
    if len(lost) and not stage.drops_rows:
        raise StageError(f"{who}: lost {len(lost)} training rows and does not declare drops_rows")
    if len(lost):
        dataset = dataset.keep(~dataset.frame.index.isin(lost))
    return dataset, pd.concat([shown, rest]).reindex(dataset.frame.index)


def _grafted(dataset: Dataset, selected: list[str], output: pd.DataFrame, fitted: Fitted, who: str) -> Dataset:
    frame = graft(dataset.frame, selected, output, who)
    told = _guarded(who, "kinds", type(fitted).kinds, fitted)
    prints = column_fingerprints(output, array_fingerprint(frame.index.to_numpy()))
    dtypes = dict(zip(output.columns, output.dtypes, strict=True))
    columns: dict[str, Column] = {}
    for name in frame.columns:
        old = dataset.columns.get(name)
        if name not in prints:
            assert old is not None
            columns[name] = old
            continue
        kind = told.get(name) or _kind_of(name, dtypes[name], old.kind if old else None, who)
        columns[name] = Column(old.role if old else "feature", kind, prints[name])
    return Dataset(frame, columns, dataset.part)


def _kind_of(name: str, dtype: Any, before: Kind | None, who: str) -> Kind:
    """The kind that a dtype tells; a str column keeps what it was."""
    if dtype == "float64":
        return "numeric"
    if dtype == "boolean":
        return "boolean"
    if dtype.kind == "M":
        return "datetime"
    if dtype == "str":
        return before if before in ("categorical", "ordinal", "text") else "categorical"
    raise StageError(f"{who}: column {name!r} came out as {dtype}; expected float64, boolean, str or datetime64")


def _guarded(who: str, verb: str, call: Any, argument: Any) -> Any:
    """Call a stage; an error about the data stays one, any other becomes a StageError; both name the stage."""
    named: AutoMLError
    cause: BaseException
    try:
        return call(argument)
    except AutoMLError as error:
        named, cause = (DataError if isinstance(error, DataError) else StageError)(f"{who}: {error}"), error
    except STRANGERS_ERRORS as error:
        text = f": {error}" if str(error) else ""
        named, cause = StageError(f"{who}: {verb} raised {type(error).__name__}{text}"), error
    named.is_named = True
    raise named from cause
