"""Rules about leaks: columns that know the answer, and rows that stand on both sides of the split.

A coincidence is no leak. A column counts as determining the target only where chance would have contradicted it
(`_FEWEST` times, or against odds of `_ODDS`), so that small tables and rare classes raise no alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.roles import set_apart
from automl.advice.rule import Rule
from automl.columns import TEST, VALID
from automl.described import flow

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl.advice.views import TableView

_FEWEST = 30
"""Rows from which equal values, distinct values or expected contradictions say something."""
_ODDS = math.log(1e9)
_SAMPLE = 5000
"""Rows in which nearly every innocent column contradicts itself; the others are looked at in full."""
_ROUNDING = 1e-6
"""Two columns within this share of the target's standard deviation are one column, rounded."""
_NEARLY_ALL = 0.95
_TWINS = 0.01
"""Share of a part's rows whose twins it takes for a warning; a few doubles are in every table."""


class CopyOfTarget(Rule):
    """A feature equals the target, or names its classes in other words."""

    id = "leak.copy_of_target"
    is_leak = True

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.features:
            if is_copy(table, name):
                yield Finding(
                    f"the column {name!r} is a copy of the target {table.target.name!r}",
                    ("data", "target"),
                    reason="whoever has the column has the answer; rows to predict will not have it",
                    mend=set_apart(table, [name]),
                )


class DeterminesTarget(Rule):
    """A feature alone tells the target of every row."""

    id = "leak.determines_target"
    is_leak = True

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.features:
            how = determines(table, name)
            if how and not is_copy(table, name):
                yield Finding(
                    f"the column {name!r} determines the target {table.target.name!r}: {how}",
                    ("data", "target"),
                    reason="such a column is most often known only after the target is, or names the thing that the "
                    "rows are about; rows to predict will lack it or bring new values",
                    mend=set_apart(table, [name]) + _as_group(name, table),
                )


def _as_group(name: str, table: TableView) -> str:
    numeric = table.data.kinds[name] == "numeric"
    return "" if numeric else f", or data: {{roles: {{group: {flow(name)}}}}} if it names a group"


class UniqueId(Rule):
    """A feature is different in every row, like a name or a running number."""

    id = "leak.unique_id"
    is_leak = True

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.features:
            column = table.data.frame[name]
            what = _identifies(column, table.data.kinds[name])
            if what:
                sorted_along = _is_sorted_along(table, column) if table.data.kinds[name] == "numeric" else False
                yield Finding(
                    f"the column {name!r} {what}" + (", and the target is sorted along it" if sorted_along else ""),
                    ("data",),
                    reason="it can be learned by heart and says nothing of new rows",
                    mend=f"{set_apart(table, [name], 'id')}: it is passed through to the predictions, and nothing is "
                    "learned from it",
                )


class DuplicateRows(Rule):
    """Rows of the test or validation part stand in the training part, too."""

    id = "leak.duplicate_rows"
    is_leak = True

    def findings(self, table: TableView) -> Iterable[Finding]:
        for stage in table.splits:
            part = stage.data.part
            assert part is not None
            if not table.duplicated.any():
                return
            learned = set(table.row_hashes[part >= 0])
            for where, code in (("test", TEST), ("validation", VALID)):
                rows = table.row_hashes[part == code]
                twins = int(rows.isin(learned).sum())
                if twins > max(1, _TWINS * len(rows)):
                    yield Finding(
                        f"{twins:,} of {len(rows):,} {where} rows ({twins / len(rows):.1%}) have a twin in the "
                        "training part, equal in every column",
                        ("stages", stage.name),
                        reason="they are known by heart, so the score there is better than it will be on new rows",
                        mend="remove the doubles from the table; if they are different things that look alike, "
                        "the score stands",
                    )


def is_copy(table: TableView, name: str) -> bool:
    """Whether a feature equals the target, or names its classes in other words."""
    import numpy as np

    column, target = table.data.frame[name], table.target
    if table.task == "regression":
        if table.data.kinds[name] != "numeric":
            return False
        here = column.notna().to_numpy()
        x, y = column.to_numpy()[here], target.to_numpy()[here]
        if len(x) < _NEARLY_ALL * len(target):
            return False
        near = _ROUNDING * float(target.std())
        return bool((np.abs(x[:_SAMPLE] - y[:_SAMPLE]) <= near).all() and (np.abs(x - y) <= near).all())
    levels = column.nunique()
    return levels == int(table.target_codes.max()) + 1 and _no_conflict(table, column)


def determines(table: TableView, name: str) -> str | None:
    """How a feature tells the target of every row, or None."""
    column = table.data.frame[name]
    if table.data.kinds[name] == "numeric" and (how := _monotone(table, column)):
        return how
    if _no_conflict(table, column):
        return f"rows with the same value, {column.nunique():,} of them different, never differ in the target"
    return None


