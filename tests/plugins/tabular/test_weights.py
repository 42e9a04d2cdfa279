"""How weights of rows count in what this plugin learns: rows of weight 0 not at all, whole weights as repeated rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer
from sklearn.preprocessing import StandardScaler as Reference
from test_every_transform import FEATURE_TRANSFORMS

from automl.components import Fitted, Transform
from automl.dataset import Rows
from automl.learning import Learner, Task, Trial
from automl.plugins import Registry
from automl_tabular.clean import Winsorize
from automl_tabular.encode import OneHotEncoder
from automl_tabular.impute import SimpleImputer
from automl_tabular.moments import mean_and_deviation, quantiles
from automl_tabular.power import YeoJohnson
from automl_tabular.scale import StandardScaler
from automl_tabular.sklearn import transform_from_sklearn
from automl_tabular.target import TargetLog, TargetStandardise

Build = Callable[..., Rows]
ADAPTED = [
    transform_from_sklearn(f"sklearn.preprocessing:{name}", f"adapted.{name.lower()}", name=f"Weighed{name}")
    for name in ("StandardScaler", "MaxAbsScaler")
]
TRANSFORMS = [*FEATURE_TRANSFORMS, TargetStandardise, TargetLog, *ADAPTED]
CASES = [
    pytest.param(transform, example, id=f"{transform.id}-{number}")
    for transform in TRANSFORMS
    for number, example in enumerate(transform.examples())
]
KINDS: dict[str, Any] = {"a": "numeric", "b": "numeric", "c": "categorical", "d": "ordinal", "e": "boolean"}
PARTS: dict[str, list[Any]] = {
    "a": [0.5, 1.0, 1.0, 2.5, 3.0, 40.0],
    "b": [-2.0, 0.0, 0.25, 1.0, 1.0, 9.0],
    "c": ["red", "blue", "blue", "green", "grey", None],
    "d": ["1", "2", "10", "2", "2", "1"],
    "e": [True, False, False, None, True, True],
}
WILD: dict[str, Any] = {"a": 1e9, "b": -1e12, "c": "never seen", "d": "999", "e": None}


def table(count: int, seed: int) -> dict[str, list[Any]]:
    draw = np.random.default_rng(seed)
    return {name: [values[i] for i in draw.integers(0, len(values), count)] for name, values in PARTS.items()}


def rows_for(rows: Build, transform: type[Transform], columns: dict[str, list[Any]], weight: Any, target: Any) -> Rows:
    positive = transform.on_target
    chosen = {n: v for n, v in columns.items() if KINDS[n] in transform.accepts and (n == "a" or not positive)}
    return rows(chosen, target, weight, {name: KINDS[name] for name in chosen})


def same(one: Fitted, other: Fitted, frame: pd.DataFrame, *, exact: bool) -> None:
    """Both give the same for these rows."""
    if exact:
        pd.testing.assert_frame_equal(one.apply(frame), other.apply(frame))
    else:
        pd.testing.assert_frame_equal(one.apply(frame), other.apply(frame), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("transform", "example"), CASES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 40), wild=st.integers(1, 5))
def test_rows_of_weight_zero_change_no_fit(
    rows: Build, transform: type[Transform], example: dict[str, Any], seed: int, count: int, wild: int
) -> None:
    draw = np.random.default_rng(seed)
    columns, weight = table(count, seed), draw.choice([0.25, 1.0, 3.0], count)
    target = draw.normal(size=count)
    more = {name: [*values, *([WILD[name]] * wild)] for name, values in columns.items()}
    stage = transform(transform.Params(**example), seed=1)
    kept = rows_for(rows, transform, columns, weight, target)
    without, having = (
        stage.fit(kept),
        stage.fit(rows_for(rows, transform, more, [*weight, *([0.0] * wild)], [*target, *([1e6] * wild)])),
    )
    same(having, without, kept.frame, exact=True)


@pytest.mark.parametrize(("transform", "example"), CASES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 40), constant=st.sampled_from([0.001, 1.0, 2.0, 1e6]))
def test_equal_weights_are_none(
    rows: Build, transform: type[Transform], example: dict[str, Any], seed: int, count: int, constant: float
) -> None:
    columns, target = table(count, seed), np.random.default_rng(seed).normal(size=count)
    stage = transform(transform.Params(**example), seed=1)
    plain = rows_for(rows, transform, columns, None, target)
    same(
        stage.fit(rows_for(rows, transform, columns, np.full(count, constant), target)),
        stage.fit(plain),
        plain.frame,
        exact=transform not in ADAPTED,
    )


@pytest.mark.parametrize(("transform", "example"), CASES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 40))
def test_whole_weights_are_repeated_rows(
    rows: Build, transform: type[Transform], example: dict[str, Any], seed: int, count: int
) -> None:
    draw = np.random.default_rng(seed)
    columns, weight = table(count, seed), draw.integers(1, 5, count)
    weight[0], target = 1, draw.normal(size=count)
    repeated = {
        name: [v for v, n in zip(values, weight, strict=True) for _ in range(n)] for name, values in columns.items()
    }
    stage = transform(transform.Params(**example), seed=1)
    once = rows_for(rows, transform, columns, weight, target)
    often = rows_for(rows, transform, repeated, None, np.repeat(target, weight))
    same(stage.fit(once), stage.fit(often), once.frame, exact=False)


def test_weighted_moments_and_powers_are_scikit_learns(rows: Build) -> None:
    draw = np.random.default_rng(3)
    values, weight = draw.gamma(2.0, 3.0, 300), draw.uniform(0.1, 5.0, 300)
    reference = Reference().fit(values[:, None], sample_weight=weight)
    learned = StandardScaler().fit(rows({"a": values}, weight=weight))
    assert learned.center[0] == pytest.approx(reference.mean_[0], rel=1e-12)
    assert learned.spread[0] == pytest.approx(reference.scale_[0], rel=1e-12)
    whole = draw.integers(1, 6, 300)
    power = PowerTransformer().fit(np.repeat(values, whole)[:, None])
    assert YeoJohnson().fit(rows({"a": values}, weight=whole)).lambdas[0] == pytest.approx(power.lambdas_[0], abs=1e-5)


def test_the_heaviest_decide_what_fills_and_what_is_rare(rows: Build) -> None:
    train = rows(
        {"n": [1.0, 2.0, 2.0, np.nan], "c": ["a", "b", "b", None]},
        weight=[10.0, 1.0, 1.0, 5.0],
        kinds={"c": "categorical"},
    )
    for strategy, fill in (("most_frequent", 1.0), ("median", 1.0), ("mean", 14 / 12)):
        fitted = SimpleImputer(SimpleImputer.Params(strategy=strategy)).fit(train)
        assert fitted.fill["n"] == pytest.approx(fill)
        assert fitted.fill["c"] == "a"
    levels = rows({"c": ["a", "b", "b", "c"]}, weight=[30.0, 1.0, 1.0, 30.0])
    names = OneHotEncoder(OneHotEncoder.Params(min_frequency=0.1)).fit(levels).names
    assert list(names) == ["c_a", "c_c", "c_infrequent"]


@settings(max_examples=100, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(-50, 50), st.floats(0.01, 100)), min_size=1, max_size=30),
    share=st.floats(0, 1),
    factor=st.floats(0.01, 100),
)
def test_quantiles_lie_within_the_values_and_do_not_fall(
    pairs: list[tuple[int, float]], share: float, factor: float
) -> None:
    values = np.array([v for v, _ in pairs], dtype=np.float64)
    weight = np.array([w for _, w in pairs])
    weight /= weight.mean()
    low, high = quantiles(values, [share / 2, (1 + share) / 2], weight)
    assert values.min() <= low <= high <= values.max()
    mean, deviation = mean_and_deviation(values, weight)
    again = mean_and_deviation(values, weight * factor)
    assert again == pytest.approx((mean, deviation), rel=1e-9, abs=1e-9)


def test_winsorizing_by_weights_ignores_a_light_outlier(rows: Build) -> None:
    values = [*np.linspace(0, 1, 99), 1e6]
    weight = [*([1.0] * 99), 0.001]
    fitted = Winsorize().fit(rows({"a": values}, weight=weight))
    assert fitted.high[0] < 1.01


LEARNERS = [name for name in Registry.load(third_party=False).ids("learners") if name.startswith("baseline.")]


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_rows_of_weight_zero_change_no_model(rows: Build, name: str, kind: Any) -> None:
    draw = np.random.default_rng(5)
    values, weight = draw.normal(size=(120, 2)), draw.uniform(0.2, 4.0, 120)
    score = values @ [2.0, -1.0] + 0.1 * draw.normal(size=120)
    target = list(score) if kind == "regression" else ["yes" if s > 0 else "no" for s in score]
    task = Task(kind, "y", () if kind == "regression" else ("no", "yes"))
    learner: type[Learner] = Registry.load(third_party=False).get("learners", name)

    def predicted(extra: int) -> pd.DataFrame:
        wild = [1e6] * extra if kind == "regression" else ["no"] * extra
        columns = {f"x{i}": [*values[:, i], *([1e9] * extra)] for i in (0, 1)}
        training = learner().open(
            Trial(task, seed=1, epochs=1, until=1), rows(columns, [*target, *wild], [*weight, *([0.0] * extra)]), None
        )
        training.epoch()
        return training.finish().apply(rows({f"x{i}": values[:, i] for i in (0, 1)}).frame)

    pd.testing.assert_frame_equal(predicted(16), predicted(0))
