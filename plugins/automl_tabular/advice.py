"""Rules about what reaches a learner: columns that it cannot take, and gaps that no stage fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.roles import set_apart
from automl.advice.rule import Rule
from automl.columns import TEST
from automl.described import flow

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView, TableView
    from automl.columns import Kind
    from automl.learning import Learner, Network

_SHOWN = 10
"""Columns that a message names."""


class UnfitInputs(Rule):
    """Columns reach a learner that it cannot take: levels, texts, dates, or numbers with gaps."""

    id = "inputs.unfit"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in table.searches():
            learners = _learners(search, table)
            for learner in learners:
                # A baseline that fails costs its line in the table of results; the learner that is searched for fails
                # in every trial.
                severe = learner is learners[0]
                if (
                    not severe
                    and learner.accepts >= learners[0].accepts
                    and learner.takes_gaps >= learners[0].takes_gaps
                ):
                    continue  # what it cannot take is told of the first one
                yield from _unfit(search, learner, table, severe=severe)


class UnfilledGaps(Rule):
    """Test rows have gaps that no stage fills, in columns that are whole in all others."""

    id = "gaps.unfilled"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in table.searches():
            if all(learner.takes_gaps for learner in _learners(search, table)[:1]):
                continue
            reaching = search.reach.keeps("gaps")
            names = [name for name in reaching if _gaps(search, name, test=True) and not _gaps(search, name)]
            if names:
                rows = max(_gaps(search, name, test=True) for name in names)
                yield Finding(
                    f"{_columns(names)} missing values in the test rows (up to {rows:,}) that no stage fills",
                    ("stages", search.name, "in"),
                    reason="the model predicts nothing for rows that have them, and no test score can be computed",
                    mend=_filling(names),
                )


def _unfit(search: StageView, learner: type[Learner], table: TableView, *, severe: bool) -> Iterator[Finding]:
    kinds = {name: search.data.kinds[name] for name in search.reach.keeps("kind")}
    for kind in dict.fromkeys(kinds.values()):
        unfit = [name for name, of in kinds.items() if of == kind]
        if kind not in learner.accepts:
            yield _finding(
                f"{_columns(unfit, 'is', 'are')} {kind}, and reach{'es' if len(unfit) == 1 else ''} "
                f"{learner.id!r}, which takes {_listed(sorted(learner.accepts))} columns only",
                search,
                _encoding(unfit, kind, table),
                severe=severe,
            )
    gaps = [name for name in search.reach.keeps("gaps") if _gaps(search, name) and not learner.takes_gaps]
    gaps = [name for name in gaps if kinds.get(name, "numeric") in learner.accepts]
    if gaps:
        yield _finding(
            f"{_columns(gaps)} missing values that no stage fills, and {learner.id!r} takes none",
            search,
            _filling(gaps),
            severe=severe,
        )


def _finding(message: str, search: StageView, mend: str, *, severe: bool) -> Finding:
    return Finding(
        message,
        ("stages", search.name, "in"),
        reason=None if severe else "this baseline will fail, and there will be nothing to compare with",
        mend=mend,
        severity="error" if severe else "warning",
    )


def _encoding(names: Sequence[str], kind: Kind, table: TableView) -> str:
    """What makes numbers of columns of this kind, or leaves them out."""
    listed = flow(list(names))
    ignoring = set_apart(table, names)
    if kind in ("categorical", "ordinal", "boolean"):
        return f"encode.ordinal or encode.one_hot with columns: {listed} above this stage, or {ignoring}"
    if kind == "text":
        return f"{ignoring}; where texts repeat, data: {{kinds: {{{flow(names[0])}: categorical}}}} and an encoder"
    return ignoring


def _filling(names: Sequence[str]) -> str:
    return f"impute.simple with columns: {flow(list(names))}, first after the split"


def _learners(search: StageView, table: TableView) -> list[type[Learner]]:
    """What is searched for, then the baselines."""
    _, params = search.variants[0]
    name = getattr(params, "network", None)
    if name is None:
        return []
    network: type[Network] = table.registry.get("networks", name)
    return [table.registry.get("learners", learner) for learner in (network.learner, *getattr(params, "baselines", ()))]


def _gaps(search: StageView, name: str, *, test: bool = False) -> int:
    """How many rows lack a value among those that a search sees, or among the test rows."""
    part = search.data.part
    column: pd.Series = search.data.frame[name]
    if part is None:
        return 0 if test else int(column.isna().sum())
    return int(column[(part == TEST) == test].isna().sum())


def _columns(names: Sequence[str], one: str = "has", several: str = "have") -> str:
    """``the column 'a' has`` or ``3 columns (a, b, c) have``; what they have follows."""
    if len(names) == 1:
        return f"the column {names[0]!r} {one}"
    return f"{len(names)} columns ({', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}) {several}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
