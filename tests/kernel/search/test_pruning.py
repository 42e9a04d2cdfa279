"""A searcher may stop a trial; where it stops depends on results, never on timing."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_runs import BUDGET, FOLDS, PIPELINE, ledger

from automl import events
from automl.errors import StageError

STOPPING = "stages.search.with.tuner=asking.stopping"
PATIENT = "stages.search.with.patience=null"
MANY = f"{BUDGET}.trials=14"


def workers(count: int) -> str:
    return PIPELINE.replace("{use: in_process}", f"{{use: local, with: {{workers: {count}}}}}")


def test_a_stopped_trial_ends_at_the_step_that_the_searcher_named(run_toys) -> None:
    finished, _ = run_toys(STOPPING, PATIENT, MANY)
    trials = finished.search.trials
    pruned = [trial for trial in trials if trial.status == "pruned"]
    assert pruned
    for trial in pruned:
        assert trial.epochs == len(trial.history) < 30
        assert trial.score == min(metrics["score"] for metrics in trial.history)
        assert trial.history[trial.best_epoch - 1]["score"] == trial.score
        assert trial.error is None
    assert all(trial.epochs == 30 for trial in trials[:4]), "nothing was told when the first four were asked"


def test_pruned_trials_stand_behind_finished_ones_and_never_win(run_toys) -> None:
    finished, _ = run_toys(STOPPING, PATIENT, MANY)
    board = finished.search.leaderboard()
    standing = [trial.status for trial in board]
    assert standing == sorted(standing)  # finished, pruned
    assert finished.search.winner == board[0].name
    assert board[0].status == "finished"


@pytest.mark.parametrize("count", [1, 2, 4])
def test_pruning_gives_the_same_ledger_with_any_number_of_workers(
    run_toys, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    alone, _ = run_toys(STOPPING, PATIENT, MANY, workspace="alone")
    monkeypatch.setenv("TOY_DELAY", "0.003")
    several, _ = run_toys(STOPPING, PATIENT, MANY, text=workers(count), workspace="several")
    assert ledger(several.search) == ledger(alone.search)


def test_a_stopped_training_is_remembered_as_far_as_it_went(
    run_toys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few, _ = run_toys(STOPPING, PATIENT, f"{BUDGET}.trials=10")
    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    more, observer = run_toys(STOPPING, PATIENT, f"{BUDGET}.trials=11")
    assert ledger(more.search)[:10] == ledger(few.search)
    assert len(log.read_text().splitlines()) == 1, "only the eleventh is trained"
    assert [event.cached for event in observer.of(events.TrialFinished)] == [True] * 10 + [False]


def test_a_training_that_was_cut_short_is_trained_in_full_by_a_searcher_that_does_not_stop_it(run_toys) -> None:
    run_toys(STOPPING, PATIENT, MANY)
    whole, _ = run_toys("stages.search.with.tuner=asking.draws", PATIENT, MANY)
    assert {trial.epochs for trial in whole.search.trials} == {30}
    fresh, _ = run_toys("stages.search.with.tuner=asking.draws", PATIENT, MANY, workspace="fresh")
    assert ledger(whole.search) == ledger(fresh.search)


def test_over_folds_a_step_is_a_fold(run_toys) -> None:
    searched, _ = run_toys(FOLDS, "stages.search.with.tuner={use: asking.stopping, with: {first: 1}}", PATIENT, MANY)
    pruned = [trial for trial in searched.search.trials if trial.status == "pruned"]
    assert pruned
    whole, _ = run_toys(FOLDS, "stages.search.with.tuner=asking.draws", PATIENT, MANY, workspace="whole")
    by_name = {trial.name: trial for trial in whole.search.trials}
    for trial in searched.search.trials:
        assert (trial.score == by_name[trial.name].score) == (trial.status == "finished")
    several, _ = run_toys(
        FOLDS, "stages.search.with.tuner={use: asking.stopping, with: {first: 1}}", PATIENT, MANY,
        text=workers(3), workspace="several",
    )  # fmt: skip
    assert ledger(several.search) == ledger(searched.search)


@pytest.mark.parametrize("call", ["start", "ask", "report", "tell"])
def test_a_searcher_that_raises_ends_the_search_with_its_own_words(run_toys, call: str) -> None:
    for sets in ([], [FOLDS]):  # over folds a verdict is heard at the end of a training, not within it
        told = rf"tuner 'asking\.broken' of plugin 'asking' .*: {call} raised RuntimeError: no {call} today"
        with pytest.raises(StageError, match=told):
            run_toys(f"stages.search.with.tuner={{use: asking.broken, with: {{at: {call}}}}}", *sets)


def test_what_comes_after_the_step_of_the_verdict_makes_no_difference(run_toys) -> None:
    """The second trial is stopped at step 4 and heard of it late: epoch 5 came out as NaN by then."""
    finished, _ = run_toys("stages.search.with.network=odd.net", "stages.search.with.tuner=odd.late_verdict", PATIENT)
    stopped = finished.search.trials[1]
    assert (stopped.parameters, stopped.status, stopped.epochs) == ({"rate": 0.3}, "pruned", 4)
