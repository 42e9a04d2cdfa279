from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.preprocessing import OneHotEncoder as Reference

from automl.components import Fitted
from automl.dataset import Rows
from automl.errors import DataError, PredictError, StageError
from automl_tabular.encode import OneHotEncoder, OrdinalEncoder

Build = Callable[..., Rows]


def one_hot(train: Rows, **params: Any) -> Any:
    return OneHotEncoder(OneHotEncoder.Params(**params)).fit(train)


@pytest.mark.parametrize(
    "params", [{}, {"min_frequency": 0.1}, {"min_frequency": 30}, {"max_categories": 3}, {"max_categories": 2}]
)
def test_as_scikit_learn_encodes(rows: Build, loaded: Callable[[Fitted], Any], params: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    train = rows({name: rng.choice(list("fedcba"), 400, p=shares) for name in ("u", "v")})
    later = rows({name: rng.choice(list("abcdefgh"), 100) for name in ("u", "v")})
    reference = Reference(handle_unknown="infrequent_if_exist", sparse_output=False, **params)
    reference.fit(train.frame.to_numpy(dtype=object))
    result = loaded(one_hot(train, **params)).apply(later.frame)
    np.testing.assert_array_equal(result.to_numpy(), reference.transform(later.frame.to_numpy(dtype=object)))


def test_names_missing_and_unseen(rows: Build) -> None:
    train = rows({"c": ["a", None, "missing", "a"], "t": [True, False, True, True]})
    fitted = one_hot(train)
    assert fitted.names == ["c_a", "c_missing", "c_missing_2", "t_False", "t_True"]
    later = rows({"c": ["new", None, "missing"], "t": [None, True, False]})
    assert fitted.apply(later.frame).to_numpy().tolist() == [
        [0, 0, 0, 0, 0], [0, 0, 1, 0, 1], [0, 1, 0, 1, 0],
    ]  # fmt: skip


def test_names_do_not_collide_across_columns(rows: Build) -> None:
    names = one_hot(rows({"a": ["b_c", "x"], "a_b": ["c", "y"]})).names
    assert names == ["a_b_c", "a_x", "a_b_c_2", "a_b_y"]


def test_rare_levels_share_a_column(rows: Build) -> None:
    train = rows({"c": ["a"] * 8 + ["b", "d"]})
    later = rows({"c": ["a", "b", "d", "z", None]})
    fitted = one_hot(train, min_frequency=0.2)
    assert fitted.names == ["c_a", "c_infrequent"]
    assert fitted.apply(later.frame)["c_infrequent"].tolist() == [0, 1, 1, 1, 1]
    ignoring = one_hot(train, min_frequency=2, unseen="ignore")
    assert ignoring.apply(later.frame)["c_infrequent"].tolist() == [0, 1, 1, 0, 0]


def test_unseen_as_an_error_names_row_and_value(rows: Build) -> None:
    fitted = one_hot(rows({"c": ["a", "b"]}), unseen="error")
    with pytest.raises(PredictError, match=r"column 'c': row 10 holds 'z', which no training row held \(2 such rows\)"):
        fitted.apply(rows({"c": ["a", "z", None]}).frame)


def test_min_frequency_is_a_share_or_a_whole_number(rows: Build) -> None:
    assert OneHotEncoder.Params(min_frequency=3.0).min_frequency == 3
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValidationError):
            OneHotEncoder.Params(min_frequency=wrong)


def test_ordinal_codes_follow_numbers_text_or_the_given_order(rows: Build, loaded: Callable[[Fitted], Any]) -> None:
    train = rows({"n": ["10", "9", "9"], "t": ["b", "a", None], "g": ["good", "bad", "fair"]})
    params = OrdinalEncoder.Params(order={"g": ["bad", "fair", "good", "best"]})
    result = loaded(OrdinalEncoder(params).fit(train)).apply(train.frame)
    assert result["n"].tolist() == [1, 0, 0]
    assert result["t"].tolist() == [1, 0, -1]
    assert result["g"].tolist() == [2, 0, 1]
    assert (result.dtypes == "float64").all()


def test_ordinal_policies(rows: Build) -> None:
    train, later = rows({"c": ["a", "b"]}), rows({"c": ["z", None, "b"]})

    def codes(**params: Any) -> list[float]:
        return OrdinalEncoder(OrdinalEncoder.Params(**params)).fit(train).apply(later.frame)["c"].tolist()

    assert codes() == [-1, -1, 1]
    np.testing.assert_equal(codes(unseen="missing"), [np.nan, -1, 1])
    np.testing.assert_equal(codes(missing="keep"), [-1, np.nan, 1])
    with pytest.raises(PredictError, match="row 7 holds 'z'"):
        codes(unseen="error")


def test_orders_that_do_not_fit(rows: Build) -> None:
    train = rows({"grade": ["a", "b"]})
    with pytest.raises(StageError, match="did you mean 'grade'"):
        OrdinalEncoder(OrdinalEncoder.Params(order={"grades": ["a", "b"]})).fit(train)
    with pytest.raises(DataError, match=r"the order of 'grade' leaves out \['b'\]"):
        OrdinalEncoder(OrdinalEncoder.Params(order={"grade": ["a", "c"]})).fit(train)
    with pytest.raises(ValidationError, match="each level once"):
        OrdinalEncoder.Params(order={"grade": ["a", "a"]})
