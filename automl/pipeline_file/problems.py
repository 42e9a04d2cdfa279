"""Collecting what is wrong with a pipeline file, each mistake with its place and the lines around it."""

from __future__ import annotations

from collections.abc import Iterable

from automl.errors import PipelineFileError, Problem
from automl.pipeline_file.tree import Fields, Items, Node, Path, Place, Scalar, dotted
from automl.secret import MASK

_WIDTH = 110
"""Columns of a line that an excerpt shows; longer lines are cut to a window around the place."""
_SMALL = 8
"""Values in what a message shows in full."""
_LISTED = 12
"""Names that a message lists before it says how many more there are."""


class Problems:
    """All mistakes found so far.

    A value that was reported once is *spoiled*: what later checks think of it follows from the first mistake and is
    not told again.
    """

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self._spoiled: set[Place] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(
        self,
        message: str,
        place: Place,
        path: Path = (),
        *,
        expected: str | None = None,
        found: str | None = None,
        mend: str | None = None,
        hidden: bool = False,
    ) -> None:
        """Note a mistake; saying the same thing of the same place twice notes it once.

        ``hidden``: what stands at the place is not to be repeated.
        """
        if place in self._spoiled:
            return
        source = place.source
        written = bool(source.lines)
        problem = Problem(
            message,
            file=source.name.partition("=")[0] if hidden and not written else source.name,
            line=place.line if written else None,
            column=place.column if written else None,
            path=dotted(path),
            excerpt=_excerpt(place) if written and not hidden else "",
            expected=expected,
            found=found,
            mend=mend,
        )
        self._found.setdefault(problem)

    def spoil(self, place: Place) -> None:
        """Say nothing more about the value at this place."""
        self._spoiled.add(place)

    def throw(self) -> None:
        """Raise PipelineFileError with every mistake, if there is any."""
        if self._found:
            raise PipelineFileError(list(self._found))


def describe(node: Node) -> str:
    """A value for the ``found:`` line of a message: in full where it is short.

    What a mapping or a list took from the environment is not told: it may be a secret.
    """
    if isinstance(node, Scalar):
        return spelled(node)
    if node.size <= _SMALL:
        return _flow(node)
    if isinstance(node, Fields):
        return f"a mapping ({listed(node.entries)})"
    return f"a list of {len(node.values)}" if isinstance(node, Items) else spelled(node)


def _flow(node: Node) -> str:
    if node.variable is not None:
        return MASK
    if isinstance(node, Fields):
        return "{" + ", ".join(f"{key}: {_flow(entry.value)}" for key, entry in node.entries.items()) + "}"
    if isinstance(node, Items):
        return "[" + ", ".join(_flow(value) for value in node.values) + "]"
    return spelled(node)


def spelled(node: Scalar) -> str:
    """A scalar as the file spells it, text in quotes."""
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    text = repr(node.value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}..."


def listed(names: Iterable[object]) -> str:
    """Names for a message, the first dozen of them."""
    known = [str(name) for name in names]
    more = len(known) - _LISTED
    return ", ".join(known[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _excerpt(place: Place) -> str:
    """The line before, the line itself, and a caret under the place."""
    lines = place.source.lines
    rows: list[str] = []
    margin = len(str(place.line))
    start = max(0, place.column - _WIDTH // 2) if place.column > _WIDTH else 0
    for number in (place.line - 1, place.line):
        if 1 <= number <= len(lines):
            line = lines[number - 1].replace("\t", " ")
            cut = line[start : start + _WIDTH] + ("..." if len(line) > start + _WIDTH else "")
            rows.append(f"{number:>{margin}} | {cut}".rstrip())
    return "\n".join([*rows, " " * (margin + 3 + place.column - 1 - start) + "^"])
