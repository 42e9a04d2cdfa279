"""Two runs compared: file, data, plugins, scores."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from automl.run_records import Data, Run, Score


@dataclass(frozen=True)
class Change:
    """What differs between the runs; None where a run has nothing of that name."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ScoreChange:
    """A score of both runs, or of one.

    ``better`` says which run has the better one; None where a direction or a score is missing.
    """

    name: str
    before: float | None
    after: float | None
    better: Literal["before", "after", "equal"] | None

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class RunDiff:
    """All that differs, and every score.

    Attributes:
        file: the unified diff of the resolved files, a line each; empty if they are equal.
        data: rows, columns, their roles, kinds and contents.
        plugins: versions of plugins, and of the code of stages (engines, sources of editable installs).
        scores: of both runs, also where they are equal.
    """

    before: Run
    after: Run
    file: Sequence[str]
    data: Sequence[Change]
    plugins: Sequence[Change]
    scores: Sequence[ScoreChange]


def compare(before: Run, after: Run) -> RunDiff:
    """Compare two runs, of the same pipeline or not."""
    lines = difflib.unified_diff(
        before.file.splitlines(), after.file.splitlines(), before.id, after.id, lineterm="", n=2
    )
    plugins = [*_changes(before.plugins, after.plugins), *_changes(before.code, after.code, "stages.")]
    return RunDiff(before, after, list(lines), list(_data(before.data, after.data)), plugins, _scores(before, after))


def _changes(before: Mapping[str, str], after: Mapping[str, str], prefix: str = "") -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(f"{prefix}{name}", before.get(name), after.get(name))


def _data(before: Data | None, after: Data | None) -> Iterator[Change]:
    if before is None or after is None:
        if before != after:
            yield Change("data", *(None if data is None else f"{data.rows} rows" for data in (before, after)))
        return
    if before.rows != after.rows:
        yield Change("rows", str(before.rows), str(after.rows))
    for name in dict.fromkeys([*before.columns, *after.columns]):
        one, other = before.columns.get(name), after.columns.get(name)
        if one is None or other is None:
            yield Change(f"column {name}", *(None if column is None else column.kind for column in (one, other)))
            continue
        if (one.role, one.kind) != (other.role, other.kind):
            yield Change(f"column {name}", f"{one.kind} {one.role}", f"{other.kind} {other.role}")
        # With other rows every column's content differs: that says nothing more.
        if one.fingerprint != other.fingerprint and before.rows == after.rows:
            yield Change(f"values of {name}", one.fingerprint[:8], other.fingerprint[:8])


def _scores(before: Run, after: Run) -> list[ScoreChange]:
    return [
        _score(name, before.scores.get(name), after.scores.get(name))
        for name in dict.fromkeys([*before.scores, *after.scores])
    ]


def _score(name: str, before: Score | None, after: Score | None) -> ScoreChange:
    one, other = (None if score is None or not _is_number(score.value) else score.value for score in (before, after))
    if one is None or other is None or before is None or before.greater_is_better is None:
        return ScoreChange(name, one, other, None)
    if one == other:
        return ScoreChange(name, one, other, "equal")
    return ScoreChange(name, one, other, "after" if (other > one) == before.greater_is_better else "before")


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
