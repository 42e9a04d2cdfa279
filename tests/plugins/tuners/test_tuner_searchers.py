"""What all searchers of automl_tuners have in common."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tuner_driver import SMALL, SPACE, brief, drive, plain, recorded, searcher, smooth, valley

from automl.search.contracts import Outcome
from automl.search.space import parse_space

IDS = ("grid", "sobol", "hyperband", "bayesian", "optuna.tpe", "optuna.cmaes", "optuna.qmc")
pytestmark = pytest.mark.filterwarnings(
    # keras-tuner's lock; removed names are for keras-tuner to mend.
    r"ignore:(currentThread|getName)\(\) is deprecated:DeprecationWarning:keras_tuner"
)


def distinct(ledger: list[Any]) -> set[str]:
    return {json.dumps(dict(proposal.values)) for proposal, _ in ledger}


def run_python(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_same_ledger_again_and_in_another_process() -> None:
    here = {name: recorded(name) for name in IDS}
    assert here == {name: recorded(name) for name in IDS}
    driver = str(Path(__file__).with_name("tuner_driver.py"))
    assert json.loads(run_python(driver, *IDS, PYTHONHASHSEED="77")) == here


@pytest.mark.parametrize("name", IDS)
def test_another_seed_asks_for_other_trials(name: str) -> None:
    first = drive(searcher(name), brief(SMALL, trials=3, seed=1), valley)
    second = drive(searcher(name), brief(SMALL, trials=3, seed=2), valley)
    assert not distinct(first) & distinct(second)


@pytest.mark.parametrize("name", IDS)
def test_values_are_the_active_dimensions_within_their_ranges(name: str) -> None:
    for proposal, _ in drive(searcher(name), brief(trials=25), smooth):
        active = SPACE.active(proposal.values)
        assert list(proposal.values) == [dimension.name for dimension in active]
        assert all(dimension.domain.contains(proposal.values[dimension.name]) for dimension in active)


@pytest.mark.parametrize("name", IDS)
def test_stepped_values_are_on_their_steps(name: str) -> None:
    ledger = drive(searcher(name), brief(trials=25), smooth)
    dropouts, heads = ({proposal.values[name] for proposal, _ in ledger} for name in ("dropout", "heads"))
    assert dropouts <= {0.0, 0.2, 0.4}
    assert heads <= {2, 5, 8}
    assert len(dropouts) + len(heads) >= 4


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_finite_space_is_exhausted_and_then_done(name: str, in_flight: int) -> None:
    space = parse_space({"a": [1, None, "x"], "b": {"one_of": {"p": {"c": {"int": [1, 2]}}, "q": {}}}})
    ledger = drive(searcher(name), brief(space, trials=None, epochs=27), lambda v: len(str(v)), in_flight)
    first = [proposal for proposal, _ in ledger if proposal.continues is None]
    assert len(first) == len(distinct(ledger)) == 9


@pytest.mark.parametrize("name", IDS)
def test_an_empty_space_is_one_trial(name: str) -> None:
    ledger = drive(searcher(name), brief(parse_space({"depth": 3}), trials=None), lambda values: 1.0)
    assert plain(ledger) == [[{}, None, None, False]]


@pytest.mark.parametrize("name", IDS)
def test_the_budget_of_trials_is_used_up_and_no_more(name: str) -> None:
    space = parse_space({"x": {"float": [0, 1]}})
    params = {"resolution": 9} if name == "grid" else {}
    assert len(drive(searcher(name, **params), brief(space, trials=5), lambda v: v["x"])) == 5


@pytest.mark.parametrize("name", IDS)
def test_a_search_outlives_failures_in_a_row(name: str) -> None:
    ledger = drive(searcher(name), brief(SMALL, trials=12), lambda values: None)
    assert [outcome.error for _, outcome in ledger] == ["diverged"] * 12


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_count_as_failures(name: str, score: float) -> None:
    def sometimes(values: Any) -> float | None:
        return score if values["x"] < 0 else valley(values)

    def failing(values: Any) -> float | None:
        return None if values["x"] < 0 else valley(values)

    params = {"initial_points": 3} if name == "bayesian" else {}
    told = brief(SMALL, trials=9)
    assert plain(drive(searcher(name, **params), told, sometimes)) == plain(
        drive(searcher(name, **params), told, failing)
    )


@pytest.mark.parametrize("name", IDS)
def test_maximising_mirrors_minimising(name: str) -> None:
    params = {"bayesian": {"initial_points": 4}, "optuna.tpe": {"n_startup_trials": 4}}.get(name, {})
    space = parse_space({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    low = drive(searcher(name, **params), brief(space, trials=8), lambda v: v["x"] + v["y"], 1)
    high = drive(searcher(name, **params), brief(space, trials=8, maximise=True), lambda v: -v["x"] - v["y"], 1)
    assert plain(low) == plain(high)


@pytest.mark.parametrize("name", IDS)
def test_what_an_earlier_search_tried_is_not_tried_again(name: str) -> None:
    space = parse_space({"a": {"int": [1, 4]}, "b": {"choice": [True, 1, None]}})
    known = [{"a": 1, "b": True}, {"a": 2, "b": 1}, {"a": 4, "b": None}]
    learned = [(values, Outcome(1.0, 9)) for values in known]
    ledger = drive(searcher(name), brief(space, trials=None), lambda v: float(v["a"]), learned=learned)
    assert len(distinct(ledger)) == 9
    assert not distinct(ledger) & {json.dumps(values) for values in known}


def test_offering_and_loading_a_searcher_imports_no_engine() -> None:
    loaded = run_python(
        "-c",
        "import importlib, sys, automl_tuners\n"
        "for record in automl_tuners.automl_searchers() + automl_tuners.automl_observers():\n"
        "    module, _, name = record.code.partition(':')\n"
        "    getattr(importlib.import_module(module), name)().params\n"
        "print(*sorted(sys.modules))",
    ).split()
    heavy = {
        "pandas",
        "sklearn",
        "scipy",
        "tensorflow",
        "keras",
        "optuna",
        "keras_tuner",
        "threadpoolctl",
        "torch",
        "cmaes",
    }
    assert "automl_tuners.optuna_searchers" in loaded
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    ("name", "engine", "extra"),
    [
        ("hyperband", "keras_tuner", "cpu,tuners"),
        ("optuna.tpe", "optuna", "tuners"),
        ("optuna.cmaes", "cmaes", "tuners"),
        ("optuna.gp", "torch", "tuners,gp"),
    ],
)
def test_a_missing_engine_names_the_extra(name: str, engine: str, extra: str) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); sys.modules[{engine!r}] = None\n"
        "from tuner_driver import brief, searcher\n"
        "from automl.errors import MissingExtraError\n"
        f"try: searcher({name!r}).start(brief())\n"
        "except MissingExtraError as error: print(error)\n"
    )
    assert run_python("-c", script).strip() == (
        f"{name} needs the module {engine!r}, which is not installed; mend: pip install 'automl-pipelines[{extra}]'"
    )
