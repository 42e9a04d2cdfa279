"""A draft as a pipeline file: YAML in which every choice has its reason above it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from automl.presets import Because, Draft

_WIDTH = 110
_COMMENT_WIDTH = 96
_INDENT = 2
_SECTIONS = ("data", "stages", "run", "track", "profiles")

Reasons = list[tuple[str, str]]


def write_draft(draft: Draft, *, head: Mapping[str, Any], data: Mapping[str, Any], opening: Sequence[str]) -> str:
    """The text of a pipeline file.

    Args:
        draft: what a preset chose.
        head: the file's first keys: version, name, seed.
        data: what the ``data`` section begins with: path, reader, target; the draft's own keys follow.
        opening: lines of the comment at the very top.
    """
    document = dict(head)
    document["data"] = {**data, **draft.sections.get("data", {})}
    document |= {name: section for name, section in draft.sections.items() if name != "data" and section}
    yaml = YAML(typ="rt", pure=True)
    yaml.width = _WIDTH
    yaml.indent(mapping=_INDENT, sequence=_INDENT, offset=0)
    stream = StringIO()
    yaml.dump(_block(document, 0), stream)
    body = _spaced(stream.getvalue())
    return "".join(f"# {line}".rstrip() + "\n" for line in opening) + body


def reasons(draft: Draft) -> Reasons:
    """Every choice that has a reason, in the file's order: its dotted place, and the sentence."""
    return list(_reasons(draft.sections, ()))


def _reasons(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(node, Because):
        yield ".".join(path), node.why
        yield from _reasons(node.value, path)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _reasons(value, (*path, str(key)))


def _block(mapping: Mapping[str, Any], indent: int) -> CommentedMap:
    """A mapping a line for each key, reasons above; what is small and has no reasons inside goes on one line."""
    block = CommentedMap()
    for key, value in mapping.items():
        why, value = (value.why, value.value) if isinstance(value, Because) else ("", value)
        block[_quoted(key)] = _node(value, indent + _INDENT, len(str(key)) + 2)
        if why:
            lines = textwrap.wrap(why, _COMMENT_WIDTH - indent)
            block.yaml_set_comment_before_after_key(key, before="\n".join(lines), indent=indent)
    return block


def _node(value: Any, indent: int, used: int) -> Any:
    if isinstance(value, Mapping) and value:
        inline = _inline(value)
        fits = not any(_reasons(value, ())) and indent + used + len(_text(inline)) <= _WIDTH - 10
        return inline if fits and indent > _INDENT else _block(value, indent)
    return _inline(value)


def _quoted(text: str) -> str:
    """Text that begins with ? or : is quoted: ruamel.yaml would write it bare and read back something else."""
    return SingleQuotedScalarString(text) if str(text).startswith(("?", ":")) else text


def _inline(value: Any) -> Any:
    if isinstance(value, Because):
        return _inline(value.value)
    if isinstance(value, Mapping):
        flow = CommentedMap((_quoted(key), _inline(inner)) for key, inner in value.items())
        flow.fa.set_flow_style()
        return flow
    if isinstance(value, list | tuple):
        items = CommentedSeq(_inline(inner) for inner in value)
        items.fa.set_flow_style()
        return items
    return _quoted(value) if isinstance(value, str) else value


def _text(node: Any) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 1 << 16
    stream = StringIO()
    yaml.dump(node, stream)
    return stream.getvalue()


def _spaced(text: str) -> str:
    """An empty line before each section and the comment above it."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        starts = line.startswith(("# ", *(f"{section}:" for section in _SECTIONS)))
        lines.append(f"\n{line}" if starts and lines and not lines[-1].lstrip("\n").startswith("# ") else line)
    return "".join(lines)
