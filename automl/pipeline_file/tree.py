"""A pipeline file as plain values that know where they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from automl.secret import Secret

Path = tuple[str | int, ...]
"""Keys and list positions that lead from the top of a file to a value."""


@dataclass(frozen=True, eq=False)
class Source:
    """Something that values were written in: a file, or one ``--set`` of the command line (which has no lines)."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A position in a source; line and column count from 1."""

    source: Source
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Scalar:
    """Text, a number, a boolean, null, or a secret.

    ``variable`` is the text that came from the environment and that this stands for, ``reference`` how it was written:
    ``${env:NAME}``, or longer text with such in it. Lists and mappings have them too.
    """

    value: str | int | float | bool | Secret | None
    place: Place
    variable: str | None = field(default=None, compare=False, repr=False)
    reference: str | None = field(default=None, compare=False, repr=False)

    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0


@dataclass(frozen=True)
class Items:
    """A list."""

    values: tuple[Node, ...]
    place: Place
    variable: str | None = field(default=None, compare=False, repr=False)
    reference: str | None = field(default=None, compare=False, repr=False)

    @cached_property
    def size(self) -> int:
        """Values in it, itself included, with every alias written out."""
        return 1 + sum(value.size for value in self.values)

    @cached_property
    def depth(self) -> int:
        """How many lists and mappings are inside each other, this one included."""
        return 1 + max((value.depth for value in self.values), default=0)


@dataclass(frozen=True)
class Entry:
    """A key of a mapping, by its place, and its value."""

    key: Place
    value: Node


@dataclass(frozen=True)
class Fields:
    """A mapping."""

    entries: Mapping[str, Entry]
    place: Place
    variable: str | None = field(default=None, compare=False, repr=False)
    reference: str | None = field(default=None, compare=False, repr=False)

    @cached_property
    def size(self) -> int:
        """Values in it, itself included, with every alias written out."""
        return 1 + sum(entry.value.size for entry in self.entries.values())

    @cached_property
    def depth(self) -> int:
        """How many lists and mappings are inside each other, this one included."""
        return 1 + max((entry.value.depth for entry in self.entries.values()), default=0)

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.value if entry else None

    def without(self, *keys: str) -> Fields:
        return Fields({key: entry for key, entry in self.entries.items() if key not in keys}, self.place)


Node = Scalar | Items | Fields


def plain(node: Node) -> Any:
    """The value itself, as fresh dicts and lists."""
    if isinstance(node, Fields):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(value) for value in node.values]
    return node.value


def graft(value: Any, place: Place) -> Node:
    """A plain value as if all of it were written at one place."""
    if isinstance(value, Mapping):
        return Fields({str(key): Entry(place, graft(inner, place)) for key, inner in value.items()}, place)
    if isinstance(value, list | tuple):
        return Items(tuple(graft(inner, place) for inner in value), place)
    return Scalar(value, place)


def children(node: Node) -> list[tuple[str | int, Node]]:
    """What is directly inside, by key or list position."""
    if isinstance(node, Fields):
        return [(key, entry.value) for key, entry in node.entries.items()]
    return list(enumerate(node.values)) if isinstance(node, Items) else []


def replace(node: Node, path: Path, new: Node) -> Node:
    """The tree with the value at ``path`` exchanged; the path must exist."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(node, Fields):
        entries = dict(node.entries)
        entries[str(step)] = Entry(entries[str(step)].key, replace(entries[str(step)].value, rest, new))
        return Fields(entries, node.place)
    assert isinstance(node, Items)
    values = [replace(value, rest, new) if index == step else value for index, value in enumerate(node.values)]
    return Items(tuple(values), node.place)


@dataclass(frozen=True)
class Found:
    """How far a path led: to ``node``, written under a key at ``key``; ``path`` holds the steps that led somewhere."""

    node: Node
    key: Place
    path: Path


def find(node: Node, path: Path, key: Place | None = None) -> Found:
    """Follow a path as far as it goes; ``key`` is the place of the key that ``node`` itself stands under.

    Steps that lead nowhere are skipped: pydantic puts the names of a union's members between the keys.
    """
    found = Found(node, key or node.place, ())
    for step in path:
        here = found.node
        if isinstance(here, Fields) and step in here.entries:
            entry = here.entries[str(step)]
            found = Found(entry.value, entry.key, (*found.path, step))
        elif isinstance(here, Items) and isinstance(step, int) and step < len(here.values):
            value = here.values[step]
            found = Found(value, value.place, (*found.path, step))
    return found


def dotted(path: Path) -> str:
    """A path as people write it: ``stages.search.with.space``, ``track[0].use``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if step and "." not in step else repr(step))
    return text
