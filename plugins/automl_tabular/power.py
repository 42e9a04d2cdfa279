"""Power transforms: bringing skewed columns nearer to a normal distribution."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import field_validator

from automl.advice.findings import Finding
from automl.components import Fitted, Transform
from automl.errors import DataError
from automl.params import Params, param
from automl_tabular.likelihood import HALF_THE_EXPONENTS, most_likely
from automl_tabular.moments import finite, finite_pairs, fit_weights, mean_and_deviation
from automl_tabular.selection import block, column_values, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView
    from automl.columns import Trait
    from automl.dataset import Rows

_IDENTITY = 1.0
"""The lambda that changes no shape."""
_LOSS = 1e-6
"""Largest error of inverse(transform(x)), in standard deviations of x, at which a lambda is accepted."""


def box_cox(values: np.ndarray, lmbda: float) -> np.ndarray:
    """(x^l - 1)/l, or ln x for l = 0 (Box and Cox 1964), through logarithms: it neither cancels nor overflows early."""
    from scipy import special

    return special.boxcox(values, lmbda)


def inverse_box_cox(values: np.ndarray, lmbda: float) -> np.ndarray:
    from scipy import special

    return special.inv_boxcox(values, lmbda)


def yeo_johnson(values: np.ndarray, lmbda: float) -> np.ndarray:
    """Box-Cox of 1 + x with l for x >= 0, and minus Box-Cox of 1 - x with 2 - l else (Yeo and Johnson 2000).

    Written with log1p and expm1 (`scipy.special.boxcox1p`), so that 1e-30 does not drown in the 1.
    """
    from scipy import special

    positive = special.boxcox1p(np.maximum(values, 0.0), lmbda)
    negative = special.boxcox1p(np.maximum(-values, 0.0), 2.0 - lmbda)
    return np.where(values >= 0, positive, -negative)


def inverse_yeo_johnson(values: np.ndarray, lmbda: float) -> np.ndarray:
    from scipy import special

    positive = special.inv_boxcox1p(np.maximum(values, 0.0), lmbda)
    negative = special.inv_boxcox1p(np.maximum(-values, 0.0), 2.0 - lmbda)
    return np.where(values >= 0, positive, -negative)


_FAMILIES: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], Callable[[np.ndarray, float], np.ndarray]]] = {
    "box_cox": (box_cox, inverse_box_cox),
    "yeo_johnson": (yeo_johnson, inverse_yeo_johnson),
}


@dataclasses.dataclass(frozen=True)
class PowerFitted(Fitted):
    """What was learned of each column, float64 [columns] each.

    Attributes:
        family: ``box_cox`` or ``yeo_johnson``.
        lambdas: the exponent of each column.
        shifts: added before the transform.
        floors: the smallest training value; one that leaves the domain of Box-Cox (x + shift <= 0) is taken for it.
        means: of the transformed training rows; 0 if not standardised.
        deviations: likewise; 1 if not standardised. A deviation of 0 marks a constant column, which becomes 0.
    """

    family: str
    columns: Sequence[str]
    lambdas: np.ndarray
    shifts: np.ndarray
    floors: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.columns, f"power.{self.family}")
        transform, _ = _FAMILIES[self.family]
        out = np.empty((len(self.columns), len(frame)))
        with np.errstate(over="ignore"):
            for place, name in enumerate(self.columns):
                values = column_values(frame, name)
                if self.deviations[place] == 0.0:
                    out[place] = np.where(np.isnan(values), np.nan, 0.0)
                    continue
                shifted = values + self.shifts[place]
                if self.family == "box_cox":
                    shifted = np.where(shifted <= 0, self.floors[place] + self.shifts[place], shifted)
                powers = transform(shifted, float(self.lambdas[place]))
                out[place] = (powers - self.means[place]) / self.deviations[place]
        return block(out, self.columns, frame.index)

    def invert(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Transformed columns back in their own unit; a column that was constant gets its value back."""
        require(frame, self.columns, f"power.{self.family}")
        _, inverse = _FAMILIES[self.family]
        out = np.empty((len(self.columns), len(frame)))
        for place, name in enumerate(self.columns):
            values = column_values(frame, name)
            if self.deviations[place] == 0.0:
                out[place] = np.where(np.isnan(values), np.nan, self.floors[place])
                continue
            powers = values * self.deviations[place] + self.means[place]
            out[place] = inverse(powers, float(self.lambdas[place])) - self.shifts[place]
        return block(out, self.columns, frame.index)

    def report(self) -> dict[str, float]:
        """The lambda of each column."""
        return dict(zip(self.columns, self.lambdas.tolist(), strict=True))


