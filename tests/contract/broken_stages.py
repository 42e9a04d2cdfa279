"""For each check a stage with one mistake, which that check is there for: ``BROKEN`` maps the one to the other."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, field_serializer
from sound_stages import (
    Centre,
    CentreFitted,
    CentreParams,
    Double,
    Holdout,
    Lines,
    Places,
    PlacesFitted,
    Shift,
    ShiftFitted,
    present,
)

from automl.components import Component, Fitted
from automl.params import Params, param

if TYPE_CHECKING:
    import pandas as pd

    from automl.columns import Trait
    from automl.components import Header
    from automl.dataset import Dataset, Rows

BROKEN: dict[str, type[Component]] = {}


def breaks(check: str) -> Callable[[type[Component]], type[Component]]:
    def note(stage: type[Component]) -> type[Component]:
        stage.id = f"broken.{check}"
        BROKEN[check] = stage
        return stage

    return note


@breaks("it_says_what_it_is")
class Nameless(Centre):
    __doc__ = ""


class UndescribedInner(Params):
    power: int = 2


class UndescribedParams(CentreParams):
    inner: UndescribedInner = param(UndescribedInner(), description="Described, but not what is in it.")


@breaks("parameters_are_described")
class Undescribed(Centre):
    """One parameter of a nested model says nothing."""

    Params = UndescribedParams


class ForgivingParams(CentreParams):
    model_config = ConfigDict(extra="ignore")


@breaks("unknown_parameters_are_refused")
class Forgiving(Centre):
    """Misspelt parameters are passed over."""

    Params = ForgivingParams


class RangesParams(Params):
    factor: float = param(1.0, description="A factor.", ge=0, le=2, tune={"float": [0, 20]})


@breaks("tuning_ranges_are_legal")
class IllegalRanges(Centre):
    """A search would draw what the parameter refuses."""

    Params = RangesParams


class LossyParams(CentreParams):
    digits: float = param(1 / 3, description="Written with fewer digits than it has.")

    @field_serializer("digits")
    def rounded(self, value: float) -> float:
        return round(value, 3)


@breaks("parameters_round_trip_through_yaml")
class Lossy(Centre):
    """Parameters are rounded when they are written down."""

    Params = LossyParams


@breaks("it_fits_sample_rows")
class NeverFits(Centre):
    """Every fit fails."""

    def fit(self, train: Rows) -> Fitted:
        raise KeyError("no such column")


@dataclasses.dataclass(frozen=True)
class OtherFitted(CentreFitted):
    """Another class than the declared one, with the same behaviour."""


@breaks("fitted_is_the_declared_class")
class OtherClass(Centre):
    """What fit returns is not what the class declares."""

    def fit(self, train: Rows) -> Fitted:
        return OtherFitted(self.means(train))


@dataclasses.dataclass(frozen=True)
class TypedFitted(CentreFitted):
    """A tuple comes back from the store as a list, and this one minds."""

    names: Sequence[str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        result = super().apply(frame)
        return result if isinstance(self.names, tuple) else result + 1.0


@breaks("state_round_trips_without_pickle")
class ForgetsItsTypes(Centre):
    """The stored state behaves otherwise than the one in memory."""

    fitted = TypedFitted

    def fit(self, train: Rows) -> Fitted:
        return TypedFitted(self.means(train), tuple(train.frame.columns))


class KindsFitted(CentreFitted):
    def kinds(self) -> Mapping[str, Any]:
        return {"a": "ordinal"}


@breaks("outputs_are_as_declared")
class FalseKinds(Centre):
    """Declares a column of numbers as levels."""

    fitted = KindsFitted


@breaks("names_are_as_declared")
class MisnamesItsColumns(Centre):
    """Says that it returns one column, and returns all."""

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return list(columns)[:1]


@breaks("leaves_what_it_says")
class PromisesToChangeNothing(Centre):
    """Says that every value is as before, and subtracts the mean."""

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Sequence[Trait]:
        return ["values"]


@breaks("inputs_are_unchanged")
class Mutating(Centre):
    """Works in the frame that it was given."""

    def fit(self, train: Rows) -> Fitted:
        fitted = super().fit(train)
        train.frame["a"] = train.frame["a"].fillna(0.0)
        return fitted


class ScribblingFitted(CentreFitted):
    """Writes into the array behind a column, and puts back what was there."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, list(self.means))
        values = frame["a"].to_numpy()
        if len(values):
            values.flags.writeable = True  # pandas hands out read-only views, and this gets round them
            first, values[0] = values[0], 0.0
            values[0] = first
        return super().apply(frame)


