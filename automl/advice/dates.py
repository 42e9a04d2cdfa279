"""The rule about rows that carry a date and are dealt to the parts by chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.components import Splitter

if TYPE_CHECKING:
    from automl.advice.views import TableView


class RandomOfDatedRows(Rule):
    """Rows that carry a date are dealt to the parts by chance."""

    id = "split.random_of_dated_rows"

    def findings(self, table: TableView) -> Iterable[Finding]:
        random = [s for s in table.splits if issubclass(s.component, Splitter) and s.component.by_chance]
        if not random:
            return
        from automl.input_schema.dated import is_dated

        known = [name for name in table.data.named("feature", "id") if is_dated(table.data.frame[name])]
        # A column of dates that is left out dates the rows all the same; what reads the table notes it.
        dated = [*table.data.named("time"), *known, *table.remarks.get(self.id, ())]
        if not dated:
            return
        for stage in random:
            yield Finding(
                f"the rows carry a date ({', '.join(dated)}), and {stage.component.id} deals them to the parts "
                "by chance",
                ("stages", stage.name, "use"),
                reason="if later rows are to be predicted from earlier ones, a network here learns from the future of "
                "the rows that it is scored on, and the score is better than it will be",
                mend="keep the latest rows in a file of their own, and score the model on them",
            )
