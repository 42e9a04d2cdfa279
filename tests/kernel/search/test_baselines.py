"""Baselines run beside the trials: a searcher does not hear of them, so no trial waits for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_runs import PIPELINE, ledger

from automl import events
from automl.errors import UntrainedError
from automl.hookspecs import hookimpl
from automl.observer import Observer

TWO = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 2}}")
SLOW_ONE = "stages.search.with.baselines=[toy.mean, asking.patient]"


class SeesTheLastTrial(Observer):
    """Leaves a file once trial t6 was told."""

    id = "sees_the_last_trial"

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        if event.trial.name == "t6":
            self._file.touch()


def test_a_slow_baseline_holds_no_trial_back(run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the last trial. In the ledger it stands before them nevertheless."""
    awaited = tmp_path / "awaited"
    monkeypatch.setenv("TOY_AWAITED", str(awaited))
    beside, observer = run_toys(SLOW_ONE, text=TWO, observers=[SeesTheLastTrial(awaited)], workspace="beside")
    told = [event.trial.name for event in observer.of(events.TrialFinished)]
    assert told == ["toy.mean", *(f"t{number}" for number in range(1, 7)), "asking.patient"]
    assert [trial.status for trial in beside.search.trials] == ["finished"] * 8

    first, _ = run_toys(SLOW_ONE, workspace="first")
    assert [trial.name for trial in first.search.trials][:3] == ["toy.mean", "asking.patient", "t1"]
    assert ledger(first.search) == ledger(beside.search)


def test_a_baseline_that_does_not_end_in_time_is_left_out(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_AWAITED", str(tmp_path / "never"))
    budget = "stages.search.with.budget={trials: 3, epochs: 4, time: 4}"
    try:
        trials = run_toys(SLOW_ONE, budget, text=TWO)[0].search.trials
    except UntrainedError as error:  # a busy machine may not get to all trials, or to none
        trials = error.result.trials
    names = [trial.name for trial in trials]
    assert names == ["toy.mean", "t1", "t2", "t3"][: len(names)]


def test_within_a_time_networks_train_before_a_slow_baseline(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one worker that there is would spend all of it on the baseline."""
    monkeypatch.setenv("TOY_AWAITED", str(tmp_path / "never"))
    budget = "stages.search.with.budget={trials: 3, epochs: 4, time: 8}"
    finished, _ = run_toys(SLOW_ONE, budget, text=TWO.replace("workers: 2", "workers: 1"))
    assert [trial.name for trial in finished.search.trials] == ["toy.mean", "t1", "t2", "t3"]
