"""Every transformer that scikit-learn lists, as a stage, and a small numeric table with a target.

As a program: ``python sklearn_transformers.py FOLDER`` loads each ``NAME.zip`` there and writes what it makes of the
table as ``NAME.npy``.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - all_estimators finds it after this only
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import all_estimators

from automl.codec import from_bytes
from automl.dataset import Rows
from automl_tabular.sklearn import SklearnTransform, transform_from_sklearn

ROWS = 60

PARAMS: Mapping[str, Mapping[str, Any]] = {
    "CCA": {"n_components": 1},
    "DictionaryLearning": {"max_iter": 5},
    "GaussianRandomProjection": {"n_components": 3},
    "KBinsDiscretizer": {"quantile_method": "averaged_inverted_cdf"},
    "KMeans": {"n_clusters": 3},
    "Nystroem": {"n_components": 10},
    "PLSCanonical": {"n_components": 1},
    "PLSSVD": {"n_components": 1},
    "QuantileTransformer": {"n_quantiles": 20},
    "SparseRandomProjection": {"n_components": 3},
}
"""What the defaults of some ask more of a table than 60 rows, five columns and one target can give."""

_INSIDE: Mapping[str, Mapping[str, Any]] = {
    "ColumnTransformer": {"transformers": [("first", MinMaxScaler(), ["a", "b"])]},
    "FeatureUnion": {"transformer_list": [("one", MinMaxScaler()), ("two", StandardScaler())]},
    "RFE": {"estimator": Ridge()},
    "RFECV": {"estimator": Ridge()},
    "SelectFromModel": {"estimator": Ridge()},
    "SequentialFeatureSelector": {"estimator": Ridge()},
    "SparseCoder": {"dictionary": np.eye(5)},
    "StackingClassifier": {"estimators": [("one", LogisticRegression())]},
    "StackingRegressor": {"estimators": [("one", Ridge())]},
    "VotingClassifier": {"estimators": [("one", LogisticRegression())]},
    "VotingRegressor": {"estimators": [("one", Ridge())]},
}
"""What the constructors that need something are given."""


FOR_CLASSES = frozenset(
    {
        "GenericUnivariateSelect", "LinearDiscriminantAnalysis", "NeighborhoodComponentsAnalysis", "SelectFdr",
        "SelectFpr", "SelectFwe", "SelectKBest", "SelectPercentile", "StackingClassifier", "TargetEncoder",
        "VotingClassifier",
    }
)  # fmt: skip
"""Those that learn from classes, or take numbers for classes where nobody tells them otherwise."""


@functools.cache
def classes() -> dict[str, type]:
    return dict(all_estimators(type_filter="transformer"))


def maker(name: str) -> Callable[[], Any]:
    return functools.partial(classes()[name], **_INSIDE.get(name, {}))


def stage(name: str) -> type[SklearnTransform]:
    return transform_from_sklearn(maker(name), f"every.{name}", name=name)


def rows(name: str = "PCA") -> Rows:
    """Positive numbers in columns a-e, row ids that are not 0..n; a target of two numbers or, for ``name``, labels."""
    values = np.abs(np.random.default_rng(0).normal(size=(ROWS, 5))) + 0.1
    index = pd.Index(np.arange(ROWS) * 3 + 7, dtype="int64")
    frame = pd.DataFrame(values, columns=list("abcde"), index=index)
    target = pd.Series((values[:, 0] > values[:, 1]).astype("float64"), index=index, name="y")
    if name in FOR_CLASSES:
        target = target.astype("str")
    return Rows(frame, target, None, dict.fromkeys(frame.columns, "numeric"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for stored in sorted(Path(sys.argv[1]).glob("*.zip")):
        fitted = stage(stored.stem).fitted.from_state(from_bytes(stored.read_bytes()))
        np.save(stored.with_suffix(".npy"), fitted.apply(rows().frame).to_numpy())
