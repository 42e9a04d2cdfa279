"""What an adapted estimator learned, and the proof at fit time that it keeps a transform's promises."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from automl import codec
from automl.components import Fitted
from automl.errors import PredictError, StageError
from automl_tabular.selection import block, matrix, require
from automl_tabular.sklearn.estimator_state import decode, encode

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator

_SAMPLE = 256
"""Training rows on which the promises are tried: all of them, every other one, backwards, and some alone."""

_LONE = 5
"""How many rows are tried alone."""

_MOST_COLUMNS = 10_000
"""More columns than this are refused: they come out dense, 80 kB a row."""

_TOLERANCE = 1e-9
"""How far a row may differ with its company, relative to its column. A matrix product rounds differently for another
number of rows or memory order (1e-14); a transform that iterates until all rows agree is off by 1e-8 and more."""


@dataclasses.dataclass(frozen=True)
class SklearnFitted(Fitted):
    """A fitted estimator as plain values.

    Attributes:
        columns: the columns it was fitted on, in order.
        names: the columns that it gives.
        estimator: the document of `automl_tabular.sklearn.estimator_state.encode`.
    """

    columns: Sequence[str]
    names: Sequence[str]
    estimator: Mapping[str, Any]

    maker: ClassVar[Callable[[], BaseEstimator]]
    trusted: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, estimator: BaseEstimator, frame: pd.DataFrame) -> Self:
        """Keep an estimator that was fitted on these rows.

        Raises:
            StageError: it changes the number of rows, gives no numbers, treats a row differently with other rows
                beside it, or holds what cannot be kept; says which.
        """
        name, columns = type(estimator).__name__, list(frame.columns)
        sample = table(frame.iloc[:_SAMPLE], columns, name)
        lone = np.linspace(0, len(sample) - 1, _LONE).astype(int)
        parts = [sample, sample.iloc[::2], sample.iloc[::-1], *(sample.iloc[[row]] for row in np.unique(lone))]
        try:
            names = [str(name) for name in estimator.get_feature_names_out()]
            given = [estimator.transform(part.reset_index(drop=True)) for part in parts]
        except Exception as error:
            raise StageError(f"{name} cannot transform the rows it was fitted on: {_told(error)}") from error
        expected, *others = (outcome(name, v, names, part.index) for v, part in zip(given, parts, strict=True))
        for found in others:
            _refuse_other_rows(name, expected.loc[found.index], found)
        document = encode(estimator, cls.maker(), cls.trusted)
        kept = cls.from_state(codec.from_bytes(codec.to_bytes(cls(columns, names, document).state())))
        try:
            again = kept.apply(frame.iloc[:_SAMPLE])
        except Exception as error:
            raise StageError(f"{name} does not work once it was stored and loaded: {_told(error)}") from error
        if not _near(again.to_numpy(), expected.to_numpy()).all():
            raise StageError(f"{name} transforms differently once it was stored and loaded")
        return kept

    @functools.cached_property
    def _loaded(self) -> BaseEstimator:
        return decode(self.estimator, type(self).maker(), self.trusted)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        from sklearn import config_context

        estimator = self._loaded
        name = type(estimator).__name__
        if not len(frame):  # scikit-learn refuses a table without rows
            require(frame, self.columns, name)
            return block(np.empty((len(self.names), 0)), self.names, frame.index)
        rows = table(frame, self.columns, name)
        with config_context(transform_output="default"):
            try:
                values = estimator.transform(rows)
            except ValueError as error:  # how scikit-learn refuses rows: missing or infinite values, unknown levels
                raise PredictError(f"{name} cannot transform these rows: {error}") from error
        return outcome(name, values, self.names, frame.index)


def table(frame: pd.DataFrame, columns: Sequence[str], who: str) -> pd.DataFrame:
    """These columns as scikit-learn takes them: a writable copy, numbers and booleans as float64, text as objects.

    Missing values are NaN. The index is 0..n-1, for no estimator may learn from row ids.
    """
    import pandas as pd

    if all(frame[name].dtype.kind in "fiub" for name in columns if name in frame.columns):
        return pd.DataFrame(matrix(frame, columns, who), columns=list(columns))
    require(frame, columns, who)
    return pd.DataFrame(
        {
            name: frame[name].to_numpy(np.float64, na_value=np.nan, copy=True)
            if frame[name].dtype.kind in "fiub"
            else frame[name].to_numpy(object, na_value=np.nan, copy=True)
            for name in columns
        }
    )


def outcome(name: str, values: Any, names: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """What ``transform`` gave, as float64 columns under their names; refuses what is not a number for each of them."""
    if not hasattr(values, "shape"):
        raise StageError(f"{name} gave a {type(values).__name__}, expected an array of numbers")
    if values.ndim != 2 or values.shape != (len(index), len(names)):
        raise StageError(
            f"{name} gave shape {values.shape} for {len(index)} rows and {len(names)} column names, expected "
            f"({len(index)}, {len(names)}): it does not keep rows as rows"
        )
    if len(names) > _MOST_COLUMNS:
        raise StageError(f"{name} gives {len(names):,} columns, at most {_MOST_COLUMNS:,} are taken")
    if len(set(names)) < len(names):
        raise StageError(f"{name} gives two columns the same name: {sorted(names)[:20]}")
    dense = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    try:
        numbers = dense.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise StageError(f"{name} gives something else than numbers ({dense.dtype}): {error}") from error
    return block(np.ascontiguousarray(numbers.T), names, index)


def _refuse_other_rows(name: str, expected: pd.DataFrame, found: pd.DataFrame) -> None:
    one, other = expected.to_numpy(), found.to_numpy()
    far = np.argwhere(~_near(one, other))
    if len(far):
        row, column = far[0]
        raise StageError(
            f"{name} transforms a row differently with other rows beside it ({expected.columns[column]}: "
            f"{one[row, column]:.6g}, off by {abs(one[row, column] - other[row, column]):.1e}); a transform works row "
            "by row, else a prediction would depend on what is predicted along with it"
        )


def _near(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    scale = np.maximum(1.0, np.nan_to_num(np.abs(one), posinf=1.0)).max(axis=0, initial=1.0)
    with np.errstate(invalid="ignore"):
        near: np.ndarray = np.abs(one - other) <= _TOLERANCE * scale
    return near | (one == other) | (np.isnan(one) & np.isnan(other))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
