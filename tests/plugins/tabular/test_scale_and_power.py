from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats
from sklearn import preprocessing

from automl.components import Fitted, Transform
from automl.dataset import Rows
from automl.errors import DataError
from automl_tabular.clean import DropConstant, Winsorize
from automl_tabular.moments import mean_and_deviation, means_and_deviations
from automl_tabular.power import BoxCox, YeoJohnson
from automl_tabular.scale import MinMaxScaler, QuantileScaler, StandardScaler

Build = Callable[..., Rows]
NAN = float("nan")


@pytest.fixture(scope="module")
def numbers() -> np.ndarray:
    """Normal, skewed, discrete and shifted columns, with missing cells."""
    rng = np.random.default_rng(0)
    values = np.stack(
        [rng.normal(3, 2, 500), rng.lognormal(size=500), rng.integers(1, 5, 500), rng.uniform(1e6, 1e6 + 9, 500)], 1
    ).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


@pytest.mark.parametrize(
    ("transform", "params", "reference"),
    [
        (StandardScaler, {}, preprocessing.StandardScaler()),
        (StandardScaler, {"with_mean": False}, preprocessing.StandardScaler(with_mean=False)),
        (StandardScaler, {"with_std": False}, preprocessing.StandardScaler(with_std=False)),
        (MinMaxScaler, {}, preprocessing.MinMaxScaler()),
        (MinMaxScaler, {"feature_range": [-1, 2], "clip": True}, preprocessing.MinMaxScaler((-1, 2), clip=True)),
        (QuantileScaler, {"output": "uniform"}, preprocessing.QuantileTransformer(n_quantiles=500, subsample=None)),
        (
            QuantileScaler,
            {"n_quantiles": 50},
            preprocessing.QuantileTransformer(n_quantiles=50, subsample=None, output_distribution="normal"),
        ),
        (YeoJohnson, {}, preprocessing.PowerTransformer()),
        (YeoJohnson, {"standardize": False}, preprocessing.PowerTransformer(standardize=False)),
    ],
)
def test_as_scikit_learn_scales(
    rows: Build,
    loaded: Callable[[Fitted], Any],
    numbers: np.ndarray,
    transform: type[Transform],
    params: dict[str, Any],
    reference: Any,
) -> None:
    names = list("abc") if transform is YeoJohnson else list("abcd")
    values = numbers[:, : len(names)]
    train = rows(dict(zip(names, values.T, strict=True)))
    later = values * 1.3 - 0.2
    fitted = loaded(transform(transform.Params(**params)).fit(train))
    reference.fit(values)
    for given_values in (values, later):
        frame = rows(dict(zip(names, given_values.T, strict=True))).frame
        np.testing.assert_allclose(fitted.apply(frame), reference.transform(given_values), rtol=1e-6, atol=1e-8)


def test_box_cox_as_scipy(rows: Build, numbers: np.ndarray) -> None:
    values = numbers[:, 1][~np.isnan(numbers[:, 1])]
    train = rows({"x": values})
    expected, lmbda = stats.boxcox(values)
    fitted = BoxCox(BoxCox.Params(standardize=False)).fit(train)
    assert fitted.report()["x"] == pytest.approx(lmbda)
    np.testing.assert_allclose(fitted.apply(train.frame)["x"], expected, rtol=1e-9)


@pytest.mark.parametrize("lmbda", [-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_power_formulas(rows: Build, lmbda: float) -> None:
    x = np.array([-4.0, -1.0, -0.1, 0.0, 0.3, 2.0, 7.0])
    expected = np.empty_like(x)
    high, low = x[x >= 0], x[x < 0]
    expected[x >= 0] = ((high + 1) ** lmbda - 1) / lmbda if lmbda else np.log(high + 1)
    expected[x < 0] = -((1 - low) ** (2 - lmbda) - 1) / (2 - lmbda) if lmbda != 2 else -np.log(1 - low)
    train = rows({"x": x})
    given_lambda = {"lmbda": lmbda, "standardize": False}
    np.testing.assert_allclose(
        YeoJohnson(YeoJohnson.Params(**given_lambda)).fit(train).apply(train.frame)["x"], expected
    )
    positive = rows({"x": np.abs(x) + 0.5})
    expected = ((np.abs(x) + 0.5) ** lmbda - 1) / lmbda if lmbda else np.log(np.abs(x) + 0.5)
    np.testing.assert_allclose(BoxCox(BoxCox.Params(**given_lambda)).fit(positive).apply(positive.frame)["x"], expected)


@pytest.mark.parametrize("transform", [YeoJohnson, BoxCox])
@pytest.mark.parametrize("standardize", [True, False])
@settings(deadline=None, max_examples=30)
@given(values=st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=40))
def test_power_inverse(
    rows: Build, loaded: Callable[[Fitted], Any], transform: type[Transform], standardize: bool, values: list[float]
) -> None:
    train = rows({"x": values})
    fitted = loaded(transform(transform.Params(standardize=standardize)).fit(train))
    back = fitted.invert(fitted.apply(train.frame))["x"]
    spread = max(np.std(values), 1e-9 * np.max(np.abs(values)))
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-4 * spread)


