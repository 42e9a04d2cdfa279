"""Older formats are migrated, whole or not at all; newer ones are refused.

``data/format_1`` is a store as the version that wrote format 1 left it: a small search with a tuned stage. Every later
format gets a folder beside it when it is replaced.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from automl import codec, events
from automl.errors import StoreError
from automl.store import Store
from automl.store.migrating import FORMAT

DATA = Path(__file__).parent / "data"


def old_values(root: Path) -> dict[str, dict[str, Any]]:
    """Key to record of a store of format 1, read without the present code."""
    return {file.parent.name: json.loads(file.read_text()) for file in root.glob("??/*/record.json")}


def to_format_1(root: Path) -> None:
    """A store of this version as the one before would have written it."""
    for file in root.glob("??/*/record.json"):
        record = json.loads(file.read_text())
        file.write_text(json.dumps({part: record[part] for part in record if part not in ("seal", "sums", "made")}))
        (file.parent / "scratch").unlink(missing_ok=True)
    (root / "names").mkdir()
    for file in root.glob("recipes/*.json"):
        (root / "names" / file.name).write_text(json.dumps(json.loads(file.read_text())["recipe"]))
    shutil.rmtree(root / "recipes")
    shutil.rmtree(root / "runs")
    (root / "FORMAT").write_text("1\n")


@pytest.fixture
def format_1(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "format_1", tmp_path / "store"))


def test_every_format_before_this_one_is_under_test() -> None:
    assert sorted(folder.name for folder in DATA.iterdir()) == [f"format_{number}" for number in range(1, FORMAT)]


def test_all_values_of_format_1_are_there_and_are_what_they_were(format_1: Path) -> None:
    before = old_values(format_1)
    assert len(before) == 13
    store = Store(format_1)
    assert (format_1 / "FORMAT").read_text() == f"{FORMAT}\n"
    with store.locked():  # the writer reads every byte
        for key, record in before.items():
            entry = store.get(key)
            assert entry is not None
            assert {part: entry.record[part] for part in record} == record
            if record.get("state"):
                assert codec.to_bytes(entry.state) == (DATA / "format_1" / key[:2] / key / "state.zip").read_bytes()
            if "data" in record:
                dataset = entry.dataset
                assert dataset.fingerprint == record["fingerprint"]
                file = DATA / "format_1" / key[:2] / key / "columns.arrow"
                table = pa.ipc.open_file(file).read_all()
                for name in table.column_names[:-1]:
                    assert dataset.frame[name].equals(table[name].to_pandas().set_axis(np.asarray(table["%row"])))
    assert list(store.faults()) == []
    assert not (format_1 / "names").exists()


def test_the_recipes_of_format_1_are_remembered(format_1: Path) -> None:
    before = [json.loads(file.read_text()) for file in (format_1 / "names").glob("*.json")]
    notes = [note.recipe for note in Store(format_1).notes.recipes()]
    assert len(notes) == len(before) == 10
    assert all(recipe in notes for recipe in before)


def test_a_run_on_format_1_executes_nothing_that_it_had(run_toys, tmp_path: Path) -> None:
    whole, _ = run_toys()
    to_format_1(tmp_path / "work" / "store")
    finished, _ = run_toys()
    assert finished.executed == []
    assert finished.bundle.read_bytes() == whole.bundle.read_bytes()
    changed, observer = run_toys("stages.search.with.patience=3")
    assert changed.executed == ["search", "evaluate"]
    why = {event.stage: event.why for event in observer.of(events.StageStarted)}
    assert "patience: 10 -> 3" in why["search"], "its recipe of format 1 was remembered"


def test_a_value_of_format_1_that_is_not_whole_is_computed_again(run_toys, tmp_path: Path) -> None:
    run_toys()
    root = tmp_path / "work" / "store"
    to_format_1(root)
    cut = next(file for file in root.glob("??/*/record.json") if json.loads(file.read_text()).get("stage") == "codes")
    columns = cut.parent / "columns.arrow"
    columns.write_bytes(columns.read_bytes()[:-1])
    assert run_toys()[0].executed == ["codes"]


def test_a_migration_that_breaks_off_has_not_happened_and_is_done_again(format_1: Path) -> None:
    """In its middle the disk refuses: what the older version reads is all there, and the next try ends it."""
    before = old_values(format_1)
    (format_1 / "recipes").write_text("in the way")
    with pytest.raises(OSError, match="recipes"):
        Store(format_1)
    assert (format_1 / "FORMAT").read_text() == "1\n"
    for key, record in old_values(format_1).items():
        assert {part: record[part] for part in before[key]} == before[key]
    assert len(list((format_1 / "names").iterdir())) == 10
    assert not any((format_1 / "tmp").iterdir())
    (format_1 / "recipes").unlink()
    store = Store(format_1)
    assert all(store.get(key) for key in before)
    assert len(store.notes.recipes()) == 10


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("99", f"has format 99, this version reads {FORMAT}; mend: use the version that wrote it, or another folder"),
        ("0", f"has format 0, this version reads {FORMAT}"),
        ("?!", r"FORMAT is damaged: expected a number, found b'\?!'; mend: write the number of the format"),
    ],
)
def test_a_newer_or_unreadable_format_is_refused(run_toys, tmp_path: Path, mark: str, message: str) -> None:
    store = tmp_path / "work" / "store"
    store.mkdir(parents=True)
    (store / "FORMAT").write_text(f"{mark}\n")
    with pytest.raises(StoreError, match=message):
        run_toys()
    assert [file.name for file in store.iterdir()] == ["FORMAT"]
