"""The battery of odd inputs, 34 to 46: odd shapes of a table, and what may go wrong in a run."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from odd_tables import N, cycle, table

from automl.errors import AutoMLError


def alone(bench, limit: str, *words: str) -> subprocess.CompletedProcess[str]:
    """``automl ...`` in a process of its own that has set itself a limit."""
    program = (
        f"import resource, signal, sys; sys.path[:0] = {sys.path!r}; {limit}; from automl.cli import main; "
        f"sys.argv = ['automl', *{list(words)!r}]; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=bench.folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_34_hardly_any_rows_are_refused(bench, rows: int) -> None:
    bench.refuses(table().head(rows), task="regression")


def test_34_no_features_are_refused(bench) -> None:
    assert "feature" in bench.refuses(table()[["y"]])


def test_35_fewer_rows_than_folds_survive_with_a_warning(bench) -> None:
    folds = 'stages.split={"use": "split.kfold", "in": "data", "with": {"folds": 10, "test": 0.2}}'
    done = bench.survives(table().head(8), folds, task="regression")
    assert "fold" in done.output
    assert "warning" in done.output


@pytest.mark.slow
def test_36_ten_thousand_columns_survive(bench) -> None:
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 10_000)), columns=[f"x{i}" for i in range(10_000)])
    bench.survives(wide.assign(y=wide["x0"]), "stages.codes=null", "stages.scaled.in=filled", "stages.evaluate=null")


@pytest.mark.slow
def test_37_a_million_rows_survive_under_a_memory_cap(bench) -> None:
    """6 GB of data, the libraries' own included, are enough for the reading and all that is planned of it."""
    bench.run(table(), verb="check")  # writes the file
    big = table(rows=1_000_000)
    big.assign(c=big["a"] * 2, d=big["b"]).to_parquet(bench.folder / "table.parquet")
    done = alone(bench, "resource.setrlimit(resource.RLIMIT_DATA, (6 << 30,) * 2)", "check", "battery.yaml", "--data")
    assert done.returncode == 0, done.stderr


def test_38_rows_that_stand_in_several_parts_are_told(bench) -> None:
    twice = pd.concat([table(), table()], ignore_index=True)
    assert "leak.duplicate_rows" in bench.survives(twice).output


def test_39_a_shuffled_index_that_is_not_unique_keeps_rows_and_weights_together(bench) -> None:
    plain = table(w=np.linspace(0.5, 2, N))
    odd = plain.set_axis(np.r_[np.arange(N // 2), np.arange(N // 2)][::-1])
    one = bench.in_memory(plain, roles={"weight": "w"}).predict(plain).prediction
    other = bench.in_memory(odd, roles={"weight": "w"}).predict(plain).prediction
    assert np.array_equal(one, other)


@pytest.mark.parametrize("weights", [[-1.0, 1.0], [np.nan, 1.0], [0.0, 0.0]], ids=["negative", "missing", "all zero"])
def test_40_weights_that_weigh_nothing_are_refused(bench, weights: list[float]) -> None:
    assert "'w'" in bench.refuses(table(w=cycle(*weights)), roles={"weight": "w"})


@pytest.mark.parametrize(
    ("cells", "why"), [(["one"], "one and the same"), ([7], "one and the same"), ([None], "missing")]
)
def test_41_one_group_alone_is_refused(bench, cells: list[object], why: str) -> None:
    groups = pd.Series(cells * N, dtype=object if cells == [None] else None)
    told = bench.refuses(table(team=groups), roles={"group": "team"})
    assert f"the groups in 'team' are {why} in every row" in told


def test_41_groups_of_one_row_each_survive(bench) -> None:
    bench.survives(table(team=np.arange(N)), roles={"group": "team"})


def test_40_rows_of_weight_zero_are_ignored(bench) -> None:
    weights = np.ones(N)
    weights[:6] = 0.0
    wild = table(w=weights)
    wild.loc[:5, "y"] = 1e6
    model = bench.in_memory(wild, roles={"weight": "w"})
    assert model.predict(table()).prediction.abs().max() < 100


def test_43_a_budget_of_one_second_ends_with_a_model_or_with_the_time_that_would_do(bench) -> None:
    done = bench.run(table(), "stages.search.with.budget={trials: 1, epochs: 20, time: 1}")
    assert done.exit_code == 0 or "--time" in done.output
    assert bench.bundle.exists()


def test_44_a_full_disk_ends_in_a_sentence_and_loses_nothing(bench) -> None:
    """A limit on the size of files stands for the disk: writes fail in the middle."""
    bench.run(table(), verb="check")
    full = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000,) * 2)"
    done = alone(bench, full, "run", "battery.yaml")
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    bench.survives(table())


def test_45_a_metric_that_raises_or_is_nan_fails_its_trials_in_words(bench) -> None:
    done = bench.run(table(), "stages.search.with.objective=toy.brier")
    assert done.exit_code in (1, 2)
    assert "toy.brier" in done.output
    assert "Traceback" not in done.output


def test_46_a_search_in_which_every_trial_fails_says_the_first_cause_and_how_many(bench) -> None:
    with pytest.raises(AutoMLError, match=r"the only trial failed: t1: "):
        bench.in_memory(table(), network="odd.refused")
