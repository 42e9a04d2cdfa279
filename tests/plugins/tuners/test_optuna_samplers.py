"""What Optuna's samplers make of scores, constraints and other people's trials."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, median
from typing import Any

import pytest
from pydantic import ValidationError
from tuner_driver import SPACE, brief, drive, plain, searcher, smooth

from automl.search.contracts import Outcome, Proposal
from automl.search.space import Space, parse_space

CUBE = parse_space({name: {"float": [-1.0, 1.0]} for name in "abcd"})
LINE = parse_space({"x": {"float": [0.0, 1.0]}})
BRANCHES = parse_space(
    {
        "x": {"float": [-1.0, 1.0]},
        "y": {"float": [-1.0, 1.0]},
        "kind": {"one_of": {"p": {"z": {"float": [-1.0, 1.0]}}, "q": {}}},
    }
)


def bowl(values: Mapping[str, Any]) -> float:
    return float(sum((value - 0.4) ** 2 for value in values.values() if isinstance(value, float)))


def best(ledger: list[tuple[Proposal, Outcome]]) -> float:
    return min(outcome.score for _, outcome in ledger if outcome.score is not None)


def best_of_random(space: Space, trials: int, seed: int) -> float:
    return min(bowl(space.sample(seed, number)) for number in range(1, trials + 1))


def test_cmaes_closes_in_on_the_best_of_a_smooth_function() -> None:
    found = median(best(drive(searcher("optuna.cmaes"), brief(CUBE, 120, seed=s), bowl, in_flight=1)) for s in range(3))
    assert found < 0.1 * median(best_of_random(CUBE, 120, seed) for seed in range(3))


def test_cmaes_goes_on_modelling_numbers_where_trials_leave_a_branch() -> None:
    """Optuna's own sampler takes z for a dimension of all trials as long as none lies in q; then it gives up."""
    found = [
        best(drive(searcher("optuna.cmaes"), brief(BRANCHES, 100, seed=seed), bowl, in_flight=1)) for seed in range(3)
    ]
    assert median(found) < 0.02


def test_cmaes_starts_from_what_an_earlier_search_found() -> None:
    """Ten learned trials and more give the first generation its place; Nomura et al., AAAI 2021."""
    near = [{**dict.fromkeys("abcd", 0.4), "a": 0.3 + place / 100} for place in range(20)]
    learned = [(values, Outcome(bowl(values), 9)) for values in near]
    told = brief(CUBE, 12)
    warm = drive(searcher("optuna.cmaes"), told, bowl, in_flight=1, learned=learned)
    cold = drive(searcher("optuna.cmaes"), told, bowl, in_flight=1)
    assert mean(o.score or 0 for _, o in warm) < 0.3 * mean(o.score or 0 for _, o in cold)


@pytest.mark.parametrize("kind", ["separable", "with_margin", "learning_rate_adaptation", "consider_pruned_trials"])
def test_the_kinds_of_cmaes_work(kind: str) -> None:
    made = searcher("optuna.cmaes", **{kind: True, "population_size": 5}, pruner="median")
    ledger = drive(made, brief(SPACE, 25), smooth, curve=lambda values, epoch: (smooth(values) or 9.0) + 1 / epoch)
    assert len(ledger) == 25


def test_the_kinds_of_cmaes_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="do not go together"):
        searcher("optuna.cmaes", separable=True, with_margin=True)


@pytest.mark.parametrize("sequence", ["sobol", "halton"])
def test_qmc_spreads_every_dimension_evenly_also_those_of_branches(sequence: str) -> None:
    ledger = drive(searcher("optuna.qmc", sequence=sequence), brief(BRANCHES, 64), bowl)
    for name in ("x", "y"):
        counts = [0] * 8
        for proposal, _ in ledger:
            counts[int((proposal.values[name] + 1) * 4)] += 1
        assert min(counts) >= 6
        assert max(counts) <= 10
    z = [proposal.values["kind.p.z"] for proposal, _ in ledger if proposal.values["kind"] == "p"]
    assert 28 <= len(z) <= 36
    assert min(sum(low <= value < low + 0.5 for value in z) for low in (-1.0, -0.5, 0.0, 0.5)) >= 5


def test_qmc_without_scrambling_is_the_same_for_every_seed() -> None:
    one, other = (
        plain(drive(searcher("optuna.qmc", scramble=False), brief(CUBE, 8, seed=seed), bowl)) for seed in (1, 2)
    )
    assert one == other


def constrained(values: Mapping[str, Any]) -> float | Outcome:
    """x may be 0.6 at most, and below nothing is better than the rest."""
    x = values["x"]
    return Outcome(None, 0, "too large", excess=(x - 0.6) / 0.6) if x > 0.6 else 1.0


@pytest.mark.parametrize("name", ["optuna.tpe", "optuna.gp"])
def test_a_sampler_learns_where_the_constraint_is_broken(name: str) -> None:
    if name == "optuna.gp":
        pytest.importorskip("torch", reason="torch is an extra of its own")
    trials = 60 if name == "optuna.tpe" else 16
    ledger = drive(searcher(name, n_startup_trials=8), brief(LINE, trials), constrained, in_flight=1)
    broken = [outcome.excess > 0 for _, outcome in ledger]
    assert any(broken[:8])
    assert mean(broken[8:]) <= 0.15


@pytest.mark.parametrize("name", ["optuna.tpe", "optuna.gp"])
def test_a_warm_start_replaces_the_random_trials(name: str) -> None:
    if name == "optuna.gp":
        pytest.importorskip("torch", reason="torch is an extra of its own")
    earlier = drive(searcher(name, n_startup_trials=12), brief(CUBE, 12, seed=5), bowl)
    learned = [(proposal.values, outcome) for proposal, outcome in earlier]
    warm = drive(searcher(name), brief(CUBE, 8), bowl, learned=learned)
    random = [CUBE.sample(0, number) for number in range(1, 9)]
    assert mean(o.score or 0 for _, o in warm) < mean(bowl(values) for values in random)


def test_gp_beats_random() -> None:
    pytest.importorskip("torch", reason="torch is an extra of its own")
    found = best(drive(searcher("optuna.gp", n_startup_trials=6), brief(CUBE, 16), bowl, in_flight=1))
    assert found < 0.3 * best_of_random(CUBE, 16, 0)


@pytest.mark.parametrize("kind", ["pruned", "broken"])
def test_what_came_of_a_learned_trial_matters(kind: str) -> None:
    """Many learned trials at the upper end that were no good: the estimate turns away from it."""
    outcome = {
        "pruned": Outcome(9.0, 2, pruned=True),
        "broken": Outcome(None, 0, "too large", excess=2.0),
    }[kind]
    bad = [({"x": 0.6 + place / 50}, outcome) for place in range(20)]
    good = [({"x": place / 50}, Outcome(0.1 + place / 50, 9)) for place in range(6)]
    made = searcher("optuna.tpe", n_startup_trials=6)
    asked = [p.values["x"] for p, _ in drive(made, brief(LINE, 10), lambda v: v["x"], learned=[*bad, *good])]
    assert mean(asked) < 0.5
