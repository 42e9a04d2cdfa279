"""Rules about cells: what was read otherwise than it looks. Reading notes it (`automl.plan.remarks`), for it is gone
from the table afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.roles import set_apart
from automl.advice.rule import Rule
from automl.pipeline_file.problems import listed

if TYPE_CHECKING:
    from automl.advice.views import TableView


class Infinite(Rule):
    """Numbers are infinite, or too large for a network; they count as missing."""

    id = "data.infinite"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for remark in table.remarks.get(self.id, ()):
            yield Finding(
                f"{remark['cells']:,} cells of column {remark['column']!r} are infinite or beyond 3.4e38, the first: "
                f"{remark['value']} in {remark['where']}",
                ("data",),
                reason="networks compute in float32, which ends there; they count as missing, when predicting too",
                mend="correct them, give the column in another unit, or leave them empty",
            )


class MixedTypes(Rule):
    """A column holds numbers and texts; all of it is read as texts."""

    id = "data.mixed_types"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for remark in table.remarks.get(self.id, ()):
            yield Finding(
                f"column {remark['column']!r} holds values of several types: {listed(remark['types'])}; all are "
                "read as texts",
                ("data",),
                reason="a number and a text that look alike are one level",
                mend="make the values of one type where numbers are meant",
            )


class Empty(Rule):
    """A column has no value in any row."""

    id = "data.empty_column"

    def findings(self, table: TableView) -> Iterable[Finding]:
        empty = [name for name in table.features if table.data.frame[name].isna().all()]
        if empty:
            yield Finding(
                f"{len(empty)} columns have no value in any row: {listed(map(repr, empty))}",
                ("data",),
                reason="nothing can be learned from them",
                mend=f"leave them out: {set_apart(table, empty)}",
            )
