"""Rules about what this package's stages do to a table together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl_tabular.clean import Winsorize
from automl_tabular.power import BoxCox, YeoJohnson
from automl_tabular.scale import MinMaxScaler, QuantileScaler, StandardScaler

if TYPE_CHECKING:
    from automl.advice.views import StageView, TableView

_KEEP_GAPS = (Winsorize, BoxCox, YeoJohnson, MinMaxScaler, QuantileScaler, StandardScaler)
"""Numbers in, numbers out, under the same name, and missing stays missing."""


class UnfilledGaps(Rule):
    """Numeric columns have gaps, and of the stages above the search none fills them."""

    id = "gaps.unfilled"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in table.searches():
            gaps = {name: table.data.frame[name].isna() for name in search.reach.touched if name in table.features}
            names = [
                name
                for name, missing in gaps.items()
                if table.data.kinds[name] == "numeric" and missing.any() and _is_left_alone(name, search)
            ]
            if names:
                rows = max(int(gaps[name].sum()) for name in names)
                yield Finding(
                    f"{len(names)} numeric columns have missing values (up to {rows:,} of {len(table.target):,} rows), "
                    f"and no stage above this search fills them: {', '.join(names[:10])}",
                    ("stages", search.name, "in"),
                    reason="a network fails on them in training, and predicts nothing for rows that have them",
                    mend="impute.simple with columns: numeric, above the stages that scale",
                )


def _is_left_alone(name: str, search: StageView) -> bool:
    """Whether all stages that the column may have gone through are known to hand its gaps on."""
    through = [stage for stage in search.above if name in stage.given.names]
    return bool(through) and all(issubclass(part, _KEEP_GAPS) for stage in through for part, _ in stage.variants)
