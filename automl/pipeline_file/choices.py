"""``use: {tune: [A, B]}``: several components for one stage, among which a search chooses.

``with`` then holds parameters by id: ``with: {A: {...}, B: {...}}``, each of which may hold ``{tune: ...}`` of its own.
"""

from __future__ import annotations

import dataclasses

from automl.components import Component, Transform
from automl.described import flow
from automl.errors import did_you_mean
from automl.pipeline_file.parts import Part, check_part, find_component
from automl.pipeline_file.problems import Problems, describe, listed
from automl.pipeline_file.tree import Fields, Items, Node, Path, Scalar, plain
from automl.plugins import Registry


def offered_choices(use: Node | None) -> Items | None:
    """The list under ``use: {tune: [...]}``, None if ``use`` is written in another way."""
    names = use.get("tune") if isinstance(use, Fields) else None
    return names if isinstance(names, Items) else None


def find_choices(
    names: Items, path: Path, registry: Registry, problems: Problems
) -> list[tuple[Scalar, type[Component]]]:
    """The components that the list names, each with its node; only transforms of one sort can stand for each other."""
    found: list[tuple[Scalar, type[Component]]] = []
    for index, name in enumerate(names.values):
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            continue
        where = (*path, "use", "tune", index)
        component = find_component("components", name.value, name.place, where, registry, problems)
        if component is None:
            continue
        if not issubclass(component, Transform):
            problems.add(
                f"{component.id!r} cannot be one of several: a search chooses among transforms only",
                name.place,
                where,
                expected="transforms",
                mend=_left(names, registry),
            )
        elif found and component.on_target != getattr(found[0][1], "on_target", False):
            problems.add(
                f"{component.id!r} and {found[0][1].id!r} cannot stand for each other: one works on the target",
                name.place,
                where,
                expected="transforms that all work on features, or all on the target",
                mend=f"use: {found[0][1].id}, and a stage of its own for {component.id!r}",
            )
        else:
            found.append((name, component))
    return found


def _left(names: Items, registry: Registry) -> str:
    """What to write instead of a choice that has others than transforms."""
    ids = [str(plain(name)) for name in names.values]
    kinds = {name: registry.get("components", name) for name in ids if name in registry.ids("components")}
    transforms = [name for name, kind in kinds.items() if issubclass(kind, Transform)]
    if not transforms:
        return f"use: {ids[0]}, and a pipeline for each other"
    return f"use: {transforms[0] if len(transforms) == 1 else flow({'tune': transforms})}"


def check_choices(
    found: list[tuple[Scalar, type[Component]]],
    written: Fields,
    path: Path,
    registry: Registry,
    problems: Problems,
) -> tuple[Part, ...]:
    """Check the parameters of each component; ``path`` is that of ``with``."""
    ids = [component.id for _, component in found]
    for key, entry in written.entries.items():
        if key not in ids:
            problems.add(
                f"'with' has parameters for {key!r}, which 'use' does not name",
                entry.key,
                (*path, key),
                expected=f"parameters by id, for {listed(ids)}",
                mend=did_you_mean(key, ids) or "put them under the id of the component that they are for",
            )
    parts: list[Part] = []
    for name, component in found:
        given: Node = written.get(component.id) or Fields({}, name.place)
        if not isinstance(given, Fields):
            problems.add(
                f"the parameters of {component.id!r} are a mapping",
                given.place,
                (*path, component.id),
                found=describe(given),
            )
            continue
        part = check_part(component, given, (*path, component.id), registry, problems, key=name.place)
        tuned = [dataclasses.replace(one, path=(component.id, *one.path)) for one in part.tuned]
        parts.append(dataclasses.replace(part, tuned=tuned))
    return tuple(parts)
