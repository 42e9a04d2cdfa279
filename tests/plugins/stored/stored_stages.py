"""Transformers of scikit-learn as stages: what the stored models are made of. Importing this imports no engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl import Record, hookimpl
from automl_tabular.sklearn import SklearnTransform, transform_from_sklearn

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

PLACES = {
    "decomposition": "PCA TruncatedSVD FastICA FactorAnalysis KernelPCA IncrementalPCA",
    "preprocessing": "MaxAbsScaler MinMaxScaler StandardScaler RobustScaler QuantileTransformer PowerTransformer "
    "KBinsDiscretizer SplineTransformer PolynomialFeatures Normalizer Binarizer TargetEncoder OneHotEncoder",
    "impute": "SimpleImputer KNNImputer IterativeImputer MissingIndicator",
    "cluster": "KMeans",
    "kernel_approximation": "Nystroem RBFSampler",
    "feature_selection": "SelectKBest VarianceThreshold",
    "discriminant_analysis": "LinearDiscriminantAnalysis",
}
PARAMS: dict[str, dict[str, Any]] = {
    "KBinsDiscretizer": {"quantile_method": "averaged_inverted_cdf"},
    "KMeans": {"n_clusters": 2},
    "Nystroem": {"n_components": 3},
    "QuantileTransformer": {"n_quantiles": 10},
    "RBFSampler": {"n_components": 3},
    "SelectKBest": {"k": 1},
    "TruncatedSVD": {"n_components": 1},
}
_OF_LEVELS = ("TargetEncoder", "OneHotEncoder")


def _stage(source: Any, name: str) -> type[SklearnTransform]:
    kinds = ["categorical"] if name in _OF_LEVELS else ["numeric"]
    return transform_from_sklearn(source, f"stored.{name.lower()}", name=name, accepts=kinds)


def _logistic() -> BaseEstimator:
    from sklearn.feature_selection import SelectFromModel
    from sklearn.linear_model import LogisticRegression

    return SelectFromModel(LogisticRegression())


STAGES = {
    **{name: _stage(f"sklearn.{place}:{name}", name) for place, names in PLACES.items() for name in names.split()},
    "ByLogistic": _stage(_logistic, "ByLogistic"),
}
globals().update(STAGES)  # other processes find a class where it says that it is


def is_of_levels(name: str) -> bool:
    return name in _OF_LEVELS


@hookimpl
def automl_components() -> list[Record]:
    return [Record(stage.id, f"stored_stages:{name}", stage.summary()) for name, stage in STAGES.items()]
