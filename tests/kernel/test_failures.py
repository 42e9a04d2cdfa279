"""What fails costs what depends on it and nothing else, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_runs import BASELINES, BUDGET, PIPELINE, ledger

from automl import events
from automl.errors import AutoMLError, DataError, SearchError, StageError, UnfitDataError

SOME_FAIL = "stages.search.with.space.fail_above=0.1"
RATE_TOO_HIGH = (
    "StageError: learner 'toy.descent' of plugin 'toy' (toy 1.0), for network 'toy.net' of plugin 'toy' (toy 1.0): "
    "epoch 1 raised RuntimeError: the rate is too high for this table"
)
ALL_FAIL = "stages.search.with.space.fail_above=0.001"
UNKNOWN_STRATEGY = "stages.filled.with.strategy={tune: [mean, nonsense]}"
TWO_WORKERS = "run.executor={use: local, with: {workers: 2}}"
FILLED = "stages.filled: component 'toy.fill' of plugin 'toy' (toy 1.0)"


def test_a_trial_that_fails_is_recorded_with_its_cause_and_the_search_goes_on(run_toys) -> None:
    finished, observer = run_toys(SOME_FAIL)
    failed = [trial for trial in finished.search.trials if trial.status == "failed"]
    assert 0 < len(failed) < 6
    assert len(finished.search.trials) == 6
    for trial in failed:
        assert trial.error == RATE_TOO_HIGH
        assert (trial.score, trial.epochs, list(trial.history)) == (None, 0, [])
        assert trial.parameters["rate"] > 0.1
    assert [trial.status for trial in finished.search.leaderboard()[-len(failed) :]] == ["failed"] * len(failed)
    assert len(observer.of(events.TrialFinished)) == 6


def test_a_transform_that_fails_under_some_bindings_fails_the_trial_and_not_the_run(run_toys) -> None:
    finished, _ = run_toys(UNKNOWN_STRATEGY)
    for trial in finished.search.trials:
        refused = trial.bindings["filled.strategy"] == "nonsense"
        assert (trial.status == "failed") == refused
        if refused:
            assert trial.error.startswith(f"{FILLED}: fit raised AttributeError")
    assert {trial.status for trial in finished.search.trials} == {"finished", "failed"}


def test_data_that_a_transform_refuses_under_some_bindings_fails_the_trial_too(run_toys) -> None:
    finished, _ = run_toys("stages.filled.with.strategy={tune: [mean, refuse]}")
    assert {trial.error for trial in finished.search.trials if trial.bindings["filled.strategy"] == "refuse"} == {
        f"{FILLED}: these rows are refused"
    }


def test_if_all_trials_fail_the_run_fails_with_the_first_cause_and_a_count(run_toys) -> None:
    with pytest.raises(SearchError) as caught:
        run_toys(ALL_FAIL)
    assert str(caught.value) == f"all 6 trials failed; the first: t1: {RATE_TOO_HIGH}"
    assert caught.value.failures == 6
    assert caught.value.first == RATE_TOO_HIGH


def test_a_baseline_does_not_hide_that_all_trials_failed(run_toys) -> None:
    with pytest.raises(SearchError, match="all 6 trials failed"):
        run_toys(ALL_FAIL, BASELINES)


def test_a_failed_run_is_announced_and_its_ledger_told(run_toys, tmp_path: Path) -> None:
    heard = []

    class Listener:
        def run_failed(self, event: events.RunFailed) -> None:
            heard.append(event)

    with pytest.raises(SearchError):
        run_toys(ALL_FAIL, observers=[Listener()])
    assert heard[0].error.startswith("SearchError: all 6 trials failed")
    assert '"event": "run_failed"' in (heard[0].directory / "events.jsonl").read_text().splitlines()[-1]


def test_after_a_failed_search_the_mended_run_repeats_no_stage_above(run_toys) -> None:
    with pytest.raises(SearchError):
        run_toys(ALL_FAIL)
    finished, _ = run_toys()
    assert finished.executed == ["search", "evaluate"]


@pytest.mark.parametrize(
    ("stage", "error", "message"),
    [
        (
            "refuse",
            StageError,
            r"stages\.filled: component 'toy\.refuses' of plugin .*: fit raised RuntimeError: no luck",
        ),
        ("kinds", UnfitDataError, r"the column 'colour' is categorical, and reaches 'toy\.descent'"),
    ],
)
def test_a_stage_that_fails_is_named(run_toys, stage: str, error: type[Exception], message: str) -> None:
    text = PIPELINE
    if stage == "refuse":
        text = text.replace("filled: {use: toy.fill, in: split}", "filled: {use: toy.refuses, in: split}")
    else:
        text = text.replace(
            "goal: {use: toy.standard_target, in: codes}", "goal: {use: toy.standard_target, in: filled}"
        )
        text = text.replace("  codes: {use: toy.dummies, in: filled}\n", "")
    with pytest.raises(error, match=message):
        run_toys(text=text)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("loses rows", "lost 1 training rows and does not declare drops_rows"),
        ("renames", "the training output and apply differ in columns or dtypes"),
        ("float32", "column 'x' came out as float32; expected float64, boolean, str or datetime64"),
        ("clashes", "writes the column 'colour', which is there already and was not given to it; mend: rename"),
        ("unstorable", r"state\.extra: a builtins\.object cannot be stored without pickle"),
    ],
)
def test_a_transform_that_breaks_the_rules_is_told_which(run_toys, how: str, message: str) -> None:
    text = PIPELINE.replace(
        "codes: {use: toy.dummies, in: filled}", f"codes: {{use: toy.rude, in: filled, with: {{how: {how}}}}}"
    )
    with pytest.raises(AutoMLError, match=message) as caught:
        run_toys("stages.search.with.network=toy.still", "stages.search.with.space=null", text=text)
    assert "stages.codes: component 'toy.rude' of plugin 'toy' (toy 1.0)" in str(caught.value)


def test_a_trial_whose_worker_dies_is_tried_again(run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = run_toys(workspace="whole")
    bomb = tmp_path / "bomb"
    bomb.touch()
    monkeypatch.setenv("TOY_DIES", str(bomb))
    finished, _ = run_toys(TWO_WORKERS)
    assert not bomb.exists()
    assert ledger(finished.search) == ledger(whole.search)


def test_a_trial_that_kills_every_worker_fails_with_the_cause(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_DIES", "always")
    with pytest.raises(SearchError, match=r"the only trial failed: t1: its worker died 2 times: 1. .*; 2. "):
        run_toys(TWO_WORKERS, f"{BUDGET}.trials=1")


def test_nothing_to_learn_from_is_refused(run_toys) -> None:
    with pytest.raises(DataError, match=r"the table has . column names and no rows"):
        run_toys("data.with.rows=0")


def test_a_first_value_that_is_refused_fails_its_own_trials_alone(run_toys) -> None:
    for order in ("fixed", "arrival"):
        finished, _ = run_toys(
            "stages.filled.with.strategy={tune: [refuse, mean]}", f"stages.search.with.order={order}", workspace=order
        )
        by_strategy = {trial.bindings["filled.strategy"]: trial.status for trial in finished.search.trials}
        assert by_strategy == {"refuse": "failed", "mean": "finished"}
