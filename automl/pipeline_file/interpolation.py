"""Filling in ``${vars.name}`` and ``${env:NAME:-default}``. There is no template language beyond the two.

A scalar that is one reference and nothing else becomes the value itself: the node that ``vars`` holds, or the text
of the environment read again as YAML (text that is no YAML, a password with an ``@`` in front, stays as it is).
Inside longer text a reference must stand for a scalar.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import NoReturn

from automl.errors import did_you_mean
from automl.pipeline_file.parsing import DEEPEST, LARGEST_FILE, MOST_REPEATED, TOO_DEEP, parse
from automl.pipeline_file.problems import Problems, describe, listed
from automl.pipeline_file.tree import Entry, Fields, Items, Node, Path, Scalar

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_FORMS = "${vars.NAME} or ${env:NAME} or ${env:NAME:-default}"


def is_reference(text: str | None) -> bool:
    """Whether a text is one reference and nothing else."""
    return text is not None and _REFERENCE.fullmatch(text) is not None


class _Unresolved(Exception):  # noqa: N818 - unwinds one scalar; the problem is noted already
    """A reference could not be filled in."""


def interpolate(tree: Fields, environment: Mapping[str, str], problems: Problems) -> Fields:
    """The tree with every reference filled in. What cannot be filled in is noted and left as it stands."""
    filler = _Filler(tree.get("vars"), environment, problems)
    filled = filler.node(tree, ())
    assert isinstance(filled, Fields)
    return filled


class _Filler:
    def __init__(self, variables: Node | None, environment: Mapping[str, str], problems: Problems) -> None:
        self._variables = variables
        self._environment = environment
        self._problems = problems
        self._filled: dict[str, Node] = {}
        self._open: list[str] = []
        self._depth = 0
        self._repeated = 0
        self._written = 0

    def node(self, node: Node, path: Path) -> Node:
        if not isinstance(node, Scalar):
            self._depth += 1
            filled = self._container(node, path)
            self._depth -= 1
            return filled
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        try:
            return self._scalar(node.value, node, path)
        except _Unresolved:
            self._problems.spoil(node.place)
            return node

    def _container(self, node: Fields | Items, path: Path) -> Node:
        if isinstance(node, Items):
            return Items(tuple(self.node(value, (*path, i)) for i, value in enumerate(node.values)), node.place)
        entries = {key: Entry(entry.key, self.node(entry.value, (*path, key))) for key, entry in node.entries.items()}
        return Fields(entries, node.place)

    def _scalar(self, text: str, node: Scalar, path: Path) -> Node:
        whole = _REFERENCE.fullmatch(text)
        if whole:
            return self._value(whole[1], node, path)
        if "${" in _REFERENCE.sub("", text):
            self._fail("a reference is not closed", node, path, expected=_FORMS, found=text)
        longer = _REFERENCE.sub(lambda match: self._text(match[1], node, path), text)
        if any(self._is_from_environment(match) for match in _REFERENCE.findall(text)):
            return Scalar(longer, node.place, longer, text)
        return Scalar(longer, node.place)

    def _is_from_environment(self, reference: str) -> bool:
        """Whether it stands for what the environment says, and not for a default or a value of the file."""
        match = _ENVIRONMENT.fullmatch(reference)
        if match is None:
            filled = self._filled.get(reference)
            return filled is not None and filled.variable is not None
        return bool(self._environment.get(match[1])) and self._environment[match[1]] != match[2]

    def _text(self, reference: str, node: Scalar, path: Path) -> str:
        environment = _ENVIRONMENT.fullmatch(reference)
        value = self._from_environment(environment, node, path) if environment else self._value(reference, node, path)
        if isinstance(value, Fields | Items):
            self._fail(f"${{{reference}}} stands inside text", node, path, expected="a scalar", found=describe(value))
        text = value if isinstance(value, str) else _written(value)
        self._written += len(text)
        if self._written > LARGEST_FILE:
            self._fail(f"references write more than {LARGEST_FILE:,} characters", node, path)
        return text

    def _value(self, reference: str, node: Scalar, path: Path) -> Node:
        environment = _ENVIRONMENT.fullmatch(reference)
        if environment:
            text = self._from_environment(environment, node, path)
            value = parse(text, node.place.source, Problems(), at=node.place)
            value = Scalar(text, node.place) if value is None else value
            if text != environment[2] or not text:  # a default that says something stands in the file
                value = dataclasses.replace(value, variable=text, reference=f"${{{reference}}}")
        elif reference.startswith("vars."):
            value = self._variable(reference, node, path)
        else:
            self._fail(f"${{{reference}}} is no reference", node, path, expected=_FORMS)
        if self._depth + value.depth > DEEPEST:
            self._fail(TOO_DEEP, node, path)
        self._repeated += value.size
        if self._repeated > MOST_REPEATED:
            self._fail(f"references repeat more than {MOST_REPEATED:,} values", node, path)
        return value

    def _from_environment(self, match: re.Match[str], node: Scalar, path: Path) -> str:
        name, default = match[1], match[2]
        value = self._environment.get(name) or default
        if value is None:
            self._fail(
                f"the environment variable {name} is not set",
                node,
                path,
                mend=f"set it, or give a default: ${{env:{name}:-value}}",
            )
        return value

    def _variable(self, reference: str, node: Scalar, path: Path) -> Node:
        if reference in self._open or len(self._open) == DEEPEST:
            names = " -> ".join(f"${{{name}}}" for name in [*self._open, reference])
            self._fail(f"variables refer to each other without an end: {names}", node, path)
        if reference not in self._filled:
            found = self._lookup(reference, node, path)
            self._open.append(reference)
            try:
                self._filled[reference] = self.node(found, tuple(reference.split(".")))
            finally:
                self._open.pop()
        return self._filled[reference]

    def _lookup(self, reference: str, node: Scalar, path: Path) -> Node:
        here = self._variables
        for step in reference.split(".")[1:]:
            known = here.entries if isinstance(here, Fields) else {}
            if step not in known:
                self._fail(
                    f"${{{reference}}} stands for nothing: there is no variable {step!r}",
                    node,
                    path,
                    expected=f"one of {listed(known)}" if known else "a section 'vars' that defines it",
                    mend=did_you_mean(step, known),
                )
            here = known[step].value
        assert here is not None
        return here

    def _fail(
        self,
        message: str,
        node: Scalar,
        path: Path,
        *,
        expected: str | None = None,
        found: str | None = None,
        mend: str | None = None,
    ) -> NoReturn:
        self._problems.add(message, node.place, path, expected=expected, found=found, mend=mend)
        raise _Unresolved


def _written(value: Scalar) -> str:
    """A scalar inside longer text, as YAML spells it."""
    if value.value is None:
        return ""
    return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
