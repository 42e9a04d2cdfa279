"""Random search, asked as the loop asks it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automl.search.contracts import DONE, Brief, Done, Objective, Outcome, Proposal
from automl.search.random_search import RandomSearch
from automl.search.space import Space, parse_space

WIDE = parse_space(
    {
        "depth": {"int": [1, 5]},
        "optimizer": {
            "one_of": {
                "adam": {"rate": {"float": [1e-4, 1e-1], "log": True}},
                "sgd": {"rate": {"float": [1e-3, 1.0], "log": True}, "nesterov": [True, False]},
            }
        },
    }
)
SMALL = parse_space({"depth": {"int": [1, 3]}, "activation": ["relu", "selu"], "width": 64})


def brief(space: Space, trials: int | None = None, seed: int = 7) -> Brief:
    return Brief(space, Objective("rmse", False), trials, epochs=10, seed=seed)


def search(of: Brief, asks: int) -> list[Proposal | Done]:
    """Ask and tell in turn."""
    searcher = RandomSearch()
    searcher.start(of)
    answers = []
    for number in range(1, asks + 1):
        answers.append(searcher.ask(number))
        searcher.tell(number, Outcome(score=1.0, epochs=10))
    return answers


@given(seed=st.integers(0, 2**32 - 1))
def test_every_proposal_lies_in_the_space_and_is_its_own(seed: int) -> None:
    proposals = search(brief(WIDE, seed=seed), 20)
    for proposal in proposals:
        assert isinstance(proposal, Proposal)
        active = WIDE.active(proposal.values)
        assert [dimension.name for dimension in active] == list(proposal.values)
        assert all(dimension.domain.contains(proposal.values[dimension.name]) for dimension in active)
    assert len({str(proposal) for proposal in proposals}) == 20


def test_the_same_seed_gives_the_same_trials_and_another_seed_others() -> None:
    assert search(brief(WIDE), 10) == search(brief(WIDE), 10)
    assert search(brief(WIDE), 10) != search(brief(WIDE, seed=8), 10)


def test_a_longer_search_begins_with_the_shorter_one() -> None:
    assert search(brief(WIDE, trials=20), 20)[:5] == search(brief(WIDE, trials=5), 5)


def test_trials_do_not_depend_on_what_was_told_or_when() -> None:
    searcher = RandomSearch()
    searcher.start(brief(WIDE))
    assert [searcher.ask(number) for number in range(1, 6)] == search(brief(WIDE), 5)


def test_it_is_done_after_the_budget() -> None:
    assert search(brief(WIDE, trials=3), 5)[3:] == [DONE, DONE]


def test_a_small_space_is_used_up_without_repeating_and_then_it_is_done() -> None:
    answers = search(brief(SMALL, trials=50), 8)
    tried = {(proposal.values["depth"], proposal.values["activation"]) for proposal in answers[:6]}
    assert tried == {(depth, activation) for depth in (1, 2, 3) for activation in ("relu", "selu")}
    assert answers[6:] == [DONE, DONE]


def test_a_space_without_dimensions_has_one_configuration() -> None:
    assert search(brief(parse_space({"width": 64})), 2) == [Proposal({}), DONE]
