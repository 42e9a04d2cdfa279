"""The tables that stages are checked on: small, the same in every process, with a column of every kind.

Columns, which ``examples()`` may name::

    a, b, c      numeric: roughly normal; skewed; whole numbers from 0 to 5
    color, city  categorical: four levels; nine levels, some of them rare
    size         ordinal: small, medium, large
    flag         boolean
    day          datetime
    note         text
    y            the target: float64, or str in the tables with classes

A stage is given the columns whose kinds it accepts. Not every stage can learn from every table (a logarithm wants
positive numbers, a class-wise code wants classes), so there are several, from the hardest to the easiest; a stage is
checked on the first that it does not refuse.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from automl.columns import DTYPES, Kind, Role
from automl.dataset import Dataset, Rows

ROWS: Final = 60
TARGET: Final = "y"
COLUMNS: Final[Mapping[str, Kind]] = {
    "a": "numeric",
    "b": "numeric",
    "c": "numeric",
    "color": "categorical",
    "city": "categorical",
    "size": "ordinal",
    "flag": "boolean",
    "day": "datetime",
    "note": "text",
}
_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "color": ("red", "green", "blue", "été"),
    "city": ("Rome", "Oslo", "Bern", "Kyiv", "Lima", "Cairo", "10", "9", ""),
    "size": ("small", "medium", "large"),
    "note": ("a short note", "another, with a comma", "missing", "nan", "x"),
}
_CLASSES: Final = ("no", "perhaps", "yes")
_GAP: Final = 0.1
"""Share of missing cells in the tables with gaps."""


@dataclass(frozen=True)
class Sample:
    """One table; ``title`` says what is particular about it."""

    title: str
    positive: bool
    gaps: bool
    classes: bool

    def frame(self, seed: int = 0, rows: int = ROWS) -> pd.DataFrame:
        """All feature columns and the target, with row ids as they are after a split: ascending, with holes.

        Every call gives a table of its own, which may be changed.
        """
        return _made(self, seed, rows).copy(deep=True)

    def make(self, seed: int, rows: int) -> pd.DataFrame:
        draw = np.random.default_rng(seed)
        columns = {name: self._column(name, kind, draw, rows) for name, kind in COLUMNS.items()}
        signal = np.nan_to_num(columns["a"].to_numpy(dtype="float64", na_value=np.nan)) + draw.normal(size=rows)
        columns[TARGET] = self._target(signal)
        return pd.DataFrame(columns).set_axis(pd.Index(np.arange(rows) * 3 + 7, dtype="int64"))

    def _column(self, name: str, kind: Kind, draw: np.random.Generator, rows: int) -> pd.Series:
        if kind == "numeric":
            values = {"a": draw.normal(size=rows), "b": draw.gamma(1.5, 40.0, rows) - 30.0}.get(
                name, draw.integers(0, 6, rows).astype("float64")
            )
            series = pd.Series(np.abs(values) + 0.5 if self.positive else values)
        elif kind == "boolean":
            series = pd.Series(draw.random(rows) < 0.4, dtype=DTYPES[kind])
        elif kind == "datetime":
            days = draw.integers(0, 900, rows).astype("timedelta64[D]")
            series = pd.Series(np.datetime64("2021-03-04") + days).astype(DTYPES[kind])
        else:
            levels = _LEVELS[name]
            shares = 1.0 / np.arange(1, len(levels) + 1)
            series = pd.Series(draw.choice(levels, rows, p=shares / shares.sum()), dtype=DTYPES[kind])
        missing = draw.random(rows) < _GAP
        return series.mask(missing) if self.gaps else series

    def _target(self, signal: np.ndarray) -> pd.Series:
        if self.classes:
            codes = np.searchsorted(np.quantile(signal, [0.3, 0.7]), signal)
            return pd.Series([_CLASSES[code] for code in codes], dtype=DTYPES["categorical"])
        return pd.Series(np.exp(signal) if self.positive else 100.0 + 20.0 * signal - 110.0)


@functools.cache
def _made(sample: Sample, seed: int, rows: int) -> pd.DataFrame:
    return sample.make(seed, rows)


SAMPLES: Final = tuple(
    Sample(
        f"{'positive numbers' if positive else 'numbers of any sign'}, {'with' if gaps else 'no'} missing cells, "
        f"{'three classes' if classes else 'a numeric target'}",
        positive,
        gaps,
        classes,
    )
    for classes in (False, True)
    for positive, gaps in ((False, True), (True, True), (True, False))
)


def feature_rows(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> Rows:
    """These columns with their target, as ``fit`` is given them."""
    return Rows(frame[list(kinds)], frame[TARGET], None, dict(kinds))


def target_rows(frame: pd.DataFrame) -> Rows:
    """The target as the one column, as a target transform is given it."""
    kind: Kind = "numeric" if frame[TARGET].dtype == DTYPES["numeric"] else "categorical"
    return Rows(frame[[TARGET]], frame[TARGET], None, {TARGET: kind})


def unsplit(frame: pd.DataFrame) -> Dataset:
    """The whole table before its split, as a splitter is given it."""
    target: Kind = "numeric" if frame[TARGET].dtype == DTYPES["numeric"] else "categorical"
    roles: dict[str, Role] = {**dict.fromkeys(COLUMNS, "feature"), TARGET: "target"}
    return Dataset.make(frame, roles, {**COLUMNS, TARGET: target})
