"""Does a finished model give the same twice, and whatever rows stand beside a row? Each of its parts is asked.

A dropout that was called in training mode, a batch normalisation over the rows that happen to come along, a layer that
keeps state from call to call: all of these load well and predict something else the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from automl.components import Fitted
from automl.errors import BundleError
from automl.predictor import Predictor
from automl.wide_frames import float_columns

_AGAIN: Final = 1e-7
"""How far the same rows may differ, relative to the column's largest value: nothing but the order of additions."""
_BESIDE: Final = 1e-5
"""How far a row may differ with others beside it: a matrix product in float32 rounds otherwise for another shape."""


_AT_ONCE: Final = 1000
"""Columns that are compared in one go."""


def check_repeatable(
    predictor: Predictor, raw: pd.DataFrame, called: Mapping[str, str], replayed: dict[str, pd.DataFrame]
) -> None:
    """Ask each part of a model again for these rows, and for some of them in another order.

    Args:
        predictor: as it was loaded.
        raw: raw rows.
        called: how a learner is called in messages, by id: it may be given a network.
        replayed: takes what the steps make of these rows, see `Predictor.predict`.

    Raises:
        BundleError: a part gives something else; says which and how far off.
    """
    for name, fitted, given in predictor.parts(raw, replayed):
        _check(called.get(name, name), fitted, given)


def _check(name: str, fitted: Fitted, given: pd.DataFrame) -> None:
    first = fitted.apply(given)
    places = np.arange(len(given))[::-2]  # every other one, backwards
    again, beside = fitted.apply(given), fitted.apply(given.iloc[places])
    for what, other, expected, tolerance in (
        ("when it is asked again", again, first, _AGAIN),
        ("with other rows beside it", beside, first.iloc[places], _BESIDE),
    ):
        far = _first_difference(expected, other, tolerance)
        if far is not None:
            column, place = far
            values = f"{_cell(expected, column, place)}, then {_cell(other, column, place)}"
            raise BundleError(
                f"{name} gives a row something else {what} (row {expected.index[place]}, column {column!r}: {values}), "
                "so that no prediction of this model can be relied on; mend: what is random, looks at the other rows "
                "or keeps state (a dropout called with training=True, a batch normalisation in training mode, a "
                "stateful layer) may do so in training only"
            )


def _first_difference(expected: pd.DataFrame, found: pd.DataFrame, tolerance: float) -> tuple[str, int] | None:
    """The first column that differs, and the place of the first row there."""
    if list(found.columns) != list(expected.columns):
        return str(next(iter(set(expected.columns) ^ set(found.columns)), expected.columns[0])), 0
    numbers, others = _numbers(expected), _numbers(found)
    numbers = {name: values for name, values in numbers.items() if name in others}
    first: dict[str, int] = {}
    names = list(numbers)
    for place in range(0, len(names), _AT_ONCE):
        part = names[place : place + _AT_ONCE]
        a, b = (np.stack([columns[name] for name in part]) for columns in (numbers, others))
        largest = np.abs(np.where(np.isfinite(a), a, 0.0)).max(axis=1, initial=0.0)
        with np.errstate(invalid="ignore"):
            near = np.abs(a - b) <= tolerance * largest[:, None]
        same = near | (a == b) | (np.isnan(a) & np.isnan(b))
        first |= {part[k]: int(np.argmin(same[k])) for k in np.flatnonzero(~same.all(axis=1))}
    for column in expected.columns.difference(names):
        a, b = expected[column].to_numpy(object), found[column].to_numpy(object)
        gap = expected[column].isna().to_numpy()
        alike = np.where(gap, found[column].isna().to_numpy(), [x == y for x, y in zip(a, b, strict=True)])
        if not alike.all():
            first[column] = int(np.argmin(alike))
    return next(((column, first[column]) for column in expected.columns if column in first), None)


def _numbers(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of numbers of any width, as float64 [n]."""
    found = float_columns(frame)
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if name not in found and pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
            found[name] = frame[name].to_numpy(np.float64, na_value=np.nan)
    return found


def _cell(frame: pd.DataFrame, column: str, place: int) -> str:
    if column not in frame:
        return "no such column"
    value = frame[column].iloc[place]
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
