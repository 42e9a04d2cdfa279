"""Hyperband over trainings that cannot be cut into epochs: a promoted trial trains afresh, and for longer."""

from __future__ import annotations

import pytest
import toy_whole
from toy_runs import FOLDS, heads, ledger, make_registry

from automl import events
from automl.plugins import Plugin, Registry

WHOLE = ("stages.search.with.network=whole.net", "stages.search.with.tuner=hyperband")
RATES = "stages.search.with.space.rate={float: [0.001, 0.03], log: true}"  # so slow that longer is better
BUDGET = "stages.search.with.budget={epochs: 9, trials: 20}"


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = make_registry()
    found.register(toy_whole, Plugin("whole", "toy_whole", "toy-whole", "1.0"))
    assert not found.set_aside
    return found


@pytest.mark.parametrize("split", [(), (FOLDS,)], ids=["holdout", "folds"])
def test_promoted_trials_train_afresh_up_to_the_later_epoch(run_toys, split: tuple[str, ...]) -> None:
    finished, observer = run_toys(*WHOLE, RATES, BUDGET, *split)
    trials = {trial.number: trial for trial in finished.search.trials}
    assert [trial.error for trial in trials.values()] == [None] * 20
    promoted = [trial for trial in trials.values() if trial.continues is not None]
    assert promoted
    for trial in promoted:
        earlier = trials[trial.continues]
        assert trial.parameters == earlier.parameters
        assert trial.history[-1]["until"] > earlier.history[-1]["until"]
        assert trial.history[-1]["loss"] < earlier.history[-1]["loss"]
    winner = next(trial for trial in trials.values() if trial.name == finished.search.winner)
    assert winner.history[-1]["until"] == 9
    assert len(observer.of(events.TrialFinished)) == 20


def test_the_ledger_tells_how_far_a_whole_training_went(run_toys) -> None:
    finished, _ = run_toys(*WHOLE, RATES, BUDGET)
    for trial in finished.search.trials:
        (only,) = trial.history
        assert only["until"] == only["epoch"] == trial.epochs == trial.best_epoch


def test_a_whole_training_counts_for_the_epochs_it_was_given(run_toys) -> None:
    budget = "stages.search.with.budget={epochs: 9, total_epochs: 30}"
    finished, _ = run_toys(WHOLE[0], "stages.search.with.tuner=random", RATES, budget)
    assert [trial.epochs for trial in finished.search.trials] == [9, 9, 9, 3]


def test_the_final_training_on_all_rows_goes_as_far_as_the_winners(run_toys) -> None:
    refit = ("stages.search.with.final=refit", "stages.search.with.budget={epochs: 9, trials: 3}")
    whole, _ = run_toys(WHOLE[0], "stages.search.with.tuner=random", RATES, *refit)
    by_epochs, _ = run_toys("stages.search.with.tuner=random", RATES, *refit, workspace="epochs")
    assert heads(whole.bundle) == heads(by_epochs.bundle)


def test_the_same_search_again_is_remembered(run_toys) -> None:
    first, _ = run_toys(*WHOLE, RATES, BUDGET)
    longer = BUDGET.replace("trials: 20", "trials: 20, time: 600s")
    again, observer = run_toys(*WHOLE, RATES, longer)
    assert ledger(again.search) == ledger(first.search)
    assert all(event.cached for event in observer.of(events.TrialFinished))


def test_a_continued_whole_training_counts_all_the_epochs_that_it_trains(run_toys) -> None:
    finished, _ = run_toys(*WHOLE, RATES, "stages.search.with.budget={trials: null, total_epochs: 60, epochs: 9}")
    trials = finished.search.trials
    assert any(trial.continues for trial in trials)
    assert sum(trial.epochs for trial in trials) == 60