def _no_conflict(table: TableView, column: pd.Series) -> bool:
    """Whether equal values always meet equal targets, often enough for chance to have contradicted it."""
    head = column.iloc[:_SAMPLE]
    if len(head) < len(column) and _conflict(*_codes(head), table.target_codes[:_SAMPLE]):
        return False
    once = ~table.duplicated  # rows that are doubles of others agree with themselves
    codes, distinct = _codes(column if once.all() else column[once])
    expected = (len(codes) - distinct) * table.odds_of_another_target
    return expected >= _FEWEST and not _conflict(codes, distinct, table.target_codes[once])


def _codes(column: pd.Series) -> tuple[np.ndarray, int]:
    """Values as int64 codes from 0, missing among them, and how many there are."""
    import numpy as np
    import pandas as pd

    codes, levels = pd.factorize(column, use_na_sentinel=False)
    return codes.astype(np.int64), len(levels)


def _conflict(codes: np.ndarray, distinct: int, target: np.ndarray) -> bool:
    """Whether one of so many values meets several of the targets, int64 codes [n] from 0."""
    import numpy as np

    return len(np.unique(codes * (int(target.max(initial=0)) + 1) + target)) > distinct


def _monotone(table: TableView, column: pd.Series) -> str | None:
    """How the target follows a numeric column over all rows, or None."""
    import numpy as np

    x = column.to_numpy(dtype=np.float64)
    here = ~np.isnan(x)
    if int(here.sum()) < max(_FEWEST, _NEARLY_ALL * len(x)):
        return None
    follows = _rises_or_falls if table.task == "regression" else _separates
    y = table.target.to_numpy() if table.task == "regression" else table.target_codes
    x, y = x[here], y[here]
    how = follows(x[:_SAMPLE], y[:_SAMPLE])
    return how if how is None or len(x) <= _SAMPLE else follows(x, y)


def _rises_or_falls(x: np.ndarray, y: np.ndarray) -> str | None:
    """How float64 ``y`` [n] follows float64 ``x`` [n]."""
    import numpy as np

    order = np.argsort(x, kind="stable")
    values, steps = x[order], np.diff(y[order])
    rises, falls = bool((steps >= 0).all()), bool((steps <= 0).all())
    if not (rises or falls) or (steps[np.diff(values) == 0] != 0).any():
        return None
    if len(np.unique(values)) < _FEWEST or len(np.unique(y)) < _FEWEST:
        return None
    return f"the higher the one, the {'higher' if rises else 'lower'} the other, in every row"


def _separates(x: np.ndarray, y: np.ndarray) -> str | None:
    """How the classes of int64 codes ``y`` [n] have ranges of their own in float64 ``x`` [n]."""
    import numpy as np

    order = np.argsort(x, kind="stable")
    values, codes = x[order], y[order]
    changes = np.flatnonzero(np.diff(codes))
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    if len(changes) != len(counts) - 1 or (np.diff(values)[changes] == 0).any():
        return None
    arrangements = math.lgamma(len(codes) + 1) - sum(math.lgamma(count + 1) for count in counts)
    if arrangements - math.lgamma(len(counts) + 1) < _ODDS:
        return None
    cuts = [f"{value:g}" for value in values[changes][:3]]
    return f"each class has a range of its own, cut at {', '.join(cuts)}"


def _identifies(column: pd.Series, kind: str) -> str | None:
    """What makes a column look like a name or a number of its row, or None."""

    if kind == "numeric":
        return _numbers_rows(column.to_numpy())
    if kind not in ("categorical", "ordinal"):
        return None
    known = column.dropna()
    if len(known) < max(_FEWEST, _NEARLY_ALL * len(column)):
        return None
    if known.iloc[:_SAMPLE].nunique() < _NEARLY_ALL * min(len(known), _SAMPLE):
        return None
    levels = known.nunique()
    return f"has {levels:,} levels in {len(known):,} rows" if levels >= _NEARLY_ALL * len(known) else None


def _numbers_rows(column: np.ndarray) -> str | None:
    """What makes a column, float64 [n], look like a number of its row, or None."""
    import numpy as np

    values = column[~np.isnan(column)]
    if len(values) < max(_FEWEST, _NEARLY_ALL * len(column)):
        return None
    if (values[:_SAMPLE] % 1 != 0).any() or (values % 1 != 0).any() or len(np.unique(values)) < len(values):
        return None
    ascending = bool((np.diff(values) > 0).all())
    if values.max() - values.min() + 1 <= len(values) / _NEARLY_ALL:
        return "is a running number" + (" in the order of the rows" if ascending else " in another order")
    return "is a different whole number in every row, ascending" if ascending else None


def _is_sorted_along(table: TableView, column: pd.Series) -> bool:
    return _monotone(table, column) is not None
