from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from automl.components import Fitted
from automl.dataset import Rows
from automl.errors import DataError
from automl_tabular.expression import ExpressionFeature, parse

VALUES = {"a": np.array([1.0, 4.0, -2.0, np.nan]), "b": np.array([2.0, 0.0, 5.0, 1.0]), "two words": np.full(4, 3.0)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + 2 * b", [5, 4, 8, np.nan]),
        ("-a / b", [-0.5, np.nan, 0.4, np.nan]),
        ("a ** 2 - +b", [-1, 16, -1, np.nan]),
        ("a ** -1", [1, 0.25, -0.5, np.nan]),
        ("sqrt(a)", [1, 2, np.nan, np.nan]),
        ("log(b)", [np.log(2), np.nan, np.log(5), 0]),
        ("log1p(abs(a))", [np.log(2), np.log(5), np.log(3), np.nan]),
        ("max(a, b, 3)", [3, 4, 5, np.nan]),
        ("min(a, b)", [1, 0, -2, np.nan]),
        ("exp(a * 1000)", [np.nan, np.nan, 0, np.nan]),
        ("`two words` * `a`", [3, 12, -6, np.nan]),
        ("a*10000000000000000000000000", [1e25, 4e25, -2e25, np.nan]),
    ],
)
def test_values(text: str, expected: list[float]) -> None:
    np.testing.assert_allclose(parse(text).evaluate(VALUES), expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os').system('true')", "is not allowed"),
        ("a.__class__", "'a.__class__' is not allowed"),
        ("open(a)", "'open(a)' is not allowed"),
        ("a[0]", "is not allowed"),
        ("a if b else a", "is not allowed"),
        ("lambda: a", "is not allowed"),
        ("a < b", "is not allowed"),
        ("a // b", "is not allowed"),
        ("a and b", "is not allowed"),
        ("log(x=a)", "is not allowed"),
        ("max(*a)", "max takes two or more arguments"),
        ("max(*a, b)", "'*a' is not allowed"),
        ("a + 'x'", "only numbers stand for themselves"),
        ("a + True", "only numbers stand for themselves"),
        ("a + 1j", "only numbers stand for themselves"),
        ("a * 10**10**10", "the exponent in ** is a number from -10 to 10"),
        ("a ** b", "the exponent in ** is a number from -10 to 10"),
        ("a ** 11", "from -10 to 10, found 11"),
        ("a * " + "9" * 400, "beyond 1.8e308"),
        ("log(a, b)", "log takes one argument, found 2"),
        ("min(a)", "min takes two or more arguments, found 1"),
        ("a +", "is no expression"),
        ("a; b", "is no expression"),
        ("", "is no expression"),
        ("1 + 2", "reads no column"),
        ("(" * 300 + "a" + ")" * 300, "is no expression"),
        ("a" + " + a" * 400, "at most 1000 characters"),
        ("-" * 990 + "a", "is no expression"),
    ],
)
def test_what_is_no_arithmetic_is_refused_with_the_parameters(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ExpressionFeature.Params(columns={"new": text})
    assert "new: " in str(caught.value)
    assert words in str(caught.value)


@given(st.text(alphabet="ab0 1.+-*/()`,_[]{}'\\\n#:=<xlogmin", max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ValueError:
        return
    values = {name: np.array([1.0, np.nan]) for name in expression.columns}
    assert expression.evaluate(values).shape == (2,)


def test_new_columns_beside_and_in_place_of_old_ones(
    rows: Callable[..., Rows], loaded: Callable[[Fitted], Any]
) -> None:
    train = rows({"rooms": [6.0, 8.0], "house holds": [2.0, 0.0]})
    params = ExpressionFeature.Params(columns={"per_house": "rooms / `house holds`", "rooms": "rooms * 2"})
    fitted = loaded(ExpressionFeature(params).fit(rows({"rooms": [], "house holds": []})))
    result = fitted.apply(train.frame)
    expected = pd.DataFrame(
        {"house holds": [2.0, 0.0], "per_house": [3.0, np.nan], "rooms": [12.0, 16.0]}, index=train.frame.index
    )
    pd.testing.assert_frame_equal(result, expected)
    assert ExpressionFeature.stateless


def test_an_unknown_column_is_told_with_the_nearest(rows: Callable[..., Rows]) -> None:
    params = ExpressionFeature.Params(columns={"new": "room + 1"})
    with pytest.raises(DataError, match=r"new = room \+ 1: there is no numeric column 'room'.*did you mean 'rooms'\?"):
        ExpressionFeature(params).fit(rows({"rooms": []}))
