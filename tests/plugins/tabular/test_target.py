from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from automl.dataset import Rows
from automl.errors import DataError, StageError
from automl_tabular.target import TargetLog, TargetStandardise

Build = Callable[..., Rows]


def test_standardised_over_training_rows_only(rows: Build) -> None:
    fitted = TargetStandardise().fit(rows({"price": [1.0, 3.0]}))
    assert fitted.apply(rows({"price": [5.0, 2.0]}).frame)["price"].tolist() == [3.0, 0.0]
    assert fitted.inverse(np.array([3.0, 0.0])).tolist() == [5.0, 2.0]


def test_a_constant_target_survives(rows: Build) -> None:
    fitted = TargetStandardise().fit(rows({"price": [4.0, 4.0]}))
    assert fitted.inverse(fitted.apply(rows({"price": [4.0]}).frame)["price"].to_numpy()).tolist() == [4.0]


@pytest.mark.parametrize(
    ("method", "forward", "wrong"), [("log1p", np.log1p, [-1.0, -3.0]), ("log", np.log, [0.0, -3.0])]
)
def test_logarithms_and_their_domain(rows: Build, method: str, forward: np.ufunc, wrong: list[float]) -> None:
    stage = TargetLog(TargetLog.Params(method=method))
    fitted = stage.fit(rows({"price": [1.0, 9.0]}))
    np.testing.assert_allclose(fitted.apply(rows({"price": [2.5]}).frame)["price"], forward([2.5]))
    spoiled = rows({"price": [1.0, *wrong]})
    for ask in (lambda: stage.fit(spoiled), lambda: fitted.apply(spoiled.frame)):
        with pytest.raises(
            DataError, match=rf"2 of 3 rows have a target 'price' of .* \(smallest -3\), where {method} is"
        ):
            ask()


def test_a_wild_prediction_stays_finite(rows: Build) -> None:
    for method in ("log1p", "log"):
        fitted = TargetLog(TargetLog.Params(method=method)).fit(rows({"price": [1.0]}))
        assert np.isfinite(fitted.inverse(np.array([1e6]))).all()


def test_more_than_the_target(rows: Build) -> None:
    with pytest.raises(StageError, match="the target as the one column"):
        TargetLog().fit(rows({"a": [1.0], "b": [2.0]}))
