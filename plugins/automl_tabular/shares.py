"""Dividing counted rows by shares, by largest remainder (Hamilton's method)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROUNDING = 1e-9
"""Slack, so that 0.3 of 10 rows, 3.0000000000000004 or 2.9999999999999996, is three."""


def apportion(total: int, shares: Sequence[float]) -> np.ndarray:
    """``total`` rows divided by ``shares`` (sum 1): int64 counts of shape [parts].

    Every count is its exact share rounded down or up; where remainders are equal, the earlier part gets the row.
    """
    exact = total * np.asarray(shares, dtype=np.float64)
    counts = np.floor(exact + _ROUNDING).astype(np.int64)
    order = np.argsort(-np.round(exact - counts, 9), kind="stable")
    counts[order[: total - counts.sum()]] += 1
    return counts


def apportion_strata(sizes: Sequence[int], shares: Sequence[float]) -> np.ndarray:
    """Rows of every stratum divided by ``shares`` (sum 1): int64 counts of shape [strata, parts].

    Every count is its exact share rounded down or up, and so are the sums over the strata, which rounding each
    stratum by itself would not give: a hundred strata of two rows each would put no row, or half of them, into a
    part with a share of 0.2 (controlled rounding, Cox, "A constructive procedure for unbiased controlled rounding",
    JASA 82, 1987, here greedily by remainder). The first part gets at least one row of every stratum; a stratum of
    one row lies in it wholly and counts in no share.
    """
    rows = np.asarray(sizes, dtype=np.int64)
    counts = np.zeros((len(rows), len(shares)), dtype=np.int64)
    single = rows <= 1
    counts[single, 0] = rows[single]
    several = np.flatnonzero(~single)
    if not len(several):
        return counts
    exact = rows[several, None] * np.asarray(shares, dtype=np.float64)
    floor = np.floor(exact + _ROUNDING).astype(np.int64)
    floor[:, 0] = np.maximum(floor[:, 0], 1)
    open_rows = rows[several] - floor.sum(axis=1)
    wanted = apportion(int(rows[several].sum()), shares) - floor.sum(axis=0)
    remainder = np.round(exact - floor, 9)
    order = np.argsort(-remainder, axis=None, kind="stable")
    for at_most in (1, int(rows.max())):
        # Each count is rounded up once at most; the second round places what the greedy order left open.
        for cell in order:
            stratum, part = divmod(int(cell), len(shares))
            more = min(at_most, int(open_rows[stratum]), int(wanted[part]))
            if more > 0:
                floor[stratum, part] += more
                open_rows[stratum] -= more
                wanted[part] -= more
    counts[several] = floor
    return counts
