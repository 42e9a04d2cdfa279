"""Joining branches: each column carries the stages that wrote it, and the histories decide who wins.

Per name, if one branch's history begins with the other's, the longer one has seen all that the shorter has and more:
it wins. Otherwise two branches changed the same column independently, which is an error. Decided from declarations
and column names, never from values; recorded, and replayed when predicting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from automl.dataset import Dataset
from automl.errors import PlanError

Histories = dict[str, tuple[str, ...]]
"""Column name to the stages that wrote it, oldest first; a stage that dropped it stands there with a leading ``-``."""

PARTITION = "%part"
"""The name under which the partition of the rows has its own history."""


@dataclass(frozen=True)
class Join:
    """Which input each column is taken from, in the order of the result, and which input brings the partition."""

    take: Sequence[tuple[str, int]]
    partition: int

    def to_state(self) -> dict[str, object]:
        return {"take": [list(pair) for pair in self.take], "partition": self.partition}


def merge(branches: Mapping[str, Histories]) -> tuple[Histories, Join]:
    """Merge the histories of several stages; raises PlanError naming the column and both stages."""
    names = list(branches)
    merged: Histories = {}
    take: list[tuple[str, int]] = []
    partition = 0
    for column in dict.fromkeys(column for histories in branches.values() for column in histories):
        winner = max(range(len(names)), key=lambda i: len(branches[names[i]].get(column, ())))
        longest = branches[names[winner]][column]
        for name in names:
            history = branches[name].get(column, ())
            if longest[: len(history)] != history:
                raise PlanError(
                    f"column {column!r} was changed by two branches: {names[winner]!r} ({' > '.join(longest)}) and "
                    f"{name!r} ({' > '.join(history)}); mend: chain the stages, or narrow `columns` of one"
                )
        merged[column] = longest
        if column == PARTITION:
            partition = winner
        elif not longest[-1].startswith("-"):
            take.append((column, winner))
    return merged, Join(take, partition)


def join_datasets(datasets: Sequence[Dataset], join: Join) -> Dataset:
    """The joined table: rows that every branch kept, each column from the branch that the join names."""
    lead = datasets[join.partition]
    rows = lead.frame.index
    for dataset in datasets:
        if not rows.equals(dataset.frame.index):
            rows = rows.intersection(dataset.frame.index)
    kept = [dataset.keep(dataset.frame.index.isin(rows)) for dataset in datasets]
    frame = join_frames([dataset.frame for dataset in kept], join.take)
    columns = {name: datasets[i].columns[name] for name, i in join.take}
    return Dataset(frame, columns, kept[join.partition].part)


def join_frames(frames: Sequence[pd.DataFrame], take: Sequence[tuple[str, int]]) -> pd.DataFrame:
    """Columns side by side, each from its frame; names that a frame lacks (the target, when predicting) stay out."""
    present = [(name, i) for name, i in take if name in frames[i].columns]
    return pd.DataFrame({name: frames[i][name] for name, i in present}, index=frames[0].index)


def graft(frame: pd.DataFrame, selected: Sequence[str], output: pd.DataFrame, who: str) -> pd.DataFrame:
    """Put a transform's output in place of the columns that it was given; training and prediction both come here."""
    chosen = set(selected)
    clash = [name for name in output.columns if name in frame.columns and name not in chosen]
    if clash:
        raise PlanError(
            f"{who}: writes the column {clash[0]!r}, which is there already and was not given to it; "
            "mend: rename the column, or select it with `columns`"
        )
    if not output.columns.is_unique:
        twice = output.columns[output.columns.duplicated()][0]
        raise PlanError(f"{who}: writes the column {twice!r} twice; mend: names of its own for what it makes")
    if not output.index.equals(frame.index):
        raise PlanError(f"{who}: apply must keep the rows and their order")
    order = [name for name in frame.columns if name not in chosen or name in output.columns]
    order += [name for name in output.columns if name not in frame.columns]
    untouched = frame[[name for name in frame.columns if name not in chosen]]
    return pd.concat([untouched, output], axis=1)[order]
