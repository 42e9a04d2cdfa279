"""Supervised transformers are told the task, instead of guessing it from the target's values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, SequentialFeatureSelector, chi2, f_regression
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.preprocessing import TargetEncoder as StockTargetEncoder

from automl import codec
from automl.dataset import Rows
from automl.errors import StageError
from automl_tabular.sklearn import SklearnTransform, transform_from_sklearn

ROWS = 240
DRAW = np.random.default_rng(3)
NUMBERS = pd.DataFrame(DRAW.normal(size=(ROWS, 4)), columns=list("abcd"))
PRICES = (100.0 + 40.0 * NUMBERS["a"] + 5.0 * NUMBERS["b"]).round()  # whole numbers, most of them once
CODES = pd.Series(np.where(NUMBERS["a"] > 0.4, "2", np.where(NUMBERS["a"] > -0.4, "1", "0")), dtype="str")
PAIR = pd.Series(np.where(NUMBERS["a"] > 0, "1", "0"), dtype="str")

TargetEncoder = transform_from_sklearn("sklearn.preprocessing:TargetEncoder", "task.means", accepts=["categorical"])
IterativeImputer = transform_from_sklearn("sklearn.impute:IterativeImputer", "task.iterative")


def numbers(target: pd.Series) -> Rows:
    return Rows(NUMBERS, target, None, dict.fromkeys(NUMBERS.columns, "numeric"))


def made(make: Any) -> type[SklearnTransform]:
    return transform_from_sklearn(make, "task.made", name="Made")


def levels(target: pd.Series) -> Rows:
    text = pd.DataFrame({"level": np.where(NUMBERS["a"] > 0, "high", "low")}).astype("str")
    return Rows(text, target, None, {"level": "categorical"})


def test_whole_numbers_are_encoded_as_numbers_in_one_column() -> None:
    fitted, shown = TargetEncoder(seed=1).fit_apply(levels(PRICES))
    assert list(fitted.apply(levels(PRICES).frame).columns) == ["level"]
    stock = StockTargetEncoder(target_type="continuous").fit(levels(PRICES).frame, PRICES)
    np.testing.assert_allclose(fitted.apply(levels(PRICES).frame), stock.transform(levels(PRICES).frame))
    assert shown.shape == (ROWS, 1)
    assert abs(shown["level"].corr(PRICES)) > 0.5


def test_classes_that_look_like_numbers_are_encoded_as_classes() -> None:
    assert len(TargetEncoder().fit(levels(CODES)).apply(levels(CODES).frame).columns) == 3
    assert len(TargetEncoder().fit(levels(PAIR)).apply(levels(PAIR).frame).columns) == 1


def test_inside_another_transformer_too() -> None:
    stage = transform_from_sklearn(
        lambda: make_pipeline(StockTargetEncoder(), FunctionTransformer(feature_names_out="one-to-one")),
        "task.inside", name="Inside", accepts=["categorical"],
    )  # fmt: skip
    assert len(stage().fit(levels(PRICES)).apply(levels(PRICES).frame).columns) == 1


@pytest.mark.parametrize(
    "name", ["SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe", "GenericUnivariateSelect"]
)
def test_columns_are_chosen_by_scores_for_numbers(name: str) -> None:
    """By groups of equal prices a column of ones would do as well as any."""
    params = {"k": 1} if name == "SelectKBest" else {"percentile": 25} if name == "SelectPercentile" else {}
    stage = transform_from_sklearn(f"sklearn.feature_selection:{name}", "task.select", name="Select")
    transform = stage(stage.Params.model_validate(params))
    fitted = transform.fit(numbers(PRICES))
    again = type(fitted).from_state(codec.from_bytes(codec.to_bytes(fitted.state())))
    scores = f_regression(NUMBERS, PRICES)[0]
    np.testing.assert_allclose(again._loaded.scores_, scores)
    assert "a" in again.apply(NUMBERS).columns
    assert "a" in transform.fit(numbers(CODES)).apply(NUMBERS).columns


def test_a_score_for_the_other_task_is_refused() -> None:
    with pytest.raises(
        StageError, match=r"SelectKBest scores columns by chi2, which is for classes.*mend: a score for"
    ):
        made(lambda: SelectKBest(chi2, k=1))().fit(numbers(PRICES))
    with pytest.raises(StageError, match="f_regression, which is for numbers, and the target holds classes"):
        made(lambda: SelectKBest(f_regression, k=1))().fit(numbers(CODES))


@pytest.mark.parametrize(
    ("make", "target", "says"),
    [
        (lambda: SelectFromModel(LogisticRegression()), PRICES, r"SelectFromModel\(LogisticRegression\) learns from"),
        (lambda: RFE(LogisticRegression()), PRICES, "RFE learns from classes, and the target is a number"),
        (lambda: SequentialFeatureSelector(LogisticRegression()), PRICES, "learns from classes"),
        (lambda: VotingClassifier([("one", LogisticRegression())]), PRICES, "VotingClassifier learns from classes"),
        (lambda: SelectFromModel(Lasso()), CODES, "learns from numbers, and the target has 3 classes"),
        ("sklearn.discriminant_analysis:LinearDiscriminantAnalysis", PRICES, "learns from classes"),
        ("sklearn.neighbors:NeighborhoodComponentsAnalysis", PRICES, "learns from classes"),
        ("sklearn.cross_decomposition:PLSRegression", CODES, "learns from numbers, and the target has 3 classes"),
    ],
)
def test_what_is_made_for_the_other_task_is_refused(make: Any, target: pd.Series, says: str) -> None:
    with pytest.raises(StageError, match=f"{says}.*mend: use its counterpart"):
        made(make)().fit(numbers(target))


def test_a_regressor_learns_two_classes_as_0_and_1() -> None:
    text = PAIR.replace({"1": "yes", "0": "no"})
    chosen = made(lambda: SelectFromModel(Ridge()))().fit(numbers(text))
    assert list(chosen.apply(NUMBERS).columns) == ["a"]
    assert "a" in made(lambda: SelectFromModel(LogisticRegression()))().fit(numbers(text)).apply(NUMBERS).columns


def test_the_iterative_imputer_is_one_line_and_needs_no_pickle() -> None:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer as Stock

    gaps = NUMBERS.assign(d=2.0 * NUMBERS["a"] + 0.1 * NUMBERS["d"])
    gaps.loc[::7, "a"] = np.nan
    gaps.loc[3::9, "d"] = np.nan
    given = Rows(gaps, PRICES, None, dict.fromkeys(gaps.columns, "numeric"))
    fitted = IterativeImputer(IterativeImputer.Params(max_iter=30)).fit(given)
    again = type(fitted).from_state(codec.from_bytes(codec.to_bytes(fitted.state())))
    np.testing.assert_allclose(again.apply(gaps), Stock(max_iter=30, random_state=0).fit_transform(gaps))
    with pytest.raises(StageError, match="transforms a row differently"):  # it draws when it transforms
        IterativeImputer(IterativeImputer.Params(sample_posterior=True)).fit(given)
