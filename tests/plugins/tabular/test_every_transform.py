"""What every transform promises, on tables that hypothesis makes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.components import Fitted, Transform
from automl.dataset import Rows
from automl.errors import PredictError
from automl_tabular.clean import DropConstant, Winsorize
from automl_tabular.encode import OneHotEncoder, OrdinalEncoder
from automl_tabular.expression import ExpressionFeature
from automl_tabular.impute import SimpleImputer
from automl_tabular.power import BoxCox, YeoJohnson
from automl_tabular.scale import MinMaxScaler, QuantileScaler, StandardScaler
from automl_tabular.target import TargetLog, TargetStandardise

FEATURE_TRANSFORMS = [
    SimpleImputer, DropConstant, Winsorize, OneHotEncoder, OrdinalEncoder, StandardScaler, MinMaxScaler,
    QuantileScaler, YeoJohnson, BoxCox, ExpressionFeature,
]  # fmt: skip
CASES = [
    pytest.param(transform, example, id=f"{transform.id}-{number}")
    for transform in FEATURE_TRANSFORMS
    for number, example in enumerate(transform.examples())
]

NUMBERS = st.one_of(
    st.just(float("nan")), st.just(float("inf")), st.just(-float("inf")), st.integers(-3, 3).map(float),
    st.floats(-1e6, 1e6, allow_subnormal=False),
)  # fmt: skip
LEVELS = st.one_of(st.none(), st.sampled_from(["a", "b", "missing", "nan", "infrequent", "", "ü", "10", "9"]))
TRUTHS = st.one_of(st.none(), st.booleans())
RECORDS = st.lists(st.tuples(NUMBERS, NUMBERS, LEVELS, LEVELS, TRUTHS), max_size=25)
KINDS: dict[str, Any] = {
    "a": "numeric", "b": "numeric", "c": "categorical", "d": "ordinal", "e": "boolean", "f": "numeric",
}  # fmt: skip


def table(rows: Callable[..., Rows], records: list[tuple[Any, ...]], accepts: frozenset[str]) -> Rows:
    """The columns of these kinds; ``f`` is missing everywhere."""
    columns = {name: [record[i] for record in records] for i, name in enumerate("abcde")}
    columns["f"] = [float("nan")] * len(records)
    chosen = {name: values for name, values in columns.items() if KINDS[name] in accepts}
    return rows(chosen, kinds={name: KINDS[name] for name in chosen})


@pytest.mark.parametrize(("transform", "example"), CASES)
@settings(max_examples=25, deadline=None)
@given(train=RECORDS, other=RECORDS, data=st.data())
def test_apply_is_row_by_row_after_loading(
    rows: Callable[..., Rows],
    loaded: Callable[[Fitted], Any],
    transform: type[Transform],
    example: dict[str, Any],
    train: list[Any],
    other: list[Any],
    data: st.DataObject,
) -> None:
    stage = transform(transform.Params(**example), seed=1)
    learned = table(rows, train, transform.accepts)
    fitted = stage.fit(learned)
    reloaded = loaded(fitted)
    given_frame = table(rows, other, transform.accepts).frame
    before = given_frame.copy(deep=True)
    result = reloaded.apply(given_frame)

    pd.testing.assert_frame_equal(given_frame, before)
    pd.testing.assert_frame_equal(result, fitted.apply(given_frame))
    pd.testing.assert_index_equal(result.index, given_frame.index)
    assert result.columns.is_unique
    chosen = data.draw(st.lists(st.integers(0, max(len(other) - 1, 0)), max_size=8, unique=True)) if other else []
    pd.testing.assert_frame_equal(reloaded.apply(given_frame.iloc[chosen]), result.iloc[chosen])
    pd.testing.assert_frame_equal(result.dtypes.to_frame(), fitted.apply(learned.frame.iloc[:0]).dtypes.to_frame())
    assert all(str(dtype) in ("float64", "str", "boolean") for dtype in result.dtypes)


@pytest.mark.parametrize("transform", FEATURE_TRANSFORMS)
def test_a_missing_column_is_named(rows: Callable[..., Rows], transform: type[Transform]) -> None:
    records = [(1.0, 2.0, "a", "b", True), (3.0, 4.0, "b", "a", False), (5.0, 7.0, "a", "a", None)]
    learned = table(rows, records, transform.accepts)
    fitted = transform(transform.Params(**transform.examples()[0])).fit(learned)
    first = learned.frame.columns[0]
    with pytest.raises(PredictError, match=f"column '{first}' is missing"):
        fitted.apply(learned.frame.drop(columns=first))


@pytest.mark.parametrize("transform", FEATURE_TRANSFORMS)
def test_columns_are_found_by_name_and_others_ignored(rows: Callable[..., Rows], transform: type[Transform]) -> None:
    records = [(1.0, 2.0, "a", "b", True), (3.0, 4.0, "b", "a", False), (5.0, 7.0, "a", "a", True)]
    learned = table(rows, records, transform.accepts)
    fitted = transform(transform.Params(**transform.examples()[0])).fit(learned)
    expected = fitted.apply(learned.frame)
    shuffled = learned.frame[learned.frame.columns[::-1]]
    pd.testing.assert_frame_equal(fitted.apply(shuffled)[expected.columns], expected)


@pytest.mark.parametrize("transform", [*FEATURE_TRANSFORMS, TargetLog, TargetStandardise])
def test_every_parameter_is_described(transform: type[Transform]) -> None:
    assert transform.summary()
    assert transform.examples()
    for name, field in transform.Params.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize("transform", [TargetLog, TargetStandardise])
@settings(deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
def test_target_inverse(
    rows: Callable[..., Rows], loaded: Callable[[Fitted], Any], transform: type[Transform], values: list[float]
) -> None:
    train = rows({"y": values})
    fitted = loaded(transform().fit(train))
    back = fitted.inverse(fitted.apply(train.frame)["y"].to_numpy())
    np.testing.assert_allclose(back, values, rtol=1e-12, atol=1e-12 * max(1.0, max(values)))


@pytest.mark.parametrize("transform", [TargetLog, TargetStandardise])
def test_target_transforms_take_no_rows_and_one_column(rows: Callable[..., Rows], transform: type[Transform]) -> None:
    train = rows({"y": [1.0, 2.0]})
    assert transform().fit(train).apply(train.frame.iloc[:0]).shape == (0, 1)
    assert transform.on_target
