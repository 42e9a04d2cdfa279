"""First guesses, and what a search learns from an earlier one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from toy_runs import BUDGET, TUNED, ledger

from automl.errors import PipelineFileError, SearchError, StoreError
from automl.search.space import parse_space
from automl.search.warm_start import flat

GUESSES = "stages.search.with.start_with=[{rate: 0.2}, {}]"


def diary(path: Path) -> str:
    return f"stages.search.with.tuner={{use: asking.diary, with: {{path: {path}}}}}"


def heard(path: Path) -> list[list[Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_guesses_are_the_first_trials_and_the_tuner_learns_from_them(run_toys, tmp_path: Path) -> None:
    finished, _ = run_toys(GUESSES, diary(tmp_path / "diary"), f"{BUDGET}.trials=3")
    trials = finished.search.trials
    assert [trial.name for trial in trials] == ["t1", "t2", "t3"]
    assert trials[0].parameters == {"rate": 0.2}
    assert trials[1].parameters == {"rate": pytest.approx((0.01 * 0.5) ** 0.5)}, "the middle of a log range"
    calls = heard(tmp_path / "diary")
    assert calls[0] == ["ask", 3]
    assert ["learn", {"rate": 0.2}, trials[0].score, 0.0] in calls
    assert [call[1] for call in calls if call[0] == "tell"] == [3]


def test_a_guess_may_name_tuned_stages_upstream(run_toys) -> None:
    guess = "stages.search.with.start_with=[{filled.strategy: median, rate: 0.3}]"
    finished, _ = run_toys(TUNED, guess, f"{BUDGET}.trials=2")
    first = finished.search.trials[0]
    assert (first.parameters, first.bindings) == ({"rate": 0.3}, {"filled.strategy": "median"})


@pytest.mark.parametrize("tuner", ["random", "hyperband", "bayesian", "optuna.tpe", "asking.stopping"])
def test_guesses_work_with_every_tuner(run_toys, tuner: str) -> None:
    finished, _ = run_toys(GUESSES, f"stages.search.with.tuner={tuner}", f"{BUDGET}.trials=5")
    rates = [trial.parameters["rate"] for trial in finished.search.trials]
    assert rates[0] == 0.2
    assert len(rates) == 5
    assert finished.search.trials[0].epochs <= 30


def test_guesses_alone_may_be_the_whole_search(run_toys, tmp_path: Path) -> None:
    finished, _ = run_toys(GUESSES, diary(tmp_path / "diary"), f"{BUDGET}.trials=2")
    assert len(finished.search.trials) == 2
    assert all(call[0] == "learn" for call in heard(tmp_path / "diary"))


def test_a_search_learns_from_an_earlier_run_before_it_is_asked(run_toys, tmp_path: Path) -> None:
    earlier, _ = run_toys(TUNED, f"{BUDGET}.trials=4")
    later, _ = run_toys(
        TUNED, f"{BUDGET}.trials=2", f"stages.search.with.warm_start={earlier.run_id}", diary(tmp_path / "diary")
    )
    calls = heard(tmp_path / "diary")
    expected = [
        ["learn", {"filled.strategy": trial.bindings["filled.strategy"], **trial.parameters}, trial.score, 0.0]
        for trial in earlier.search.trials
    ]
    assert calls[:4] == expected
    assert [call[:2] for call in calls if call[0] == "ask"] == [["ask", 1], ["ask", 2]]
    assert len(later.search.trials) == 2


def test_what_lies_outside_the_new_space_is_left_out(run_toys, tmp_path: Path) -> None:
    earlier, _ = run_toys(f"{BUDGET}.trials=6")
    run_toys(
        f"{BUDGET}.trials=1",
        "stages.search.with.space={rate: {float: [0.05, 0.5], log: true}}",
        f"stages.search.with.warm_start={earlier.run_id}",
        diary(tmp_path / "diary"),
    )
    learned = [call[1]["rate"] for call in heard(tmp_path / "diary") if call[0] == "learn"]
    assert learned == [trial.parameters["rate"] for trial in earlier.search.trials if trial.parameters["rate"] >= 0.05]
    assert 0 < len(learned) < 6


def test_scores_over_other_rows_or_of_another_objective_are_refused(run_toys) -> None:
    earlier, _ = run_toys()
    warm = f"stages.search.with.warm_start={earlier.run_id}"
    with pytest.raises(SearchError, match=r"warm_start: run .* its data and stages are not those of this search"):
        run_toys("stages.filled.with.strategy=median", warm)
    with pytest.raises(SearchError, match=r"its objective are not those"):
        run_toys("stages.search.with.objective=rmse", warm)


def test_last_is_no_run_to_learn_from_for_it_would_mean_another_each_time(run_toys) -> None:
    with pytest.raises(PipelineFileError, match="the id of a run, which begins with its date"):
        run_toys("stages.search.with.warm_start=last")


def test_a_run_that_is_not_there_is_named(run_toys) -> None:
    with pytest.raises(StoreError, match=r"there is no run '19991231'.*automl runs list"):
        run_toys("stages.search.with.warm_start='19991231'")


def test_guesses_and_what_was_learned_give_the_same_ledger_again(run_toys) -> None:
    earlier, _ = run_toys(f"{BUDGET}.trials=4", "stages.search.with.tuner=optuna.tpe")
    sets = [
        GUESSES, f"{BUDGET}.trials=6", "stages.search.with.tuner=optuna.tpe",
        f"stages.search.with.warm_start={earlier.run_id}",
    ]  # fmt: skip
    one, _ = run_toys(*sets)
    other, _ = run_toys(*sets, "stages.search.with.patience=29")  # another search; the trials are trained again
    assert [t.parameters for t in one.search.trials] == [t.parameters for t in other.search.trials]
    assert ledger(one.search)[0]["parameters"] == {"rate": 0.2}


def test_a_guess_outside_the_space_is_an_error_of_the_file(run_toys) -> None:
    with pytest.raises(PipelineFileError, match=r"rate: expected float 0.01 to 0.5, log, found 7"):
        run_toys("stages.search.with.start_with=[{rate: 0.1}, {rate: 7}]")
    with pytest.raises(PipelineFileError, match=r"rat: no dimension of this name; did you mean 'rate'"):
        run_toys("stages.search.with.start_with=[{rat: 0.1}]")


def test_a_guess_for_a_stage_upstream_is_checked_when_the_search_begins(run_toys) -> None:
    with pytest.raises(
        SearchError, match=r"start_with\[0\]: filled.strategy: expected one of mean, median, found 'mode'"
    ):
        run_toys(TUNED, "stages.search.with.start_with=[{filled.strategy: mode}]")


@pytest.mark.parametrize("tuner", ["random", "sobol", "grid", "hyperband", "bayesian", "optuna.tpe", "optuna.qmc"])
def test_guesses_are_not_proposed_while_they_are_under_way(run_toys, tuner: str) -> None:
    finished, _ = run_toys(
        "stages.search.with.space={rate: [0.05, 0.1, 0.2, 0.3, 0.4]}",
        "stages.search.with.start_with=[{rate: 0.05}, {rate: 0.1}, {rate: 0.3}]",
        f"stages.search.with.tuner={tuner}",
        f"{BUDGET}.trials=5",
    )
    rates = [trial.parameters["rate"] for trial in finished.search.trials]
    assert sorted(rates) == [0.05, 0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize("declared", [{}, {"rate": 0.1}])
def test_a_guess_may_name_what_the_network_itself_brings_into_the_space(run_toys, declared: dict[str, float]) -> None:
    space = "stages.search.with.space=" + (json.dumps(declared) if declared else "null")
    finished, _ = run_toys(
        "stages.search.with.network=odd.own_space",
        space,
        "stages.search.with.start_with=[{fail_above: 6.0}]",
        f"{BUDGET}.trials=2",
    )
    assert finished.search.trials[0].parameters["fail_above"] == 6.0


def test_a_choice_among_mappings_is_learned_from(run_toys, tmp_path: Path) -> None:
    orders = [{"colour": ["red", "green", "blue"]}, {"colour": ["blue", "green", "red"]}]
    codes = f"stages.codes={{use: encode.ordinal, in: filled, with: {{order: {{tune: {json.dumps(orders)}}}}}}}"
    earlier, _ = run_toys(codes, f"{BUDGET}.trials=4")
    run_toys(codes, f"{BUDGET}.trials=1", f"stages.search.with.warm_start={earlier.run_id}", diary(tmp_path / "diary"))
    learned = [call[1]["codes.order"] for call in heard(tmp_path / "diary") if call[0] == "learn"]
    assert learned == [trial.bindings["codes.order"] for trial in earlier.search.trials]


def test_a_mapping_that_is_a_value_is_told_from_a_choice_with_parameters() -> None:
    space = parse_space({"s.level": {"choice": [{"a": {"b": 1}}, {"a": {"b": 2}}]}})
    bindings = {"s.level": {"a": {"b": 1}}, "s.kind": {"sgd": {"rate": 0.1}}}
    assert flat(bindings, space) == {"s.level": {"a": {"b": 1}}, "s.kind": "sgd", "s.kind.sgd.rate": 0.1}
