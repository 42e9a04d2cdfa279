"""A rule about searches: a tuner that cannot do in this space what it is known for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.plan.fits import unfit
from automl.plan.graph import Graph

if TYPE_CHECKING:
    from automl.advice.views import TableView


class UnfitTuner(Rule):
    """A tuner cannot do in this space what it is known for."""

    id = "search.tuner"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for stage, finding in unfit(Graph(table.declaration, table.registry), table.registry):
            yield dataclasses.replace(finding, path=("stages", stage, *finding.path))
