"""What transforms promise of rows that are out of the ordinary: none, one, empty cells, strange levels, no variation.

A stage may refuse such rows, but with an error of its own that says so, not with one out of its depths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from automl.columns import DTYPES
from automl.dataset import Rows
from automl.errors import AutoMLError
from automl.testing.checks import Check, check
from automl.testing.subjects import Learned, TransformSubject
from automl.testing.tables import assert_same
from automl.testing.transform_checks import (
    apply_keeps_rows_order_and_index,
    it_fits_sample_rows,
    outputs_are_as_declared,
    to_bytes_or_none,
)

_STRANGE: Final = "a level that training never saw"
_CLOSE: Final = 1e-7
_LEVELS: Final = frozenset({"categorical", "ordinal", "text"})


@check(it_fits_sample_rows)
def zero_rows_are_handled(subject: TransformSubject) -> None:
    """No rows come out as no rows with the usual columns; learning from none works or is refused in words."""
    frame = subject.rows(seed=1).frame
    result = _in_words(lambda: subject.fitted.apply(frame.iloc[:0]), "apply to no rows")
    usual = subject.fitted.apply(frame)
    assert_same(result, usual.iloc[:0], "no rows come out with other columns or dtypes than rows do")
    rows = subject.rows()
    empty = Rows(rows.frame.iloc[:0], _head(rows.target, 0), None, rows.kinds)
    _or_refused(lambda: subject.learn(subject.make(), empty), "fit on no rows")


@check(zero_rows_are_handled)
def one_row_is_handled(subject: TransformSubject) -> None:
    """Learning from a single row works or is refused in words."""
    rows = subject.rows()
    one = Rows(rows.frame.iloc[:1], _head(rows.target, 1), None, rows.kinds)
    learned = _or_refused(lambda: subject.learn(subject.make(), one), "fit on one row")
    if learned is not None:
        assert len(learned.fitted.apply(one.frame)) == 1, "one row went in, and not one came out"


@check(apply_keeps_rows_order_and_index, zero_rows_are_handled)
def missing_values_are_handled(subject: TransformSubject) -> None:
    """Rows, and columns, without any value come through or are refused in words."""
    rows = subject.rows()
    nothing = rows.frame.assign(
        **{name: _missing(rows.frame[name]) for name in rows.frame.columns}  # one dtype for each kind, as always
    )
    result = _or_refused(lambda: subject.fitted.apply(nothing), "apply to rows without any value")
    if result is not None:
        assert result.index.equals(nothing.index), "rows without any value are lost"
    if subject.component.on_target:
        return  # rows without a target never reach a stage
    empty = Rows(nothing, rows.target, None, rows.kinds)
    _or_refused(lambda: subject.learn(subject.make(), empty), "fit on columns without any value")


@check(apply_keeps_rows_order_and_index)
def unseen_levels_are_handled(subject: TransformSubject) -> None:
    """A level that training never saw comes through, or is refused in words that name the column."""
    rows = subject.rows(seed=1)
    for name, kind in rows.kinds.items():
        if kind not in _LEVELS:
            continue
        strange = rows.frame.assign(**{name: pd.Series(_STRANGE, index=rows.frame.index, dtype=DTYPES[kind])})
        result = _or_refused(partial(subject.fitted.apply, strange), f"apply to a strange {name}", name)
        if result is not None:
            usual = subject.fitted.apply(rows.frame)
            assert result.index.equals(rows.frame.index), f"rows with an unseen level of {name!r} are lost"
            assert list(result.columns) == list(usual.columns), f"an unseen level of {name!r} changes the columns"


@check(outputs_are_as_declared, zero_rows_are_handled)
def constant_columns_are_handled(subject: TransformSubject) -> None:
    """A column of one value gives numbers, not NaN or infinity, or is refused in words."""
    rows = subject.rows()
    constant = Rows(_constant(rows.frame), rows.target, None, rows.kinds)
    learned: Learned | None = _or_refused(lambda: subject.learn(subject.make(), constant), "fit on constant columns")
    if learned is None:
        return
    result = learned.fitted.apply(constant.frame)
    for name in result.columns:
        if result[name].dtype == DTYPES["numeric"]:
            finite = np.isfinite(result[name].to_numpy())
            assert finite.all(), (
                f"constant columns without gaps make column {name!r} {result[name].to_numpy()[~finite][0]}; "
                "mend: where a spread is 0, divide by 1"
            )


@check(it_fits_sample_rows)
def stateless_stages_learn_nothing(subject: TransformSubject) -> None:
    """A stage that declares ``stateless`` learns the same from all rows as from none."""
    rows = subject.rows()
    from_none = subject.make().fit(Rows(rows.frame.iloc[:0], None, None, rows.kinds))
    from_all = subject.make().fit(rows)
    assert to_bytes_or_none(from_none) == to_bytes_or_none(from_all), (
        "rows change what it learns, but a stateless stage may stand before the split and would see the test rows; "
        "mend: stateless = False"
    )


@check(apply_keeps_rows_order_and_index)
def inverse_undoes_apply(subject: TransformSubject) -> None:
    """``inverse`` brings the transformed target back into its own unit, and leaves its input as it is."""
    frame = subject.rows(seed=1).frame
    name = str(frame.columns[0])
    values = subject.fitted.apply(frame)[name].to_numpy(dtype=np.float64)
    given = values.copy()
    back = subject.fitted.inverse(given)
    assert np.array_equal(given, values, equal_nan=True), "inverse changed the array that it was given"
    assert back.shape == values.shape, f"inverse made {back.shape} of {values.shape}"
    expected = frame[name].to_numpy(dtype=np.float64)
    wrong = ~np.isclose(back, expected, rtol=_CLOSE, atol=_CLOSE * np.abs(expected).max())
    assert not wrong.any(), (
        f"inverse(apply(y)) is not y: {expected[wrong][0]!r} came back as {back[wrong][0]!r} "
        f"({int(wrong.sum())} of {len(values)} rows)"
    )


ODD_ROW_CHECKS: Final[tuple[Check, ...]] = (
    zero_rows_are_handled,
    one_row_is_handled,
    missing_values_are_handled,
    constant_columns_are_handled,
)


def _in_words(call: Callable[[], Any], what: str) -> Any:
    """The result; an error that the engine's contract does not know becomes an AssertionError."""
    try:
        return call()
    except Exception as error:
        raise AssertionError(f"{what} raises {type(error).__name__}: {error}") from error


def _or_refused(call: Callable[[], Any], what: str, names: str = "") -> Any:
    """The result, or None where the stage refuses in an error of the engine's kind that holds ``names``."""
    try:
        return _in_words(call, what)
    except AssertionError as error:
        refusal = error.__cause__
        if not isinstance(refusal, AutoMLError):
            raise
        if names not in str(refusal):
            raise AssertionError(f"{what} is refused without naming {names!r}: {refusal}") from refusal
        return None


def _head(series: pd.Series | None, rows: int) -> pd.Series | None:
    return None if series is None else series.iloc[:rows]


def _missing(series: pd.Series) -> pd.Series:
    return series.mask(np.ones(len(series), dtype=bool))


def _constant(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column filled with its first value."""
    first: Mapping[str, Any] = {name: frame[name].dropna().iloc[0] for name in frame.columns}
    return pd.DataFrame(
        {
            name: pd.Series([value] * len(frame), index=frame.index, dtype=frame[name].dtype)
            for name, value in first.items()
        }
    )
