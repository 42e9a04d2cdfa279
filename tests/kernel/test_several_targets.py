"""A regression with several targets, from the file to predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_runs import BASELINES, FOLDS, PIPELINE, ledger

from automl.errors import DataError, PipelineFileError, PlanError
from automl.pipeline_file import loads
from automl.predictor import Predictor

ROWS = 200


@pytest.fixture
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    x, z = draw.normal(size=(2, ROWS))
    noise = 0.01 * draw.normal(size=ROWS)
    return pd.DataFrame(
        {"warm": 3 * x + 100 + noise, "x": x, "colour": draw.choice(["red", "blue"], ROWS), "z": z,
         "cold": 1000 * z - 5 * x + noise}
    )  # fmt: skip


@pytest.fixture
def text(frame: pd.DataFrame, tmp_path: Path) -> str:
    frame.to_pickle(tmp_path / "table.pickle")
    with_ = f"with: {{path: {tmp_path / 'table.pickle'}}}"
    return PIPELINE.replace("{use: toy.table, target: y}", f"{{use: toy.pickled, {with_}, target: [cold, warm]}}")


@pytest.mark.parametrize("sets", [(), (FOLDS,), ("stages.search.with.final=refit",)], ids=["plain", "folds", "refit"])
def test_every_target_is_predicted_in_its_own_unit(run_toys, registry, frame, text, sets) -> None:
    finished, _ = run_toys(*sets, "stages.search.with.budget={trials: 6, epochs: 200}", text=text)
    predictor = Predictor.load(finished.bundle, registry)
    found = predictor.predict(frame.drop(columns=["warm", "cold"]))
    assert list(found.columns) == ["prediction_warm", "prediction_cold"], "in the order of the table"
    assert np.abs(found["prediction_warm"] - frame["warm"]).mean() < 1
    assert np.abs(found["prediction_cold"] - frame["cold"]).mean() < 200
    assert predictor.predict(frame.iloc[:0]).shape == (0, 2)


def test_targets_are_transformed_each_by_itself(run_toys, plan_toys, text) -> None:
    run_toys(text=text)
    rows = plan_toys(text=text).peek("goal", {}).dataset
    train = rows.frame[rows.part == 0][["warm", "cold"]]
    assert train.mean().abs().max() < 1e-9
    assert train.std().sub(1).abs().max() < 1e-9


def test_a_score_is_the_mean_of_the_scores_of_each(run_toys, registry, frame, text) -> None:
    finished, _ = run_toys(text=text)
    errors = []
    model = Predictor.load(finished.bundle, registry)
    test = finished.evaluation.document["rows"]
    assert 0 < test < ROWS
    scores = model.scores(frame)
    assert scores.shape == (ROWS, 2)
    errors = [np.sqrt(np.mean((scores[:, i] - frame[name]) ** 2)) for i, name in enumerate(["warm", "cold"])]
    assert finished.evaluation.metrics["toy.error"] == pytest.approx(np.mean(errors), rel=0.5)


def test_runs_repeat_and_are_found_again(run_toys, text) -> None:
    first, _ = run_toys(text=text)
    again, _ = run_toys(text=text)
    other, _ = run_toys(text=text, workspace="other")
    assert again.executed == []
    assert ledger(other.search) == ledger(first.search)
    assert other.bundle.read_bytes() == first.bundle.read_bytes()


def test_rows_without_one_of_the_targets_are_dropped_and_counted(run_toys, plan_toys, frame, text, tmp_path) -> None:
    frame.loc[:9, "warm"] = np.nan
    frame.loc[5:14, "cold"] = np.nan
    frame.to_pickle(tmp_path / "table.pickle")
    run_toys(text=text)
    assert plan_toys(text=text).peek("data", {}).record["rows_without_target"] == 15


def test_baselines_that_take_one_target_are_left_out(run_toys, text) -> None:
    finished, _ = run_toys(BASELINES, text=text)
    assert [trial for trial in finished.search.trials if trial.is_baseline] == []


def test_a_network_whose_learner_takes_one_target_is_refused(run_toys, text) -> None:
    with pytest.raises(PlanError, match=r"the learner 'toy.mean' of network 'toy.still' takes one target, found warm"):
        run_toys("stages.search.with.network=toy.still", "stages.search.with.space=null", text=text)


def test_classes_among_several_targets_are_refused(run_toys, registry, frame, text, tmp_path) -> None:
    frame.assign(warm=np.where(frame["warm"] > 100, "yes", "no")).to_pickle(tmp_path / "table.pickle")
    with pytest.raises(DataError, match="the target 'warm' makes a binary task; expected numbers"):
        run_toys(text=text)
    with pytest.raises(PipelineFileError, match="several targets are numbers, all of them"):
        loads(text.replace("[cold, warm]", "[cold, warm], task: binary"), registry)


def test_a_missing_target_of_several_is_told_with_a_suggestion(registry, text) -> None:
    with pytest.raises(PipelineFileError, match="there is no column 'warmth'"):
        loads(text.replace("[cold, warm]", "[cold, warmth]"), registry)
