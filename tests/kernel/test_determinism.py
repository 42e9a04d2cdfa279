"""One file and one seed give one result: whatever runs the trials, however many at a time."""

from __future__ import annotations

import pandas as pd
import pytest
from toy import Table
from toy_runs import BASELINES, FOLDS, TUNED, ledger

from automl.predictor import Predictor

IN_PROCESS = "run.executor.use=in_process"
ONE_WORKER = "run.executor={use: local, with: {workers: 1}}"
TWO_WORKERS = "run.executor={use: local, with: {workers: 2}}"


def assert_same(one, other) -> None:
    assert ledger(one.search) == ledger(other.search)
    ranked = [trial.name for trial in one.search.leaderboard()]
    assert ranked == [trial.name for trial in other.search.leaderboard()]
    assert one.search.winner == other.search.winner
    assert one.evaluation == other.evaluation
    assert one.bundle.read_bytes() == other.bundle.read_bytes()


def test_the_same_file_in_two_fresh_workspaces_gives_the_same_bytes(run_toys) -> None:
    one, _ = run_toys(TUNED, workspace="one")
    other, _ = run_toys(TUNED, workspace="other")
    assert one.executed == other.executed
    assert_same(one, other)


def test_another_seed_gives_another_ledger(run_toys) -> None:
    one, _ = run_toys(workspace="one")
    other, _ = run_toys("seed=4", workspace="other")
    assert ledger(one.search) != ledger(other.search)


@pytest.mark.parametrize(
    ("split", "executor"), [("stages.split.use=toy.holdout", TWO_WORKERS), (FOLDS, ONE_WORKER), (FOLDS, TWO_WORKERS)]
)
def test_executors_and_workers_leave_no_trace_in_the_result(run_toys, split: str, executor: str) -> None:
    sets = (split, TUNED, BASELINES, "stages.search.with.budget.trials=4")
    one, _ = run_toys(*sets, IN_PROCESS, workspace="one")
    other, _ = run_toys(*sets, executor, workspace="other")
    assert_same(one, other)


def test_one_trial_in_flight_gives_the_same_ledger_on_any_workers(run_toys) -> None:
    alone = "stages.search.with.in_flight=1"
    one, _ = run_toys(alone, IN_PROCESS, workspace="one")
    other, _ = run_toys(alone, TWO_WORKERS, workspace="other")
    assert_same(one, other)


def test_predictions_do_not_depend_on_the_order_of_the_rows(run_toys, registry) -> None:
    finished, _ = run_toys(FOLDS)
    predictor = Predictor.load(finished.bundle, registry)
    raw = Table(Table.Params(rows=50)).read()
    shuffled = raw.sample(frac=1, random_state=1)
    together, apart = predictor.predict(raw), predictor.predict(shuffled)
    # only up to the order in which the toy's matrix product sums
    pd.testing.assert_frame_equal(together, apart.sort_index(), rtol=1e-12)
