"""The rule about rows that carry a date and are dealt to the parts by chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.components import Splitter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl.advice.views import TableView

_FEWEST = 10
"""Different dates below which they order nothing."""
_LOOKED_AT = 1000
_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%m-%Y", "%Y%m%d")
"""What a text, or a whole number of eight digits, is taken for a date in; a time of day may follow."""
_FIRST_DATE, _LAST_DATE = 19000101, 21001231
_DATE = r"^\s*(\d{1,4}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{1,4}|\d{8})(?:[ T]\d{1,2}:\d{2}.*)?\s*$"


class RandomOfDatedRows(Rule):
    """Rows that carry a date are dealt to the parts by chance."""

    id = "split.random_of_dated_rows"

    def findings(self, table: TableView) -> Iterable[Finding]:
        random = [s for s in table.splits if issubclass(s.component, Splitter) and s.component.by_chance]
        if not random:
            return
        dated = [*table.data.named("time"), *(name for name in table.features if _is_dated(table, name))]
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


def _is_dated(table: TableView, name: str) -> bool:
    kind, column = table.data.kinds[name], table.data.frame[name]
    if kind == "numeric" and not _may_be_dates(column.to_numpy()[:_LOOKED_AT]):
        return False
    column = column.dropna()
    if kind in ("boolean", "ordinal") or column.iloc[:_LOOKED_AT].nunique() < _FEWEST:
        return False
    return kind == "datetime" or _reads_as_dates(column.iloc[:_LOOKED_AT], kind)


def _may_be_dates(numbers: np.ndarray) -> bool:
    """Whether these numbers, float64 [n], are whole and of eight digits, as 20260131 is; missing ones may be."""
    import numpy as np

    known = numbers[~np.isnan(numbers)]
    return bool(len(known) and known.min() >= _FIRST_DATE and known.max() <= _LAST_DATE and (known % 1 == 0).all())


def _reads_as_dates(column: pd.Series, kind: str) -> bool:
    """Whether every text is a date in one notation."""
    import pandas as pd

    if kind == "numeric":
        column = column.astype("int64")
    texts = column.astype("str").str.extract(_DATE, expand=False)
    if texts.isna().any():
        return False
    return any(pd.to_datetime(texts, format=form, errors="coerce").notna().all() for form in _FORMATS)
