"""The ``data:`` section: its reader, its columns' roles, and what the file's header says of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from automl.attribution import named_errors
from automl.columns import Role
from automl.components import Component, Reader
from automl.errors import AutoMLError, did_you_mean, did_you_mean_file
from automl.pipeline_file.declaration import DataDeclaration, Use
from automl.pipeline_file.parts import Part, check_part, find_component, refuse_tuned
from automl.pipeline_file.problems import Problems, listed
from automl.pipeline_file.sections import DATA, DataSection
from automl.pipeline_file.tree import Entry, Fields, Node, Path, Place, find
from automl.pipeline_file.validation import section
from automl.plugins import Registry

_AT: Path = (DATA,)


@dataclass(frozen=True)
class Table:
    """The data section, and the names of the columns if they are known."""

    declaration: DataDeclaration
    columns: tuple[str, ...] | None = None
    secrets: tuple[Path, ...] = ()

    @property
    def features(self) -> list[str]:
        """Names of the known columns that are features."""
        others = {*self.declaration.targets, *self.declaration.roles, *self.declaration.ignore}
        return [name for name in self.columns or () if name not in others]


def check_table(tree: Fields, registry: Registry, problems: Problems, *, header: bool) -> Table | None:
    """Check ``data:``; with ``header`` the reader is asked for the names of the columns. None if it is wrong."""
    entry = tree.entries.get(DATA)
    if entry is None:
        return None
    node = entry.value
    refuse_tuned(node, _AT, "reading cannot be tuned", problems)
    data, clean = section(DataSection, node, _AT, problems, key=entry.key)
    if data is None or not isinstance(node, Fields):
        return None
    if len(data.target) > 1 and data.task not in (None, "regression"):
        problems.add(
            "several targets are numbers, all of them",
            find(node, ("task",)).node.place,
            (*_AT, "task"),
            expected="task: regression",
            found=data.task,
            mend="make one pipeline for each target",
        )
    if data.positive is not None and (data.task in ("regression", "multiclass") or len(data.target) > 1):
        problems.add(
            "'positive' is one of two classes",
            find(node, ("positive",)).key,
            (*_AT, "positive"),
            expected="one target with two classes",
            found=f"task: {data.task}" if data.task else f"{len(data.target)} targets",
            mend="remove 'positive'",
        )
    roles, ignore = _roles(data, node, problems)
    reader = _reader(data, node, entry.key, registry, problems) if clean else None
    declaration = DataDeclaration(
        reader=Use(reader[0], reader[1].written) if reader else Use(""),
        target=data.target[0],
        more_targets=tuple(data.target[1:]),
        task=data.task,
        roles=roles,
        ignore=ignore,
        kinds=data.kinds,
        missing=None if data.missing is None else tuple(data.missing),
        positive=data.positive,
        attempts=data.retry.attempts,
        seconds=data.time,
    )
    secrets = tuple(reader[1].secrets) if reader else ()
    if not header or reader is None or reader[1].params is None:
        return Table(declaration, secrets=secrets)
    columns = _header(reader[1], node, problems)
    if columns is not None:
        _check_names(data, node, columns, problems)
    return Table(declaration, columns, secrets)


def _reader(
    data: DataSection, node: Fields, key: Place, registry: Registry, problems: Problems
) -> tuple[str, Part] | None:
    path = node.entries.get("path")
    use = node.entries.get("use")
    name = data.use or (registry.reader_for(data.path) if data.path else None)
    if name is None:
        suffixes = [s for offer in registry.offers() if offer.family == "readers" for s in offer.record.suffixes]
        place = path.value.place if path else key
        message = f"no reader is known for {data.path!r}" if path else "'data' names neither a file nor a reader"
        if path and not suffixes:
            message, mend = "no reader is installed", "leave --no-plugins out, or install a plugin that offers one"
        else:
            mend = _nearest(data.path) if data.path else "give path: FILE, or use: READER"
        problems.add(
            message,
            place,
            (*_AT, "path") if path else _AT,
            expected=f"a suffix among {listed(sorted(suffixes))}" if suffixes else None,
            mend=mend,
        )
        return None
    blamed = use or path
    assert blamed is not None
    component = find_component("readers", name, blamed.value.place, (*_AT, "use"), registry, problems)
    if component is None:
        return None
    given = node.get("with")
    entries = dict(given.entries) if isinstance(given, Fields) else {}
    if path is not None:
        if "path" in entries:
            problems.add(
                "the path stands here twice",
                entries["path"].key,
                (*_AT, "with", "path"),
                expected="data.path only",
                mend="remove one of them",
            )
        entries["path"] = path
    part = _check_reader(component, Fields(entries, node.place), path, registry, problems, key)
    return name, part


def _nearest(path: str) -> str:
    """How to have a file read whose name says nothing: another one is meant, or its reader is to be named."""
    file = FilePath(path)
    return (None if file.exists() else did_you_mean_file(file)) or "name the reader: use: read.csv"


def _check_reader(
    component: type[Component], given: Fields, path: Entry | None, registry: Registry, problems: Problems, key: Place
) -> Part:
    """``data.path`` is the reader's own ``path``; a reader that takes none says so at its place."""
    if path is not None and "path" not in component.Params.model_fields:
        problems.add(
            f"the reader {component.id!r} takes no path",
            path.key,
            (*_AT, "path"),
            mend="remove 'path', or 'use'",
        )
        given = given.without("path")
    return check_part(component, given, (*_AT, "with"), registry, problems, key=key)


