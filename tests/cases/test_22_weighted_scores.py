"""Validation and test scores are of one kind: weighted, as scikit-learn's with ``sample_weight``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from part_column import with_parts
from sklearn import metrics as reference

import automl
from automl import Pipeline
from automl.events import RunFinished


def rows() -> pd.DataFrame:
    draw = np.random.default_rng(22)
    x, z = draw.normal(size=150), draw.normal(size=150)
    y = 2 * x + z**2 + draw.normal(size=150)
    part = draw.choice(["train", "valid", "test"], 150, p=[0.5, 0.2, 0.3])
    return pd.DataFrame({"x": x, "z": z, "w": draw.choice([0.2, 1.0, 5.0], 150), "part": part, "y": y})


def run(frame: pd.DataFrame, work: Path, *, gate: dict[str, str] | None = None, **search: Any) -> RunFinished:
    data = {"path": frame, "roles": {"weight": "w", "group": "part"}}
    settings: dict[str, Any] = {"tuner": "random", "budget": {"trials": 1, "epochs": 3}, **search}
    return (
        Pipeline("weighed", data=data, target="y", seed=2, registry=with_parts())
        .stage("split", "parts.by_column", after="data")
        .stage("scaled", "scale.standard", after="split")
        .stage("search", "search.network", after="scaled", **settings)
        .stage("evaluate", "evaluate.report", after="search", gate=gate, bootstrap=50)
        .executor("in_process")
        .run(workspace=work)
        .finished
    )


def of_part(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    return frame[frame["part"] == part]


def test_regression_scores_are_scikit_learns(tmp_path: Path) -> None:
    frame = rows()
    finished = run(frame, tmp_path, objective="mae", space={"depth": 1, "width": 8, "batch_size": 8, "ema": 0.9})
    assert finished.search is not None
    assert finished.evaluation is not None
    assert finished.bundle is not None
    model = automl.load(finished.bundle)
    expected = {
        "mae": reference.mean_absolute_error,
        "rmse": reference.root_mean_squared_error,
        "r2": reference.r2_score,
        "mape": reference.mean_absolute_percentage_error,
        "medae": reference.median_absolute_error,
    }
    test, valid = of_part(frame, "test"), of_part(frame, "valid")
    predicted = model.predict(test)["prediction"]
    for name, score in expected.items():
        assert finished.evaluation.metrics[name] == pytest.approx(
            score(test["y"], predicted, sample_weight=test["w"]), rel=1e-9
        ), name
    winner = next(trial for trial in finished.search.trials if trial.name == finished.search.winner)
    on_valid = reference.mean_absolute_error(valid["y"], model.predict(valid)["prediction"], sample_weight=valid["w"])
    assert winner.score == pytest.approx(on_valid, rel=1e-6)
    unweighted = reference.mean_absolute_error(test["y"], predicted)
    interval = finished.evaluation.document["scores"][winner.name]["mae"]
    assert interval["low"] <= interval["value"] <= interval["high"]
    assert finished.evaluation.metrics["mae"] != pytest.approx(unweighted, rel=1e-3)


def test_baselines_gates_and_curves_go_by_weight_too(tmp_path: Path) -> None:
    frame = rows().assign(y=lambda table: np.where(table["y"] > 1, "yes", "no"))
    test = of_part(frame, "test")
    light = (test["y"] == "no").to_numpy()
    frame.loc[test.index, "w"] = np.where(light, 0.1, 10.0)  # all but "yes" hardly counts
    finished = run(
        frame, tmp_path, gate={"accuracy": ">= 0.9"}, objective="log_loss", baselines=["baseline.constant"],
        space={"depth": 1, "width": 8},
    )  # fmt: skip
    assert finished.evaluation is not None
    assert finished.bundle is not None
    test = of_part(frame, "test")
    predicted = automl.load(finished.bundle).predict(test)
    truth = (test["y"] == "yes").to_numpy()
    p = predicted["proba_yes"]
    weighed: dict[str, Any] = {"sample_weight": test["w"]}
    expected = {
        "accuracy": reference.accuracy_score(truth, p > 0.5, **weighed),
        "roc_auc": reference.roc_auc_score(truth, p, **weighed),
        "pr_auc": reference.average_precision_score(truth, p, **weighed),
        "log_loss": reference.log_loss(truth, p, **weighed),
        "brier": reference.brier_score_loss(truth, p, **weighed),
        "f1": reference.f1_score(truth, p > 0.5, **weighed),
        "precision": reference.precision_score(truth, p > 0.5, **weighed),
        "recall": reference.recall_score(truth, p > 0.5, **weighed),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, p > 0.5, **weighed),
        "mcc": reference.matthews_corrcoef(truth, p > 0.5, **weighed),
    }
    found = finished.evaluation
    for name, score in expected.items():
        assert found.metrics[name] == pytest.approx(score, rel=1e-9), name
    training = of_part(frame, "train")
    share = np.average(training["y"] == "yes", weights=training["w"])
    constant = reference.log_loss(truth, np.full(len(test), share), **weighed)
    assert found.baselines["baseline.constant"]["log_loss"] == pytest.approx(constant, rel=1e-9)
    difference = found.document["comparison"]["difference"]["value"]
    assert difference == pytest.approx(found.metrics["log_loss"] - constant)
    assert bool(finished.gates_missed) == bool(expected["accuracy"] < 0.9)
    confusion = reference.confusion_matrix(truth, p > 0.5, **weighed)
    np.testing.assert_allclose(found.document["curves"]["confusion"]["counts"], confusion)
    assert "by its weight (w)" in found.html
