"""One sound stage of each sort: what the broken ones are broken from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.columns import TEST, TRAIN, VALID
from automl.components import Fitted, Header, Reader, Splitter, Transform
from automl.errors import DataError, PredictError
from automl.params import Params, param

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Dataset, Rows


def present(frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise PredictError(f"column {name!r} is missing")


@dataclasses.dataclass(frozen=True)
class CentreFitted(Fitted):
    means: Mapping[str, float]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, list(self.means))
        return frame.assign(**{name: frame[name] - mean for name, mean in self.means.items()})


class CentreParams(Params):
    factor: float = param(1.0, description="What the mean is multiplied with.", ge=0, le=2, tune={"float": [0, 2]})


class Centre(Transform):
    """Subtract the mean of the training rows."""

    id = "sound.centre"
    fitted = CentreFitted
    Params = CentreParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"factor": 0.5}]

    def fit(self, train: Rows) -> Fitted:
        return self.fitted(self.means(train))

    def means(self, train: Rows) -> dict[str, float]:
        means = {name: float(train.frame[name].mean()) for name in train.frame.columns}
        return {name: self.params.factor * (0.0 if np.isnan(mean) else mean) for name, mean in means.items()}


@dataclasses.dataclass(frozen=True)
class PlacesFitted(Fitted):
    levels: Mapping[str, Sequence[str]]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        present(frame, list(self.levels))
        places = {name: [self.place(name, cell) for cell in frame[name]] for name in self.levels}
        return pd.DataFrame(places, index=frame.index, dtype="float64")

    def place(self, name: str, cell: Any) -> float:
        levels = self.levels[name]
        return float(levels.index(cell)) if cell in levels else -1.0


class Places(Transform):
    """The place of each level among those of the training rows."""

    id = "sound.places"
    accepts = frozenset({"categorical", "ordinal"})
    fitted = PlacesFitted

    def fit(self, train: Rows) -> Fitted:
        return self.fitted({name: self.levels(train.frame[name]) for name in train.frame.columns})

    def levels(self, series: pd.Series) -> list[str]:
        return sorted(series.dropna().unique())


@dataclasses.dataclass(frozen=True)
class DoubleFitted(Fitted):
    columns: Sequence[str]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, self.columns)
        return frame.assign(**{name: frame[name] * 2 for name in self.columns})


class Double(Transform):
    """Twice the numbers."""

    id = "sound.double"
    stateless = True
    fitted = DoubleFitted

    def fit(self, train: Rows) -> Fitted:
        return DoubleFitted(list(train.frame.columns))


@dataclasses.dataclass(frozen=True)
class ShiftFitted(Fitted):
    name: str
    shift: float

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        present(frame, [self.name])
        return frame[[self.name]] - self.shift

    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values + self.shift


class Shift(Transform):
    """The target without its mean."""

    id = "sound.shift"
    on_target = True
    fitted = ShiftFitted

    def fit(self, train: Rows) -> Fitted:
        mean = float(train.frame.iloc[:, 0].mean())
        return self.fitted(str(train.frame.columns[0]), 0.0 if np.isnan(mean) else mean)


class CrossFitted(Centre):
    """Subtract the mean of the other half of the training rows; later rows get the mean of all."""

    id = "sound.cross_fitted"

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        half = np.arange(len(train)) % 2
        shown = train.frame.copy()
        for name in train.frame.columns:
            for side in (0, 1):
                other = train.frame.loc[half != side, name].mean()
                shown.loc[half == side, name] = train.frame.loc[half == side, name] - other
        return self.fit(train), shown


class DropsOutliers(Centre):
    """Leave training rows out whose first number is far from the mean."""

    id = "sound.drops_outliers"
    drops_rows = True

    def fit_apply(self, train: Rows) -> tuple[Fitted, pd.DataFrame]:
        fitted = self.fit(train)
        applied = fitted.apply(train.frame)
        near = (applied.iloc[:, 0].abs() < 2).to_numpy() | applied.iloc[:, 0].isna().to_numpy()
        return fitted, applied[near]


class Holdout(Splitter):
    """A fifth of the rows for the test, a fifth for validation."""

    id = "sound.holdout"

    def split(self, data: Dataset) -> np.ndarray:
        codes = np.array([TRAIN, TRAIN, TRAIN, VALID, TEST], dtype="int16")[np.arange(len(data.frame)) % 5]
        return np.random.default_rng(self.seed).permutation(codes)


class LinesParams(Params):
    path: str = param(description="The file.", identity=False)


class Lines(Reader):
    """Text, one column, one line a row."""

    id = "sound.lines"
    Params = LinesParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "lines.txt"}]

    def header(self) -> Header:
        self.text()
        return Header(("line",))

    def fingerprint(self) -> str:
        return self.text()

    def read(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"line": self.text().splitlines()})

    def text(self) -> str:
        from pathlib import Path

        try:
            return Path(self.params.path).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise DataError(f"there is no file {self.params.path}") from error


class Adapted(Centre):
    """Names its own package among its engines, as an adapter of the plugin's own estimator does."""

    id = "sound.adapted"
    engines = ("sound_stages",)


SOUND = [Adapted, Centre, Places, Double, Shift, CrossFitted, DropsOutliers, Holdout, Lines]
