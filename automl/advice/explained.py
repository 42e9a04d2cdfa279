"""The rule about features that explain nearly all of the target alone, though not of every row.

What a feature explains is measured on rows that it was not learned from: the rows are dealt into two halves, each value
(of a number: each of many bins) foretells the mean or the class shares that it has in the other half. So a column of
many levels explains nothing by having many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.leaks import determines, is_copy
from automl.advice.roles import set_apart
from automl.advice.rule import Rule

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl.advice.views import TableView

_ROWS = 20_000
"""Rows that are looked at, at most, evenly over the table."""
_FEWEST = 100
"""Rows below which nothing is said."""
_RARE = 10
"""Rows of a class below which it counts for nothing."""
_BINS = 100
_SMALL = 20 * _BINS
"""Rows up to which bins hold too few to follow a line."""
_ROWS_OF_A_BIN = 8
"""So many rows, so that some stand in each half."""
_R2, _AUC = 0.95, 0.99


class ExplainsTarget(Rule):
    """A feature alone explains nearly all of the target, in rows that it was not learned from."""

    id = "leak.explains_target"
    is_leak = True

    def findings(self, table: TableView) -> Iterable[Finding]:
        import numpy as np

        rows = np.arange(0, len(table.target), max(1, -(-len(table.target) // _ROWS)))
        if len(rows) < _FEWEST:
            return
        bound, name_of_score = (_R2, "R²") if table.task == "regression" else (_AUC, "AUC")
        for target in table.data.named("target"):
            truth = table.data.frame[target].iloc[rows]
            explain = _r2_of(truth) if table.task == "regression" else _auc_of(truth)
            if explain is None:
                continue
            for name in table.features:
                codes = _codes(table.data.frame[name].iloc[rows], table.data.kinds[name])
                if codes is None:
                    continue
                score = explain(codes)
                if table.task == "regression" and table.data.kinds[name] == "numeric" and len(truth) <= _SMALL:
                    score = max(score, _r2_of_a_line(table.data.frame[name].iloc[rows], truth))
                if not score > bound:
                    continue
                if target == table.target.name and (is_copy(table, name) or determines(table, name)):
                    continue  # which says more
                yield Finding(
                    f"the column {name!r} alone explains the target {target!r} to {_shown(score, bound)} "
                    f"({name_of_score}, in rows that it was not learned from)",
                    ("data", "target"),
                    reason="such a column is most often known only after the target is; if rows to predict have it, "
                    "there is little left to learn",
                    mend=f"{set_apart(table, [name])}, unless it is known beforehand",
                )


def _shown(score: float, bound: float) -> str:
    return f"{score:.3f}" if score < 0.9995 else f"{score:.4f}" if bound < score < 0.99995 else "1.000"


def _codes(column: pd.Series, kind: str) -> np.ndarray | None:
    """Values as codes from 0, numbers and dates in bins of equally many rows; missing is a code of its own."""
    import numpy as np
    import pandas as pd

    if kind == "text":
        return None
    if kind in ("numeric", "datetime"):
        bins = min(_BINS, len(column) // _ROWS_OF_A_BIN)
        known = column.notna().to_numpy()
        distinct, places = np.unique(column.to_numpy()[known], return_inverse=True)
        if len(distinct) > bins:
            places = np.ceil(_mean_ranks(places)[places] / max(len(places), 1) * bins)
        codes = np.zeros(len(column), dtype=np.int64)
        codes[known] = 1 + places
    else:
        codes = np.asarray(pd.factorize(column, use_na_sentinel=False)[0], dtype=np.int64)
        if len(column) <= 2 * _BINS and codes.max() >= len(column) / 2:
            return None  # hardly a value stands in both halves
    return codes if codes.min() < codes.max() else None


def _mean_ranks(places: np.ndarray) -> np.ndarray:
    """For each place in the order of the distinct values the rank of its rows, from 1, equal ones in the middle."""
    import numpy as np

    counts = np.bincount(places)
    ranks: np.ndarray = np.cumsum(counts) - (counts - 1) / 2
    return ranks


Explain = Callable[["np.ndarray"], float]
"""How well the codes of a column, int64 [n], explain a target."""


def _foretold(codes: np.ndarray, values: np.ndarray, half: np.ndarray) -> np.ndarray:
    """For each row the mean of ``values`` [n, k] over the rows of its code in the other half.

    Where its code is not there, the mean over all of that half.
    """
    import numpy as np

    out = np.empty_like(values)
    size = int(codes.max()) + 1
    for mine in (0, 1):
        other, here = half != mine, half == mine
        counts = np.bincount(codes[other], minlength=size)
        sums = np.stack([np.bincount(codes[other], v, size) for v in values[other].T], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.where(counts[:, None] > 0, sums / counts[:, None], values[other].mean(axis=0))
        out[here] = means[codes[here]]
    return out


def _halves(rows: int) -> np.ndarray:
    """0 or 1 for each row, in an order without meaning, so that neighbours in a sorted table do not foretell each other
    more than they would by themselves."""
    import numpy as np

    return np.random.default_rng(0).permutation(rows) % 2


def _r2_of(truth: pd.Series) -> Explain | None:
    """Of the target or of its ranks, where a few extreme values decide nothing; the higher one."""
    import numpy as np

    if truth.nunique() < _RARE:
        return None
    half = _halves(len(truth))
    values = np.stack([truth.to_numpy(dtype=np.float64), truth.rank().to_numpy(dtype=np.float64)], axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)

    def explain(codes: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            left = ((values - _foretold(codes, values, half)) ** 2).sum(axis=0)
            return float(np.nan_to_num(1.0 - left / spread, nan=0.0, posinf=0.0, neginf=0.0).max())

    return explain


def _r2_of_a_line(column: pd.Series, truth: pd.Series) -> float:
    """Of the target by a straight line, or of its ranks by the column's: what bins lose in a small table."""
    import numpy as np

    here = column.notna().to_numpy()
    if not here.mean() > _R2 or column[here].nunique() < _RARE:
        return 0.0
    found = [0.0]
    for one, other in ((column[here], truth[here]), (column[here].rank(), truth[here].rank())):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found.append(float(np.corrcoef(one.to_numpy(np.float64), other.to_numpy(np.float64))[0, 1] ** 2))
    return float(np.nanmax(found))


def _auc_of(truth: pd.Series) -> Explain | None:
    """One class against the rest, the mean over the classes that are not rare."""
    import numpy as np
    import pandas as pd

    labels, classes = pd.factorize(truth)
    counts = np.bincount(labels, minlength=len(classes))
    known = [k for k in range(len(classes)) if counts[k] >= _RARE and len(labels) - counts[k] >= _RARE]
    if len(known) < 2:
        return None
    if len(classes) == 2:
        known = known[:1]  # the other class has the same area
    half = _halves(len(truth))
    of_class = (labels[:, None] == np.array(known)).astype(np.float64)

    def explain(codes: np.ndarray) -> float:
        foretold = _foretold(codes, of_class, half)
        areas = [_area(of_class[:, place] > 0, foretold[:, place]) for place in range(len(known))]
        return float(np.mean(areas))

    return explain


def _area(positive: np.ndarray, score: np.ndarray) -> float:
    """The area under the ROC curve, by ranks; ties count half (Mann and Whitney)."""
    import numpy as np

    _, places = np.unique(score, return_inverse=True)
    ranks = _mean_ranks(places)[places]
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))
