"""Rules about columns: names that stages ask for, and levels that look like misspellings of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.columns import Kind
from automl.components import Transform
from automl.described import flow
from automl.errors import did_you_mean
from automl.pipeline_file.problems import listed
from automl.pipeline_file.reach import selected_names

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView, TableView

_SHOWN = 3
"""Examples in a message."""


class UnknownColumn(Rule):
    """`columns:` names a column that cannot be there."""

    id = "columns.unknown"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for stage in table.stages.values():
            if issubclass(stage.component, Transform) and not stage.component.on_target:
                for name in selected_names(stage.declaration.columns):
                    if not stage.reach.may_hold(name):
                        yield self._unknown(name, stage, table)
                    elif (hint := _is_doubtful(name, stage)) is not None:
                        yield Finding(
                            f"no column {name!r} was read, and no stage above is known to make it",
                            ("stages", stage.name, "columns"),
                            reason="if it is misspelt, the run stops at this stage",
                            mend=hint,
                        )

    def _unknown(self, name: str, stage: StageView, table: TableView) -> Finding:
        known = stage.reach.names
        role = table.data.columns[name].role if name in table.data.columns else None
        return Finding(
            f"the column {name!r} is no feature but the {role}" if role else f"there is no column {name!r} here",
            ("stages", stage.name, "columns"),
            expected=f"one of {listed(known)}",
            mend=did_you_mean(name, known) or "remove it from 'columns'",
            severity="error",
        )


def _is_doubtful(name: str, stage: StageView) -> str | None:
    """What was most likely meant by a name that an encoder above may have made but most likely has not, else None.

    Made columns are called after the column that they come from (``colour_red``), or the file says their names.
    """
    reach = stage.reach
    if name in reach.names or any(name.startswith(known) for known in reach.names):
        return None
    written = repr([[params for _, params in above.variants] for above in stage.above])
    return None if name in written else did_you_mean(name, reach.names)


class WrongKind(Rule):
    """`columns:` names a column of a kind that the stage does not take."""

    id = "columns.kind"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for stage in table.stages.values():
            parts = [part for part, _ in stage.variants if issubclass(part, Transform) and not part.on_target]
            columns = stage.declaration.columns
            if not parts or isinstance(columns, dict):
                continue
            for name in selected_names(columns):
                kind = stage.data.kinds[name] if name in stage.reach.intact else None
                if kind and all(kind not in part.accepts for part in parts):
                    yield Finding(
                        f"the column {name!r} is {kind}, and {parts[0].id!r} takes no {kind} columns",
                        ("stages", stage.name, "columns"),
                        expected=f"{' or '.join(sorted(parts[0].accepts))} columns",
                        mend=f"remove it from 'columns'{_declared(name, kind, parts)}",
                        severity="error",
                    )


_ALSO: Mapping[Kind, Sequence[Kind]] = {
    "numeric": ("categorical", "ordinal"),
    "boolean": ("categorical",),
    "categorical": ("text", "ordinal"),
    "ordinal": ("categorical",),
    "text": ("categorical",),
    "datetime": ("categorical",),
}
"""What a column of a kind may be declared to be as well, whatever its cells."""


def _declared(name: str, kind: Kind, parts: Sequence[type[Transform]]) -> str:
    """The key under which the stage takes the column, where there is one."""
    other = next((also for also in _ALSO[kind] if any(also in part.accepts for part in parts)), None)
    return f", or data: {{kinds: {{{flow(name)}: {other}}}}} if that is what it holds" if other else ""


class Weights(Rule):
    """Weights of rows are missing, negative, or all zero."""

    id = "columns.weights"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.data.named("weight"):
            weights = table.data.frame[name]
            wrong = int((~(weights >= 0)).sum())
            if wrong or not (weights > 0).any():
                yield Finding(
                    f"the weights in {name!r} are missing, infinite or negative in {wrong:,} rows"
                    if wrong
                    else f"all weights in {name!r} are zero",
                    ("data", "roles", "weight"),
                    expected="a weight of 0 or more in every row, and not 0 in all of them",
                    mend="correct those rows, or remove roles.weight",
                    severity="error",
                )


class Groups(Rule):
    """The rows belong to one group, so that no split keeps groups apart."""

    id = "columns.groups"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.data.named("group"):
            groups = table.data.frame[name].nunique()
            if groups < 2:
                yield Finding(
                    f"the groups in {name!r} are one and the same in every row"
                    if groups
                    else f"the groups in {name!r} are missing in every row",
                    ("data", "roles", "group"),
                    expected="at least two groups",
                    mend="name another column, or remove roles.group",
                    severity="error",
                )


class Spelling(Rule):
    """Levels of a column differ only in upper and lower case or in blanks."""

    id = "columns.spelling"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in [*table.features, str(table.target.name)]:
            if table.data.kinds[name] not in ("categorical", "ordinal") and name != table.target.name:
                continue
            column = table.data.frame[name]
            if column.dtype != "str":
                continue
            alike = _alike(column.dropna().unique())
            if alike:
                shown = "; ".join(" and ".join(repr(level) for level in group) for group in alike[:_SHOWN])
                yield Finding(
                    f"levels of {'the target' if name == table.target.name else 'column'} {name!r} differ only in "
                    f"case or blanks: {shown}{f' and {len(alike) - _SHOWN} more' if len(alike) > _SHOWN else ''}",
                    ("data",),
                    reason="each spelling is a level of its own, learned from its own rows only",
                    mend="spell them alike in the table",
                )


def _alike(levels: pd.api.extensions.ExtensionArray) -> list[list[str]]:
    """Groups of levels that are equal but for case and blanks."""
    groups: dict[str, list[str]] = {}
    for level in levels:
        groups.setdefault(" ".join(str(level).casefold().split()), []).append(str(level))
    return [sorted(group) for group in groups.values() if len(group) > 1]
