"""A search ends with its budget, and a short one is the beginning of a long one."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pandas as pd
import pytest
from toy_runs import BASELINES, BUDGET, PIPELINE, TUNED, ledger

from automl import events
from automl.errors import SearchError, UntrainedError
from automl.predictor import Predictor
from automl.testing.observers import RecordingObserver


def test_fewer_trials_are_a_prefix_of_more(run_toys) -> None:
    few, _ = run_toys(TUNED, f"{BUDGET}.trials=3", workspace="few")
    many, _ = run_toys(TUNED, f"{BUDGET}.trials=8", workspace="many")
    assert ledger(few.search) == ledger(many.search)[:3]
    assert few.search.stopped_by == many.search.stopped_by == "trials"


def test_a_search_cut_by_the_clock_is_a_prefix_of_one_that_was_not(run_toys, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = run_toys(BASELINES, workspace="whole")
    monkeypatch.setenv("TOY_DELAY", "0.05")  # a trial takes a second and a half, all of them nine
    cut, observer = run_toys(BASELINES, f"{BUDGET}.time=3", workspace="cut")
    assert cut.search.stopped_by == "time"
    trials = ledger(cut.search)
    assert 0 < len(trials) < 7
    assert trials == ledger(whole.search)[: len(trials)]
    assert cut.search.winner in {trial["name"] for trial in trials}
    assert len(observer.of(events.TrialFinished)) == len(trials)


def test_a_run_that_trained_nothing_has_failed_and_says_which_time_would_do(run_toys, registry, tmp_path: Path) -> None:
    with pytest.raises(UntrainedError, match=r"no network was trained: the search's 0\.001 s were over") as caught:
        run_toys(BASELINES, f"{BUDGET}={{time: 0.001, epochs: 30}}")
    assert caught.value.result.winner == "toy.mean"
    advised = re.search(r"mend: --time (\d+s), or budget\.time: \1 in the file;", str(caught.value))
    (directory,) = (tmp_path / "work" / "runs").iterdir()
    assert caught.value.__notes__ == [f"The best baseline, toy.mean, is left as {directory / 'model.automl'}."]
    row = pd.DataFrame({"x": [1.0], "z": [0.0], "colour": ["red"]})
    assert len(Predictor.load(directory / "model.automl", registry).predict(row)) == 1
    finished, _ = run_toys(BASELINES, f"{BUDGET}={{trials: 6, time: {advised[1]}, epochs: 30}}")
    assert finished.search.winner.startswith("t")


def test_a_tiny_budget_without_a_baseline_leaves_no_model(run_toys, tmp_path: Path) -> None:
    with pytest.raises(UntrainedError) as caught:
        run_toys(f"{BUDGET}={{time: 0.001, epochs: 30}}")
    assert caught.value.result is None
    assert not list((tmp_path / "work" / "runs").glob("*/model.automl"))


def test_a_search_that_trained_nothing_is_not_remembered_as_done(run_toys) -> None:
    short = [BASELINES, f"{BUDGET}={{trials: 6, time: 0.001, epochs: 30}}"]
    for _ in range(2):
        with pytest.raises(UntrainedError):
            run_toys(*short)


def test_the_advised_time_follows_from_the_pace_of_the_first_trial(run_toys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_DELAY", "0.5")
    with pytest.raises(UntrainedError, match=r"t1 had trained \d+ epochs?; mend") as caught:
        run_toys(f"{BUDGET}={{time: 4, epochs: 40}}", "stages.search.with.patience=null")
    assert 40 <= caught.value.seconds <= 300


def test_a_space_that_is_used_up_ends_the_search(run_toys) -> None:
    finished, _ = run_toys("stages.search.with.space={rate: [0.1, 0.2, 0.3]}", f"{BUDGET}.trials=50")
    assert finished.search.stopped_by == "tuner"
    assert sorted(trial.parameters["rate"] for trial in finished.search.trials) == [0.1, 0.2, 0.3]


def test_patience_ends_a_trial_that_does_not_improve(run_toys) -> None:
    finished, _ = run_toys(
        "stages.search.with.space={rate: 0.0001}", "stages.search.with.patience=1", f"{BUDGET}.epochs=7"
    )
    assert finished.search.trials[0].epochs == 7
    diverging, _ = run_toys("stages.search.with.space={rate: 3.0}", "stages.search.with.patience=2", workspace="two")
    trial = diverging.search.trials[0]
    assert trial.epochs == trial.best_epoch + 2 < 30


def test_epochs_of_all_trials_together_are_a_budget_of_their_own(run_toys) -> None:
    patient = "stages.search.with.patience=null"
    finished, _ = run_toys(patient, f"{BUDGET}={{trials: null, total_epochs: 100, epochs: 30}}")
    assert [trial.epochs for trial in finished.search.trials] == [30, 30, 30, 10]
    assert finished.search.stopped_by == "epochs"
    whole, _ = run_toys(patient, f"{BUDGET}={{trials: 6, epochs: 30}}", workspace="whole")
    assert ledger(finished.search)[:3] == ledger(whole.search)[:3]


def test_epochs_that_trials_leave_over_are_spent_on_others(run_toys) -> None:
    finished, _ = run_toys("stages.search.with.patience=1", f"{BUDGET}={{total_epochs: 60, epochs: 30, trials: 50}}")
    spent = [trial.epochs for trial in finished.search.trials]
    assert sum(spent) <= 60
    assert finished.search.stopped_by in {"epochs", "trials"}
    assert len(spent) > 2


def test_epochs_are_counted_once_where_a_trial_goes_on_from_another(run_toys) -> None:
    finished, _ = run_toys(
        "stages.search.with.tuner=hyperband",
        "stages.search.with.patience=null",
        f"{BUDGET}={{trials: null, total_epochs: 40, epochs: 9}}",
    )
    reached = {trial.number: trial.epochs for trial in finished.search.trials}
    own = [t.epochs - (reached[t.continues] if t.continues else 0) for t in finished.search.trials]
    assert sum(own) == 40
    assert any(trial.continues for trial in finished.search.trials)


def test_a_training_that_does_not_stop_is_ended_soon_after_the_time(run_toys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_DELAY", "60")  # one epoch
    text = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 1}}")
    observer = RecordingObserver()
    with pytest.raises(UntrainedError) as caught:
        run_toys(BASELINES, f"{BUDGET}={{time: 6, epochs: 30}}", text=text, observers=[observer])
    assert caught.value.result.winner == "toy.mean"
    assert observer.of(events.RunFailed)[0].seconds < 60


def test_failures_use_up_a_budget_of_epochs(run_toys) -> None:
    """Were they free, a search of nothing but failures would have no end."""
    with pytest.raises(SearchError, match="all 40 trials failed"):
        run_toys("stages.search.with.max_parameters=2", f"{BUDGET}={{trials: null, epochs: 9, total_epochs: 40}}")


def test_the_clock_does_not_wait_for_a_searcher_that_thinks(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_DELAY", "0.01")
    gate = tmp_path / "gate"
    tuner = f"stages.search.with.tuner={{use: odd.stuck, with: {{path: {gate}}}}}"
    with contextlib.suppress(UntrainedError):  # on a busy machine
        run_toys(BASELINES, tuner, f"{BUDGET}={{time: 2, epochs: 30}}", "stages.search.with.in_flight=3")
    waited = gate.exists()
    gate.touch()  # so that its thread ends
    assert not waited, "the search ended once the searcher had given up"
