"""How stages are connected: names that exist, no cycles, and nothing where it could see test rows."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from automl import described
from automl.components import Splitter, Stage, Transform
from automl.errors import did_you_mean
from automl.pipeline_file.problems import Problems, listed
from automl.pipeline_file.sections import DATA
from automl.pipeline_file.stages import CheckedStage, is_search

Carries = Literal["rows", "model", "report", "unknown"]


@dataclass(frozen=True)
class Flow:
    """What a stage hands on.

    Attributes:
        carries: rows, a model, a report; unknown below a stage that could not be made sense of.
        splits: the split stages that the rows came through.
    """

    carries: Carries
    splits: frozenset[str] = frozenset()


UNKNOWN = Flow("unknown")


def order(stages: Mapping[str, CheckedStage], problems: Problems) -> list[str]:
    """Names with every input before its user, else as in the file. Unknown inputs and cycles are noted."""
    known = [DATA, *stages]
    graph: dict[str, list[str]] = {}
    for stage in stages.values():
        graph[stage.name] = [name for name in stage.inputs if name in stages]
        for index, name in enumerate(stage.inputs):
            if name not in known:
                problems.add(
                    f"there is no stage {name!r} to read from",
                    stage.place("in", index),
                    (*stage.path, "in"),
                    expected=f"one of {listed(other for other in known if other != stage.name)}",
                    mend=did_you_mean(name, known),
                )
    position = {name: place for place, name in enumerate(stages)}
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = list(reversed(error.args[1]))
        first = min(range(len(circle) - 1), key=lambda index: position[circle[index]])
        circle = [*circle[first:-1], *circle[: first + 1]]
        stage = stages[circle[0]]
        problems.add(
            f"stages read each other in a circle: {' <- '.join(circle)}",
            stage.place("in"),
            (*stage.path, "in"),
            mend="let one of them read from an earlier stage or from 'data'",
        )
        return []
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        ordered += ready
        sorter.done(*ready)
    return ordered


def check_flow(names: list[str], stages: Mapping[str, CheckedStage], problems: Problems) -> dict[str, Flow]:
    """What each stage hands on; what does not fit together is noted. ``names`` come inputs first."""
    flows: dict[str, Flow] = {DATA: Flow("rows")}
    for name in names:
        stage = stages[name]
        flows[name] = _through(stage, [flows.get(above, UNKNOWN) for above in stage.inputs], stages, problems)
    return flows


def _through(stage: CheckedStage, above: list[Flow], stages: Mapping[str, CheckedStage], problems: Problems) -> Flow:
    component = stage.component
    if component is None or not above or any(flow.carries == "unknown" for flow in above):
        return UNKNOWN
    wanted: Carries = "model" if issubclass(component, Stage) and component.consumes == "model" else "rows"
    for index, (name, flow) in enumerate(zip(stage.inputs, above, strict=True)):
        if flow.carries != wanted:
            place = stage.place("in", index) if len(above) > 1 else stage.place("in")
            problems.add(
                f"{component.id!r} reads {_ARTICLE[wanted]}, and {name!r} gives {_ARTICLE[flow.carries]}",
                place,
                (*stage.path, "in"),
                expected=_suppliers(wanted, stages),
            )
            return UNKNOWN
    if len(above) > 1 and (wanted == "model" or issubclass(component, Splitter)):
        problems.add(
            f"{component.id!r} takes one input", stage.place("in"), (*stage.path, "in"), found=listed(stage.inputs)
        )
        return UNKNOWN
    if len({flow.splits for flow in above}) > 1:
        problems.add(
            "only branches of one split can be joined",
            stage.place("in"),
            (*stage.path, "in"),
            found="; ".join(
                f"{name}: {'split by ' + listed(sorted(flow.splits)) if flow.splits else 'not split'}"
                for name, flow in zip(stage.inputs, above, strict=True)
            ),
        )
        return UNKNOWN
    return _handed_on(stage, above, stages, problems)


def _handed_on(stage: CheckedStage, above: list[Flow], stages: Mapping[str, CheckedStage], problems: Problems) -> Flow:
    component, splits = stage.component, above[0].splits
    assert component is not None
    use, where = stage.place("use"), (*stage.path, "use")
    if issubclass(component, Splitter):
        if splits:
            problems.add(
                f"the rows are split already, by {listed(sorted(splits))}",
                use,
                where,
                expected="one split above a stage",
            )
        return Flow("rows", frozenset({stage.name}))
    if issubclass(component, Transform):
        learning = [one.id for one in stage.components if issubclass(one, Transform) and not one.stateless]
        if not splits and learning:
            problems.add(
                f"{learning[0]!r} learns from the rows, and here it would see the test rows",
                use,
                where,
                expected="a split above it",
                found=f"in: {', '.join(stage.inputs)}",
                mend=_after_split(stages),
            )
            return UNKNOWN
        return Flow("rows", splits)
    if is_search(component):
        if not splits:
            problems.add(
                f"{component.id!r} needs rows that are split, and here there is no test part",
                use,
                where,
                expected="a split above it",
                found=f"in: {', '.join(stage.inputs)}",
                mend=_after_split(stages),
            )
        return Flow("model")
    return Flow("report")


_ARTICLE: dict[Carries, str] = {
    "rows": "rows",
    "model": "a model",
    "report": "a report",
    "unknown": "something unknown",
}


def _after_split(stages: Mapping[str, CheckedStage]) -> str:
    split = next((name for name, stage in stages.items() if issubclass(stage.component or Stage, Splitter)), None)
    return f"in: {split}" if split else "put a split stage above it: {use: split.random, in: data}"


def _suppliers(wanted: Carries, stages: Mapping[str, CheckedStage]) -> str:
    if wanted == "rows":
        return "'data', a split or a transform"
    searches = [name for name, stage in stages.items() if is_search(stage.component)]
    return f"one of {listed(searches)}" if searches else "a search above it"


def check_tuned(stages: Mapping[str, CheckedStage], problems: Problems) -> None:
    """Every tuned parameter belongs to exactly one search downstream."""
    readers: dict[str, list[str]] = {}
    unclear = any(
        stage.component is None or not stage.inputs or set(stage.inputs) - {DATA, *stages} for stage in stages.values()
    )
    for stage in stages.values():
        for name in stage.inputs:
            readers.setdefault(name, []).append(stage.name)
    for stage in stages.values():
        if not stage.tuned or is_search(stage.component):
            continue
        below = _downstream(stage.name, readers)
        splits = [name for name in stages if name in below and _is_split(stages[name])]
        if splits:
            _refuse_tuned_above(splits[0], stage, readers, problems)
            continue
        searches = [name for name in stages if name in below and is_search(stages[name].component)]
        if len(searches) == 1 or (not searches and unclear):
            continue
        for path, place in stage.tuned:
            problems.add(
                f"{len(searches)} searches would try these values" if searches else "no search would try these values",
                place,
                path,
                expected="one search downstream of a tuned parameter",
                found=f"searches {listed(searches)}"
                if searches
                else f"downstream: {listed(sorted(below)) or 'nothing'}",
                mend="write one value here, or give each search a stage of its own"
                if searches
                else "write one value here, or let a search read from this stage",
            )


def _is_split(stage: CheckedStage) -> bool:
    return stage.component is not None and issubclass(stage.component, Splitter)


def _refuse_tuned_above(split: str, stage: CheckedStage, readers: Mapping[str, list[str]], problems: Problems) -> None:
    """Parts of rows that depend on a tuned value would not be the same rows in every trial."""
    inputs = stage.inputs[0] if len(stage.inputs) == 1 else list(stage.inputs)
    moved = [f"in: {split} here"]
    moved += [f"in: {described.flow(inputs)} at {name!r}" for name in readers.get(stage.name, ())]
    moved += [f"in: {stage.name} at {name!r}" for name in readers.get(split, ())]
    for path, place in stage.tuned:
        problems.add(
            f"the split {split!r} reads from this stage",
            place,
            path,
            expected="nothing tuned above a split, so that every trial is scored on the same rows",
            mend=f"write one value here, or put the stage below the split: {', '.join(moved)}",
        )


def _downstream(name: str, readers: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    pending = [name]
    while pending:
        for reader in readers.get(pending.pop(), []):
            if reader not in found:
                found.add(reader)
                pending.append(reader)
    return found
