"""Rules about the target: rows that have none, and classes that a part of the split lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.columns import TEST, VALID
from automl.pipeline_file.problems import listed

if TYPE_CHECKING:
    import numpy as np

    from automl.advice.views import TableView


class Dropped(Rule):
    """Rows are left out because they have no target."""

    id = "target.missing"

    def findings(self, table: TableView) -> Iterable[Finding]:
        rows = table.dropped + len(table.target)
        if table.dropped:
            yield Finding(
                f"{table.dropped:,} of {rows:,} rows have no value of the target {table.target.name!r}",
                ("data", "target"),
                reason="they are left out: nothing can be learned from them, and nothing scored on them",
                mend="if these rows are the ones to predict, keep them in a file of their own",
            )


class AbsentClass(Rule):
    """A class has no rows in a part of the split, or in a fold."""

    id = "target.absent_class"

    def findings(self, table: TableView) -> Iterable[Finding]:
        import pandas as pd

        if table.task == "regression":
            return
        codes, classes = pd.factorize(table.target, sort=True)
        for stage in table.splits:
            part = stage.data.part
            if part is None or len(part) != len(codes):
                continue
            for where, consequence, rows in _parts(part):
                absent = [
                    str(name) for name, count in zip(classes, _counts(codes[rows], classes), strict=True) if not count
                ]
                if absent:
                    yield Finding(
                        f"{len(absent)} of {len(classes)} classes of {table.target.name!r} have no row in {where}: "
                        f"{listed(repr(name) for name in absent)}",
                        ("stages", stage.name),
                        reason=consequence,
                        mend="more rows of these classes, one class for all rare ones, or split.stratified",
                    )


def _parts(part: np.ndarray) -> Iterable[tuple[str, str, np.ndarray]]:
    """Each part that has rows, what it means that a class lacks there, and its mask."""
    unseen = "a network never learns them, and every such row counts as wrong"
    unscored = "no score says how well they are predicted"
    yield "the training part", unseen, part >= 0
    for where, code in (("the validation part", VALID), ("the test part", TEST)):
        if (part == code).any():
            yield where, unscored, part == code
    folds = range(int(part.max()) + 1)
    for fold in folds if len(folds) > 1 else ():
        yield f"fold {fold}", unscored, part == fold


def _counts(codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.bincount(codes, minlength=len(classes))
