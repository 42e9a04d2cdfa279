"""``transform_from_sklearn``: a scikit-learn transformer as a stage, without importing scikit-learn until it is used.

The class that it makes names its estimator by import path or by a function; parameters, seed and engines are found on
first use. What was fitted is kept as plain values (`automl_tabular.sklearn.estimator_state`).
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from automl.columns import Kind
from automl.components import Fitted, Transform
from automl.errors import PluginError, StageError
from automl.params import Params
from automl_tabular.moments import fit_weights
from automl_tabular.sklearn.fitted import SklearnFitted, outcome, table
from automl_tabular.sklearn.task import target, told

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator

    from automl.dataset import Rows

Source = str | Callable[[], "BaseEstimator"]
"""Where the estimator comes from: ``package.module:Class``, the class, or a function that makes one."""


def transform_from_sklearn(
    estimator: Source,
    id: str,  # noqa: A002 - the name that components have for it
    *,
    name: str | None = None,
    version: str = "1",
    summary: str | None = None,
    accepts: Iterable[Kind] = ("numeric",),
    examples: Sequence[Mapping[str, Any]] = ({},),
    tune: Mapping[str, Any] | None = None,
    trusted: Sequence[str] = (),
) -> type[SklearnTransform]:
    """Make a stage of a scikit-learn transformer; nothing is imported until the stage is used.

    Its parameters are the constructor's, with scikit-learn's own descriptions and legal ranges, less those that the
    engine owns (the seed, worker counts, verbosity). Columns come out as ``get_feature_names_out`` names them.

    Args:
        estimator: ``"sklearn.preprocessing:QuantileTransformer"``, the class itself, or a function without arguments
            that makes one, for estimators inside estimators: ``lambda: SelectFromModel(Lasso())``.
        id: the name in pipeline files, ``family.name``.
        name: of the class, and of the variable that it is assigned to; by default the estimator's.
        version: raised when the same parameters give another result; scikit-learn's own version is seen to.
        summary: one line for listings; by default one that names the estimator.
        accepts: the kinds of columns that it takes. Numbers and booleans arrive as float64, text as Python strings.
        examples: parameters to try it with; the contract suite runs each.
        tune: the range that ``{tune: auto}`` tries, by parameter.
        trusted: full names of types that `skops` may store where a fitted attribute is neither a plain value, an array
            nor an estimator, e.g. ``"sklearn.tree._tree.Tree"``. List only types whose loading you have reviewed: a
            model file that somebody else made can hold anything in them.

    Returns:
        A transform class to be offered by a `automl.records.Record`. What cannot keep a transform's promises is refused
        by its ``fit``, with the reason as a StageError.
    """
    name = name or (estimator.partition(":")[2] if isinstance(estimator, str) else estimator.__name__)
    if not name.isidentifier():
        raise PluginError(f"{id}: {name!r} is no name for a class; mend: name='...', as the variable is called")
    # As namedtuple does: the class belongs to the module that asked for it, where other processes find it.
    home = sys._getframe(1).f_globals.get("__name__", __name__)
    maker = functools.cache(functools.partial(_make, estimator, id))
    fitted = type(
        f"{name}Fitted", (SklearnFitted,), {"__module__": home, "maker": staticmethod(maker), "trusted": tuple(trusted)}
    )
    body = {
        "__module__": home,
        "__doc__": summary or f"{name} of scikit-learn.",
        "id": id,
        "version": version,
        "accepts": frozenset(accepts),
        "fitted": fitted,
        "Params": _OnFirstUse(lambda: _params(maker(), id, tune or {})),
        "stochastic": _OnFirstUse(lambda: bool(_seeds(maker())) or _cross_fits(maker())),
        "engines": _engines(estimator),
        "weights": _OnFirstUse(lambda: _weights(maker())),
        "examples": classmethod(lambda _: [dict(example) for example in examples]),
    }
    return type(name, (SklearnTransform,), body)


class _OnFirstUse:
    """A class attribute that is found when it is first read: to name an estimator must not import scikit-learn."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = functools.cache(find)

    def __get__(self, instance: object, owner: type) -> Any:
        return self._find()


def _engines(estimator: Source) -> tuple[str, ...]:
    """scikit-learn, and the package that the estimator comes from; a function may take its estimator from anywhere."""
    if not isinstance(estimator, str) and not inspect.isclass(estimator):
        return ("sklearn",)
    module = estimator.partition(":")[0] if isinstance(estimator, str) else estimator.__module__
    return tuple(dict.fromkeys(["sklearn", module.split(".")[0]]))


def _weights(prototype: BaseEstimator) -> str:
    from sklearn.utils.validation import has_fit_parameter

    if has_fit_parameter(prototype, "sample_weight"):
        return "given to the estimator's fit"
    return "the estimator's fit takes none: a row of weight 0 is left out, all others count alike"


def _make(estimator: Source, who: str) -> BaseEstimator:
    """The prototype: never fitted, cloned for each fit. Raises PluginError telling why there is none."""
    from sklearn.base import BaseEstimator

    try:
        if isinstance(estimator, str):
            module, _, name = estimator.partition(":")
            if name == "IterativeImputer" and module.split(".")[0] == "sklearn":
                # What scikit-learn calls experimental is there once this was imported.
                importlib.import_module("sklearn.experimental.enable_iterative_imputer")
            made = getattr(importlib.import_module(module), name)()
        else:
            made = estimator()
    except Exception as error:
        raise PluginError(
            f"{who}: cannot make {estimator}: {type(error).__name__}: {error}; mend: name it "
            "``package.module:Class``, or give a function that makes it with what its constructor needs"
        ) from error
    if not isinstance(made, BaseEstimator):
        raise PluginError(f"{who}: expected a scikit-learn estimator, found {type(made).__name__}")
    return made


