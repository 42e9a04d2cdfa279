"""Pruners under Optuna's samplers: what they stop, and that they look at nothing that came later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError
from tuner_driver import SMALL, brief, drive, searcher

from automl.search.contracts import Outcome, Proposal, Searcher
from automl.search.space import parse_space

LINE = parse_space({"x": {"float": [0.0, 1.0]}})
Ledger = list[tuple[Proposal, Outcome]]


def falling(values: Mapping[str, Any], epoch: int) -> float:
    """The better the smaller x is, at every epoch."""
    return values["x"] + 1 / epoch


def search(pruner: Any, trials: int = 40, epochs: int = 27, in_flight: int = 4, **params: Any) -> Ledger:
    """TPE without any estimate, so that only the pruner tells trials apart."""
    made = searcher("optuna.tpe", n_startup_trials=trials, pruner=pruner, **params)
    told = brief(LINE, trials, epochs)
    return drive(made, told, lambda values: falling(values, epochs), in_flight, curve=falling)


def stopped(ledger: Ledger) -> Ledger:
    return [(proposal, outcome) for proposal, outcome in ledger if outcome.pruned]


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("name", ["median", "hyperband", "successive_halving"])
def test_it_stops_bad_trials_and_no_good_ones(name: str, in_flight: int) -> None:
    ledger = search(name, in_flight=in_flight)
    assert len(stopped(ledger)) >= 5
    best = min(ledger, key=lambda entry: entry[0].values["x"])
    assert not best[1].pruned
    kept = [proposal.values["x"] for proposal, outcome in ledger if not outcome.pruned]
    assert sum(kept) / len(kept) < sum(p.values["x"] for p, _ in stopped(ledger)) / len(stopped(ledger))


def test_without_a_pruner_nothing_is_stopped() -> None:
    assert not stopped(search("none"))


def test_median_stops_what_is_worse_than_the_median_of_those_told() -> None:
    ledger = search({"median": {"n_startup_trials": 3}}, trials=12, in_flight=1)
    for place, (proposal, outcome) in enumerate(ledger):
        finished = sorted(p.values["x"] for p, o in ledger[:place] if not o.pruned)
        worse = len(finished) >= 3 and proposal.values["x"] > _median(finished)
        assert outcome.pruned == worse


def _median(values: list[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def test_successive_halving_stops_at_rungs() -> None:
    ledger = search({"successive_halving": {"min_resource": 2, "reduction_factor": 3}})
    assert {outcome.epochs for _, outcome in stopped(ledger)} <= {2, 6, 18}
    # With one trial at a time the first of a rung goes on; of the others a third does.
    reached = [outcome.epochs for _, outcome in ledger]
    assert sum(epochs > 2 for epochs in reached) < len(reached) / 2


def test_hyperband_gives_each_trial_a_bracket() -> None:
    """Brackets begin to stop at 1, 3, 9 epochs; one never stops anything before 27."""
    stops = {outcome.epochs for _, outcome in stopped(search("hyperband", trials=80))}
    assert stops >= {1, 3}
    assert stops <= {1, 3, 9, 27}


def test_hyperband_reads_the_budget_of_epochs() -> None:
    few = {outcome.epochs for _, outcome in stopped(search("hyperband", epochs=3))}
    assert few <= {1, 3}
    explicit = search({"hyperband": {"max_resource": 9, "min_resource": 3}}, epochs=27)
    assert {outcome.epochs for _, outcome in stopped(explicit)} <= {3, 9, 27}


def test_wilcoxon_stops_a_trial_that_is_worse_in_every_fold() -> None:
    """Steps are folds: the noise of a fold is common to all trials, and cancels."""
    noise = [8.0, 5.0, -3.0, 2.0, 0.0, -1.0]

    def folds(values: Mapping[str, Any], fold: int) -> float:
        return values["x"] + noise[fold - 1]

    made = searcher("optuna.tpe", n_startup_trials=30, pruner={"wilcoxon": {"p_threshold": 0.1}})
    ledger = drive(made, brief(LINE, 20, 6), lambda values: values["x"] + 11 / 6, in_flight=1, curve=folds)
    best = float("inf")
    for proposal, outcome in ledger:
        assert outcome.pruned == (proposal.values["x"] > best)
        # With the fourth fold the p-value is 1/16; before, no difference would be below 0.1.
        assert outcome.epochs == (4 if outcome.pruned else 6)
        best = min(best, proposal.values["x"])


def reports(made: Searcher, number: int, steps: int, score: float) -> list[bool]:
    return [made.report(number, step, score) for step in range(1, steps + 1)]


@pytest.mark.parametrize("name", ["median", "hyperband", "successive_halving", "wilcoxon"])
def test_verdicts_do_not_depend_on_what_is_told_later(name: str) -> None:
    """Twice the same search; in one of them all other trials are told before the last one's steps come."""

    def last_verdicts(*, others_first: bool) -> list[bool]:
        made = searcher("optuna.tpe", n_startup_trials=50, pruner=name)
        made.start(brief(LINE, 50, 9))
        for number in range(1, 7):
            made.ask(number)
            stops = reports(made, number, 9, 1.0 + number)
            made.tell(number, Outcome(1.0 + number, 9, pruned=any(stops)))
        for number in range(7, 17):
            made.ask(number)
        said = [] if others_first else reports(made, 16, 9, 1.5)
        for number in range(7, 16):
            made.tell(number, Outcome(0.0, 9, pruned=any(reports(made, number, 9, 0.0))))
        return said or reports(made, 16, 9, 1.5)

    assert last_verdicts(others_first=True) == last_verdicts(others_first=False)


