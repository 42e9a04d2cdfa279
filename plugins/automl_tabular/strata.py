"""Rows in strata: by class, by level, or by a numeric column cut into bins."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from automl.advice.findings import Finding
from automl.described import flow
from automl.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from automl.dataset import Dataset

DEFAULT_QUANTILES = 10
"""Quantile groups of a numeric target where no bins are given."""
_GROUP = 5
"""Rows that such a group has at least: of smaller ones, a part of a fifth would get none."""
STRATA_ADVICE = {
    "small_strata": "A stratum has so few rows in a part that its share there says little.",
    "empty_bins": "Bins hold no row.",
}
"""What `examine_strata` may find."""
_TRUSTED = 10
"""Rows of a stratum in the smallest part under which its share there says little."""


def checked_bins(bins: int | list[float] | None) -> int | list[float] | None:
    """``bins`` itself; raises ValueError for fewer than two quantile groups or edges that do not ascend."""
    if isinstance(bins, int) and bins < 2:
        raise ValueError(f"bins: as a number of quantile groups it is at least 2, found {bins}")
    if isinstance(bins, list):
        if len(bins) < 2:
            raise ValueError(f"bins: a list of edges has at least 2, found {bins}")
        for low, high in itertools.pairwise(bins):
            if not low < high:
                raise ValueError(f"bins: edges ascend, found {high} after {low}")
    return bins


def stratum_of(data: Dataset, by: str | None, bins: int | list[float] | None, who: str) -> np.ndarray:
    """The stratum of each row, int64 codes of shape [rows] from 0 in ascending order; missing is the last one.

    Edges are closed on the right, (1.5, 3], as in `pandas.cut`; values outside them form strata of their own.

    Raises:
        DataError: there is no such column, a numeric one has no bins, or one that is not numeric has bins.
    """
    target = data.named("target")[0] if data.named("target") else None
    name = by or target
    if name is None or name not in data.frame.columns:
        hint = did_you_mean(name, data.frame.columns) if name else None
        raise DataError(f"{who}: there is no column {name!r} to stratify by{f'; {hint}' if hint else ''}")
    kind = data.kinds[name]
    if kind in ("datetime", "text"):
        raise DataError(
            f"{who}: column {name!r} is {kind} and makes no strata; mend: remove 'by', or name another column"
        )
    if kind != "numeric":
        if bins is not None:
            raise DataError(f"{who}: column {name!r} is {kind} and cannot be cut; mend: remove 'bins'")
        return _codes(data.frame[name].astype("str").to_numpy(dtype=object, na_value=None))
    if bins is None and name != target:
        raise DataError(
            f"{who}: column {name!r} is numeric, so it needs `bins`: edges such as [0, 1.5, 3, .inf], or a number of "
            f"quantile groups; mend: bins: 4, or data: {{kinds: {{{flow(name)}: categorical}}}}"
        )
    values = data.frame[name].to_numpy(dtype=np.float64)
    edges = _edges(values, min(DEFAULT_QUANTILES, max(1, len(values) // _GROUP)) if bins is None else bins)
    groups = np.digitize(values, edges, right=True)
    return _codes(np.where(np.isnan(values), len(edges) + 1, groups))


def _edges(values: np.ndarray, bins: int | list[float]) -> np.ndarray:
    if isinstance(bins, list):
        return np.asarray(bins, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0)
    return np.unique(np.quantile(finite, np.linspace(0, 1, bins + 1)[1:-1]))


def _codes(labels: np.ndarray) -> np.ndarray:
    """Ranks of the labels as they sort, None after all others."""
    import pandas as pd

    codes, _ = pd.factorize(labels, sort=True, use_na_sentinel=True)
    return np.where(codes < 0, codes.max(initial=-1) + 1, codes).astype(np.int64)


def examine_strata(
    data: Dataset, by: str | None, bins: int | list[float] | None, shares: Sequence[float], who: str
) -> Iterable[Finding]:
    """What the rows say against strata: bins without rows, and strata too small for their shares to be trusted.

    Args:
        data: the rows that are split, all parts together.
        by, bins: what makes the strata, as for `stratum_of`; a split with them went well.
        shares: of the parts beside training; 0 where there is none.
        who: the component.
    """
    if isinstance(bins, list):
        yield from _examine_bins(data.frame[by or data.named("target")[0]].to_numpy(dtype=np.float64), bins)
    sizes = np.bincount(stratum_of(data, by, bins, who))
    sizes = sizes[sizes > 0]
    smallest = min((share for share in shares if share > 0), default=0.0)
    few = np.sort(sizes[sizes * smallest < _TRUSTED])
    # Quantile groups that nobody asked for are equally large, and as fine as the table is small.
    is_default = bins is None and data.kinds[by or data.named("target")[0]] == "numeric"
    if smallest and len(few) and len(sizes) > 1 and not is_default:
        yield Finding(
            f"{len(few)} of {len(sizes)} strata have fewer than {_TRUSTED} rows in the smallest part "
            f"(the smallest stratum: {few[0]} rows, of which {few[0] * smallest:.1f} would go there)",
            ("with",),
            reason="their shares there are rough, so that a score may differ from part to part by chance",
            mend="fewer bins, gather rare classes, "
            + (
                "or fewer folds"
                if who == "split.kfold"
                else "larger shares for the small parts, or folds (split.kfold)"
            ),
            name="small_strata",
        )


def _examine_bins(values: np.ndarray, bins: list[float]) -> Iterable[Finding]:
    counts = np.bincount(np.digitize(values[~np.isnan(values)], bins, right=True), minlength=len(bins) + 1)
    empty = [
        f"({low:g}, {high:g}]"
        for (low, high), count in zip(itertools.pairwise(bins), counts[1:], strict=False)
        if not count
    ]
    if empty:
        yield Finding(
            f"{len(empty)} of {len(bins) - 1} bins hold no row: {', '.join(empty)}",
            ("with", "bins"),
            found=f"values from {np.nanmin(values):g} to {np.nanmax(values):g}",
            reason="edges that miss the values leave fewer strata than were meant",
            mend="bins: 4 for quantile groups, or edges inside the range of the values",
            name="empty_bins",
        )