def _params(prototype: BaseEstimator, who: str, tune: Mapping[str, Any]) -> type[Params]:
    from automl_tabular.sklearn.parameters import params_of

    return params_of(prototype, who, tune)


def _seeds(estimator: BaseEstimator) -> list[str]:
    """Names of all seeds, those of estimators inside included, less those that scikit-learn has deprecated."""
    values = estimator.get_params(deep=True)
    return [name for name in values if name.split("__")[-1] == "random_state" and values[name] != "deprecated"]


class SklearnTransform(Transform):
    """Base of what `transform_from_sklearn` makes."""

    fitted: ClassVar[type[SklearnFitted]]

    def fit(self, train: Rows) -> Fitted:
        """Fit a clone on the training rows, with target and weight where it takes them.

        Raises:
            StageError: the estimator cannot be fitted, or cannot keep what a transform promises; says which and why.
        """
        return self._fit(train)[0]

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        """As ``fit``; an estimator that cross-fits gives the training rows its own way.

        scikit-learn's TargetEncoder is one: its ``fit_transform`` encodes each row without its own target.
        """
        fitted, shown = self._fit(train)
        rest = train.frame if shown is None else train.frame[~train.frame.index.isin(shown.index)]
        if shown is not None and not len(rest):
            return fitted, shown
        applied = fitted.apply(rest)
        if shown is None:
            return fitted, applied
        import pandas as pd

        return fitted, pd.concat([shown, applied]).loc[train.frame.index]

    def _fit(self, train: Rows) -> tuple[SklearnFitted, pd.DataFrame | None]:
        from sklearn import config_context

        estimator = self._estimator()
        name = type(estimator).__name__
        train = train.counted()
        self._refuse_unfit(estimator, train)
        features = table(train.frame, list(train.frame.columns), name)
        given = self._given(estimator, train)
        with config_context(transform_output="default"), told(estimator, train):
            try:
                crossed = self._cross_fit(estimator, features, given) if _cross_fits(estimator) else None
                if crossed is None:
                    estimator.fit(features, **given)
            except Exception as error:
                raise StageError(f"{name} cannot be fitted: {type(error).__name__}: {error}") from error
        with config_context(transform_output="default"):
            fitted = self.fitted.of(estimator, train.frame)
        shown = None if crossed is None else outcome(name, crossed, fitted.names, train.frame.index)
        return fitted, shown

    def _estimator(self) -> BaseEstimator:
        """A clone with the parameters in force and the seed injected."""
        from sklearn.base import clone

        prototype = self.fitted.maker()
        estimator = clone(prototype)
        estimator.set_params(**{name: getattr(self.params, name) for name in type(self.params).model_fields})
        return estimator.set_params(**dict.fromkeys(_seeds(estimator), self.seed))

    def _cross_fit(self, estimator: BaseEstimator, features: pd.DataFrame, given: Mapping[str, Any]) -> Any:
        """``fit_transform`` with folds that the seed draws: left to itself it shuffles by the global generator.

        Under scikit-learn 1.7 TargetEncoder has a seed for that, and takes no folds.
        """
        from sklearn.model_selection import KFold, StratifiedKFold

        folds = estimator.get_params(deep=False)["cv"]
        if isinstance(folds, int) and not _seeds(estimator):
            kind = StratifiedKFold if given.get("y", np.empty(0)).dtype.kind in "OUT" else KFold
            estimator.set_params(cv=kind(folds, shuffle=True, random_state=self.seed))
        crossed = estimator.fit_transform(features, **given)
        estimator.set_params(cv=folds)
        return crossed

    @staticmethod
    def _refuse_unfit(estimator: BaseEstimator, train: Rows) -> None:
        """Refuse what a look at the estimator tells, before anything is fitted."""
        from sklearn.utils import get_tags

        name, tags = type(estimator).__name__, get_tags(estimator)
        if not tags.input_tags.two_d_array:
            raise StageError(
                f"{name} takes no table of columns; it is made for labels, text, pictures or other objects"
            )
        for verb in ("fit", "transform", "get_feature_names_out"):
            if not hasattr(estimator, verb):
                raise StageError(f"{name} has no {verb}, so it cannot give new rows named columns")
        if tags.target_tags.required and train.target is None:
            raise StageError(f"{name} learns from the target, but there is none")
        if not len(train):
            raise StageError(f"{name} learns from rows, but there is no training row")

    @staticmethod
    def _given(estimator: BaseEstimator, train: Rows) -> dict[str, Any]:
        from sklearn.utils.validation import has_fit_parameter

        given: dict[str, Any] = {}
        if train.target is not None:
            given["y"] = target(estimator, train)
        if train.weight is not None and has_fit_parameter(estimator, "sample_weight"):
            weight = fit_weights(train)
            given["sample_weight"] = np.ones(len(train)) if weight is None else weight
        return given


def _cross_fits(estimator: BaseEstimator) -> bool:
    """Whether training rows must come from ``fit_transform``: it has folds (``cv``) and a ``fit_transform`` of its own.

    The others inherit that method or only save time with it.
    """
    return "cv" in estimator.get_params(deep=False) and "fit_transform" in vars(type(estimator))
