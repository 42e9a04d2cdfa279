"""What a store holds and what to remove first: the survey behind ``automl cache list`` and ``automl cache gc``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automl.store import tables
from automl.store.layout import RECORD, SCRATCH_MARK
from automl.store.values import Store


@dataclass(frozen=True)
class Stored:
    """One value.

    Attributes:
        key: its key.
        stage: the stage that made it; of a trial's training ``<search>: training``; None if its record does not say.
        pipeline: the pipeline that made it first, None if unknown.
        component: id of the component.
        size: bytes on disk of its own files.
        used: when a run used it last, seconds since 1970.
        scratch: True if it may be evicted at any time.
        needed_by: pipelines whose newest run stands on it.
        owners: keys of other values that hold columns of it.
        axis: name of its row ids, None if it is no table.
    """

    key: str
    stage: str | None
    pipeline: str | None
    component: str | None
    size: int
    used: float
    scratch: bool
    needed_by: tuple[str, ...]
    owners: frozenset[str]
    axis: str | None

    @property
    def why_kept(self) -> str:
        """One sentence."""
        if self.needed_by:
            return f"the newest run of {', '.join(self.needed_by)} stands on it"
        return "scratch: goes when room is needed" if self.scratch else "no newest run needs it"


@dataclass(frozen=True)
class Collection:
    """What was removed, or would be: values in the order in which they go, and bytes before and after."""

    removed: tuple[Stored, ...]
    before: int
    after: int


def _maker(record: Mapping[str, Any]) -> str | None:
    if "training" in record.get("recipe", {}):
        return f"{record.get('search', '?')}: training"
    stage: str | None = record.get("stage")
    return stage


def survey(store: Store) -> list[Stored]:
    """Every value with a readable record, the least recently used first."""
    notes = {note.made: note for note in store.notes.recipes()}
    needed: dict[str, list[str]] = {}
    for run in sorted(store.notes.runs(), key=lambda run: run.pipeline):
        for key in run.keys:
            needed.setdefault(key, []).append(run.pipeline)
    found = []
    for key, record in store.records():
        folder = store.layout.folder(key)
        note = notes.get(key)
        recipe: Mapping[str, Any] = record.get("recipe", {})
        data = record.get("data")
        found.append(
            Stored(
                key=key,
                stage=_maker(record),
                pipeline=record.get("pipeline") or (note.pipeline if note else None),
                component=recipe.get("stage") or recipe.get("network") or recipe.get("training"),
                size=sum(record["files"].values()) + (folder / RECORD).stat().st_size,
                used=(folder / RECORD).stat().st_mtime,
                scratch=(folder / SCRATCH_MARK).exists(),
                needed_by=tuple(needed.get(key, ())),
                owners=frozenset(tables.owners(data)) - {key} if data else frozenset(),
                axis=data["axis"] if data else None,
            )
        )
    return sorted(found, key=lambda value: value.used)


def choose(
    values: Iterable[Stored], axes: Mapping[str, int], max_size: int, *, spare_needed: bool = False
) -> list[Stored]:
    """The values to remove so that the rest, and the row ids that it refers to, have at most ``max_size`` bytes.

    What no pipeline's newest run stands on goes first, then, unless ``spare_needed``, the rest; among each the least
    recently used. A value goes with those that refer to its columns: without it they could not be read. ``axes`` maps
    row ids to their bytes.
    """
    order = sorted(values, key=lambda value: (bool(value.needed_by), value.used))
    known = {value.key: value for value in order}
    owners = {value.key: value.owners for value in order}
    users = Counter(value.axis for value in order)
    excess = sum(value.size for value in order) + sum(axes[name] for name in axes if users[name]) - max_size
    chosen: dict[str, Stored] = {}
    for value in order:
        if excess <= 0 or (spare_needed and value.needed_by):
            break
        for key in tables.standing_on(value.key, owners):
            if key not in chosen:
                chosen[key] = gone = known[key]
                users[gone.axis] -= 1
                excess -= gone.size + (0 if users[gone.axis] or gone.axis is None else axes.get(gone.axis, 0))
    return list(chosen.values())


def collect(store: Store, max_size: int, *, spare_needed: bool = False, dry_run: bool = False) -> Collection:
    """Remove values until the store has at most ``max_size`` bytes, and row ids that no value refers to any more.

    Args:
        store: locked by this process, unless ``dry_run``.
        max_size: bytes.
        spare_needed: never remove what the newest run of a pipeline stands on, even if the store stays larger.
        dry_run: remove nothing, say what would go.
    """
    values = survey(store)
    axes = {path.name: path.stat().st_size for path in store.layout.axes.glob("*")}
    before = sum(value.size for value in values) + sum(axes.values())
    removed = choose(values, axes, max_size, spare_needed=spare_needed)
    gone = {value.key for value in removed}
    idle = axes.keys() - {value.axis for value in values if value.key not in gone}
    after = before - sum(value.size for value in removed) - sum(axes[name] for name in idle)
    if not dry_run:
        for value in removed:
            store.remove(value.key)
        for name in idle:
            store.remove_axis(name)
    return Collection(tuple(removed), before, after)
