"""What a supervised transformer is told of the task: scikit-learn guesses it from the values of the target.

To its guess whole numbers are classes: `TargetEncoder` makes a column for each price, and `SelectKBest` compares groups
of rows with equal prices. Here the task is known, so it is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from automl.errors import StageError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from automl.dataset import Rows

_FOR_CLASSES: Final = frozenset({"NeighborhoodComponentsAnalysis"})
"""Transformers that learn from classes and have no tag that says so."""
_FOR_FEATURES: Final = frozenset({"IterativeImputer"})
"""Transformers whose estimators predict features, not the target."""


def target(estimator: BaseEstimator, train: Rows) -> np.ndarray:
    """The target as this estimator learns from it.

    Float64 numbers for a regression [n] (or [n, targets]), labels for classes [n]. Regressors are given the labels of
    two classes as 0 and 1.

    Raises:
        StageError: it is made for the other task.
    """
    assert train.target is not None
    if not train.has_labels:
        for owner, kind in _kinds(estimator):
            if kind == "classifier":
                raise StageError(
                    f"{owner} learns from classes, and the target is a number; mend: use its counterpart for a "
                    "regression"
                )
        return train.target.to_numpy(dtype=np.float64)
    labels = train.target.to_numpy()
    owners = [owner for owner, kind in _kinds(estimator) if kind == "regressor"]
    if not owners:
        return labels
    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(classes) > 2:
        raise StageError(
            f"{owners[0]} learns from numbers, and the target has {len(classes)} classes; mend: use its counterpart "
            "for a classification"
        )
    return codes.astype(np.float64)


@contextmanager
def told(estimator: BaseEstimator, train: Rows) -> Iterator[None]:
    """With parameters that say which task it is, where they were left to scikit-learn.

    What chooses by scores for classes (``f_classif``, the default) chooses by those for numbers while it is fitted.

    Raises:
        StageError: its scores are for the other task and have no counterpart.
    """
    changed: dict[str, Any] = {}
    for name, value in estimator.get_params(deep=True).items():
        last = name.rpartition("__")[2]
        if last == "target_type" and value == "auto" and not train.has_labels and train.target is not None:
            estimator.set_params(**{name: "continuous"})
        elif last == "score_func" and callable(value) and train.target is not None:
            fitting = _score(value, type(estimator).__name__, labels=train.has_labels)
            if fitting is not value:
                changed[name] = value
                estimator.set_params(**{name: fitting})
    try:
        yield
    finally:
        # Scores are kept, the function is not used again, and only the one it was made with can be stored.
        estimator.set_params(**changed)


def _score(function: Any, who: str, *, labels: bool) -> Any:
    """The function, or its counterpart for this task."""
    from sklearn import feature_selection as scores

    counterparts = {scores.f_classif: scores.f_regression, scores.mutual_info_classif: scores.mutual_info_regression}
    known = getattr(function, "func", function)  # of a partial
    for_numbers = (scores.f_regression, scores.r_regression, scores.mutual_info_regression)
    if not labels and function in counterparts:
        return counterparts[function]
    if (labels and known in for_numbers) or (not labels and known in (scores.chi2, *counterparts)):
        found, expected = ("numbers", "classes") if labels else ("classes", "numbers")
        raise StageError(
            f"{who} scores columns by {known.__name__}, which is for {found}, and the target holds {expected}; "
            f"mend: a score for {expected}, as {'f_classif' if labels else 'f_regression'}"
        )
    return function


def _kinds(estimator: BaseEstimator) -> Iterator[tuple[str, str]]:
    """All inside that learn from the target: a name, and ``classifier`` or ``regressor``."""
    from sklearn.base import BaseEstimator
    from sklearn.feature_selection import SelectorMixin
    from sklearn.utils import get_tags

    parts = {"": estimator, **estimator.get_params(deep=True)}
    settled: list[str] = []
    for name, part in sorted(parts.items(), key=lambda item: item[0].count("__")):
        if not isinstance(part, BaseEstimator) or any(name.startswith(f"{above}__") for above in settled if above):
            continue
        if name and "" in settled:
            return
        who = type(part).__name__
        inner = getattr(part, "estimator", None)
        if who in _FOR_FEATURES:
            settled.append(name)
            continue
        kind = "classifier" if who in _FOR_CLASSES else get_tags(part).estimator_type
        if kind is None and isinstance(part, SelectorMixin) and isinstance(inner, BaseEstimator):
            kind = get_tags(inner).estimator_type
            who = f"{who}({type(inner).__name__})"
        if kind in ("classifier", "regressor"):
            settled.append(name)
            yield who, kind
