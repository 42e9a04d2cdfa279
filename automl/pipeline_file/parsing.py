"""YAML 1.2 text to a tree of values with places.

ruamel.yaml scans and parses; the tree is built here from its events, because its constructors know no positions,
and its composer recurses as deep as the text asks for. Plain scalars follow the core schema of YAML 1.2.2, section
10.3.2: ``1e-3`` is a float, ``no`` and ``2024-01-01`` are text. Tags, merge keys, duplicate keys and keys that are
not text are refused, as are aliases that multiply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from automl.pipeline_file.problems import Problems, spelled
from automl.pipeline_file.tree import Entry, Fields, Items, Node, Place, Scalar, Source

LARGEST_FILE: Final = 1_000_000
"""Bytes."""
DEEPEST: Final = 50
"""Mappings and lists inside each other."""
MOST_REPEATED: Final = 10_000
"""Values that aliases, or references to ``vars``, may add to a file."""
TOO_DEEP: Final = f"more than {DEEPEST} mappings and lists inside each other"

# Python refuses to convert very long integers: beyond 100 digits a number is read as a float
_INT = re.compile(r"[-+]?[0-9]{1,100}|0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, float | bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


class _Refused(Exception):  # noqa: N818 - ends the reading of one text; the problem is noted already
    """The text cannot be read any further."""


def parse(text: str, source: Source, problems: Problems, at: Place | None = None) -> Node | None:
    """Read one document; None if the text is no YAML at all.

    Args:
        text: the document.
        source: where the places point to.
        problems: takes every mistake.
        at: give all values this one place instead of their own (for text that stands inside another).
    """
    try:
        return _Builder(text, source, problems, at).document()
    except _Refused:
        return None


def resolve(text: str) -> str | int | float | bool | None:
    """What a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Builder:
    def __init__(self, text: str, source: Source, problems: Problems, at: Place | None) -> None:
        self._text = text
        self._source = source
        self._problems = problems
        self._at = at
        self._anchors: dict[str, Node | None] = {}
        self._repeated = 0
        self._last = Place(source)
        self._events = self._parsed()

    def document(self) -> Node:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._refuse(
                        "a second document begins here", event, mend="keep one document in a file: remove '---'"
                    )
                root = self._node(next(self._events), 1)
        return root or Scalar(None, self._at or Place(self._source))

    def _parsed(self) -> Iterator[Any]:
        """The parser's events, its complaints turned into problems."""
        try:
            for event in YAML(typ="safe", pure=True).parse(self._text):
                self._last = self._place(event)
                yield event
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._at or Place(self._source, mark.line + 1, mark.column + 1)
            self._stop(
                f"not readable as YAML: {error.problem or error.context}", place, mend=self._advice(mark.line, error)
            )
        except ReaderError as error:
            before = self._text[: error.position]
            place = Place(self._source, before.count("\n") + 1, len(before) - before.rfind("\n"))
            self._stop(f"the character U+{int(error.character):04X} may not stand in a YAML file", self._at or place)
        except (YAMLError, ValueError, OverflowError) as error:
            # ruamel lets the failures of chr() out: an escape such as "\U99999999" is beyond Unicode
            self._stop(f"not readable as YAML: {error}", self._last)

    def _advice(self, line: int, error: MarkedYAMLError) -> str:
        if "\\t" in str(error.problem):
            return "indent with spaces, not with tabs"
        if "${" in self._source_line(line):
            return 'put references in quotes: "${vars.name}"'
        return "check brackets, quotes and indentation; text with ': ' or ' #' in it, or a sign in front, needs quotes"

    def _source_line(self, line: int) -> str:
        lines = self._text.splitlines()
        return lines[line] if line < len(lines) else ""

    def _node(self, event: Any, depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        self._check_tag(event)
        if event.anchor:
            self._anchors[event.anchor] = None
        node: Node
        if isinstance(event, ScalarEvent):
            node = self._scalar(event)
        elif depth > DEEPEST:
            self._refuse(TOO_DEEP, event)
        elif isinstance(event, SequenceStartEvent):
            values: list[Node] = []
            while not isinstance(inner := next(self._events), SequenceEndEvent):
                values.append(self._node(inner, depth + 1))
            node = Items(tuple(values), place)
        else:
            node = self._mapping(place, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _mapping(self, place: Place, depth: int) -> Fields:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            at = self._place(event)
            merge = isinstance(event, ScalarEvent) and event.value == "<<" and not event.style
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if merge:
                self._problems.add(
                    "merge keys are not read", at, found="<<", mend="use extends: or profiles:, or write the keys out"
                )
            elif not isinstance(key, Scalar):
                self._problems.add("a key must be text", at, expected="text", found="a list or a mapping")
            elif not isinstance(key.value, str):
                self._problems.add(
                    "a key must be text",
                    at,
                    expected="text",
                    found=spelled(key),
                    mend=f"put it in quotes: '{getattr(event, 'value', '')}'",
                )
            elif key.value in entries:
                first = entries[key.value].key.line
                self._problems.add(
                    f"the key {key.value!r} stands here twice",
                    at,
                    expected="each key once",
                    found=f"{key.value!r} on line {first} as well",
                    mend="remove one of them",
                )
            else:
                entries[key.value] = Entry(at, value)
        return Fields(entries, place)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        value = event.value if event.style else resolve(event.value)
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            self._refuse("half a surrogate pair is no character", event, found=ascii(value))
        return Scalar(value, self._place(event))

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        if event.anchor not in self._anchors:
            self._refuse(f"there is no anchor &{event.anchor} above", event)
        node = self._anchors[event.anchor]
        if node is None:
            self._refuse(f"the alias *{event.anchor} stands inside the value that it repeats", event)
        self._repeated += node.size
        if depth + node.depth > DEEPEST + 1:
            self._refuse(TOO_DEEP, event)
        if self._repeated > MOST_REPEATED:
            self._refuse(f"the aliases of this file repeat more than {MOST_REPEATED:,} values", event)
        return node

    def _check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._problems.add(
                f"tags are not read: {shown}",
                self._place(event),
                expected="a plain value",
                found=shown,
                mend="remove the tag; text that looks like a number goes in quotes",
            )

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return self._at or Place(self._source, mark.line + 1, mark.column + 1)

    def _refuse(self, message: str, event: Any, *, found: str | None = None, mend: str | None = None) -> NoReturn:
        self._stop(message, self._place(event), found=found, mend=mend)

    def _stop(self, message: str, place: Place, *, found: str | None = None, mend: str | None = None) -> NoReturn:
        self._problems.add(message, place, found=found, mend=mend)
        raise _Refused
