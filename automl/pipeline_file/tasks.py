"""The task that a file speaks of: metrics, gates and transforms of the target that could not all belong to one task.

The rows decide which task it is, unless the file does. But a metric of a regression and a gate for a classification
contradict each other whatever the rows hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, get_args

from automl.attribution import named_errors
from automl.components import Stage, Transform
from automl.described import flow
from automl.errors import PluginError
from automl.learning import Metric, TaskKind
from automl.pipeline_file.problems import Problems, listed
from automl.pipeline_file.stages import CheckedStage
from automl.pipeline_file.table import Table
from automl.pipeline_file.tree import Path, Place, find
from automl.plugins import Registry

_TASKS: frozenset[TaskKind] = frozenset(get_args(TaskKind))


@dataclass(frozen=True)
class _Wish:
    """Something that is only there for some tasks."""

    what: str
    tasks: frozenset[TaskKind]
    place: Place
    path: Path
    is_metric: bool = True


def check_tasks(
    stages: Mapping[str, CheckedStage], table: Table | None, registry: Registry, problems: Problems
) -> None:
    """Note what is not there for the declared task, and what contradicts an earlier part of the file."""
    possible, cause = _TASKS, ""
    if table is not None and table.declaration.task is not None:
        possible, cause = frozenset({table.declaration.task}), f"data.task is {table.declaration.task}"
    elif table is not None and table.declaration.more_targets:
        possible, cause = frozenset({"regression"}), "several targets make a regression"
    for wish in _wishes(stages, registry):
        both = possible & wish.tasks
        if both:
            cause = cause if both == possible else f"{wish.what} is for {_named(wish.tasks)}"
            possible = both
            continue
        others = metrics_of(possible, registry) if wish.is_metric else []
        problems.add(
            f"{wish.what} is for {_named(wish.tasks)}, and {cause}",
            wish.place,
            wish.path,
            expected=f"one of {listed(others)}" if others else None,
            mend=f"{others[0]}, or another of these" if others else without_stage(str(wish.path[1]), stages),
        )


class _Reading(Protocol):
    """A stage, and what it reads."""

    @property
    def inputs(self) -> tuple[str, ...]: ...


def without_stage(name: str, stages: Mapping[str, _Reading]) -> str:
    """How to take a stage out of a pipeline: what reads it reads what it read."""
    above = stages[name].inputs
    readers = {
        reader: [other for one in stage.inputs for other in (above if one == name else (one,))]
        for reader, stage in stages.items()
        if name in stage.inputs
    }
    told = [
        f"in: {read[0] if len(read) == 1 else flow(list(dict.fromkeys(read)))} at {reader!r}"
        for reader, read in readers.items()
    ]
    return f"remove the stage {name!r}" + (f", and write {' and '.join(told)}" if told else "")


def metrics_of(tasks: frozenset[TaskKind], registry: Registry) -> list[str]:
    """Ids of the metrics that are there for all of these tasks."""
    return [name for name in registry.ids("metrics") if tasks <= frozenset(registry.get("metrics", name).tasks)]


def _wishes(stages: Mapping[str, CheckedStage], registry: Registry) -> Iterator[_Wish]:
    for stage in stages.values():
        component, part = stage.component, stage.part
        if component is None or part is None:
            continue
        if issubclass(component, Transform) and component.on_target:
            yield _Wish(
                f"{component.id!r}", tasks_of_target(component), stage.place("use"), (*stage.path, "use"), False
            )
        if issubclass(component, Stage) and part.params is not None:
            with named_errors(component, "metrics"):
                named = list(component.metrics(part.params, None))
            for path, name in named:
                yield from _metric(name, stage.place("with", *path), (*stage.path, "with", *path), registry)
        for name in stage.section.gate if stage.section else ():
            yield from _metric(name, find(stage.node, ("gate", name)).key, (*stage.path, "gate", name), registry)


def tasks_of_target(component: type[Transform]) -> frozenset[TaskKind]:
    """The tasks whose target a transform of the target takes: numbers, or classes."""
    regression: frozenset[TaskKind] = frozenset({"regression"})
    taken = regression if "numeric" in component.accepts else frozenset()
    return taken | (_TASKS - regression if "categorical" in component.accepts else frozenset())


def _metric(name: str, place: Place, path: Path, registry: Registry) -> Iterator[_Wish]:
    try:
        metric: type[Metric] = registry.get("metrics", name)
    except PluginError:
        return  # that there is none is said where it is named
    yield _Wish(f"the metric {name!r}", frozenset(metric.tasks), place, path)


def _named(tasks: frozenset[TaskKind]) -> str:
    return " and ".join(sorted(tasks)) + (" tasks" if len(tasks) > 1 else " tasks only")
