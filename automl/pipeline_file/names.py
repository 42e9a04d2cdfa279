"""Columns that a file names, held against the header of the data and what the stages above are known to make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from automl.attribution import named_errors
from automl.columns import KINDS
from automl.components import Component, Splitter, Transform
from automl.pipeline_file import reach
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.reach import Reach, selected_names
from automl.pipeline_file.sections import DATA
from automl.pipeline_file.stages import CheckedStage
from automl.pipeline_file.table import Table, missing_column
from automl.pipeline_file.tree import Fields, Items, Node, Place, Scalar, find
from automl.pipeline_file.variants import parameter_variants


def check_names(ordered: Sequence[str], stages: Mapping[str, CheckedStage], table: Table, problems: Problems) -> None:
    """Note every column that cannot be there: in selectors, and in parameters that name columns.

    Which columns a selector by kind means is not known without the rows; the names are. Below a stage that does not
    say what it makes anything may be there, and nothing is noted.

    Args:
        ordered: the names of the stages, inputs before their users.
        stages: all of them.
        table: the data section, with the names of the columns; without them there is nothing to compare.
        problems: takes every mistake.
    """
    if table.columns is None:
        return
    leaving: dict[str, Reach] = {DATA: Reach(tuple(table.features))}
    for name in ordered:
        stage = stages[name]
        component, parsed = stage.component, stage.section
        if parsed is None or component is None or not stage.inputs or any(one not in leaving for one in stage.inputs):
            continue
        parts = stage.choices or ((stage.part,) if stage.part else ())
        if any(part.params is None for part in parts):
            continue
        at = reach.join([leaving[above] for above in stage.inputs])
        if issubclass(component, Splitter):
            assert stage.part is not None
            with named_errors(component, "columns", "splitter"):
                named = component.columns(stage.part.params)
            _check_named(named, dict.fromkeys([*table.columns, *at.names]), at, stage, problems)
            leaving[name] = at
        elif issubclass(component, Transform) and component.on_target:
            leaving[name] = at
        elif issubclass(component, Transform):
            _check_selector(stage, parsed.columns, at, table, problems)
            try:
                variants: list[tuple[type[Component], Any]] = [
                    (part.component, params)
                    for part in parts
                    for params in parameter_variants(part.component.Params, part.written)
                ]
            except ValidationError:
                continue  # one of the tuned values is wrong, and that is noted
            for part, params in variants:
                assert issubclass(part, Transform)
                given = reach.selected(parsed.columns, part.accepts, at, None)
                with named_errors(part, "columns"):
                    named = part.columns(params)
                _check_named(named, dict.fromkeys(given.names), given, stage, problems)
            leaving[name] = reach.after(parsed.columns, at, variants)


def _check_named(
    named: Sequence[str], known: Collection[str], at: Reach, stage: CheckedStage, problems: Problems
) -> None:
    """Columns that parameters name."""
    for name in named:
        if name not in known and not at.may_hold(name):
            place = _place_of(name, find(stage.node, ("with",)).node) or stage.place("use")
            missing_column(name, list(known), place, (*stage.path, "with"), problems)


def _check_selector(stage: CheckedStage, selector: Any, at: Reach, table: Table, problems: Problems) -> None:
    for name in selected_names(selector):
        if at.may_hold(name):
            continue
        place = _place_of(name, find(stage.node, ("columns",)).node) or stage.place("columns")
        where = (*stage.path, "columns")
        if name not in (table.columns or ()):
            known = [*at.names, *KINDS] if isinstance(selector, str) else list(at.names)
            missing_column(name, known, place, where, problems)
        else:
            problems.add(
                f"the column {name!r} is no feature: {_other_use(name, table)}",
                place,
                where,
                expected="features",
                mend="remove it from 'columns'",
            )


def _other_use(name: str, table: Table) -> str:
    if name in table.declaration.targets:
        return "it is the target"
    role = table.declaration.roles.get(name)
    return f"it stands under roles.{role or 'ignore'}"


def _place_of(text: str, node: Node) -> Place | None:
    """Where a text is written inside a value: as a value or a key, or as a part of a longer text."""
    if isinstance(node, Scalar):
        return node.place if node.value == text else None
    if isinstance(node, Fields) and text in node.entries:
        return node.entries[text].key
    inner = node.values if isinstance(node, Items) else [entry.value for entry in node.entries.values()]
    found = next((place for value in inner if (place := _place_of(text, value))), None)
    if found is not None:
        return found
    texts = [value for value in inner if isinstance(value, Scalar) and isinstance(value.value, str)]
    return next((value.place for value in texts if text in str(value.value)), None)
