"""The verbs about what runs have stored: ``automl cache ...``."""

from __future__ import annotations

import datetime
import json
import math
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from automl.cli.calls import FAILED
from automl.quantities import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automl.store import Store
    from automl.store.collecting import Stored


class Size(click.ParamType[int]):
    """``512MB``, ``2GiB``, or a number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(value) if str(value).isdigit() else int(parse_size(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


_as_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
_wait = click.option("--wait", is_flag=True, help="Wait while a run writes the store.")


@click.group()
def cache() -> None:
    """See and tidy what runs have stored in .automl/store."""


@cache.command("list")
@_as_json
def list_values(as_json: bool) -> None:
    """List the stored values: stage, pipeline, size, when a run used each last, and why it is kept."""
    from automl.store.collecting import survey
    from automl.store.room import format_size

    values = survey(_store())[::-1]
    if as_json:
        click.echo(json.dumps([_plain(value) for value in values], indent=1))
        return
    rows = [
        (v.key[:12], v.stage or "?", v.pipeline or "?", format_size(v.size), _moment(v.used), v.why_kept)
        for v in values
    ]  # fmt: skip
    _table(("key", "stage", "pipeline", "size", "last used", "kept because"), rows)
    click.echo(f"{len(values)} values, {format_size(sum(value.size for value in values))}")


@cache.command()
@click.argument("name", metavar="STAGE|KEY")
@_as_json
def why(name: str, as_json: bool) -> None:
    """Show what a stored value was made from, and what changed since the one before it.

    Takes a stage's name, or a key or its first letters as `automl cache list` shows them; of several values of a
    stage the one used last.
    """
    from automl.plan.why import differences
    from automl.store.collecting import survey

    store = _store()
    matching = [value for value in survey(store) if value.stage == name or value.key.startswith(name)]
    if not matching:
        raise click.UsageError(f"no stored value is called {name!r}; see: automl cache list")
    value = matching[-1]
    records = dict(store.records())
    record = records[value.key]
    before = _before(store, record, records)
    stage = _Stage(value.stage or name)
    changed = differences(before, record["recipe"], stage) if before != record["recipe"] else "nothing"
    if as_json:
        document = {**_plain(value), "recipe": record["recipe"], "before": before, "changed": changed}
        click.echo(json.dumps(document, indent=1))
        return
    click.echo(f"{value.stage or '?'}  {value.key}")
    click.echo(f"  pipeline   {value.pipeline or '?'}")
    click.echo(f"  last used  {_moment(value.used)}")
    click.echo(f"  kept       {value.why_kept}")
    click.echo(f"  changed    {changed}")
    for part, content in record["recipe"].items():
        click.echo(f"  {part:<9}  {content if isinstance(content, str) else json.dumps(content)}")


@cache.command()
@click.option("--max-size", type=Size(), required=True, metavar="SIZE", help="What the store may have: 5GB, 512MB.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@_wait
@_as_json
def gc(max_size: int, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Remove values until the store has at most SIZE.

    First what no pipeline's newest run stands on, then the rest; among each the least recently used. What is removed
    is computed again when a run asks for it.
    """
    from automl.store.collecting import collect
    from automl.store.room import format_size

    store = _store()
    if dry_run:
        collection = collect(store, max_size, dry_run=True)
    else:
        with store.locked(math.inf if wait else None, _tell):
            collection = collect(store, max_size)
    if as_json:
        plain = {"removed": [_plain(value) for value in collection.removed], "dry_run": dry_run}
        click.echo(json.dumps({**plain, "before": collection.before, "after": collection.after}, indent=1))
        return
    rows = [(v.key[:12], v.stage or "?", v.pipeline or "?", format_size(v.size)) for v in collection.removed]
    if rows:
        _table(("key", "stage", "pipeline", "size"), rows)
    verb = "would free" if dry_run else "freed"
    freed = format_size(collection.before - collection.after)
    click.echo(f"{verb} {freed} in {len(rows)} values: {format_size(collection.before)} -> "
               f"{format_size(collection.after)}")  # fmt: skip


@cache.command()
@click.option("--repair", is_flag=True, help="Remove what is damaged, so that the next run computes it again.")
@_wait
@_as_json
def verify(repair: bool, wait: bool, as_json: bool) -> None:
    """Read every byte of every value and compare with the checksums. Exits with 1 if something is damaged."""
    store = _store()
    if repair:
        with store.locked(math.inf if wait else None, _tell):
            faults = list(store.faults())
            for fault in faults:
                store.repair(fault)
    else:
        faults = list(store.faults())
    if as_json:
        found = [{"key": fault.key, "path": str(fault.path), "problem": str(fault)} for fault in faults]
        click.echo(json.dumps({"faults": found, "repaired": repair}, indent=1))
    else:
        for fault in faults:
            click.echo(str(fault))
        state = "all is as it was written" if not faults else f"{len(faults)} damaged{', removed' if repair else ''}"
        click.echo(f"{sum(1 for _ in store.layout.stored())} values: {state}")
    if faults and not repair:
        sys.exit(FAILED)


@dataclass(frozen=True)
class _Stage:
    """A stage of which nothing is known but its name."""

    name: str
    inputs: tuple[str, ...] = ()


def _store() -> Store:
    from automl.run import WORKSPACE
    from automl.store import Store

    store = Store(WORKSPACE / "store")
    if not store.layout.format.exists():
        click.echo(f"nothing is stored in {store.root}; a run makes it in the working folder", err=True)
        sys.exit(0)
    return store


def _before(store: Store, record: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]]) -> Any:
    """The recipe of the value that the same stage had before this one; None if there was none."""
    place, made = ("stage", "pipeline", "bindings"), record.get("made", 0.0)
    older = [
        other
        for other in records.values()
        if all(other.get(part) == record.get(part) for part in place) and other.get("made", 0.0) < made
    ]
    if older and "stage" in record:
        return max(older, key=lambda other: other.get("made", 0.0))["recipe"]
    notes = [note for note in store.notes.recipes() if note.recipe == record["recipe"]]
    return notes[0].before if notes else None


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def _plain(value: Stored) -> dict[str, Any]:
    return {**asdict(value), "owners": sorted(value.owners), "why_kept": value.why_kept}


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