@breaks("read_only_arrays_are_accepted")
class Scribbling(Centre):
    """Needs memory that can be written to."""

    fitted = ScribblingFitted


@breaks("same_seed_gives_same_result")
class Unseeded(Centre):
    """Draws from a generator that nobody seeded."""

    stochastic = True

    def means(self, train: Rows) -> dict[str, float]:
        noise = np.random.default_rng().normal()
        return {name: mean + noise for name, mean in super().means(train).items()}


@breaks("seed_matters_only_where_declared")
class SecretlyStochastic(Centre):
    """Uses the seed and does not say so."""

    def means(self, train: Rows) -> dict[str, float]:
        noise = np.random.default_rng(self.seed).normal()
        return {name: mean + noise for name, mean in super().means(train).items()}


@breaks("refit_equals_fresh_fit")
class Remembering(Centre):
    """The first fit decides what later fits of the instance give."""

    def means(self, train: Rows) -> dict[str, float]:
        self.remembered = getattr(self, "remembered", None) or super().means(train)
        return self.remembered


@breaks("same_result_in_another_process")
class OfThisProcess(Centre):
    """The process id is in what it learns."""

    def means(self, train: Rows) -> dict[str, float]:
        return {name: mean + os.getpid() for name, mean in super().means(train).items()}


