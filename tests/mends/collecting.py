"""Finds every ``mend`` that the source can print, as a stable piece of its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SIGN = "mend: "
_OPEN = "\0"
"""Stands for what is filled in."""


@dataclass(frozen=True)
class Mend:
    """``text`` is what follows ``mend:``, with ``...`` for what is filled in; ``file`` counts from the root."""

    file: str
    text: str


def every_mend() -> list[Mend]:
    """All mends of the kernel and the plugins, each once a file."""
    found: dict[Mend, None] = {}
    for folder in ("automl", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for text in _texts(tree):
                found[Mend(str(path.relative_to(ROOT)), text)] = None
    return list(found)


def _texts(tree: ast.AST) -> Iterator[str]:
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "mend":
            yield from (_shown(text) for text in _literals(node.value) if _OPEN not in text[:3] and len(text) > 3)
        elif id(node) not in documented | inner and isinstance(node, ast.JoinedStr | ast.Constant):
            text = next(_literals(node), "")
            if _SIGN in text:
                mend = _shown(text.partition(_SIGN)[2])
                if mend.strip(". "):
                    yield mend


def _literals(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may give."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else _OPEN
            for part in node.values
        )
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _literals(part)
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from _literals(node.left)


def _shown(text: str) -> str:
    return " ".join(text.replace(_OPEN, "...").split())
