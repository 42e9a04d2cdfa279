"""A plugin that brings advice: a rule of its own, one that is broken, and a stage that examines the rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.advice.views import StageView, TableView
from automl.components import Fitted, Transform
from automl.dataset import Rows
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.records import Record


class ManyRows(Rule):
    """There are more than 300 rows."""

    id = "acme.many_rows"

    def findings(self, table: TableView) -> Iterable[Finding]:
        if len(table.target) > 300:
            yield Finding(f"{len(table.target)} rows", ("data",), reason="acme is slow", mend="take fewer")


class Broken(Rule):
    """Raises."""

    id = "acme.broken"

    def findings(self, table: TableView) -> Iterable[Finding]:
        raise KeyError("oops")


@dataclasses.dataclass(frozen=True)
class RootFitted(Fitted):
    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame**0.5


class RootParams(Params):
    plus: float = param(0.0, description="Added before the root.", tune={"float": [0.0, 100.0]})


class Root(Transform):
    """The square root; knows its output, and examines its input."""

    id = "acme.root"
    Params = RootParams
    fitted = RootFitted
    advice = {"negative": "A column holds numbers that have no root.", "small": "A column holds small numbers."}

    @classmethod
    def outputs(cls, params: RootParams, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def examine(cls, params: RootParams, view: StageView) -> Iterable[Finding]:
        for name in view.given.as_read:
            values = view.training(name) + params.plus
            if (values < 0).any():
                yield Finding(f"{name}: {int((values < 0).sum())} of {len(values)}", severity="error", name="negative")
            elif (values < 1).any():
                yield Finding(f"{name} is small", ("with",), name="small")

    def fit(self, train: Rows) -> RootFitted:
        return RootFitted()


class Trimmed(Transform):
    """Drops rows that are negative."""

    id = "acme.trimmed"
    fitted = RootFitted
    drops_rows = True

    def fit(self, train: Rows) -> RootFitted:
        return RootFitted()

    def fit_apply(self, train: Rows) -> tuple[RootFitted, Any]:
        return RootFitted(), train.frame[(train.frame >= 0).all(axis=1)]


@hookimpl
def automl_components() -> list[Record]:
    return [Record(part.id, f"{__name__}:{part.__name__}", part.summary()) for part in (Root, Trimmed)]


@hookimpl
def automl_advice() -> list[Record]:
    return [Record(rule.id, f"{__name__}:{rule.__name__}", rule.summary()) for rule in (ManyRows, Broken)]
