"""What is remembered besides values: the recipe that each stage had last, and what each pipeline's newest run needs.

Notes decide nothing about results. One that cannot be read is as if it had never been written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.fingerprint import digest
from automl.store.layout import Layout
from automl.store.sealing import seal, unseal


@dataclass(frozen=True)
class RunNote:
    """The newest run of a pipeline that came to its end, and the keys of the values that it stands on."""

    pipeline: str
    run: str
    ended: float
    keys: frozenset[str]


@dataclass(frozen=True)
class RecipeNote:
    """The recipe under which a stage executed last, and the one before that; ``pipeline`` is None in older notes."""

    pipeline: str | None
    stage: str | None
    bindings: Mapping[str, Any]
    recipe: Mapping[str, Any]
    before: Mapping[str, Any] | None


class Notes:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def last_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The recipe that this stage had when it last executed; None if it never did."""
        note = _read(self._recipe_path(pipeline, stage, bindings))
        return None if note is None else dict(note["recipe"])

    def note_recipe(self, pipeline: str, stage: str, bindings: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
        path = self._recipe_path(pipeline, stage, bindings)
        old = _read(path)
        before = None if old is None else old["recipe"] if old["recipe"] != recipe else old["before"]
        note = {"pipeline": pipeline, "stage": stage, "bindings": dict(bindings), "recipe": dict(recipe)}
        self._layout.write(path, seal({**note, "before": before}))

    def recipes(self) -> list[RecipeNote]:
        return [RecipeNote(**note) for path in _files(self._layout.recipes) if (note := _read(path)) is not None]

    def note_run(self, pipeline: str, run: str, keys: Iterable[str]) -> None:
        note = {"pipeline": pipeline, "run": run, "ended": time.time(), "keys": sorted(keys)}
        self._layout.write(self._layout.runs / f"{digest(pipeline)}.json", seal(note))

    def runs(self) -> list[RunNote]:
        notes = [note for path in _files(self._layout.runs) if (note := _read(path)) is not None]
        return [RunNote(note["pipeline"], note["run"], note["ended"], frozenset(note["keys"])) for note in notes]

    def _recipe_path(self, pipeline: str, stage: str, bindings: Mapping[str, Any]) -> Path:
        return self._layout.recipes / f"{digest(pipeline, stage, dict(bindings))}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return unseal(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        return None


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))
