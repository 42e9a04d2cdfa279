"""The ``stages:`` section, stage by stage: keys, components, parameters, columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from automl.columns import KINDS
from automl.components import Component, Splitter, Stage, Transform
from automl.errors import did_you_mean
from automl.pipeline_file.choices import check_choices, find_choices, offered_choices
from automl.pipeline_file.parts import Part, check_part, find_component, refuse_tuned
from automl.pipeline_file.problems import Problems, listed
from automl.pipeline_file.sections import StageSection
from automl.pipeline_file.tree import Fields, Items, Node, Path, Place, Scalar, find, plain
from automl.pipeline_file.validation import section
from automl.plugins import Registry


@dataclass(frozen=True)
class CheckedStage:
    """A stage as far as it could be made sense of.

    Attributes:
        name: its name.
        node: what is written.
        key: the place of its name.
        inputs: what it reads, by name.
        section: its keys; None if they are wrong.
        part: its component and parameters, the first where a search chooses; None if the component is not known.
        choices: all that a search chooses among; empty where the file names one component.
    """

    name: str
    node: Node
    key: Place
    inputs: tuple[str, ...]
    section: StageSection | None = None
    part: Part | None = None
    choices: tuple[Part, ...] = ()

    @property
    def path(self) -> Path:
        return ("stages", self.name)

    @property
    def component(self) -> type[Component] | None:
        return self.part.component if self.part else None

    @property
    def components(self) -> list[type[Component]]:
        """Its component, or all that a search chooses among."""
        return [part.component for part in self.choices or (self.part,) if part]

    @property
    def tuned(self) -> list[tuple[Path, Place]]:
        """What of it a search tries, by path."""
        found: list[tuple[Path, Place]] = [((*self.path, "use"), self.place("use"))] if self.choices else []
        for part in self.choices or (self.part,):
            found += [((*self.path, "with", *one.path), one.node.place) for one in (part.tuned if part else ())]
        return found

    def place(self, *path: str | int) -> Place:
        """Where something inside the stage is written."""
        return find(self.node, path, self.key).node.place


def is_search(component: type[Component] | None) -> bool:
    return component is not None and issubclass(component, Stage) and component.consumes == "open"


def check_stage(
    name: str, node: Node, key: Place, others: list[str], registry: Registry, problems: Problems
) -> CheckedStage:
    """Check one stage by itself; ``others`` are the stages' names."""
    path = ("stages", name)
    if not isinstance(node, Fields):
        return CheckedStage(name, node, key, ())
    _suggest_stage(name, node, key, others, problems)
    parsed, clean = section(StageSection, node, path, problems, key=key)
    inputs = parsed.in_ if parsed else _written_inputs(node)
    checked = CheckedStage(name, node, key, tuple(inputs), parsed)
    use = node.get("use")
    several = offered_choices(use)
    if several is not None:
        return _check_several(checked, several, registry, problems) if clean else checked
    if not isinstance(use, Scalar) or not isinstance(use.value, str):
        return checked
    component = find_component("components", use.value, use.place, (*path, "use"), registry, problems)
    if component is None:
        return checked
    if not clean or parsed is None:
        return CheckedStage(name, node, key, checked.inputs, parsed, Part(component, None, {}))
    _check_keys(checked, component, registry, problems)
    given = node.get("with")
    written = given if isinstance(given, Fields) else Fields({}, use.place)
    where = (*path, "with")
    if issubclass(component, Splitter):
        refuse_tuned(written, where, "splitting cannot be tuned", problems)
    search = is_search(component)
    if search:
        # what stands under its space is notation of its own Params
        reason = "a search tunes the stages above it, and its own model under 'space'"
        refuse_tuned(written.without("space"), where, reason, problems)
    part = check_part(component, written, where, registry, problems, key=use.place, tunable=not search)
    return CheckedStage(name, node, key, checked.inputs, parsed, part)


def _check_several(stage: CheckedStage, names: Items, registry: Registry, problems: Problems) -> CheckedStage:
    found = find_choices(names, stage.path, registry, problems)
    if not found or len(found) < len(names.values):
        return stage
    for _, component in found:
        _check_keys(stage, component, registry, problems)
    given = find(stage.node, ("with",))
    written = given.node if given.path and isinstance(given.node, Fields) else Fields({}, names.place)
    parts = check_choices(found, written, (*stage.path, "with"), registry, problems)
    return replace(stage, part=parts[0] if parts else None, choices=parts)


def _written_inputs(node: Fields) -> list[str]:
    """What a stage with wrong keys seems to read, so that the graph can be looked at all the same."""
    written = plain(node).get("in")
    names = written if isinstance(written, list) else [written]
    return [name for name in names if isinstance(name, str)]


def _suggest_stage(name: str, node: Fields, key: Place, others: list[str], problems: Problems) -> None:
    """A profile or --set that misspells a stage's name makes a new stage, without ``use``: say so, and no more."""
    hint = did_you_mean(name, others)
    if hint and "use" not in node.entries:
        problems.add(f"the stage {name!r} uses no component", key, ("stages", name), mend=f"add 'use', or {hint}")
        problems.spoil(key)


def _check_keys(stage: CheckedStage, component: type[Component], registry: Registry, problems: Problems) -> None:
    parsed = stage.section
    assert parsed is not None
    what = component.id
    if parsed.columns is not None:
        if not issubclass(component, Transform):
            problems.add(
                f"{what!r} takes no columns: only transforms do",
                stage.place("columns"),
                (*stage.path, "columns"),
                mend="remove 'columns'",
            )
        else:
            _check_kind(stage, component, parsed.columns, problems)
    if parsed.gate:
        if not (issubclass(component, Stage) and component.consumes == "model"):
            problems.add(
                f"{what!r} gives no scores to put a gate on",
                stage.place("gate"),
                (*stage.path, "gate"),
                expected="a gate at a stage that evaluates a model",
                mend="move 'gate' there",
            )
        for metric in parsed.gate:
            known = registry.ids("metrics")
            if metric not in known:
                problems.add(
                    f"there is no metric {metric!r}",
                    find(stage.node, ("gate", metric)).key,
                    (*stage.path, "gate", metric),
                    expected=f"one of {listed(known)}",
                    mend=did_you_mean(metric, known),
                )


def _check_kind(stage: CheckedStage, component: type[Transform], selector: Any, problems: Problems) -> None:
    kind = selector.get("kind") if isinstance(selector, dict) else selector
    if kind in KINDS and kind not in component.accepts:
        problems.add(
            f"{component.id!r} takes no {kind} columns",
            stage.place("columns"),
            (*stage.path, "columns"),
            expected=f"{' or '.join(sorted(component.accepts))} columns",
            found=str(kind),
        )
