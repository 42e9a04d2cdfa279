"""Where the keys of a checked pipeline are written."""

from __future__ import annotations

from automl.pipeline_file.declaration import Declaration
from automl.pipeline_file.tree import Path, Place, Source, find


def place_of(declaration: Declaration, path: Path) -> Place:
    """The place of the value at a path, or of the nearest key above it that is written.

    A declaration that was not read from text has the pipeline's name for a place.
    """
    if declaration.tree is None:
        return Place(Source(declaration.source or declaration.name))
    found = find(declaration.tree, path)
    return found.node.place if found.path == path or not path else found.key
