"""The searchers that learn from scores: ``bayesian`` and ``optuna.tpe``."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern
from tuner_driver import SPACE, brief, drive, plain, searcher, smooth

from automl.search.space import Space, parse_space

PLANE = parse_space({"x": {"float": [-1.0, 1.0]}, "y": {"float": [-1.0, 1.0]}})
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(currentThread|getName)\(\) is deprecated:DeprecationWarning:keras_tuner"
)


def bowl(values: Any) -> float:
    return float((values["x"] - 0.3) ** 2 + (values["y"] + 0.2) ** 2)


def best(ledger: list[Any]) -> float:
    return min(outcome.score for _, outcome in ledger if outcome.score is not None)


def best_of_random(space: Space, objective: Any, trials: int, seed: int) -> float:
    scores = [objective(space.sample(seed, number)) for number in range(1, trials + 1)]
    return min(score for score in scores if score is not None)


@pytest.mark.parametrize("params", [{}, {"group": True}])
def test_tpe_beats_random_on_a_conditional_space_with_failures(params: dict[str, Any]) -> None:
    seeds = range(10)
    found = median(best(drive(searcher("optuna.tpe", **params), brief(trials=40, seed=seed), smooth)) for seed in seeds)
    random = median(best_of_random(SPACE, smooth, 40, seed) for seed in seeds)
    assert found < 0.8 * random


def test_bayesian_beats_random_on_a_smooth_function() -> None:
    seeds = range(3)
    asked = [searcher("bayesian", initial_points=6) for _ in seeds]
    found = median(
        best(drive(one, brief(PLANE, trials=14, seed=seed), bowl)) for one, seed in zip(asked, seeds, strict=True)
    )
    random = median(best_of_random(PLANE, bowl, 14, seed) for seed in seeds)
    assert found < 0.2 * random


def test_bayesian_asks_alike_wherever_the_scores_lie() -> None:
    """Trials in flight at the first fit are filled in on the scale of those that were told."""
    here = drive(searcher("bayesian", initial_points=5), brief(PLANE, trials=11), bowl)
    there = drive(searcher("bayesian", initial_points=5), brief(PLANE, trials=11), lambda v: 4096 * bowl(v) + 65536)
    for (one, _), (other, _) in zip(here, there, strict=True):
        assert one.values == pytest.approx(other.values, abs=0.05)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_lean_gaussian_process_predicts_what_scikit_learn_does() -> None:
    from automl_tuners.gaussian_process import LeanGaussianProcess

    rng = np.random.default_rng(0)
    known, asked = rng.random((25, 4)), rng.random((200, 4))
    scores = 1e5 + 300 * known.sum(axis=1) ** 2
    settings = {"kernel": Matern(nu=2.5), "normalize_y": True, "alpha": 1e-4, "random_state": 1}
    mean, deviation = GaussianProcessRegressor(**settings).fit(known, scores).predict(asked, return_std=True)
    lean = LeanGaussianProcess(**settings).fit(known, scores)
    np.testing.assert_allclose(lean.predict(asked, return_std=True)[0], mean, rtol=1e-10)
    np.testing.assert_allclose(lean.predict(asked, return_std=True)[1], deviation, rtol=1e-6)
    np.testing.assert_array_equal(lean.predict(asked), lean.predict(asked, return_std=True)[0])


def test_tpe_draws_a_trial_from_its_number_and_what_was_told() -> None:
    """Asks of a replayed search do not depend on how the trials before were come by."""
    told = brief(PLANE, trials=15)
    whole = drive(searcher("optuna.tpe"), told, bowl)
    assert plain(drive(searcher("optuna.tpe"), brief(PLANE, trials=12), bowl)) == plain(whole)[:12]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("optuna.tpe", {"group": True, "multivariate": False}),
        ("optuna.tpe", {"n_ei_candidates": 0}),
        ("bayesian", {"alpha": 0.0}),
        ("bayesian", {"initial_points": 0}),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        searcher(name, **params)