class PowerParams(Params):
    lmbda: float | None = param(
        None, description="The exponent (scipy's spelling); by maximum likelihood for each column if absent."
    )
    standardize: bool = param(True, description="Bring the result to mean 0 and standard deviation 1.")

    @field_validator("lmbda")
    @classmethod
    def _finite(cls, lmbda: float | None) -> float | None:
        if lmbda is not None and not np.isfinite(lmbda):
            raise ValueError(f"lmbda is finite, found {lmbda}")
        return lmbda


class _PowerTransform(Transform):
    """What both have in common: one column after the other, on its finite training values."""

    engines = ("scipy",)
    scales = "standard"
    fitted = PowerFitted
    weights = "likelihood, mean and deviation are weighted"

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """All but the scale."""
        return ("there", "kind", "gaps")

    @abstractmethod
    def _shift(self, name: str, values: np.ndarray) -> float:
        """What to add to the finite training values so that they lie in the domain."""

    @abstractmethod
    def _most_likely(self, values: np.ndarray, weight: np.ndarray | None) -> float:
        """Lambda by maximum likelihood, of at least two distinct finite values in the domain."""

    def fit(self, train: Rows) -> PowerFitted:
        train = train.counted()
        columns, weight = list(train.frame.columns), fit_weights(train)
        learned = np.zeros((5, len(columns)))
        for place, name in enumerate(columns):
            learned[:, place] = self._learn(name, *finite_pairs(column_values(train.frame, name), weight))
        return PowerFitted(self._family, columns, *learned)

    @property
    def _family(self) -> str:
        return self.id.removeprefix("power.")

    def _learn(
        self, name: str, values: np.ndarray, weight: np.ndarray | None
    ) -> tuple[float, float, float, float, float]:
        """Lambda, shift, floor, mean and deviation of one column."""
        if not len(values):
            return _IDENTITY, 0.0, 0.0, 0.0, 0.0
        shift, floor = self._shift(name, values), float(values.min())
        if floor == values.max():
            return _IDENTITY, shift, floor, 0.0, 0.0 if self.params.standardize else 1.0
        shifted = values + shift
        lmbda = self._lossless(shifted, weight) if self.params.lmbda is None else self.params.lmbda
        if not self.params.standardize:
            return lmbda, shift, floor, 0.0, 1.0
        transform, _ = _FAMILIES[self._family]
        return lmbda, shift, floor, *mean_and_deviation(transform(shifted, lmbda), weight)

    def _lossless(self, values: np.ndarray, weight: np.ndarray | None) -> float:
        """The most likely lambda, or 1 where it would lose the column.

        A spread that is tiny beside the level (1,000,000 +- 1) makes lambdas of -55,000 the most likely, under which
        all values round to one number. Over so short a range every power is a straight line, so 1 loses nothing.
        """
        lmbda = self._most_likely(values, weight)
        transform, inverse = _FAMILIES[self._family]
        with np.errstate(all="ignore"):
            error = np.abs(inverse(transform(values, lmbda), lmbda) - values).max()
        return lmbda if error <= _LOSS * mean_and_deviation(values, weight)[1] else _IDENTITY


