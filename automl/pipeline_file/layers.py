"""Laying files, a profile and ``--set`` over each other.

Precedence, lowest first: the files that ``extends`` names, in their order; the file itself; the chosen profile; each
``--set``. Mappings merge; lists and scalars replace; null removes what a lower layer says (where none says anything
it is the value null). Where a layer changes ``use``, the ``with`` beside it belongs to another component and is
replaced, not merged. Every value keeps the place where it was written.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Final

from automl.errors import did_you_mean, did_you_mean_file
from automl.pipeline_file.parsing import DEEPEST, LARGEST_FILE, parse
from automl.pipeline_file.problems import Problems, describe, listed
from automl.pipeline_file.tree import Entry, Fields, Items, Node, Place, Scalar, Source, plain

_LAYERING: Final = ("extends", "profiles")


class Layers:
    """Reads files and lays them over each other; each file is read once."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._done: dict[str, Fields | None] = {}

    def file(self, path: FilePath, chain: tuple[FilePath, ...] = (), asked: Scalar | None = None) -> Fields | None:
        """A file over the files that it extends; ``asked`` is what named it. None if it cannot be read."""
        place, written = (asked.place, str(asked.value)) if asked else (Place(Source(str(path))), None)
        identity = os.path.abspath(path)  # noqa: PTH100 - resolve() raises on names that no file can have
        if identity in map(os.path.abspath, chain) or len(chain) > DEEPEST:
            names = " -> ".join(str(other) for other in (*chain, path))
            self._problems.add(f"files extend each other in a circle: {names}", place, ("extends",))
            return None
        if identity not in self._done:
            text = self._read(path, place, written)
            self._done[identity] = None if text is None else self.text(text, path.parent, str(path), (*chain, path))
        return self._done[identity]

    def text(self, text: str, folder: FilePath, name: str, chain: tuple[FilePath, ...] = ()) -> Fields | None:
        """The text of a file over the files that it extends, which are looked for in ``folder``."""
        source = Source(name, tuple(text.splitlines()) or ("",))
        tree = parse(text, source, self._problems)
        if tree is None:
            return None
        if not isinstance(tree, Fields):
            self._problems.add(
                "a pipeline file is a mapping",
                tree.place,
                expected="keys such as version, data and stages",
                found=describe(tree),
                mend="begin with a file of pipelines/, or with the one in README.md",
            )
            return None
        merged = Fields({}, tree.place)
        bases = self._bases(tree)
        if bases is None:
            return None
        for base in bases:
            path = folder / str(base.value)
            below = self.file(path, chain, base)
            if below is None:
                return None
            merged = _overlay(merged, below)
        return _overlay(merged, tree.without("extends"), place=tree.place)

    def _bases(self, tree: Fields) -> list[Scalar] | None:
        """What ``extends`` names; None if that is wrong (noted)."""
        node = tree.get("extends")
        if node is None or plain(node) is None:
            return []
        values: Sequence[Node] = node.values if isinstance(node, Items) else [node]
        good: list[Scalar] = []
        for value in values:
            if isinstance(value, Scalar) and isinstance(value.value, str):
                good.append(value)
            else:
                self._problems.add(
                    "'extends' names files",
                    value.place,
                    ("extends",),
                    expected="a file, relative to this one, or a list of files",
                    found=describe(value),
                )
        return good if len(good) == len(values) else None

    def _read(self, path: FilePath, place: Place, written: str | None) -> str | None:
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            # ValueError: a name with a NUL in it
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self._problems.add(f"cannot read {str(path)!r}: {reason}", place, mend=_nearest(path, written))
            return None
        if len(data) > LARGEST_FILE:
            self._problems.add(
                f"{str(path)!r} is too large for a pipeline file", place, expected=f"at most {LARGEST_FILE:,} bytes"
            )
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._problems.add(
                f"{str(path)!r} is not UTF-8 text: byte 0x{data[error.start]:02X} on line {line}",
                place,
                mend="save the file as UTF-8",
            )
            return None


def choose_profile(tree: Fields, profile: str | None, problems: Problems) -> Fields:
    """The tree with the named profile laid over it, and without ``profiles``."""
    node = tree.get("profiles")
    bare = tree.without("profiles")
    if node is not None and plain(node) is None:
        node = None
    if node is not None and not isinstance(node, Fields):
        problems.add(
            "'profiles' is not a mapping",
            node.place,
            ("profiles",),
            expected="profiles by name",
            found=describe(node),
        )
        return bare
    profiles = node.entries if node else {}
    for name, entry in profiles.items():
        if not isinstance(entry.value, Fields):
            problems.add(
                f"the profile {name!r} is not a mapping",
                entry.value.place,
                ("profiles", name),
                expected="keys such as stages.search.with.budget",
                found=describe(entry.value),
            )
    if profile is None:
        return bare
    if profile not in profiles:
        problems.add(
            f"there is no profile {profile!r}",
            node.place if node else tree.place,
            ("profiles",),
            expected=f"one of {listed(profiles)}" if profiles else "a section 'profiles' that defines it",
            mend=did_you_mean(profile, profiles),
        )
        return bare
    chosen = profiles[profile].value
    if not isinstance(chosen, Fields):
        return bare
    for key, entry in chosen.entries.items():
        bare = _lay_dotted(bare, key, entry.key, entry.value, problems)
    return bare


def apply_set(tree: Fields, text: str, problems: Problems) -> Fields:
    """The tree with one ``a.b=value`` of the command line laid over it; the value is read as YAML."""
    key, equals, value = text.partition("=")
    place = Place(Source(f"--set {text}"))
    if not equals:
        problems.add("a --set has no '='", place, expected="key.subkey=value", found=text)
        return tree
    node = parse(value, place.source, problems, at=place)
    return tree if node is None else _lay_dotted(tree, key.strip(), place, node, problems)


def _lay_dotted(tree: Fields, key: str, place: Place, value: Node, problems: Problems) -> Fields:
    steps = key.split(".")
    if not all(steps) or len(steps) > DEEPEST or steps[0] in _LAYERING:
        problems.add(
            f"the key {key!r} leads nowhere",
            place,
            expected="names joined with dots, such as stages.search.with.budget",
        )
        return tree
    for step in reversed(steps):
        value = Fields({step: Entry(place, value)}, place)
    assert isinstance(value, Fields)
    return _overlay(tree, value, place=tree.place)


def _overlay(base: Fields, layer: Fields, *, place: Place | None = None) -> Fields:
    entries = dict(base.entries)
    use = layer.get("use")
    if use is not None and plain(use) != _plain_or_none(base.get("use")):
        entries.pop("with", None)
    for key, entry in layer.entries.items():
        below = entries.get(key)
        if below is None:
            entries[key] = entry
        elif isinstance(entry.value, Scalar) and entry.value.value is None:
            del entries[key]
        elif isinstance(entry.value, Fields) and isinstance(below.value, Fields):
            entries[key] = Entry(below.key, _overlay(below.value, entry.value))
        else:
            entries[key] = entry
    return Fields(entries, place or base.place)


def _plain_or_none(node: Node | None) -> object:
    return None if node is None else plain(node)


def _nearest(path: FilePath, written: str | None) -> str | None:
    """What to try for a file that cannot be read; None for one that is there. ``written``: as ``extends`` names it."""
    if _is_folder(path):
        return "name a file in it"
    if path.exists():
        return None
    counted = "the working folder" if written is None else "the folder of the file that extends it"
    base = None if written is None else FilePath(written)
    return did_you_mean_file(path, base) or f"check the name; it counts from {counted}"


def _is_folder(path: FilePath) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