def test_a_sampler_learns_from_stopped_trials() -> None:
    """TPE ranks them behind finished ones; a search that stops most trials still closes in."""
    made = searcher("optuna.tpe", n_startup_trials=8, pruner="median")
    ledger = drive(made, brief(LINE, 40, 9), lambda values: falling(values, 9), curve=falling)
    late = [proposal.values["x"] for proposal, _ in ledger[25:]]
    assert sum(late) / len(late) < 0.25


def test_steps_of_trials_that_it_does_not_know_are_passed_over() -> None:
    made = searcher("optuna.tpe", pruner="median")
    made.start(brief(LINE))
    assert not made.report(1, 1, 0.5)
    assert isinstance(made.ask(1), Proposal)
    assert not made.report(1, 1, float("nan"))
    made.tell(1, Outcome(None, 1, "the loss is NaN"))
    assert not made.report(1, 2, 0.5)


def test_a_pruned_trial_of_which_it_heard_no_step_is_taken() -> None:
    made = searcher("optuna.tpe", pruner="median")
    made.start(brief(SMALL))
    made.ask(1)
    made.tell(1, Outcome(0.5, 3, pruned=True))
    assert isinstance(made.ask(2), Proposal)


@pytest.mark.parametrize("written", ["median", {"median": None}, {"median": {}}])
def test_a_pruner_is_a_name_or_a_mapping(written: Any) -> None:
    read = searcher("optuna.tpe", pruner=written).params
    assert read.model_dump()["pruner"] == {
        "median": {"n_startup_trials": 5, "n_warmup_steps": 0, "interval_steps": 1, "n_min_trials": 1}
    }
    assert type(read).model_validate(read.model_dump()) == read


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("medium", "no 'medium' here; did you mean 'median'"),
        ({"median": {}, "none": {}}, "expected one name, or a mapping with one name as its key"),
        ({"median": {"n_startup": 3}}, "Extra inputs are not permitted"),
        ({"wilcoxon": {"p_threshold": 2}}, "less than or equal to 1"),
        ({"hyperband": {"reduction_factor": 1}}, "greater than or equal to 2"),
    ],
)
def test_a_wrong_pruner_is_refused(written: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        searcher("optuna.tpe", pruner=written)
