"""Values under bindings, and trainings, are capped; what is in use or was kept stays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import writing
from toy_runs import PIPELINE, TUNED, ledger

from automl.pipeline_file import loads
from automl.plan.materialize import Plan
from automl.run import LazyExecutor
from automl.store import Entry, Store
from automl.store.collecting import survey

LIMIT = 360_000
"""Four of these tests' tables fit, and not five; a table is as large as a training of 10,000 weights."""


def there(store: Store, entries: Sequence[Entry]) -> list[bool]:
    return [store.get(entry.key) is not None for entry in entries]


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path, scratch=LIMIT)
    with store.locked():
        yield store


def test_the_least_recently_used_goes_until_the_rest_fits(store: Store) -> None:
    entries = [writing.put_table(store, number, scratch=True) for number in range(5)]
    assert all(LIMIT / 5 < sum(entry.record["files"].values()) < LIMIT / 4 for entry in entries)
    store.get(entries[0].key)
    assert store.trim() == [entries[1].key]
    assert [entry.is_gone for entry in entries] == [False, True, False, False, False]
    assert store.trim() == []
    assert writing.put_table(store, 1, scratch=True).dataset.frame.equals(writing.table(1).frame)


def test_what_is_pinned_or_kept_stays(store: Store) -> None:
    entries = [writing.put_table(store, number, scratch=True) for number in range(6)]
    store.keep([entries[0].key])
    store.pin([entries[1].key])
    store.pin([entries[1].key])
    store.unpin([entries[1].key])
    assert store.trim() == [entries[2].key]
    store.unpin([entries[1].key])
    entries.append(writing.put_table(store, 6, scratch=True))
    assert store.trim() == [entries[1].key]
    assert there(store, entries) == [True, False, False, True, True, True, True]
    assert writing.put_table(store, 3, scratch=False).key == entries[3].key, "put once more as no scratch: kept"
    assert [value.scratch for value in survey(store) if value.key in (entries[0].key, entries[3].key)] == [False] * 2


def test_a_value_is_kept_with_those_that_hold_its_columns_and_goes_with_them(store: Store) -> None:
    lower = writing.put_table(store, 0, scratch=True)
    upper = writing.put_on(store, lower, 1, scratch=True)
    top = writing.put_on(store, upper, 2, scratch=True)
    other = writing.put_table(store, 3, scratch=True)
    other_upper = writing.put_on(store, other, 4, scratch=True)
    store.keep([top.key])
    writing.put_table(store, 5, scratch=True)
    writing.put_table(store, 6, scratch=True)
    writing.put_table(store, 7, scratch=True)
    assert store.trim()[:2] == [other.key, other_upper.key]
    assert there(store, [lower, top, other, other_upper]) == [True, True, False, False]
    assert Store(store.root).get(top.key).dataset.frame.equals(top.dataset.frame)  # type: ignore[union-attr]


def test_tables_go_before_trainings(store: Store) -> None:
    trainings = [writing.put_training(store, number, size=10_000) for number in range(3)]
    tables = [writing.put_table(store, number, scratch=True) for number in range(2)]
    assert store.trim() == [tables[0].key]
    assert there(store, trainings) == [True] * 3
    trainings += [writing.put_training(store, number, size=10_000) for number in range(3, 6)]
    assert store.trim() == [tables[1].key, trainings[0].key, trainings[1].key]


def test_what_earlier_runs_left_counts(tmp_path: Path) -> None:
    with Store(tmp_path).locked():
        pass
    first = Store(tmp_path)
    with first.locked():
        entries = [writing.put_table(first, number, scratch=True) for number in range(4)]
        os.utime(tmp_path / entries[2].key[:2] / entries[2].key / "record.json", ns=(0, 0))
        assert first.trim() == []
    second = Store(tmp_path, scratch=LIMIT * 3 // 4)
    with second.locked():
        assert second.trim() == [entries[2].key]


def test_a_search_in_a_scratch_that_holds_nothing_ends_as_any_other(run_toys, registry, tmp_path: Path) -> None:
    """Its rows are made again for each trial; the winner's stay, and a run after it executes nothing."""
    budget = "stages.search.with.budget={trials: 6, epochs: 3}"
    whole, _ = run_toys(TUNED, budget, workspace="whole")
    declaration = loads(PIPELINE, registry, sets=[TUNED, budget])
    store = Store(tmp_path / "work" / "store", scratch=1)
    executor = LazyExecutor(declaration, registry)
    with store.locked():
        plan = Plan(declaration, registry, store, lambda _: None, executor)
        plan.materialize("evaluate", {})
        assert ledger(plan.search_result("search")) == ledger(whole.search)
        store.note_run("toys", "run", plan.keys(["data", "split", "search", "evaluate"]))
        store.trim()
        executor.close()
    small, large = survey(store), survey(Store(tmp_path / "whole" / "store"))
    names = ["codes", "data", "evaluate", "filled", "goal", "search", "split"]
    assert sorted(str(value.stage) for value in small) == names
    assert sorted(str(value.stage) for value in large if value.needed_by) == names
    assert not [value for value in small if value.scratch]
    assert len([value for value in small if value.stage == "filled"]) == 1
    assert len([value for value in large if value.stage == "filled"]) == 2
    again, _ = run_toys(TUNED, budget)
    assert again.executed == []
    assert again.bundle.read_bytes() == whole.bundle.read_bytes()
