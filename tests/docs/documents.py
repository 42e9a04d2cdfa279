"""The Markdown files of the project, and the code blocks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME_ABOVE = re.compile(r"`([\w./-]+)`[^\n]*:\n\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file that the line above it names, if it names one."""

    document: Path
    line: int
    language: str
    text: str
    file: str | None

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks(document: Path, language: str | None = None) -> Iterator[Block]:
    """The blocks of a document, of one language or of all."""
    text = document.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        named = _NAME_ABOVE.search(text[: match.start()])
        if language in (None, match[1]):
            line = text[: match.start()].count("\n") + 1
            yield Block(document, line, match[1], match[2], named[1] if named else None)


def all_blocks(language: str) -> list[Block]:
    return [block for document in DOCUMENTS for block in blocks(document, language)]


def prose(document: Path) -> str:
    """A document without its fenced blocks."""
    return _BLOCK.sub("", document.read_text(encoding="utf-8"))
