"""Brackets, rungs and promotions of ``hyperband``."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError
from tuner_driver import brief, drive, searcher

from automl.search.contracts import Outcome, Proposal
from automl.search.space import parse_space

Ledger = list[tuple[Proposal, Outcome]]
LINE = parse_space({"x": {"float": [0.0, 1.0]}})
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(currentThread|getName)\(\) is deprecated:DeprecationWarning:keras_tuner"
)


def search(epochs: int, *, in_flight: int = 4, trials: int | None = None, **params: int) -> Ledger:
    return drive(searcher("hyperband", **params), brief(LINE, trials, epochs), lambda values: values["x"], in_flight)


def rungs(ledger: Ledger) -> Counter[tuple[int, int]]:
    """Trials by (epochs of the chain's first trial, epochs)."""
    counts: Counter[tuple[int, int]] = Counter()
    for proposal, _ in ledger:
        root = proposal
        while root.continues is not None:
            root = ledger[root.continues - 1][0]
        assert root.epochs is not None
        assert proposal.epochs is not None
        counts[root.epochs, proposal.epochs] += 1
    return counts


@pytest.mark.parametrize("in_flight", [1, 4])
def test_brackets_are_the_published_ones(in_flight: int) -> None:
    """Li et al. 2018, table 1: R = 81, eta = 3. Later rungs are rounded up here, down there."""
    counts = rungs(search(81, in_flight=in_flight, iterations=1))
    assert {epochs: n for (first, epochs), n in counts.items() if first == 1} == {1: 81, 3: 27, 9: 9, 27: 3, 81: 1}
    assert {first: counts[first, first] for first, _ in counts} == {1: 81, 3: 34, 9: 15, 27: 8, 81: 5}


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_best_of_a_rung_go_on_with_their_own_values(in_flight: int) -> None:
    ledger = search(9, in_flight=in_flight, iterations=1)
    first = sorted(outcome.score for proposal, outcome in ledger if proposal.epochs == 1)
    second = [(proposal, outcome) for proposal, outcome in ledger if proposal.epochs == 3 and proposal.continues]
    assert sorted(outcome.score for _, outcome in second) == first[:3]
    for proposal, _ in second:
        assert proposal.values == ledger[proposal.continues - 1][0].values


def test_only_trials_below_the_full_epochs_are_resumable() -> None:
    for proposal, _ in search(9, iterations=1):
        assert proposal.resumable == (proposal.epochs < 9)


def test_each_trial_is_continued_once_at_most() -> None:
    continued = Counter(proposal.continues for proposal, _ in search(27, iterations=1) if proposal.continues)
    assert set(continued.values()) == {1}


def test_further_iterations_follow_until_the_trials_are_spent() -> None:
    once = len(search(9, iterations=1))
    assert len(search(9, iterations=2)) == 2 * once
    assert len(search(9, trials=5 * once + 3)) == 5 * once + 3


def test_failed_trials_are_not_promoted_and_nothing_hangs() -> None:
    def unstable(values: dict[str, float]) -> float | None:
        if values["x"] < 0.3:
            return None
        return values["x"]

    for in_flight in (1, 4):
        ledger = drive(searcher("hyperband", iterations=2), brief(LINE, None, 27), unstable, in_flight)
        parents = [ledger[proposal.continues - 1] for proposal, _ in ledger if proposal.continues]
        assert parents
        assert all(outcome.error is None for _, outcome in parents)


def test_a_small_space_is_not_left_at_the_first_rungs() -> None:
    """Ten configurations cannot fill a first rung of 27 or 12; they would all stay at their first epochs."""
    space = parse_space({"a": {"int": [1, 10]}})
    ledger = drive(searcher("hyperband"), brief(space, None, 27), lambda values: values["a"])
    assert [proposal.values["a"] for proposal, _ in ledger if proposal.epochs == 27].count(1) == 1


def test_one_epoch_is_a_random_search() -> None:
    assert rungs(search(1, trials=6)) == {(1, 1): 6}


@pytest.mark.parametrize("params", [{"factor": 1}, {"iterations": 0}, {"max_epochs": 9}])
def test_parameters_out_of_range_are_refused(params: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        searcher("hyperband", **params)
