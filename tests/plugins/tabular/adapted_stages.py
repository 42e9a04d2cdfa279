"""A plugin author's module: transformers of scikit-learn as stages, one line each, none imported yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl_tabular.sklearn import transform_from_sklearn

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_NORMAL: dict[str, Any] = {"output_distribution": "normal", "n_quantiles": 10}

QuantileTransformer = transform_from_sklearn(
    "sklearn.preprocessing:QuantileTransformer", "acme.quantile", examples=[{"n_quantiles": 10}, _NORMAL]
)
KBinsDiscretizer = transform_from_sklearn(
    "sklearn.preprocessing:KBinsDiscretizer",
    "acme.bins",
    examples=[{"quantile_method": "averaged_inverted_cdf"}],
    tune={"n_bins": {"int": [2, 10]}},
)
PolynomialFeatures = transform_from_sklearn("sklearn.preprocessing:PolynomialFeatures", "acme.polynomial")
SplineTransformer = transform_from_sklearn("sklearn.preprocessing:SplineTransformer", "acme.spline")
RobustScaler = transform_from_sklearn("sklearn.preprocessing:RobustScaler", "acme.robust")
PowerTransformer = transform_from_sklearn("sklearn.preprocessing:PowerTransformer", "acme.power")
TargetEncoder = transform_from_sklearn(
    "sklearn.preprocessing:TargetEncoder", "acme.target_mean", accepts=["categorical"], examples=[{"cv": 3}]
)
PCA = transform_from_sklearn(
    "sklearn.decomposition:PCA", "acme.pca", examples=[{"n_components": 2, "svd_solver": "randomized"}]
)
KMeans = transform_from_sklearn("sklearn.cluster:KMeans", "acme.kmeans", examples=[{"n_clusters": 3}])
Nystroem = transform_from_sklearn(
    "sklearn.kernel_approximation:Nystroem", "acme.nystroem", examples=[{"n_components": 5}]
)
KNNImputer = transform_from_sklearn("sklearn.impute:KNNImputer", "acme.knn", examples=[{"n_neighbors": 2}])
SelectKBest = transform_from_sklearn("sklearn.feature_selection:SelectKBest", "acme.k_best", examples=[{"k": 1}])


def _ridge_selection() -> BaseEstimator:
    from sklearn.feature_selection import SelectFromModel
    from sklearn.linear_model import Ridge

    return SelectFromModel(Ridge(), threshold="mean")


RidgeSelection = transform_from_sklearn(_ridge_selection, "acme.by_ridge", name="RidgeSelection")

STAGES = [
    QuantileTransformer, KBinsDiscretizer, PolynomialFeatures, SplineTransformer, RobustScaler, PowerTransformer,
    TargetEncoder, PCA, KMeans, Nystroem, KNNImputer, SelectKBest, RidgeSelection,
]  # fmt: skip
