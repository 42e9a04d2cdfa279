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
from automl.secret import shown_recipe
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
    """The recipe under which a stage executed last, and the one before that, secrets masked, and the key that it made.

    ``pipeline`` is None in older notes; a note without a ``key`` has its recipe in full.
    """

    pipeline: str | None
    stage: str | None
    bindings: Mapping[str, Any]
    recipe: Mapping[str, Any]
    before: Mapping[str, Any] | None
    key: str = ""

    @property
    def made(self) -> str:
        """The key of the value that was made by it."""
        return self.key or digest(self.recipe)


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
        key = digest(dict(recipe))
        same = old is not None and (old.get("key") or digest(old["recipe"])) == key
        before = None if old is None else old["before"] if same else old["recipe"]
        note = {"pipeline": pipeline, "stage": stage, "bindings": dict(bindings), "recipe": shown_recipe(recipe)}
        self._layout.write(path, seal({**note, "before": before, "key": key}))

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
