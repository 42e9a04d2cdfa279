"""Rules about scores: metrics that the task does not have, and rows on which a metric is not defined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.columns import TEST, VALID
from automl.components import Stage, Transform
from automl.described import flow
from automl.errors import DataError
from automl.learning import Metric, undefined
from automl.pipeline_file.problems import listed
from automl.pipeline_file.tasks import metrics_of, tasks_of_target, without_stage
from automl.search.stage import DEFAULT_OBJECTIVE

if TYPE_CHECKING:
    import numpy as np

    from automl.advice.views import StageView, TableView
    from automl.learning import Task

_SHOWN = 5
"""Other metrics that a message offers."""


@dataclass(frozen=True)
class _Asked:
    """A metric that a stage asks for, and where the file says so."""

    metric: type[Metric]
    path: tuple[str | int, ...]
    is_gate: bool = False


class UnfitMetric(Rule):
    """A metric, a gate or a transform of the target is for another task."""

    id = "metric.task"

    def findings(self, table: TableView) -> Iterable[Finding]:
        fit = metrics_of(frozenset({table.task}), table.registry)
        for stage in table.stages.values():
            for asked in _asked(stage, table):
                if table.task not in asked.metric.tasks:
                    yield Finding(
                        f"the metric {asked.metric.id!r} is for {' and '.join(sorted(asked.metric.tasks))} tasks, and "
                        f"the target {table.target.name!r} makes a {table.task} task",
                        asked.path,
                        expected=f"one of {listed(fit)}",
                        mend=f"{fit[0]}, or another of these; or data: {{task: ...}} if the target is of another kind"
                        if fit
                        else None,
                        severity="error",
                    )
            for part in dict.fromkeys(part for part, _ in stage.variants):
                if issubclass(part, Transform) and part.on_target and table.task not in tasks_of_target(part):
                    yield Finding(
                        f"{part.id!r} does not take the target {table.target.name!r} of a {table.task} task",
                        ("stages", stage.name, "use"),
                        mend=without_stage(stage.name, table.declaration.stages),
                        severity="error",
                    )


class UndefinedScore(Rule):
    """A metric is not defined on the rows that it would score, whatever is predicted."""

    id = "metric.undefined"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for name in table.data.named("weight"):
            weights = table.data.frame[name]
            if not ((weights >= 0).all() and (weights > 0).any()):
                return  # the weights themselves are the mistake, and `columns.weights` says so
        for stage in table.stages.values():
            if stage.data.part is None or not issubclass(stage.component, Stage):
                continue
            try:
                task = table.task_of(stage)
            except DataError as error:
                if stage.component.consumes == "open":
                    message, _, mend = str(error).partition("; mend: ")
                    path = ("stages", stage.name, "in")
                    yield Finding(message, path, mend=mend or None, severity="error")
                continue
            for asked in _scored_by(stage, table):
                if table.task in asked.metric.tasks:
                    check = _in_validation if stage.component.consumes == "open" else _in_test
                    yield from check(asked, stage, task, table)


def _scored_by(stage: StageView, table: TableView) -> Iterator[_Asked]:
    """What a stage asks for, and an evaluation besides: the objective of the search above it."""
    own = list(_asked(stage, table))
    yield from own
    if getattr(stage.component, "consumes", None) == "model":
        known = {asked.metric.id for asked in own if not asked.is_gate}
        for asked in (one for above in stage.above for one in _asked(above, table)):
            if asked.metric.id not in known:
                yield _Asked(asked.metric, ("stages", stage.name))


def _asked(stage: StageView, table: TableView) -> Iterator[_Asked]:
    """The metrics that a stage's parameters ask for, and its gates."""
    component, params = stage.variants[0]
    if not issubclass(component, Stage):
        return
    named: list[tuple[tuple[str | int, ...], str, bool]] = [
        (("with", *path) if path else (), name, False) for path, name in component.metrics(params, table.task)
    ]
    named += [(("gate", name), name, True) for name in stage.declaration.gate]
    for path, name, is_gate in named:
        if name in table.registry.ids("metrics"):
            metric: type[Metric] = table.registry.get("metrics", name)
            yield _Asked(metric, ("stages", stage.name, *path), is_gate)