def _roles(data: DataSection, node: Fields, problems: Problems) -> tuple[dict[str, Role], tuple[str, ...]]:
    """Which column has which role; a column with two is a mistake."""
    roles: dict[str, Role] = {}
    seen = dict.fromkeys(data.target, "the target")
    for role, names in _named_columns(data):
        for name in names:
            if name in seen:
                problems.add(
                    f"the column {name!r} is {seen[name]} and also under roles.{role}",
                    _place(node, role, names.index(name)),
                    (*_AT, "roles", role),
                    expected="one role for a column",
                    mend="remove it from one of the two",
                )
            seen.setdefault(name, f"under roles.{role}")
            if role != "ignore":
                roles[name] = role  # type: ignore[assignment]
    return roles, tuple(data.roles.ignore)


def _named_columns(data: DataSection) -> list[tuple[str, list[str]]]:
    roles = data.roles
    single: list[tuple[str, str | None]] = [("weight", roles.weight), ("group", roles.group), ("time", roles.time)]
    return [("id", roles.id), *((role, [name]) for role, name in single if name), ("ignore", roles.ignore)]


def _place(node: Fields, role: str, index: int) -> Place:
    return find(node, ("roles", role, index)).node.place


def _header(part: Part, node: Fields, problems: Problems) -> tuple[str, ...] | None:
    blamed: Node = node.get("path") or node.get("use") or node
    path = (*_AT, "path") if "path" in node.entries else _AT
    assert issubclass(part.component, Reader)
    reader: Any = part.component(part.params)
    try:
        with named_errors(part.component, "header", "reader"):
            columns: tuple[str, ...] = reader.header().columns
    except AutoMLError as error:
        problems.add(str(error), blamed.place, path)
        return None
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        problems.add(
            f"columns share a name: {listed(repr(name) for name in twice)}",
            blamed.place,
            path,
            expected="each name once",
            mend="rename them in the table",
        )
    return columns


def _check_names(data: DataSection, node: Fields, columns: tuple[str, ...], problems: Problems) -> None:
    named: list[tuple[str, Path, Place]] = []
    for index, name in enumerate(data.target):
        named.append((name, ("target",), find(node, ("target", index)).node.place))
    for role, names in _named_columns(data):
        named += [(name, ("roles", role), _place(node, role, index)) for index, name in enumerate(names)]
    named += [(name, ("kinds", name), find(node, ("kinds", name)).key) for name in data.kinds]
    for name, path, place in named:
        if name not in columns:
            missing_column(name, columns, place, (*_AT, *path), problems)


def missing_column(
    name: str, columns: list[str] | tuple[str, ...], place: Place, path: Path, problems: Problems
) -> None:
    """Note a column that is not there."""
    problems.add(
        f"there is no column {name!r}",
        place,
        path,
        expected=f"one of {listed(columns)}",
        found=repr(name),
        mend=did_you_mean(name, columns),
    )
