"""What every transform promises: learning and applying, on rows as they usually are."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from automl.codec import from_bytes, to_bytes
from automl.columns import DTYPES
from automl.dataset import Rows
from automl.errors import AutoMLError, PredictError
from automl.testing.checks import Check, check
from automl.testing.samples import ROWS
from automl.testing.subjects import SEED, TransformSubject
from automl.testing.tables import assert_same, read_only

_LAST_BITS: Final = 1e-9
"""Relative difference that is no difference: BLAS sums in an order that depends on the number of rows."""


@check()
def it_fits_sample_rows(subject: TransformSubject) -> None:
    """Each example can be fitted on one of the sample tables, and applied to it."""
    subject.learned  # noqa: B018 - raises what is wrong


@check(it_fits_sample_rows)
def fitted_is_the_declared_class(subject: TransformSubject) -> None:
    """``fit`` returns the class that ``fitted`` declares: a saved model is rebuilt by it."""
    declared = getattr(subject.component, "fitted", None)
    assert type(subject.fitted) is declared, (
        f"fit returned a {type(subject.fitted).__name__}, declared is {getattr(declared, '__name__', declared)}; "
        f"mend: fitted = {type(subject.fitted).__name__} in the class"
    )


@check(it_fits_sample_rows)
def state_round_trips_without_pickle(subject: TransformSubject) -> None:
    """The state is plain values and arrays, and what comes back from them applies equally."""
    rows = subject.rows()
    stage = subject.make()
    fitted = stage.fit(Rows(rows.frame.iloc[:0], None, None, rows.kinds) if stage.stateless else rows)
    data = to_bytes(fitted.state())
    back = type(fitted).from_state(from_bytes(data))
    assert to_bytes(back.state()) == data, "the state that was loaded is not the state that was stored"
    frame = subject.rows(seed=1).frame
    assert_same(back.apply(frame), fitted.apply(frame), "what was loaded applies differently")
    assert dict(back.kinds()) == dict(fitted.kinds()), "what was loaded declares other kinds"


@check(it_fits_sample_rows)
def outputs_are_as_declared(subject: TransformSubject) -> None:
    """Results are frames with unique names and the dtypes of their kinds; ``kinds()`` is true of them."""
    result = subject.fitted.apply(subject.rows(seed=1).frame)
    assert isinstance(result, pd.DataFrame), f"apply returned a {type(result).__name__}, expected a DataFrame"
    assert all(isinstance(name, str) for name in result.columns), f"names that are no text: {list(result.columns)}"
    assert result.columns.is_unique, f"a name comes twice: {list(result.columns)}"
    told = subject.fitted.kinds()
    for name in result.columns:
        dtype = str(result[name].dtype)
        legal = {DTYPES[told[name]]} if name in told else set(DTYPES.values())
        assert dtype in legal, f"column {name!r} is {dtype}, expected {' or '.join(sorted(legal))}" + (
            f" for the declared kind {told[name]!r}" if name in told else ""
        )
    phantoms = sorted(set(told) - set(result.columns))
    assert not phantoms, f"kinds() names columns that do not come out: {phantoms}"
    if subject.component.on_target:
        assert list(result.columns) == list(subject.rows().frame.columns), "the target does not keep its one name"


@check(outputs_are_as_declared)
def names_are_as_declared(subject: TransformSubject) -> None:
    """``outputs`` of the class, where it answers, names every column that ``apply`` returns; else ``prefixes`` do."""
    frame = subject.rows(seed=1).frame
    params = subject.make().params
    declared = subject.component.outputs(params, list(frame.columns))
    begun = subject.component.prefixes(params, list(frame.columns)) if declared is None else None
    returned = subject.fitted.apply(frame).columns
    if declared is not None:
        surprising = [name for name in returned if name not in declared]
        assert not surprising, f"apply returns {surprising}, which outputs() does not name: {list(declared)}"
    if begun is not None:
        surprising = [name for name in returned if name not in frame.columns and not name.startswith(tuple(begun))]
        assert not surprising, f"apply returns {surprising}, which begin as none of prefixes(): {list(begun)}"


@check(outputs_are_as_declared)
def leaves_what_it_says(subject: TransformSubject) -> None:
    """What ``leaves`` promises of a column is so: it is there, of its kind, with its gaps, or unchanged."""
    if subject.component.on_target:
        return
    train, frame = subject.rows().frame, subject.rows(seed=1).frame
    result, told = subject.fitted.apply(frame), subject.fitted.kinds()
    for name in frame.columns:
        for values in (train[name], None):
            left = set(subject.component.leaves(subject.make().params, str(name), values))
            left |= {"there", "kind", "gaps"} if "values" in left else set()
            assert "there" not in left or name in result.columns, f"column {name!r} is to be there and is dropped"
            if name not in result.columns:
                continue
            before, after = frame[name], result[name]
            kind = told.get(str(name), subject.rows().kinds[str(name)])
            assert "kind" not in left or (before.dtype == after.dtype and kind == subject.rows().kinds[str(name)]), (
                f"column {name!r} is to keep its kind and is {after.dtype} where it was {before.dtype}"
            )
            assert "gaps" not in left or after[before.isna()].isna().all(), f"column {name!r} is to keep its gaps"
            assert "values" not in left or after.equals(before), f"column {name!r} is to keep its values"


@check(it_fits_sample_rows)
def inputs_are_unchanged(subject: TransformSubject) -> None:
    """Neither ``fit`` nor ``apply`` changes what it is given."""
    rows = subject.rows()
    learned = subject.learn(subject.make(), rows)
    _assert_unchanged(rows, subject.rows(), "fit")
    other = subject.rows(seed=1)
    learned.fitted.apply(other.frame)
    _assert_unchanged(other, subject.rows(seed=1), "apply")


def _assert_unchanged(now: Rows, before: Rows, verb: str) -> None:
    mend = "mend: compute new columns instead of assigning into the given frame"
    assert_same(now.frame, before.frame, f"{verb} changed the frame that it was given; {mend}")
    assert now.target is not None
    assert before.target is not None
    assert_same(now.target.to_frame(), before.target.to_frame(), f"{verb} changed the target; {mend}")


@check(it_fits_sample_rows)
def same_seed_gives_same_result(subject: TransformSubject) -> None:
    """Two instances with one seed learn the same from the same rows, to the last bit."""
    assert subject.result() == subject.result(), (
        "a second fit with the same seed and rows differs; mend: draw every random number from "
        "np.random.default_rng(self.seed), and keep nothing between calls"
    )


@check(same_seed_gives_same_result)
def read_only_arrays_are_accepted(subject: TransformSubject) -> None:
    """Rows that lie in read-only memory, as those from the store do, give the same result."""
    rows = subject.rows()
    frozen = Rows(read_only(rows.frame), rows.target, rows.weight, rows.kinds)
    learned = subject.learn(subject.make(), frozen)
    assert_same(learned.shown, subject.learned.shown, "read-only rows give another result")
    other = subject.rows(seed=1).frame
    assert_same(learned.fitted.apply(read_only(other)), subject.fitted.apply(other), "read-only rows apply differently")


@check(same_seed_gives_same_result)
def seed_matters_only_where_declared(subject: TransformSubject) -> None:
    """A stage that does not declare ``stochastic`` gives the same result whatever the seed."""
    if not subject.component.stochastic:
        assert subject.result(SEED) == subject.result(SEED + 1), (
            "another seed gives another result, but the seed enters the key of stochastic stages only; "
            "mend: stochastic = True in the class"
        )


@check(same_seed_gives_same_result)
def refit_equals_fresh_fit(subject: TransformSubject) -> None:
    """An instance that was fitted before learns the same from the same rows as a new one."""
    stage = subject.make()
    subject.learn(stage, subject.rows(seed=1))
    again = subject.learn(stage, subject.rows())
    fresh = subject.learn(subject.make(), subject.rows())
    assert again.fingerprint() == fresh.fingerprint(), (
        "a second fit of the same instance differs from the fit of a new one; mend: keep nothing on the instance, "
        "what was learned belongs into the Fitted"
    )


@check(same_seed_gives_same_result)
def same_result_in_another_process(subject: TransformSubject) -> None:
    """A fresh process, with other hashes of text, learns the same from the same rows."""
    there, here = subject.seen_from_another_process().results[subject.number], subject.result()
    assert there == here, (
        f"another process came to {there!r}, this one to {here!r}; mend: iterate over sorted values instead of sets, "
        "and let nothing of the process (ids, hashes, time) into the result"
    )


@check(it_fits_sample_rows)
def apply_keeps_rows_order_and_index(subject: TransformSubject) -> None:
    """``apply`` returns a row for each row it was given, in that order, under the same ids."""
    frame = _shuffled(subject.rows(seed=1).frame)
    result = subject.fitted.apply(frame)
    assert len(result) == len(frame), f"{len(frame)} rows went in, {len(result)} came out"
    assert result.index.equals(frame.index), "the ids of the rows, or their order, changed"
    assert result.index.dtype == frame.index.dtype, f"the ids became {result.index.dtype}, were {frame.index.dtype}"


@check(apply_keeps_rows_order_and_index)
def apply_on_a_subset_equals_the_subset_of_apply(subject: TransformSubject) -> None:
    """A row comes out the same whatever rows stand beside it, alone included."""
    frame = subject.rows(seed=1).frame
    whole = subject.fitted.apply(frame)
    order = np.random.default_rng(SEED).permutation(len(frame))
    for places in (order, order[: len(order) // 3], np.array([4]), np.array([len(frame) - 1])):
        part = subject.fitted.apply(frame.iloc[places])
        assert_same(
            part, whole.iloc[places],
            f"{len(places)} of {len(frame)} rows come out otherwise than with all rows; "
            "mend: learn statistics in fit, never in apply",
            rtol=_LAST_BITS,
        )  # fmt: skip


@check(apply_keeps_rows_order_and_index)
def apply_needs_no_target(subject: TransformSubject) -> None:
    """Rows that training never saw, whose target nobody knows, come out as their features say."""
    frame = subject.rows().frame
    stranger = frame.set_axis(pd.Index(np.arange(len(frame)) + 1_000_000, dtype="int64"))
    result = subject.fitted.apply(stranger)
    expected = subject.fitted.apply(frame).set_axis(stranger.index)
    assert_same(
        result, expected,
        "equal features under other row ids come out otherwise; mend: remember levels and statistics, not rows",
    )  # fmt: skip


@check(it_fits_sample_rows)
def missing_columns_are_named(subject: TransformSubject) -> None:
    """A column that ``apply`` needs and does not find is named in a PredictError."""
    frame = subject.rows(seed=1).frame
    for name in frame.columns:
        error = _error_of(subject, frame.drop(columns=name))
        assert error is None or (isinstance(error, PredictError) and name in str(error)), (
            f"without column {name!r} apply raises {type(error).__name__}: {error}; expected a PredictError that names "
            "the column"
        )


def _error_of(subject: TransformSubject, frame: pd.DataFrame) -> Exception | None:
    try:
        subject.fitted.apply(frame)
    except Exception as error:  # noqa: BLE001 - whatever it raises is judged by the caller
        return error
    return None


@check(missing_columns_are_named)
def columns_are_found_by_name(subject: TransformSubject) -> None:
    """Columns in another order give the same result."""
    frame = subject.rows(seed=1).frame
    expected = subject.fitted.apply(frame)
    result = subject.fitted.apply(frame[frame.columns[::-1]])
    assert_same(
        result[list(expected.columns)], expected,
        "columns in reverse order give another result; mend: take columns by the names that fit saw",
    )  # fmt: skip


@check(it_fits_sample_rows)
def training_rows_are_kept_unless_declared(subject: TransformSubject) -> None:
    """``fit_apply`` loses training rows only where ``drops_rows`` says so, and never reorders or invents them."""
    given, shown = subject.rows().frame.index, subject.learned.shown.index
    invented = shown.difference(given)
    assert not len(invented), f"rows came out that did not go in: {list(invented[:5])}"
    assert shown.equals(given[given.isin(shown)]), "the order of the training rows changed, or a row came twice"
    assert subject.component.drops_rows or len(shown) == len(given), (
        f"{len(given) - len(shown)} of {len(given)} training rows are lost; mend: drops_rows = True in the class"
    )


@check(same_seed_gives_same_result)
def fit_apply_agrees_with_fit(subject: TransformSubject) -> None:
    """``fit_apply`` learns what ``fit`` learns, and its training rows have the columns of ``apply``."""
    stage = subject.make()
    if stage.stateless:
        return
    alone = stage.fit(subject.rows())
    both, shown = subject.make().fit_apply(subject.rows())
    assert to_bytes_or_none(alone) == to_bytes_or_none(both), "fit_apply learns otherwise than fit from the same rows"
    applied = both.apply(subject.rows().frame)
    assert list(shown.columns) == list(applied.columns), (
        f"training rows have the columns {list(shown.columns)}, others get {list(applied.columns)}"
    )
    assert list(shown.dtypes) == list(applied.dtypes), "training rows have other dtypes than other rows get"


def to_bytes_or_none(fitted: object) -> bytes | None:
    """The state as stored; None where it cannot be, which a check of its own tells."""
    try:
        return to_bytes(fitted.state())  # type: ignore[attr-defined]
    except AutoMLError:
        return None


def _shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[np.random.default_rng(SEED).permutation(ROWS)]


TRANSFORM_CHECKS: Final[tuple[Check, ...]] = (
    it_fits_sample_rows,
    fitted_is_the_declared_class,
    state_round_trips_without_pickle,
    outputs_are_as_declared,
    names_are_as_declared,
    leaves_what_it_says,
    inputs_are_unchanged,
    read_only_arrays_are_accepted,
    same_seed_gives_same_result,
    seed_matters_only_where_declared,
    refit_equals_fresh_fit,
    same_result_in_another_process,
    apply_keeps_rows_order_and_index,
    apply_on_a_subset_equals_the_subset_of_apply,
    missing_columns_are_named,
    columns_are_found_by_name,
    training_rows_are_kept_unless_declared,
    fit_apply_agrees_with_fit,
)