def _in_validation(asked: _Asked, stage: StageView, task: Task, table: TableView) -> Iterator[Finding]:
    """What a search meets: without a validation score no trial is worth anything."""
    part = stage.data.part
    assert part is not None
    masks = _scored(part)
    if not any(mask.any() for mask in masks.values()):
        yield Finding(
            "the split leaves no validation rows, and without them no trial has a score",
            ("stages", stage.name, "in"),
            mend=_validation(table),
            severity="error",
        )
        return
    reasons = {
        where: reason
        for where, mask in masks.items()
        if mask.any() and (reason := _why(asked.metric, task, stage, mask))
    }
    if not reasons:
        return
    first = next(iter(reasons))
    offered = _others(asked.metric, task, stage, table, list(masks.values()))
    if len(reasons) == len(masks):
        yield Finding(
            f"{asked.metric.id}, the objective, is not defined in {first}: {reasons[first]}",
            asked.path,
            mend=offered,
            severity="error",
        )
    else:
        yield Finding(
            f"{asked.metric.id}, the objective, is not defined in {len(reasons)} of {len(masks)} folds "
            f"({listed(reasons)}): {reasons[first]}",
            asked.path,
            reason=f"a trial's score is the mean over the other {len(masks) - len(reasons)}, so that it says less",
            mend=f"{offered}; or fewer folds",
        )


def _others(metric: type[Metric], task: Task, stage: StageView, table: TableView, masks: list[np.ndarray]) -> str:
    """What else could be the objective on these rows."""
    others = _defined(metric, task, stage, table, masks)
    if not others:
        return "more rows"
    more = f" (or {', '.join(others[1:_SHOWN])})" if len(others) > 1 else ""
    return f"objective: {others[0]}{more}, which these rows can be scored by"


def _defined(
    metric: type[Metric], task: Task, stage: StageView, table: TableView, masks: list[np.ndarray]
) -> list[str]:
    """Other metrics that are defined on all of these rows."""
    known = metrics_of(frozenset({table.task}), table.registry)
    return [
        name
        for name in sorted(known, key=lambda name: name not in DEFAULT_OBJECTIVE.values())
        if name != metric.id and not any(_why(table.registry.get("metrics", name), task, stage, rows) for rows in masks)
    ]


def _validation(table: TableView) -> str:
    """The key of the split that makes a validation part."""
    for split in table.splits:
        params = split.variants[0][1]
        if "valid" in type(params).model_fields:
            return f"stages: {{{flow(split.name)}: {{with: {{valid: 0.2}}}}}}, or folds (use: split.kfold)"
    return "folds (use: split.kfold), or a split with a validation part"


def _instead(metric: type[Metric], task: Task, stage: StageView, rows: np.ndarray, table: TableView) -> str:
    """What else these test rows can be scored by, in the place of a metric."""
    others = _defined(metric, task, stage, table, [rows])
    more = f" (or {', '.join(others[1:_SHOWN])})" if len(others) > 1 else ""
    return f"{others[0]}{more} in its place, or a larger test part" if others else "a larger test part"


def _in_test(asked: _Asked, stage: StageView, task: Task, table: TableView) -> Iterator[Finding]:
    """What an evaluation meets: no test score. A gate on it cannot be kept."""
    part = stage.data.part
    assert part is not None
    mask = part == TEST
    reason = _why(asked.metric, task, stage, mask) if mask.any() else None
    if reason and asked.is_gate:
        yield Finding(
            f"the gate on {asked.metric.id} cannot be kept: it is not defined in the test part: {reason}",
            asked.path,
            mend=_instead(asked.metric, task, stage, mask, table),
            severity="error",
        )
    elif reason:
        yield Finding(
            f"{asked.metric.id} is not defined in the test part: {reason}",
            asked.path,
            reason="there will be no test score of this metric",
            mend=_instead(asked.metric, task, stage, mask, table),
        )


def _scored(part: np.ndarray) -> dict[str, np.ndarray]:
    """The rows that trials are scored on: the validation part, or each fold."""
    folds = int(part.max()) + 1
    if folds < 2:
        return {"the validation part": part == VALID}
    return {f"fold {fold}": part == fold for fold in range(folds)}


def _why(metric: type[Metric], task: Task, stage: StageView, rows: np.ndarray) -> str | None:
    frame, weights = stage.data.frame, stage.data.named("weight")
    targets = frame[list(task.targets)] if task.more_targets else frame[task.target]
    weight = frame[weights[0]][rows].to_numpy(dtype="float64") if weights else None
    return undefined(metric(), task.truth(targets[rows]), weight)
