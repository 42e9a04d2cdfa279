"""A run that is bounded as a whole ends its searches early enough, whatever their budgets and tuners."""

from __future__ import annotations

import re

import pytest
from toy_runs import BASELINES, BUDGET

from automl import events
from automl.errors import UntrainedError
from automl.time_limit import TimeLimit


def test_a_search_ends_with_the_run_whatever_its_own_budget(run_toys) -> None:
    finished, heard = run_toys(f"{BUDGET}={{trials: null, time: 1h, epochs: 3}}", limit=TimeLimit(6.0))
    (started,) = heard.of(events.SearchStarted)
    assert 0.0 < started.seconds < 6.0
    assert finished.search.stopped_by == "time"
    assert finished.search.winner.startswith("t")


def test_the_smaller_of_both_bounds_holds(run_toys) -> None:
    _, heard = run_toys(f"{BUDGET}={{trials: 2, time: 5, epochs: 3}}", limit=TimeLimit(3600.0))
    (started,) = heard.of(events.SearchStarted)
    assert started.seconds == 5.0


def test_a_tuner_that_never_answers_ends_with_the_time(run_toys) -> None:
    """Neither the run nor the process waits for it."""
    tuner = "stages.search.with.tuner={use: asking.thoughtful, with: {seconds: 3600, start: 0}}"
    with pytest.raises(UntrainedError):
        run_toys(tuner, BASELINES, f"{BUDGET}={{time: 1, epochs: 3}}")


def test_a_time_that_is_too_short_for_the_run_names_one_for_all_of_it(run_toys) -> None:
    with pytest.raises(UntrainedError) as caught:
        run_toys(BASELINES, f"{BUDGET}={{trials: 3, epochs: 3}}", limit=TimeLimit(0.001))
    advised = re.search(r"mend: --force --time (\d+)s; what", str(caught.value))
    assert advised is not None
    finished, _ = run_toys(BASELINES, f"{BUDGET}={{trials: 3, epochs: 3}}", limit=TimeLimit(float(advised[1])))
    assert finished.search.winner.startswith("t")