class SortingFitted(CentreFitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return super().apply(frame).sort_index()


@breaks("apply_keeps_rows_order_and_index")
class Sorting(Centre):
    """Rows come out by their ids."""

    fitted = SortingFitted


class BatchFitted(CentreFitted):
    """Subtracts the mean of whatever rows it is given."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, list(self.means))
        return frame.assign(**{name: frame[name] - frame[name].mean() for name in self.means})


@breaks("apply_on_a_subset_equals_the_subset_of_apply")
class OfTheBatch(Centre):
    """Takes the mean of the rows at hand instead of the training rows'."""

    fitted = BatchFitted


@dataclasses.dataclass(frozen=True)
class LeakingFitted(CentreFitted):
    """Knows the training rows by their ids."""

    known: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        result = super().apply(frame)
        leaked = np.array([self.known.get(str(row), 0.0) for row in frame.index], dtype="float64")
        return result.assign(leaked=leaked)


@breaks("apply_needs_no_target")
class Leaking(Centre):
    """Gives the training rows their own targets as a feature."""

    fitted = LeakingFitted

    def fit(self, train: Rows) -> Fitted:
        targets = np.zeros(len(train)) if train.target is None else np.asarray(train.target, dtype="float64")
        return LeakingFitted(self.means(train), dict(zip(map(str, train.frame.index), targets.tolist(), strict=True)))


class SilentFitted(CentreFitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{name: frame[name] - mean for name, mean in self.means.items()})


@breaks("missing_columns_are_named")
class BareKeyError(Centre):
    """A missing column is a KeyError out of pandas."""

    fitted = SilentFitted


class PositionalFitted(CentreFitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, list(self.means))
        return frame - np.array(list(self.means.values()))


@breaks("columns_are_found_by_name")
class Positional(Centre):
    """Takes the first column for the first of training."""

    fitted = PositionalFitted


@breaks("training_rows_are_kept_unless_declared")
class LosesRows(Centre):
    """Drops training rows and does not say so."""

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        fitted = self.fit(train)
        return fitted, fitted.apply(train.frame)[::2]


@breaks("fit_apply_agrees_with_fit")
class TwoMinds(Centre):
    """The training rows come out with a column more than others."""

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        fitted = self.fit(train)
        return fitted, fitted.apply(train.frame).assign(extra=1.0)


class FirstRowFitted(CentreFitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        result = super().apply(frame)
        assert np.isscalar(frame["b"].iloc[0])
        return result


@breaks("zero_rows_are_handled")
class NeedsAFirstRow(Centre):
    """Looks at the first row, which need not be there."""

    fitted = FirstRowFitted


@breaks("one_row_is_handled")
class NeedsASecondRow(Centre):
    """Looks at the second row, which need not be there."""

    def means(self, train: Rows) -> dict[str, float]:
        if len(train):
            assert np.isscalar(train.frame["b"].iloc[1])
        return super().means(train)


@breaks("missing_values_are_handled")
class NeedsAValue(Centre):
    """Takes the smallest value there is, if there is a row."""

    def means(self, train: Rows) -> dict[str, float]:
        if not len(train):
            return super().means(train)
        known = [train.frame[name].dropna().to_numpy() for name in train.frame.columns]
        return {name: float(min(values)) for name, values in zip(train.frame.columns, known, strict=True)}


@dataclasses.dataclass(frozen=True)
class SpreadFitted(CentreFitted):
    spreads: Mapping[str, float]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        result = super().apply(frame)
        return result.assign(**{name: result[name] / np.float64(spread) for name, spread in self.spreads.items()})


@breaks("constant_columns_are_handled")
class DividesByNothing(Centre):
    """Divides by a standard deviation of 0."""

    fitted = SpreadFitted

    def fit(self, train: Rows) -> Fitted:
        spreads = {name: float(np.nan_to_num(train.frame[name].std(ddof=0))) for name in train.frame.columns}
        return SpreadFitted(self.means(train), spreads)


class NowhereFitted(PlacesFitted):
    def place(self, name: str, cell: Any) -> float:
        return float(self.levels[name].index(cell)) if isinstance(cell, str) else -1.0


@breaks("unseen_levels_are_handled")
class KnowsAllLevels(Places):
    """A level that was not there in training is a ValueError out of a list."""

    fitted = NowhereFitted

    def levels(self, series: pd.Series) -> list[str]:
        seeable = {"color": ["red", "green", "blue", "été"], "size": ["small", "medium", "large"]}
        return seeable.get(str(series.name), ["Rome", "Oslo", "Bern", "Kyiv", "Lima", "Cairo", "10", "9", ""])


@breaks("stateless_stages_learn_nothing")
class SecretlyLearning(Double):
    """Declares stateless, and takes the mean of the rows where it gets some."""

    fitted = CentreFitted

    def fit(self, train: Rows) -> Fitted:
        return CentreFitted({name: float(np.nan_to_num(train.frame[name].mean())) for name in train.frame.columns})


class OneWayFitted(ShiftFitted):
    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values


@breaks("inverse_undoes_apply")
class OneWay(Shift):
    """Predictions stay in the transformed unit."""

    fitted = OneWayFitted


@breaks("it_divides_sample_rows")
class NeverSplits(Holdout):
    """Every split fails."""

    def split(self, data: Dataset) -> np.ndarray:
        raise IndexError("no such row")


@breaks("codes_are_as_declared")
class WideCodes(Holdout):
    """The codes take eight bytes each."""

    def split(self, data: Dataset) -> np.ndarray:
        return super().split(data).astype("int64")


@breaks("a_split_leaves_its_rows_as_they_are")
class MutatingSplit(Holdout):
    """Leaves a mark in the rows."""

    def split(self, data: Dataset) -> np.ndarray:
        data.frame["y"] = 0.0
        return super().split(data)


@breaks("same_seed_gives_same_split")
class UnseededSplit(Holdout):
    """Every split is another."""

    def split(self, data: Dataset) -> np.ndarray:
        return np.random.default_rng().permutation(super().split(data))


@breaks("seed_matters_to_a_split_only_where_declared")
class SecretlyStochasticSplit(Holdout):
    """Uses the seed and denies it."""

    stochastic: ClassVar[bool] = False


@breaks("same_split_in_another_process")
class SplitOfThisProcess(Holdout):
    """The process id decides where the rows go."""

    def split(self, data: Dataset) -> np.ndarray:
        return np.random.default_rng(os.getpid()).permutation(super().split(data))


@breaks("columns_of_a_split_are_declared")
class ReadsAColumn(Holdout):
    """Reads a column that it does not declare."""

    def split(self, data: Dataset) -> np.ndarray:
        assert len(data.frame["a"]) == len(data.frame)
        return super().split(data)


@breaks("few_rows_are_split_or_refused")
class NeedsRows(Holdout):
    """Looks at the first row, which need not be there."""

    def split(self, data: Dataset) -> np.ndarray:
        assert data.frame.index[0] >= 0
        return super().split(data)


@breaks("a_source_that_is_not_there_is_named")
class NoSuchFile(Lines):
    """A missing file is an error of the operating system."""

    def header(self) -> Header:
        with open(self.params.path, encoding="utf-8"):  # noqa: PTH123 - as careless code does
            return super().header()
