"""The contract suite of searchers; inherit it and say how to make one.

::

    class TestMine(SearcherContract):
        def make_searcher(self) -> Searcher:
            return MySearcher()
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from automl.search.contracts import Done, Outcome, Proposal, Searcher, Wait
from automl.search.space import parse_space
from automl.testing.searching import EVERYTHING, FEW, HOW_MANY_FEW, MOST, TOO_LARGE, brief, drive, follow, plain, smooth


class SearcherContract:
    """What every searcher does; ``make_searcher`` returns a new one that was not started.

    Give it parameters with which a dozen trials take seconds.
    """

    def make_searcher(self) -> Searcher:
        raise NotImplementedError

    def test_values_are_those_of_the_active_dimensions_within_their_ranges(self) -> None:
        for proposal, _ in drive(self.make_searcher(), brief()):
            active = {dimension.name: dimension.domain for dimension in EVERYTHING.active(proposal.values)}
            assert set(proposal.values) == set(active), "active dimensions only, no fixed ones, and all of them"
            for name, domain in active.items():
                assert domain.contains(proposal.values[name]), f"{name}: {proposal.values[name]!r} is not in {domain}"
            assert proposal.values["dropout"] in (0.0, 0.25, 0.5), "stepped values lie on their steps"

    def test_values_are_plain(self) -> None:
        for proposal, _ in drive(self.make_searcher(), brief(trials=4)):
            for name, value in proposal.values.items():
                assert value is None or type(value) in (bool, int, float, str), f"{name} is a {type(value).__name__}"

    def test_epochs_lie_within_the_budget(self) -> None:
        for proposal, _ in drive(self.make_searcher(), brief()):
            assert proposal.epochs is None or 1 <= proposal.epochs <= 9

    def test_what_goes_on_from_a_trial_keeps_its_values_and_trains_for_longer(self) -> None:
        ledger = drive(self.make_searcher(), brief(trials=40), in_flight=1)
        for proposal, _ in ledger:
            if proposal.continues is not None:
                earlier = ledger[proposal.continues - 1][0]
                assert dict(proposal.values) == dict(earlier.values)
                assert (proposal.epochs or 9) > (earlier.epochs or 9)

    @pytest.mark.parametrize("in_flight", [1, 4])
    def test_same_seed_and_tells_give_same_proposals(self, in_flight: int) -> None:
        first, second = (plain(drive(self.make_searcher(), brief(), in_flight=in_flight)) for _ in range(2))
        assert first == second

    def test_searches_side_by_side_do_not_touch_each_other(self) -> None:
        expected = [
            proposal.values for proposal, _ in drive(self.make_searcher(), brief(trials=3), in_flight=1, most=3)
        ]
        one, other = self.make_searcher(), self.make_searcher()
        one.start(brief(trials=3))
        other.start(brief(trials=3, seed=5))
        found = []
        for number in (1, 2, 3):
            tell_one(other, number)
            found.append(tell_one(one, number))
        assert found == expected

    def test_the_global_generators_do_not_matter(self) -> None:
        before = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
        drive(self.make_searcher(), brief(trials=5))
        assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # type: ignore[index]

    def test_same_proposals_in_another_process(self) -> None:
        searcher = self.make_searcher()
        asked = {
            "module": type(searcher).__module__,
            "name": type(searcher).__qualname__,
            "params": searcher.params.model_dump(mode="json", by_alias=True),
            "path": sys.path,
        }
        done = subprocess.run(
            [sys.executable, "-m", "automl.testing.searching"],
            input=json.dumps(asked),
            env={**os.environ, "PYTHONHASHSEED": "77"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert json.loads(done.stdout.splitlines()[-1]) == plain(drive(searcher, brief()))

    def test_another_seed_gives_other_proposals(self) -> None:
        if not self.make_searcher().stochastic:
            pytest.skip("it leaves nothing to chance")
        first, second = (plain(drive(self.make_searcher(), brief(trials=4, seed=seed))) for seed in (1, 2))
        assert first != second

    @pytest.mark.parametrize("in_flight", [1, 4])
    def test_the_budget_of_trials_is_kept(self, in_flight: int) -> None:
        ledger = drive(self.make_searcher(), brief(trials=7), in_flight=in_flight)
        assert 1 <= len(ledger) <= 7, "the brief allows 7 trials"

    def test_done_is_its_last_word(self) -> None:
        searcher = self.make_searcher()
        ledger = drive(searcher, brief(trials=3))
        assert isinstance(searcher.ask(len(ledger) + 1), Done)
        assert isinstance(searcher.ask(len(ledger) + 1), Done)

    def test_a_space_of_few_configurations_ends(self) -> None:
        ledger = drive(self.make_searcher(), brief(FEW, trials=None), score=length)
        assert len(ledger) < MOST, "it asks for ever in a space of nine configurations"

    def test_no_configuration_comes_twice(self) -> None:
        proposed = fresh(drive(self.make_searcher(), brief(FEW, trials=None), score=length, most=2 * HOW_MANY_FEW))
        assert len(proposed) == len(set(proposed)), "only what goes on from a trial has the values of another"

    def test_a_space_without_dimensions_is_one_trial_at_least(self) -> None:
        ledger = drive(self.make_searcher(), brief(parse_space({"depth": 3}), trials=1), score=length)
        assert [dict(proposal.values) for proposal, _ in ledger] == [{}]

    def test_failed_trials_do_not_stop_it(self) -> None:
        ledger = drive(self.make_searcher(), brief(trials=8), score=failing)
        assert len(ledger) >= 4, "it gave up though the brief allows 8 trials"

    def test_a_failure_among_successes_is_taken(self) -> None:
        failed: list[Mapping[str, Any]] = []

        def third_fails(values: Mapping[str, Any]) -> float | None:
            failed.append(values)
            return None if len(failed) % 3 == 0 else length(values)

        assert len(drive(self.make_searcher(), brief(trials=9), score=third_fails)) >= 4

    @pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
    def test_a_score_that_is_not_finite_is_a_failure(self, score: float) -> None:
        def oddly(odd: float | None) -> list[Any]:
            def scored(values: Mapping[str, Any]) -> float | None:
                return odd if values["depth"] < 3 else smooth(values)

            return plain(drive(self.make_searcher(), brief(), scored))

        assert oddly(score) == oddly(None)

    def test_ties_are_taken(self) -> None:
        assert len(drive(self.make_searcher(), brief(), score=alike)) >= 4

    def test_trials_that_break_a_constraint_are_taken(self) -> None:
        def too_large(values: Mapping[str, Any]) -> float | Outcome | None:
            return TOO_LARGE if values["width"] > 64 else smooth(values)

        assert len(drive(self.make_searcher(), brief(), score=too_large)) >= 4

    def test_verdicts_depend_on_its_own_steps_and_on_what_was_told_before_it_was_asked(self) -> None:
        assert verdicts(self.make_searcher(), among_others=True) == verdicts(self.make_searcher(), among_others=False)

    def test_a_trial_that_it_stops_is_taken(self) -> None:
        def falling(values: Mapping[str, Any], epoch: int) -> float:
            return (smooth(values) or 20.0) + 9.0 / epoch

        assert len(drive(self.make_searcher(), brief(trials=16), curve=falling)) >= 4

    def test_what_it_learned_it_does_not_propose(self) -> None:
        known = [FEW.sample(7, number) for number in (1, 2, 3, 4)]
        told = [(values, Outcome(length(values), 9)) for values in known]
        ledger = drive(self.make_searcher(), brief(FEW, trials=None), score=length, learned=told)
        assert not set(fresh(ledger)) & {text(values) for values in known}

    def test_what_is_guessed_it_does_not_propose(self) -> None:
        """They are under way when it is first asked: it has not learned from them yet."""
        guessed = [FEW.sample(7, number) for number in (1, 2, 3, 4)]
        told = brief(FEW, trials=None, guesses=guessed)
        ledger = drive(self.make_searcher(), told, score=length, first=len(guessed) + 1)
        assert not set(fresh(ledger)) & {text(values) for values in guessed}

    def test_it_is_asked_for_the_number_after_the_first_guesses(self) -> None:
        told = [(values, Outcome(length(values), 9)) for values in guesses()]
        ledger = drive(self.make_searcher(), brief(trials=8), learned=told, first=len(told) + 1)
        assert 1 <= len(ledger) <= 8 - len(told), "the guesses have taken numbers of the 8 that the brief allows"

    @pytest.mark.parametrize(
        "outcome",
        [Outcome(None, 0, "diverged"), Outcome(math.nan, 9), Outcome(3.0, 4, pruned=True), TOO_LARGE],
        ids=["failed", "nan", "pruned", "too large"],
    )
    def test_whatever_came_of_a_trial_it_learns_from_it(self, outcome: Outcome) -> None:
        told = [(values, outcome) for values in guesses()]
        ledger = drive(self.make_searcher(), brief(trials=8), learned=told)
        assert not set(fresh(ledger)) & {text(values) for values in guesses()}

    def test_after_waiting_it_goes_on(self) -> None:
        """All proposals that it has are under way; once one is told it proposes, waits on, or is done."""
        searcher = self.make_searcher()
        searcher.start(brief(trials=20))
        asked: list[Proposal] = []
        while isinstance(answer := searcher.ask(len(asked) + 1), Proposal):
            asked.append(answer)
        assert asked, "its first answer is no proposal"
        for number, proposal in enumerate(asked, start=1):
            assert proposal.continues is None, "it goes on from a trial that was not told"
            if isinstance(answer, Wait):
                assert isinstance(searcher.ask(len(asked) + 1), Wait), "asked again, and nothing was told: it must wait"
                searcher.tell(number, Outcome(float(number), proposal.epochs or 9))
                if isinstance(searcher.ask(len(asked) + 1), Proposal | Done):
                    return
        assert isinstance(answer, Done), "every trial was told, and it waits on"

    @pytest.mark.parametrize("maximise", [False, True])
    def test_it_searches_in_both_directions(self, maximise: bool) -> None:
        ledger = drive(self.make_searcher(), brief(trials=5, maximise=maximise))
        assert ledger


def failing(values: Mapping[str, Any]) -> None:
    """Every trial fails."""


def alike(values: Mapping[str, Any]) -> float:  # noqa: ARG001
    """Every trial has the same score."""
    return 1.0


def length(values: Mapping[str, Any]) -> float:
    """A score that every value has."""
    return float(len(repr(sorted(values.items()))))


def text(values: Mapping[str, Any]) -> str:
    """Values to compare, in whatever order they come."""
    return repr(sorted(values.items()))


def fresh(ledger: list[tuple[Proposal, Outcome]]) -> list[str]:
    """The configurations that a search has tried, without those that went on."""
    return [text(proposal.values) for proposal, _ in ledger if proposal.continues is None]


def guesses() -> list[Mapping[str, Any]]:
    """Three configurations that nobody will draw."""
    return [EVERYTHING.sample(1234, number) for number in (1, 2, 3)]


def verdicts(searcher: Searcher, *, among_others: bool) -> list[bool]:
    """What it says to the steps of a trial that is better than all that were told before.

    ``among_others``: while it is under way, two that are far better yet report and are told.
    """
    searcher.start(brief(trials=20))
    under_way: list[tuple[int, Proposal]] = []
    for number in range(1, 12):
        answer = searcher.ask(number)
        if not isinstance(answer, Proposal):
            break
        if number <= 8:
            told = follow(searcher, number, [(step, 10.0 + number) for step in range(1, 10)])
            searcher.tell(number, told or Outcome(10.0 + number, answer.epochs or 9))
        else:
            under_way.append((number, answer))
    if not under_way:
        return []
    *others, (last, proposal) = under_way
    said: list[bool] = []
    for step in range(1, (proposal.epochs or 9) + 1):
        if among_others and others:
            number, other = others.pop()
            told = follow(searcher, number, [(step, 0.0) for step in range(1, 10)])
            searcher.tell(number, told or Outcome(0.0, other.epochs or 9))
        said.append(searcher.report(last, step, 5.0))
        if said[-1]:
            break
    return said


def tell_one(searcher: Searcher, number: int) -> Mapping[str, Any]:
    """Ask for a trial and tell it at once; its values."""
    answer = searcher.ask(number)
    assert isinstance(answer, Proposal), "with no trial under way it neither waits nor is done"
    score = smooth(answer.values)
    searcher.tell(number, Outcome(score, answer.epochs or 9, None if score is not None else "diverged"))
    return answer.values
