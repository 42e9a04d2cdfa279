"""What is damaged is told, computed again, and nothing else is; it is never served and never ends a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_runs import TUNED, ledger

from automl import events
from automl.errors import ValueLostError
from automl.hookspecs import hookimpl
from automl.store import Store
from automl.store.sealing import seal


def folders(store: Path) -> dict[str, Path]:
    """The folder of each stage's value; trainings as t0, t1, ..."""
    found: dict[str, Path] = {}
    for file in sorted(store.glob("??/*/record.json")):
        record = json.loads(file.read_text())
        found[record.get("stage") or f"t{len(found)}"] = file.parent
    return found


def flip(file: Path, where: float = 0.5) -> None:
    """Change one byte in the middle, size and time as before: what a bad disk does."""
    data = bytearray(file.read_bytes())
    data[int(len(data) * where)] ^= 0xFF
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


SMALL = "stages.search.with.budget={trials: 3, epochs: 3}"


def test_each_file_may_be_damaged_and_the_damaged_part_alone_is_computed_again(run_toys, tmp_path: Path) -> None:
    whole, _ = run_toys(TUNED, SMALL)
    store, kept = tmp_path / "work" / "store", tmp_path / "kept"
    store.rename(kept)
    stages = {folder.name: stage for stage, folder in folders(kept).items()}
    spared = ("FORMAT", "lock", "scratch")
    files = [f.relative_to(kept) for f in sorted(kept.rglob("*")) if f.is_file() and f.name not in spared]
    executed: dict[str, list[str]] = {}
    for number, file in enumerate(sorted(files, key=lambda file: file.name)):
        shutil.copytree(kept, store)
        [flip, cut, Path.unlink][number % 3](store / file)
        finished, observer = run_toys(TUNED, SMALL)
        assert finished.bundle.read_bytes() == whole.bundle.read_bytes(), file
        assert ledger(finished.search) == ledger(whole.search), file
        assert finished.evaluation == whole.evaluation, file
        for event in observer.of(events.StageStarted):
            assert event.why.startswith("its stored value is"), (file, event)
            assert str(file) in event.why, (file, event)
        executed.setdefault(stages.get(file.parent.name, file.parent.name), []).extend(finished.executed)
        shutil.rmtree(store)
    for stage in ("data", "split", "search", "evaluate"):
        assert set(executed[stage]) == {stage}
        assert len(executed[stage]) == len(list(folders(kept)[stage].glob("*.*"))), "each of its files counts"
    for stage in ("filled", "codes", "goal"):
        assert set(executed[stage]) <= {stage}
    assert len(executed["axis"]) == 3, "whoever asks first for row ids makes them, for all"
    assert not executed["recipes"]
    assert not [stage for name, stages in executed.items() if name.startswith("t") for stage in stages]


def test_a_changed_table_is_never_served(run_toys, plan_toys, tmp_path: Path) -> None:
    run_toys()
    folder = folders(tmp_path / "work" / "store")["codes"]
    entry = plan_toys().peek("codes", {})
    flip(folder / "columns.arrow")
    with pytest.raises(ValueLostError, match=r"columns.arrow is not as it was written; mend: run again") as caught:
        _ = entry.dataset
    assert (caught.value.key, caught.value.damaged) == (folder.name, True)
    flip(folder / "state.zip")
    with pytest.raises(ValueLostError, match=r"state.zip is not as it was written"):
        _ = plan_toys().peek("codes", {}).state


def test_columns_that_another_value_owns_belong_to_a_whole_value(run_toys, tmp_path: Path) -> None:
    run_toys()
    root = tmp_path / "work" / "store"
    found = folders(root)
    (found["data"] / "columns.arrow").unlink()
    store = Store(root)
    assert store.get(found["data"].name) is None
    assert store.get(found["filled"].name) is None, "it has the target's column from the reader"
    finished, _ = run_toys()
    assert finished.executed == ["data"]
    assert Store(root).get(found["filled"].name) is not None


def test_an_owner_that_came_out_different_is_noticed(run_toys, tmp_path: Path) -> None:
    """Another table under the owner's key, whole in itself: what refers to its columns is not."""
    run_toys()
    run_toys("data.with.shift=1", workspace="other")
    root, other = tmp_path / "work" / "store", tmp_path / "other" / "store"
    here, there = folders(root)["data"], folders(other)["data"]
    with Store(root).locked():
        store = Store(root)
        foreign = Store(other).get(there.name)
        assert foreign is not None
        shutil.rmtree(here)
        shutil.copytree(there, here)
    record = json.loads((here / "record.json").read_text())
    columns = [[*column[:4], here.name] for column in record["data"]["columns"]]
    record.pop("seal")
    (here / "record.json").write_bytes(seal({**record, "data": {**record["data"], "columns": columns}}))
    assert store.get(here.name) is not None
    assert store.get(folders(root)["split"].name) is None


class Harm:
    """Harms stored tables once, while the first trial trains: rows that later trials were promised already."""

    def __init__(self, store: Path, harm: Callable[[Path], None]) -> None:
        self.store, self.harm = store, harm
        self.harmed: list[Path] = []

    @hookimpl
    def trial_epoch(self, event: events.TrialEpoch) -> None:
        if not self.harmed:
            folders = [mark.parent for mark in sorted(self.store.glob("??/*/scratch"))]
            self.harmed = [folder for folder in folders if (folder / "columns.arrow").exists()]
            for folder in self.harmed:
                self.harm(folder / "columns.arrow")


@pytest.mark.parametrize(
    "harm", [flip, Path.unlink, lambda file: shutil.rmtree(file.parent)], ids=["flipped", "file gone", "folder gone"]
)
def test_rows_that_a_worker_cannot_read_are_made_anew_and_the_trial_is_tried_again(
    run_toys, tmp_path, monkeypatch, harm
) -> None:
    whole, _ = run_toys(TUNED, SMALL, workspace="whole")
    monkeypatch.setenv("TOY_DELAY", "0.2")  # else the worker has read all that it needs before the harm is done
    harmer = Harm(tmp_path / "work" / "store", harm)
    finished, observer = run_toys(TUNED, SMALL, observers=[harmer])
    assert len(harmer.harmed) == 6, "two variants of three stages"
    assert ledger(finished.search) == ledger(whole.search)
    assert finished.bundle.read_bytes() == whole.bundle.read_bytes()
    again = [event.stage for event in observer.of(events.StageStarted)]
    assert len(again) > len(set(again)), "some stages executed once more under the same bindings"
