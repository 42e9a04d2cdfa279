"""``order: arrival``: trials are told as they come, and a killed search goes on from its ledger."""

from __future__ import annotations

from pathlib import Path

from test_resume import heard, kill, told, wait_for
from toy_runs import PIPELINE, ledger, start

from automl import events

ARRIVAL = PIPELINE.replace("objective: toy.error", "objective: toy.error\n      order: arrival").replace(
    "{use: in_process}", "{use: local, with: {workers: 2}}"
)


def numbers(result) -> list[int]:
    return [trial.number for trial in result.trials if not trial.is_baseline]


def test_every_trial_is_told_once_and_the_search_ends(run_toys) -> None:
    finished, observer = run_toys(text=ARRIVAL)
    assert sorted(numbers(finished.search)) == [1, 2, 3, 4, 5, 6]
    assert [event.trial.number for event in observer.of(events.TrialFinished)] == numbers(finished.search)


def test_a_trial_whose_worker_died_does_not_end_the_search(run_toys, tmp_path: Path, monkeypatch) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    monkeypatch.setenv("TOY_DIES", str(gate))
    finished, _ = run_toys("stages.search.retry.attempts=3", text=ARRIVAL)
    assert sorted(numbers(finished.search)) == [1, 2, 3, 4, 5, 6]
    assert all(trial.status == "finished" for trial in finished.search.trials)


def test_a_killed_search_goes_on_from_its_ledger(run_toys, tmp_path: Path) -> None:
    file, workspace = tmp_path / "pipeline.yaml", tmp_path / "work"
    file.write_text(ARRIVAL)
    process = start(file, workspace, TOY_DELAY="0.01")
    wait_for(lambda: len(told(workspace)) >= 3, process)
    kill(process)
    before = [event["name"] for event in heard(workspace) if event["event"] == "trial_finished"]

    finished, observer = run_toys(text=ARRIVAL)
    assert [f"t{number}" for number in numbers(finished.search)][: len(before)] == before
    assert sorted(numbers(finished.search)) == [1, 2, 3, 4, 5, 6]
    trained = [event.trial.name for event in observer.of(events.TrialFinished) if not event.cached]
    assert not set(trained) & set(before)


def test_a_finished_search_of_arrival_is_found_again(run_toys) -> None:
    first, _ = run_toys(text=ARRIVAL)
    again, _ = run_toys(text=ARRIVAL)
    assert again.executed == []
    assert ledger(again.search) == ledger(first.search)


def test_a_larger_budget_extends_the_ledger(run_toys) -> None:
    first, _ = run_toys(text=ARRIVAL)
    more, observer = run_toys("stages.search.with.budget.trials=9", text=ARRIVAL)
    assert numbers(more.search)[:6] == numbers(first.search)
    trained = [event.trial.number for event in observer.of(events.TrialFinished) if not event.cached]
    assert sorted(trained) == [7, 8, 9]


def test_a_smaller_budget_after_a_larger_one_goes_its_own_way(run_toys, tmp_path: Path, monkeypatch) -> None:
    """The order that is written down names trials that the smaller budget does not have."""
    monkeypatch.setenv("TOY_FIRST", str(tmp_path / "first"))
    monkeypatch.setenv("TOY_OTHERS", "4")
    odd = "stages.search.with.network=odd.net"
    larger, _ = run_toys("stages.search.with.budget.trials=9", odd, text=ARRIVAL)
    assert numbers(larger.search)[:2] != [1, 2], "of the first two one lets the others pass"
    for count in range(2, 9):
        smaller, _ = run_toys(f"stages.search.with.budget.trials={count}", odd, text=ARRIVAL)
        assert sorted(numbers(smaller.search)) == [*range(1, count + 1)]
