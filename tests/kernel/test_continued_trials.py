"""A trial that goes on from an earlier one: where it starts, what it becomes, and that it is remembered."""

from __future__ import annotations

from toy_runs import FOLDS, ledger

from automl import events

ODD = ("stages.search.with.network=odd.net", "stages.search.with.patience=null")
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


def test_a_chain_of_any_length_trains_as_its_first_trial(run_toys) -> None:
    finished, _ = run_toys(*ODD, "stages.search.with.tuner=odd.chain")
    first, second, third = finished.search.trials
    assert [trial.epochs for trial in (first, second, third)] == [3, 6, 9]
    assert len({entry["seed"] for trial in (first, second, third) for entry in trial.history}) == 1


def test_what_broke_off_is_not_continued(run_toys) -> None:
    """Epoch 5 came out as NaN: the second trial ends at epoch 4, and there is no state of it to go on from."""
    finished, _ = run_toys(*ODD, "stages.search.with.tuner={use: odd.chain, with: {rate: 0.3}}")
    first, second, third = finished.search.trials
    assert (first.status, first.epochs) == ("finished", 3)
    assert (second.status, second.epochs) == ("finished", 4)
    assert third.status == "failed"
    assert "it goes on from trial 2, which broke off: epoch 5: loss became nan" in third.error


def test_folds_that_end_at_different_epochs_are_averaged_by_epoch(run_toys) -> None:
    finished, _ = run_toys(
        FOLDS, "stages.search.with.tuner=toy.again", "stages.search.with.patience=1",
        "stages.search.with.space={rate: {float: [1.0, 1.9]}}",
    )  # fmt: skip
    for trial in finished.search.trials:
        assert [entry["epoch"] % 1 for entry in trial.history] == [0.0] * len(trial.history)
