"""Baselines: equal to their references, sound at the edges, and alike whatever the threads."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from automl.components import Fitted
from automl.dataset import Rows
from automl.errors import PredictError, StageError
from automl.learning import Learner, Task, Trial
from automl_tabular.baselines import ConstantBaseline, LinearBaseline
from automl_tabular.boosting import HistGradientBoosting

Build = Callable[..., Rows]
Load = Callable[[Fitted], Any]
LEARNERS = [ConstantBaseline, LinearBaseline, HistGradientBoosting]
REGRESSION = Task("regression", "y")


def table(seed: int = 0, n: int = 400, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3)) * [1, 20, 0.1] + [0, 300, 0]
    values[rng.random(values.shape) < missing] = np.nan
    return values


def columns(values: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip("abc", values.T, strict=True))


def target(values: np.ndarray, task: Task, seed: int = 0) -> Any:
    x = np.nan_to_num(values) @ [1.0, 0.05, 3.0]
    signal = x + np.random.default_rng(seed).normal(size=len(values)) * 0.5
    if not task.is_classification:
        return signal
    edges = np.quantile(signal, np.linspace(0, 1, len(task.classes) + 1)[1:-1])
    return [task.classes[i] for i in np.digitize(signal, edges)]


TASKS = [
    REGRESSION,
    Task("binary", "y", ("no", "yes")),
    Task("multiclass", "y", ("high", "low", "mid")),
]


def train(learner: type[Learner], task: Task, rows: Rows, valid: Rows | None = None, **params: Any) -> Any:
    training = learner(learner.Params(**params)).open(Trial(task, seed=3, epochs=1, until=1), rows, valid)
    training.epoch()
    training.mark()
    return training.finish()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("learner", [LinearBaseline, HistGradientBoosting])
def test_as_scikit_learn_predicts(
    rows: Build, loaded: Load, task: Task, weighted: bool, learner: type[Learner]
) -> None:
    is_linear = learner is LinearBaseline
    values, later = table(0, missing=0 if is_linear else 0.1), table(1, missing=0 if is_linear else 0.3)
    y = target(values, task)
    weight = np.random.default_rng(2).integers(1, 4, len(values)).astype(float) if weighted else None
    params = {} if is_linear else {"max_iter": 30}
    fitted = loaded(train(learner, task, rows(columns(values), y, weight), **params))
    if weight is not None:
        weight /= weight.mean()
    model: Any
    if is_linear:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=1000) if task.is_classification else Ridge()
        )
        options = {f"{name}__sample_weight": weight for name, _ in model.steps}
    else:
        kind = HistGradientBoostingClassifier if task.is_classification else HistGradientBoostingRegressor
        model = kind(max_iter=30, early_stopping=False, random_state=3)
        options = {"sample_weight": weight}
    with threadpool_limits(1):
        model.fit(values, y, **options)
    predicted = fitted.apply(rows(columns(later)).frame)
    if task.is_classification:
        assert predicted.columns.tolist() == list(task.classes)
        expected = model.predict_proba(later)
    else:
        assert predicted.columns.tolist() == ["prediction"]
        expected = model.predict(later)[:, None]
    np.testing.assert_allclose(predicted.to_numpy(), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
@pytest.mark.parametrize("learner", LEARNERS)
def test_the_contract(rows: Build, loaded: Load, task: Task, learner: type[Learner]) -> None:
    values = table(missing=0.1)
    learned, valid = rows(columns(values), target(values, task)), rows(columns(table(1)), target(table(1), task))
    before = learned.frame.copy(deep=True)
    training = learner().open(Trial(task, seed=0, epochs=1, until=1), learned, valid)
    with pytest.raises(StageError, match="before its first epoch"):
        training.finish()
    epoch = training.epoch()
    training.mark()
    fitted = loaded(training.finish())
    pd.testing.assert_frame_equal(learned.frame, before)
    predicted = fitted.apply(valid.frame)
    assert epoch.predicted is not None
    assert epoch.predicted.shape == ((400, task.outputs) if task.is_classification else (400,))
    np.testing.assert_array_equal(predicted.to_numpy().reshape(epoch.predicted.shape), epoch.predicted)
    assert (predicted.dtypes == "float64").all()
    if task.is_classification:
        np.testing.assert_allclose(predicted.sum(axis=1), 1)
    some = [5, 300, 17]
    pd.testing.assert_frame_equal(fitted.apply(valid.frame.iloc[some]), predicted.iloc[some])
    pd.testing.assert_frame_equal(fitted.apply(valid.frame[["c", "a", "b"]]), predicted)
    assert fitted.apply(valid.frame.iloc[:0]).shape == (0, task.outputs)
    strange = rows({"a": [np.inf, np.nan], "b": [-np.inf, np.nan], "c": [1e300, np.nan]})
    assert np.isfinite(fitted.apply(strange.frame).to_numpy()).all()
    if learner is not ConstantBaseline:
        with pytest.raises(PredictError, match="column 'b' is missing"):
            fitted.apply(valid.frame.drop(columns="b"))


def test_constant_is_the_mean_or_the_shares(rows: Build) -> None:
    frame = {"a": [0.0] * 4}
    regression = train(ConstantBaseline, REGRESSION, rows(frame, [1.0, 2.0, 3.0, 6.0]))
    assert regression.values.tolist() == [3.0]
    weighted = train(ConstantBaseline, REGRESSION, rows(frame, [1.0, 2.0, 3.0, 6.0], [0, 0, 1, 3]))
    assert weighted.values.tolist() == [5.25]
    task = Task("multiclass", "y", ("p", "q", "r"))
    assert train(ConstantBaseline, task, rows(frame, ["p", "p", "p", "r"])).values.tolist() == [0.75, 0, 0.25]


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("present", [["q"], ["p", "r"], ["p", "q", "r"]])
def test_classes_that_training_did_not_see_get_nothing(
    rows: Build, loaded: Load, learner: type[Learner], present: list[str]
) -> None:
    task = Task("multiclass", "y", ("p", "q", "r", "s"))
    values = table(n=90)
    y = [present[i % len(present)] for i in range(90)]
    predicted = loaded(train(learner, task, rows(columns(values), y))).apply(rows(columns(values)).frame)
    assert predicted.columns.tolist() == ["p", "q", "r", "s"]
    assert (predicted.drop(columns=present) == 0).to_numpy().all()
    np.testing.assert_allclose(predicted.sum(axis=1), 1)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
@pytest.mark.parametrize("learner", LEARNERS)
def test_rows_without_weight_count_for_nothing(rows: Build, task: Task, learner: type[Learner]) -> None:
    values, y = table(n=200), target(table(n=200), task)
    weight = np.r_[np.ones(100), np.zeros(100)]
    ignoring = train(learner, task, rows(columns(values), y, weight)).apply(rows(columns(values)).frame)
    half = train(learner, task, rows(columns(values[:100]), y[:100], weight[:100])).apply(rows(columns(values)).frame)
    pd.testing.assert_frame_equal(ignoring, half)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
@pytest.mark.parametrize("learner", LEARNERS)
def test_no_columns_and_useless_columns(rows: Build, loaded: Load, task: Task, learner: type[Learner]) -> None:
    y = target(table(n=60), task)
    shares = train(ConstantBaseline, task, rows({"a": np.zeros(60)}, y)).values
    for frame in ({}, {"k": np.full(60, 3.0), "e": np.full(60, np.nan)}):
        learned = rows(frame, y)
        predicted = loaded(train(learner, task, learned)).apply(learned.frame)
        np.testing.assert_allclose(predicted.to_numpy(), np.tile(shares, (60, 1)), atol=1e-3)


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize(
    ("y", "weight", "words"),
    [
        ([1.0, 2.0], [0.0, 0.0], "none has a weight above 0"),
        ([1.0, 2.0], [1.0, -1.0], "weights are numbers of 0 or more"),
        ([1.0, np.nan], None, "1 of 2 training rows have a target that is no value"),
        (None, None, "the rows have no target"),
        ([], None, "of 0 training rows"),
    ],
)
def test_rows_that_cannot_be_learned_from(rows: Build, learner: type[Learner], y: Any, weight: Any, words: str) -> None:
    learned = rows({"a": [1.0, 2.0][: 2 if y is None else len(y)]}, y, weight)
    with pytest.raises(StageError, match=words):
        learner().open(Trial(REGRESSION, seed=0, epochs=1, until=1), learned, None)


def test_columns_that_are_no_numbers_are_named(rows: Build) -> None:
    for learner in (LinearBaseline, HistGradientBoosting):
        with pytest.raises(StageError, match="column 'c' is categorical"):
            learner().open(Trial(REGRESSION, seed=0, epochs=1, until=1), rows({"c": ["a", "b"]}, [1.0, 2.0]), None)


def test_hyperparameters_reach_the_model(rows: Build) -> None:
    values = table()
    learned = rows(columns(values), target(values, REGRESSION))
    stumps = train(HistGradientBoosting, REGRESSION, learned, max_iter=7, max_leaf_nodes=2)
    assert stumps.forest["roots"].tolist() == [0, 3, 6, 9, 12, 15, 18]
    strict = train(LinearBaseline, REGRESSION, learned, alpha=1e9)
    assert np.abs(strict.coefficients).max() < 1e-3


_FINGERPRINT = """
import hashlib, sys
import numpy as np, pandas as pd
from automl.codec import to_bytes
from automl.dataset import Rows
from automl.learning import Task, Trial
from automl_tabular.baselines import LinearBaseline
from automl_tabular.boosting import HistGradientBoosting
rng = np.random.default_rng(0)
x = rng.normal(size=(3000, 8))
frame = pd.DataFrame(x, columns=list("abcdefgh"))
classes = pd.Series(np.where(x[:, 0] + rng.normal(size=3000) > 0, "p", "q"), dtype="str")
rows = Rows(frame, classes, None, dict.fromkeys(frame.columns, "numeric"))
for learner, params in ((LinearBaseline, {}), (HistGradientBoosting, {"max_iter": 5})):
    trial = Trial(Task("binary", "y", ("p", "q")), seed=0, epochs=1, until=1, threads=int(sys.argv[1]))
    training = learner(learner.Params(**params)).open(trial, rows, None)
    training.epoch()
    print(hashlib.sha256(to_bytes(training.finish().state())).hexdigest())
"""


def test_the_same_model_for_any_number_of_threads() -> None:
    one, two = (
        subprocess.run([sys.executable, "-c", _FINGERPRINT, threads], capture_output=True, text=True, check=True).stdout
        for threads in ("1", "2")
    )
    assert len(one.split()) == 2
    assert one == two
    assert len(one.split()[0]) == hashlib.sha256().digest_size * 2
