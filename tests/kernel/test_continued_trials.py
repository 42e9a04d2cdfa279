"""A trial that goes on from an earlier one: where it starts, what it becomes, and that it is remembered."""

from __future__ import annotations

from toy_runs import FOLDS, ledger

from automl import events

AGAIN = ("stages.search.with.tuner=toy.again", "stages.search.with.patience=null")


def test_a_continued_trial_starts_where_the_earlier_one_stopped(run_toys) -> None:
    finished, _ = run_toys(*AGAIN)
    first, second, _ = finished.search.trials
    assert [entry["epoch"] for entry in first.history] == [1, 2, 3]
    assert [entry["epoch"] for entry in second.history] == [4, 5, 6]
    assert (second.continues, second.epochs) == (1, 6)
    assert second.history[0]["loss"] < first.history[-1]["loss"]


def test_stopping_between_changes_nothing(run_toys) -> None:
    """Three epochs and three more are six epochs: the same numbers, epoch by epoch."""
    finished, _ = run_toys(*AGAIN)
    whole, _ = run_toys(*AGAIN, "stages.search.with.tuner={use: toy.again, with: {first: 6}}", workspace="whole")
    parts = [*finished.search.trials[0].history, *finished.search.trials[1].history]
    assert parts == list(whole.search.trials[0].history)


def test_continued_trials_are_remembered_with_folds_too(run_toys) -> None:
    first, _ = run_toys(*AGAIN, FOLDS)
    second, observer = run_toys(*AGAIN, FOLDS, "stages.search.with.budget={trials: 3, epochs: 30, time: 600s}")
    assert ledger(first.search) == ledger(second.search)
    assert [event.cached for event in observer.of(events.TrialFinished)][:2] == [True, True]


def test_a_trial_with_no_epoch_left_fails_and_says_so(run_toys) -> None:
    finished, _ = run_toys(*AGAIN)
    last = finished.search.trials[-1]
    assert last.status == "failed"
    assert "there is no epoch to train: 3 are done, and the trial ends at 3" in last.error
