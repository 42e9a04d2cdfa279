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

    from automl.advice.views import StageView, TableView


class Dropped(Rule):
    """Rows are left out because they have no target."""

    id = "target.missing"

    def findings(self, table: TableView) -> Iterable[Finding]:
        from automl.input_schema.odd_cells import missing_key, told_counts

        if not table.dropped:
            return
        names = table.data.named("target")
        markers = [counts for name in names if (counts := _words(name, table))]
        told = f"; cells that hold a text which counts as missing: {told_counts(markers[0])}" if markers else ""
        key = missing_key(table.declaration.data.missing, less=[text for counts in markers for text, _ in counts])
        yield Finding(
            f"{table.dropped:,} of {table.rows:,} rows have no value of the target {table.target.name!r}{told}",
            ("data", "target"),
            reason="they are left out: nothing can be learned from them, and nothing scored on them",
            mend=(f"{key} if that text is a class; " if markers and table.task != "regression" else "")
            + "if these rows are the ones to predict, keep them in a file of their own",
        )


def _words(name: str, table: TableView) -> list[tuple[str, int]]:
    """Texts that count as missing wherever they stand; for those that do so among numbers alone speaks another rule."""
    odd = {text for text, _ in table.remarks.get("data.odd_cells", {}).get(name, [])}
    return [
        (text, count) for text, count in table.remarks.get("data.missing_words", {}).get(name, []) if text not in odd
    ]


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
                absent = _absent(codes[rows], classes)
                if absent:
                    yield Finding(
                        f"{len(absent)} of {len(classes)} classes of {table.target.name!r} have no row in {where}: "
                        f"{listed(repr(name) for name in absent)}",
                        ("stages", stage.name),
                        reason=consequence,
                        mend=_mend(absent, codes, classes, (part >= 0) | rows, 2),
                    )
            yield from _in_folds(table, stage, codes, classes)


def _in_folds(table: TableView, stage: StageView, codes: np.ndarray, classes: np.ndarray) -> Iterable[Finding]:
    """All folds in one finding: they differ by chance only."""
    part = stage.data.part
    assert part is not None
    folds = int(part.max()) + 1
    lacking = {fold: _absent(codes[part == fold], classes) for fold in range(folds if folds > 1 else 0)}
    lacking = {fold: absent for fold, absent in lacking.items() if absent}
    if lacking:
        absent = sorted({name for names in lacking.values() for name in names})
        yield Finding(
            f"{len(absent)} of {len(classes)} classes of {table.target.name!r} have no row in {len(lacking)} of "
            f"{folds} folds (in fold {listed(lacking)}): {listed(repr(name) for name in absent)}",
            ("stages", stage.name),
            reason=_UNSCORED,
            mend=_mend(absent, codes, classes, part >= 0, folds),
        )


_UNSEEN = "a network never learns them, and every such row counts as wrong"
_UNSCORED = "no score says how well they are predicted there"


def _parts(part: np.ndarray) -> Iterable[tuple[str, str, np.ndarray]]:
    """Each part that has rows, what it means that a class lacks there, and its mask."""
    yield "the training part", _UNSEEN, part >= 0
    for where, code in (("the validation part", VALID), ("the test part", TEST)):
        if (part == code).any():
            yield where, _UNSCORED, part == code


def _absent(codes: np.ndarray, classes: np.ndarray) -> list[str]:
    counts = _counts(codes, classes)
    return [str(name) for name, count in zip(classes, counts, strict=True) if not count]


def _mend(absent: list[str], codes: np.ndarray, classes: np.ndarray, among: np.ndarray, parts: int) -> str:
    """What gives each of so many parts a row of these classes; no split can, where there are fewer rows than parts."""
    rows = dict(zip(map(str, classes), _counts(codes[among], classes).tolist(), strict=True))
    fewest = min(rows[name] for name in absent)
    more = "more rows of these classes, or one class for all rare ones"
    if fewest >= parts:
        return f"a split that keeps the shares of the classes of the target equal in all parts; or {more}"
    return f"{more}, or {fewest} folds at most" if parts > 2 and fewest > 1 else more


def _counts(codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.bincount(codes, minlength=len(classes))