@pytest.mark.parametrize("transform", [YeoJohnson, BoxCox])
def test_columns_beyond_all_measure(rows: Build, transform: type[Transform]) -> None:
    rng = np.random.default_rng(0)
    train = rows({
        "span": 10.0 ** rng.uniform(-30, 30, 400),
        "tiny": rng.lognormal(size=400) * 1e-20,
        "narrow": 1e6 + rng.normal(size=400),
        "huge": rng.lognormal(size=400) * 1e300,
        "constant": np.full(400, 7.0),
    })  # fmt: skip
    fitted = transform().fit(train)
    result = fitted.apply(train.frame)
    assert np.isfinite(result.to_numpy()).all()
    assert (result["constant"] == 0).all()
    varying = result.drop(columns="constant")
    np.testing.assert_allclose(varying.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(varying.std(ddof=0), 1, rtol=1e-6)
    for name in varying:
        assert (np.diff(varying[name].to_numpy()[np.argsort(train.frame[name])]) >= 0).all()
    back = fitted.invert(result)
    assert back["constant"].tolist() == [7.0] * 400
    np.testing.assert_allclose(back["narrow"], train.frame["narrow"], rtol=1e-12)
    assert np.isfinite(transform(transform.Params(standardize=False)).fit(train).apply(train.frame).to_numpy()).all()


def test_box_cox_needs_positive_values_or_a_shift(rows: Build) -> None:
    train = rows({"fine": [1.0, 2.0, 3.0, 4.0], "x": [0.0, -1.0, 4.0, NAN]})
    with pytest.raises(DataError, match=r"column 'x' has 2 of 3 training rows that are not positive \(smallest -1\)"):
        BoxCox().fit(train)
    fitted = BoxCox(BoxCox.Params(shift="auto")).fit(train)
    assert dict(zip(fitted.columns, fitted.shifts, strict=True)) == {"fine": 0.0, "x": 1.5}
    later = fitted.apply(rows({"fine": [-5.0, 1.0], "x": [-99.0, -1.0]}).frame)
    assert (later.iloc[0] == later.iloc[1]).all()


def test_constant_and_empty_columns_become_zero_and_missing_stays(rows: Build) -> None:
    train = rows({"k": [3.1, 3.1, NAN], "e": [NAN, NAN, NAN], "tenth": [0.1, 0.1, 0.1]})
    later = rows({"k": [3.1, 8.0, NAN], "e": [1.0, float("inf"), NAN], "tenth": [0.1, 0.2, 0.3]}).frame
    for transform in (StandardScaler, MinMaxScaler, QuantileScaler, YeoJohnson, BoxCox):
        result = transform().fit(train).apply(later)
        assert result["k"].tolist()[:2] == [0, 0]
        assert np.isnan(result["k"].iloc[2])
        assert result["e"].tolist()[:2] == [0, 0]
        assert (result["tenth"] == 0).all()


def test_infinite_values_enter_no_statistic(rows: Build) -> None:
    train = rows({"x": [1.0, 3.0, float("inf"), -float("inf")]})
    result = StandardScaler().fit(train).apply(train.frame)["x"].tolist()
    assert result == [-1, 1, float("inf"), -float("inf")]
    held = MinMaxScaler(MinMaxScaler.Params(clip=True)).fit(train).apply(train.frame)["x"].tolist()
    assert held == [0, 1, 1, 0]


def test_deviations_beyond_the_range_of_squares(rows: Build) -> None:
    train = rows({"large": [1e200, 2e200, 3e200], "small": [1e-200, 2e-200, 3e-200]})
    result = StandardScaler().fit(train).apply(train.frame)
    expected = np.array([-1, 0, 1]) * np.sqrt(1.5)
    np.testing.assert_allclose(result["large"], expected, atol=1e-12)
    np.testing.assert_allclose(result["small"], expected, atol=1e-12)


def test_winsorize_and_constant_columns(rows: Build) -> None:
    x = np.arange(101.0)
    train = rows({"x": x, "k": np.ones(101), "half": np.where(x > 50, np.nan, 1.0)})
    held = Winsorize(Winsorize.Params(lower=0.1, upper=0.9)).fit(train).apply(train.frame)["x"]
    assert (held.min(), held.max()) == (10, 90)
    assert DropConstant().fit(train).apply(train.frame).columns.tolist() == ["x", "half"]
    strict = DropConstant(DropConstant.Params(missing_counts=False)).fit(train)
    assert strict.apply(train.frame).columns.tolist() == ["x"]


@pytest.mark.parametrize(
    ("transform", "params"),
    [
        (MinMaxScaler, {"feature_range": [1, 0]}),
        (YeoJohnson, {"lmbda": NAN}),
        (BoxCox, {"shift": "some"}),
        (QuantileScaler, {"n_quantiles": 1}),
        (Winsorize, {"lower": 0.9, "upper": 0.1}),
    ],
)
def test_impossible_parameters(transform: type[Transform], params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        transform.Params(**params)


@given(
    columns=st.integers(1, 6),
    rows=st.integers(1, 40),
    odd=st.sampled_from([None, np.nan, np.inf, 1e200, 1e-200]),
    weighted=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_moments_of_many_columns_are_those_of_each(columns, rows, odd, weighted, seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(columns, rows))
    values[0] = 3.0  # constant
    if odd is not None:
        values[:, 0] = odd
    weight = rng.integers(1, 4, rows).astype("float64") if weighted else None
    means, deviations = means_and_deviations(values, weight)
    for place in range(columns):
        assert (means[place], deviations[place]) == mean_and_deviation(values[place], weight)
