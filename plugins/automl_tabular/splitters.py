"""Splitters: which rows train, which validate, which are kept back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import field_validator, model_validator

from automl.advice.findings import Finding
from automl.columns import TEST, TRAIN, VALID
from automl.components import Splitter
from automl.errors import DataError
from automl.params import Params, param
from automl_tabular.shares import apportion_strata
from automl_tabular.strata import STRATA_ADVICE, checked_bins, examine_strata, stratum_of

if TYPE_CHECKING:
    from automl.advice.views import StageView
    from automl.dataset import Dataset

_FEWEST_FOLDS = 2
_MOST = 0.99
"""Largest share that may be taken away from training."""


class RandomSplitParams(Params):
    test: float = param(0.2, description="Share of rows kept back for the last score.", ge=0, lt=1)
    valid: float = param(0.2, description="Share of rows that trials are compared on.", ge=0, lt=1)

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> Self:
        if self.test + self.valid > _MOST:
            raise ValueError(
                f"test {self.test:g} and valid {self.valid:g} leave too few training rows; "
                f"together they are at most {_MOST:g}"
            )
        return self


class RandomSplit(Splitter):
    """Training, validation and test rows by a seeded permutation."""

    id = "split.random"
    by_chance = True
    weights = "shares are of rows, whatever they weigh"
    Params = RandomSplitParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"test": 0.1, "valid": 0.15}]

    def split(self, data: Dataset) -> np.ndarray:
        """Raises DataError where a part with a share would get no row."""
        one_stratum = np.zeros(len(data.frame), dtype=np.int64)
        return _holdout(one_stratum, self.params.test, self.params.valid, self.seed, self.id)


class StrataParams(Params):
    by: str | None = param(None, description="The column that makes the strata; the target if absent.")
    bins: int | list[float] | None = param(
        None,
        description="Edges, ascending, or the number of quantile groups that a numeric column is cut into; "
        "10 groups for a numeric target if absent, fewer in under 50 rows.",
    )

    @field_validator("bins")
    @classmethod
    def _checked(cls, bins: int | list[float] | None) -> int | list[float] | None:
        return checked_bins(bins)


class StratifiedSplitParams(RandomSplitParams, StrataParams):
    """Shares, and what makes the strata."""


class StratifiedSplit(Splitter):
    """Every stratum (a class, a level, a bin of numbers) in the same shares in all parts.

    A class with one row goes to training; so does at least one row of every class. Missing values are a stratum.
    """

    id = "split.stratified"
    by_chance = True
    weights = "shares and strata are of rows, whatever they weigh"
    Params = StratifiedSplitParams
    advice = STRATA_ADVICE

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"test": 0.25, "valid": 0.25}]

    @classmethod
    def columns(cls, params: StratifiedSplitParams) -> Sequence[str]:
        return [params.by] if params.by else []

    @classmethod
    def examine(cls, params: StratifiedSplitParams, view: StageView) -> Iterable[Finding]:
        return examine_strata(view.data, params.by, params.bins, [params.valid, params.test], cls.id)

    def split(self, data: Dataset) -> np.ndarray:
        """Raises DataError where `by` and `bins` do not fit the column, or a part would get no row."""
        strata = stratum_of(data, self.params.by, self.params.bins, self.id)
        return _holdout(strata, self.params.test, self.params.valid, self.seed, self.id)


class KFoldParams(StrataParams):
    folds: int = param(5, description="How many parts take turns in validating.", ge=2, le=1000)
    test: float = param(0.2, description="Share of rows kept back from all folds for the last score.", ge=0, le=_MOST)
    stratified: bool = param(True, description="Keep the shares of the strata equal in all folds.")

    @model_validator(mode="after")
    def _strata_are_wanted(self) -> Self:
        if not self.stratified and (self.by is not None or self.bins is not None):
            raise ValueError("`by` and `bins` make strata, which `stratified: false` does not want; remove one")
        return self


class KFold(Splitter):
    """Shuffled folds that take turns in validating, beside a test part that none of them sees."""

    id = "split.kfold"
    by_chance = True
    weights = "shares and strata are of rows, whatever they weigh"
    Params = KFoldParams
    advice = STRATA_ADVICE | {"empty_folds": "There are fewer rows than folds, so that some hold none."}

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"folds": 3, "test": 0.1, "stratified": False}]

    @classmethod
    def folds(cls, params: KFoldParams) -> int:
        return params.folds

    @classmethod
    def columns(cls, params: KFoldParams) -> Sequence[str]:
        return [params.by] if params.by else []

    @classmethod
    def examine(cls, params: KFoldParams, view: StageView) -> Iterable[Finding]:
        if view.data.part is not None and (rows := int((view.data.part >= 0).sum())) < params.folds:
            yield Finding(
                f"{rows} rows cannot fill {params.folds} folds: {params.folds - rows} of them hold none",
                ("with", "folds"),
                reason="an empty fold has no score and no part in the mean, and its network is trained on all rows",
                mend=f"folds: {rows}, or more rows",
                name="empty_folds",
            )
        if params.stratified:
            fold = (1.0 - params.test) / params.folds
            yield from examine_strata(view.data, params.by, params.bins, [fold, params.test], cls.id)

    def split(self, data: Dataset) -> np.ndarray:
        """Of fewer rows than folds, each is a fold, and the other folds hold none.

        Raises DataError for a single row, and where `by` and `bins` do not fit the column.
        """
        params, rows = self.params, len(data.frame)
        if params.stratified:
            strata = stratum_of(data, params.by, params.bins, self.id)
        else:
            strata = np.zeros(rows, dtype=np.int64)
        part = _holdout(strata, params.test, 0.0, self.seed, self.id)
        training = np.flatnonzero(part == TRAIN)
        if len(training) < _FEWEST_FOLDS:
            raise DataError(
                f"{self.id}: {len(training)} rows cannot make folds ({rows} rows, test {params.test:g}); "
                "mend: more rows, or a smaller test share"
            )
        # Dealing the shuffled strata one after the other keeps both every stratum and every fold even, within one row.
        shuffled = np.random.default_rng(self.seed + 1).permutation(training)
        dealt = shuffled[np.argsort(strata[shuffled], kind="stable")]
        part[dealt] = np.arange(len(dealt)) % params.folds
        return part


_WITHOUT_STRATA = {
    "split.kfold": "with: {stratified: false} without 'by' and 'bins', ",
    "split.stratified": "use: split.random without 'by' and 'bins', ",
}
"""What to write instead where strata are too small for the parts."""


def _holdout(strata: np.ndarray, test: float, valid: float, seed: int, who: str) -> np.ndarray:
    """Partition codes, int16 [rows], with every stratum in these shares in every part."""
    sizes = np.bincount(strata)
    shares = (1.0 - test - valid, valid, test)
    counts = apportion_strata(sizes.tolist(), shares)
    for name, share, found in zip(("train", "valid", "test"), shares, counts.sum(axis=0), strict=True):
        if share > 0 and not found:
            raise DataError(
                f"{who}: {len(strata)} rows in {int((sizes > 0).sum())} strata leave none for the {name} part "
                f"(share {share:g}); mend: {_WITHOUT_STRATA.get(who, '')}other shares, or more rows"
            )
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    part = np.empty(len(strata), dtype=np.int16)
    codes = np.tile(np.array([TRAIN, VALID, TEST], dtype=np.int16), len(sizes))
    part[order] = np.repeat(codes, counts.ravel())
    return part
