"""Estimators that an older scikit-learn fitted, brought up to date: it adds parameters and attributes as it goes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


def bring_up_to_date(estimator: BaseEstimator) -> None:
    """Add what this version of scikit-learn expects and the one that fitted the estimator did not know.

    New parameters get their defaults, under which an estimator does what it did before. Models of scikit-learn 1.7 lack
    besides: the dtype that a SimpleImputer fills in (1.8), and a logistic regression's ``l1_ratio`` as a number, which
    took the place of ``penalty`` (1.9) and which SelectFromModel looks at.
    """
    known = vars(estimator)
    for name, parameter in inspect.signature(type(estimator)).parameters.items():
        if parameter.default is not inspect.Parameter.empty and name not in known:
            setattr(estimator, name, parameter.default)
    if "_fit_dtype" in known and "_fill_dtype" not in known:
        estimator._fill_dtype = known["_fit_dtype"]
    if "l1_ratio" in known and known["l1_ratio"] is None and "penalty" in known:
        default = inspect.signature(type(estimator)).parameters["l1_ratio"].default
        if default is not None:
            estimator.l1_ratio = 1.0 if known["penalty"] == "l1" else default
