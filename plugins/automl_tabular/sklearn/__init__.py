"""Any transformer of scikit-learn as a stage, in one line. Imports no scikit-learn itself."""

from automl_tabular.sklearn.adapter import SklearnTransform, transform_from_sklearn

__all__ = ["SklearnTransform", "transform_from_sklearn"]
