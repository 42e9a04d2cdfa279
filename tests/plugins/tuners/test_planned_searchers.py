"""``grid`` and ``sobol``: what they go through, in which order, and where they end."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from tuner_driver import SPACE, brief, drive, plain, searcher

from automl.errors import SearchError
from automl.search.contracts import Outcome
from automl.search.space import Space, parse_space

NESTED = parse_space(
    {
        "a": {"int": [1, 3]},
        "kind": {"one_of": {"p": {"x": {"choice": ["u", "v"]}, "y": {"int": [0, 1]}}, "q": {"z": [True, 1, None]}}},
    }
)


def asked(name: str, space: Space, trials: int | None = None, seed: int = 0, **params: Any) -> list[dict[str, Any]]:
    ledger = drive(searcher(name, **params), brief(space, trials, seed=seed), lambda values: 1.0, most=2000)
    return [dict(proposal.values) for proposal, _ in ledger]


def test_a_grid_has_every_combination_once_the_last_dimension_varying_fastest() -> None:
    p = [{"a": 1, "kind": "p", "kind.p.x": x, "kind.p.y": y} for x in ("u", "v") for y in (0, 1)]
    q = [{"a": 1, "kind": "q", "kind.q.z": z} for z in (True, 1, None)]
    expected = [{**values, "a": a} for a in (1, 2, 3) for values in (*p, *q)]
    found = asked("grid", NESTED, shuffle=False)
    assert repr(found) == repr(expected)


def test_a_shuffled_grid_has_them_in_another_order_and_that_of_the_seed() -> None:
    plainly = asked("grid", NESTED, shuffle=False)
    one, other = (asked("grid", NESTED, shuffle=True, seed=seed) for seed in (1, 2))
    assert sorted(map(repr, one)) == sorted(map(repr, other)) == sorted(map(repr, plainly))
    assert len({repr(order) for order in (plainly, one, other)}) == 3
    assert asked("grid", NESTED, shuffle=True, seed=1) == one


def test_the_first_trials_of_a_shuffled_grid_are_a_fair_sample() -> None:
    """Of 10,000 points the first 200 show each of 10 values about 20 times; unshuffled, one value."""
    space = parse_space({name: {"int": [0, 9]} for name in "wxyz"})
    for name in "wxyz":
        counts = [0] * 10
        for values in asked("grid", space, 200, shuffle=True):
            counts[values[name]] += 1
        assert min(counts) >= 7
        assert max(counts) <= 40


def test_a_budget_cuts_a_grid_to_its_first_trials() -> None:
    for shuffle in (False, True):
        whole = asked("grid", NESTED, shuffle=shuffle)
        assert asked("grid", NESTED, 5, shuffle=shuffle) == whole[:5]


def test_a_grid_of_reals_has_both_ends_and_even_steps() -> None:
    space = parse_space({"rate": {"float": [1e-4, 1e-1], "log": True}, "share": {"float": [0.1, 0.5]}})
    found = asked("grid", space, resolution=4, shuffle=False)
    assert [values["rate"] for values in found[::4]] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])
    assert [values["share"] for values in found[:4]] == pytest.approx([0.1, 0.1 + 0.4 / 3, 0.1 + 0.8 / 3, 0.5])
    assert (found[0]["rate"], found[-1]["rate"], found[-1]["share"]) == (1e-4, 1e-1, 0.5)


def test_an_endless_grid_is_refused_by_the_dimensions_that_make_it_so() -> None:
    made = searcher("grid", resolution=None)
    with pytest.raises(SearchError) as caught:
        made.start(brief(SPACE))
    assert str(caught.value) == (
        "grid: optimizer.adam.rate, optimizer.sgd.rate, optimizer.sgd.schedule.power.decay: expected ranges with an "
        "end to their values, found continuous ones; mend: tuner: {use: grid, with: {resolution: 5}}, or a step in the "
        "range"
    )


def test_a_grid_beyond_all_counting_begins_at_once() -> None:
    space = parse_space({f"x{i}": {"int": [0, 999_999]} for i in range(12)})
    for shuffle in (False, True):
        found = asked("grid", space, 3, shuffle=shuffle)
        assert len({repr(values) for values in found}) == 3


def test_sobol_puts_one_point_into_each_part() -> None:
    """Any 2 ** k points from the first on: one in each interval of length 2 ** -k, in every dimension."""
    space = parse_space({"x": {"float": [0, 1]}, "y": {"float": [1e-4, 1], "log": True}})
    found = asked("sobol", space, 16)
    assert sorted(int(values["x"] * 16) for values in found) == list(range(16))

    assert sorted(int((math.log10(values["y"]) + 4) * 4) for values in found) == list(range(16))


def test_sobol_heeds_conditions_and_uses_up_a_small_space() -> None:
    every = sorted(map(repr, asked("grid", NESTED)))
    assert sorted(map(repr, asked("sobol", NESTED))) == every


@pytest.mark.parametrize("name", ["grid", "sobol"])
def test_a_shorter_search_is_the_beginning_of_a_longer_one(name: str) -> None:
    params = {"resolution": 3} if name == "grid" else {}
    assert asked(name, SPACE, 12, **params) == asked(name, SPACE, 30, **params)[:12]


@pytest.mark.parametrize("name", ["grid", "sobol", "random"])
def test_what_was_learned_is_left_out_wherever_it_comes_up(name: str) -> None:
    from automl.search.random_search import RandomSearch

    def make() -> Any:
        return RandomSearch() if name == "random" else searcher(name)

    whole = plain(drive(make(), brief(NESTED, None), lambda values: 1.0))
    learned = [({**entry[0], "fixed": 3}, Outcome(1.0, 9)) for entry in whole[1::2]]
    rest = plain(drive(make(), brief(NESTED, None), lambda values: 1.0, learned=learned))
    assert sorted(map(repr, rest)) == sorted(map(repr, itertools.islice(whole, 0, None, 2)))