class YeoJohnson(_PowerTransform):
    """Yeo-Johnson power transform: like Box-Cox, for any sign.

    ((x+1)^l - 1)/l, ln(x+1) for l = 0, where x >= 0; -((1-x)^(2-l) - 1)/(2-l), -ln(1-x) for l = 2, where x < 0.
    Missing stays missing; constant columns become 0 (and stay as they are without `standardize`).
    """

    id = "power.yeo_johnson"
    Params = PowerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"lmbda": 0.0, "standardize": False}]

    def _shift(self, name: str, values: np.ndarray) -> float:  # noqa: ARG002 - any value lies in the domain
        return 0.0

    def _most_likely(self, values: np.ndarray, weight: np.ndarray | None) -> float:
        reach = HALF_THE_EXPONENTS / float(np.log1p(20 * np.abs(values).max()))
        low, high = -reach, reach
        if values.min() < 0:
            low, high = (2 - reach, 2 + reach) if values.max() < 0 else (max(2 - reach, low), min(2 + reach, high))
        slope = np.copysign(np.log1p(np.abs(values)), values)
        return most_likely(lambda lmbda: yeo_johnson(values, lmbda), slope, weight, (low, high))


class BoxCoxParams(PowerParams):
    shift: float | Literal["auto"] = param(
        0.0,
        description="Added before the transform; auto: where a value is not positive, as much as lifts the smallest "
        "one to half its distance from the next.",
    )


class BoxCox(_PowerTransform):
    """Box-Cox power transform of positive columns: (x^l - 1)/l, ln x for l = 0.

    Missing stays missing; constant columns become 0. A later value that is not positive is taken for the smallest of
    the training rows.
    """

    id = "power.box_cox"
    Params = BoxCoxParams
    advice = {"domain": "A column holds training rows that are not positive."}

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"shift": "auto"}, {"lmbda": 0.5, "shift": "auto", "standardize": False}]

    @classmethod
    def examine(cls, params: BoxCoxParams, view: StageView) -> Iterable[Finding]:
        for name in view.given.as_read if params.shift != "auto" else ():
            message = _outside(name, finite(column_values(view.training(name).to_frame(), name)), float(params.shift))
            if message:
                yield Finding(message, ("columns",), mend=_INSIDE, severity="error", name="domain")

    def _shift(self, name: str, values: np.ndarray) -> float:
        if not len(values):
            return 0.0
        if self.params.shift == "auto":
            return _half_gap_shift(values) if values.min() <= 0 else 0.0
        shift = float(self.params.shift)
        message = _outside(name, values, shift)
        if message:
            raise DataError(f"{self.id}: {message}; mend: {_INSIDE}")
        return shift

    def _most_likely(self, values: np.ndarray, weight: np.ndarray | None) -> float:
        from scipy import stats

        if weight is None:
            return float(stats.boxcox_normmax(values, method="mle", ymax=np.inf))
        logs = np.log(values)
        reach = HALF_THE_EXPONENTS / float(np.abs(logs).max())
        return most_likely(lambda lmbda: box_cox(values, lmbda), logs, weight, (-reach, reach))


_INSIDE = "shift: auto, power.yeo_johnson, or leave the column out by `columns:`"


def _outside(name: str, values: np.ndarray, shift: float) -> str | None:
    """What is wrong with a column of which a finite value, shifted, is not positive."""
    below = int((values + shift <= 0).sum())
    if not below:
        return None
    return (
        f"column {name!r} has {below} of {len(values)} training rows that are not positive "
        f"(smallest {values.min():g}{f', with shift {shift:g}' if shift else ''}), and Box-Cox needs x > 0"
    )


def _half_gap_shift(values: np.ndarray) -> float:
    """Half the smallest positive value is what is customarily added to amounts with zeros; this extends it."""
    distinct = np.unique(values)
    gap = float(distinct[1] - distinct[0]) if len(distinct) > 1 else 2.0
    # Far from zero a tiny gap would vanish in the sum.
    return -float(distinct[0]) + max(gap / 2, float(np.spacing(np.abs(distinct[[0, -1]]).max())))
