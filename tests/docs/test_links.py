"""Relative links lead somewhere, down to the heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """The fragments of a document's headings, as GitHub makes them."""
    words = [heading.replace("`", "").strip().lower() for heading in _HEADING.findall(prose(document))]
    return {"".join(c for c in word.replace(" ", "-") if c.isalnum() or c in "-_") for word in words}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(document: Path) -> None:
    broken = []
    for target in _LINK.findall(prose(document)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = document.parent / path if path else document
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


def test_every_page_of_the_documentation_is_linked() -> None:
    linked = {
        (document.parent / target.partition("#")[0]).resolve()
        for document in DOCUMENTS
        for target in _LINK.findall(prose(document))
    }
    lonely = [str(page.relative_to(ROOT)) for page in DOCUMENTS if page.resolve() not in linked]
    assert not lonely, "link these from docs/README.md"
