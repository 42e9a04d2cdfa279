"""Encoders of scikit-learn as somebody's plugin offers them; none says itself which levels it has not seen."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record
from automl_tabular.sklearn import transform_from_sklearn

OneHot = transform_from_sklearn("sklearn.preprocessing:OneHotEncoder", "acme.one_hot", accepts=["categorical"])
Ordinal = transform_from_sklearn("sklearn.preprocessing:OrdinalEncoder", "acme.ordinal", accepts=["categorical"])
Means = transform_from_sklearn("sklearn.preprocessing:TargetEncoder", "acme.means", accepts=["categorical"])


@hookimpl
def automl_components() -> list[Record]:
    names = {"OneHot": OneHot, "Ordinal": Ordinal, "Means": Means}
    return [Record(kind.id, f"{__name__}:{name}", kind.summary()) for name, kind in names.items()]
