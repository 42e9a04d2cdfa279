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
        if (mend := _named_mend(node)) is not None:
            texts = _literals(mend, tree)
            yield from (_shown(text) for text in texts if _OPEN not in text[:3] and len(text) > 3)
        elif id(node) not in documented | inner and isinstance(node, ast.JoinedStr | ast.Constant):
            text = next(_literals(node, tree), "")
            if _SIGN in text:
                mend = _shown(text.partition(_SIGN)[2])
                if mend.strip(". "):
                    yield mend


def _named_mend(node: ast.AST) -> ast.expr | None:
    """What an argument or a variable called ``mend`` is set to; None for any other node."""
    if isinstance(node, ast.keyword):
        return node.value if node.arg == "mend" else None
    if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == "mend" for one in node.targets):
        return node.value
    return None


def _literals(node: ast.AST, tree: ast.AST) -> Iterator[str]:
    """The texts that an expression may give: of a constant or a function of the same module, what it stands for."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else _OPEN
            for part in node.values
        )
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        for made in ast.walk(tree):
            if isinstance(made, ast.FunctionDef) and made.name == node.func.id:
                for part in ast.walk(made):
                    if isinstance(part, ast.Return) and part.value is not None:
                        yield from _literals(part.value, tree)
    elif isinstance(node, ast.Name):
        for made in ast.iter_child_nodes(tree):
            names = made.targets if isinstance(made, ast.Assign) else []
            if isinstance(made, ast.Assign) and any(isinstance(one, ast.Name) and one.id == node.id for one in names):
                yield from _literals(made.value, tree)
    else:
        for part in _parts(node):
            yield from _literals(part, tree)


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [node.left] if isinstance(node, ast.BinOp) else []


def _shown(text: str) -> str:
    return " ".join(text.removeprefix(_SIGN).replace(_OPEN, "...").split())
