"""A search chooses the component of a stage, each with parameters of its own."""

from __future__ import annotations

import pytest
from toy_runs import BUDGET, heads, ledger, stages

from automl.errors import PipelineFileError
from automl.pipeline_file import loads

CHOICE = stages("""
  filled:
    in: split
    use: {tune: [toy.fill, toy.drop]}
    columns: numeric
    with:
      toy.fill: {strategy: {tune: [mean, median]}, plus: 1}
  last: {use: toy.dummies, in: filled}
""")
TWELVE = f"{BUDGET}={{trials: 12, epochs: 5}}"


def test_trials_choose_among_components_with_their_own_parameters(run_toys) -> None:
    finished, _ = run_toys(TWELVE, text=CHOICE)
    tried = [trial.bindings for trial in finished.search.trials]
    assert {frozenset(bindings.items()) for bindings in tried} == {
        frozenset({("filled.use", "toy.drop")}),
        frozenset({("filled.use", "toy.fill"), ("filled.toy.fill.strategy", "mean")}),
        frozenset({("filled.use", "toy.fill"), ("filled.toy.fill.strategy", "median")}),
    }
    winner = next(trial for trial in finished.search.trials if trial.name == finished.search.winner)
    assert finished.search.heads[0].bindings == winner.bindings
    assert winner.bindings["filled.use"] == "toy.fill", "without x and z the target cannot be told"
    assert "filled" in heads(finished.bundle)[0]


def test_each_choice_is_computed_once_and_remembered(run_toys) -> None:
    first, observer = run_toys(TWELVE, text=CHOICE)
    shown = [name for name in observer.names() if name == "StageStarted"]
    assert len(shown) == len({"data", "split", "search", "evaluate"}) + 2 * 3
    again, _ = run_toys(TWELVE, text=CHOICE)
    assert again.executed == []
    assert ledger(again.search) == ledger(first.search)


def test_baselines_take_the_first_choice_with_its_first_values(run_toys) -> None:
    finished, _ = run_toys("stages.search.with.baselines=[toy.mean]", text=CHOICE)
    assert finished.search.trials[0].bindings == {"filled.use": "toy.fill", "filled.toy.fill.strategy": "mean"}


@pytest.mark.parametrize("tuner", ["random", "optuna.tpe", "hyperband"])
def test_every_tuner_searches_a_choice(run_toys, tuner: str) -> None:
    finished, _ = run_toys(f"stages.search.with.tuner={tuner}", text=CHOICE)
    assert all("filled.use" in trial.bindings for trial in finished.search.trials)


def test_a_plan_names_all_that_may_be_chosen_and_the_size_of_the_space(forecast_toys) -> None:
    forecasts = forecast_toys(text=CHOICE)
    assert forecasts["filled"].component == "toy.fill | toy.drop"
    trials, space = forecasts["search"].notes
    assert trials == "up to 6 trials of up to 30 epochs, and 0 baselines"
    assert space == "a space of 3 dimensions: 3 combinations of the discrete ones, 1 continuous"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[toy.fill, toy.drop]", "[toy.fill]", "'use' is an id, or {tune: [...]} with the ids of two components"),
        ("[toy.fill, toy.drop]", "[toy.fill, toy.dorp]", "there is no stage 'toy.dorp'"),
        ("[toy.fill, toy.drop]", "[toy.fill, toy.holdout]", "'toy.holdout' cannot be one of several"),
        ("[toy.fill, toy.drop]", "[toy.fill, toy.standard_target]", "cannot stand for each other: one works on the"),
        ("toy.fill: {strategy", "toy.fil: {strategy", "'with' has parameters for 'toy.fil'"),
        ("plus: 1", "plus: much", "'plus' has a wrong value"),
        ("{tune: [mean, median]}", "{tune: {int: [1, 2]}}", "'strategy' has a wrong value"),
    ],
)
def test_a_wrong_choice_is_told_at_its_place(registry, old: str, new: str, message: str) -> None:
    assert old in CHOICE
    with pytest.raises(PipelineFileError) as caught:
        loads(CHOICE.replace(old, new), registry)
    assert message in str(caught.value)
    assert all(problem.line for problem in caught.value.problems)


def test_a_choice_that_no_search_makes_is_refused(registry) -> None:
    text = CHOICE.replace("in: last", "in: split")
    with pytest.raises(PipelineFileError, match="no search would try these values"):
        loads(text, registry)


def test_a_tuned_parameter_with_conditions_reaches_its_stage(run_toys) -> None:
    text = stages("""
  filled:
    {use: toy.fill, in: split, with: {plus: {tune: {float: [0.0, 1.0], step: 0.5}}, strategy: {tune: auto}}}
  last: {use: toy.dummies, in: filled}
""")
    finished, _ = run_toys(text=text)
    assert {trial.bindings["filled.plus"] for trial in finished.search.trials} <= {0.0, 0.5, 1.0}
