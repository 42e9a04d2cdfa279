"""A metric that some folds do not define: a warning, and the mean over the folds that do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.metrics import roc_auc_score
from toy_written import registry_with_parts

import automl
from automl.cli import main
from automl.errors import SearchError, UnfitDataError
from automl.events import RunFinished
from automl.plugins import Registry

FOLDS = 4


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with_parts()


def rows(positives: Sequence[int], n: int = 80) -> pd.DataFrame:
    """Row i is in fold i % 4."""
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n), "y": "no"})
    frame.loc[list(positives), "y"] = "yes"
    return frame


def pipeline(frame: pd.DataFrame, registry: Registry, parts: str = "0123", **search: Any) -> automl.Pipeline:
    asked = {"network": "toy.net", "budget": {"trials": 3, "epochs": 4}, "baselines": ["baseline.linear"]} | search
    return (
        automl.Pipeline("p", data=frame, target="y", registry=registry)
        .stage("split", "parts.written", after="data", parts=parts)
        .stage("scaled", "scale.standard", after="split")
        .stage("search", "search.network", after="scaled", **asked)
        .executor("in_process")
    )


def by_hand(frame: pd.DataFrame, states: Sequence[Mapping[str, Any]]) -> list[float]:
    """ROC AUC by scikit-learn of each fold that has both classes, on what that fold's own linear head predicts."""
    fold_of, found = np.arange(len(frame)) % FOLDS, []
    for fold, state in enumerate(states):
        train, held = frame[fold_of != fold], frame[fold_of == fold]
        columns = list(state["columns"])
        scaled = (held[columns] - train[columns].mean()) / train[columns].std(ddof=0)
        raw = np.c_[scaled.to_numpy(), np.ones(len(held))] @ np.asarray(state["weights"])
        if held["y"].nunique() == 2:
            found.append(roc_auc_score(held["y"] == "yes", raw))
    return found


def test_the_score_is_the_mean_over_the_folds_that_have_both_classes(tmp_path: Path, registry: Registry) -> None:
    frame = rows([4, 9, 17, 12, 28])  # folds 0 and 1; none in 2 and 3
    finished: RunFinished = pipeline(frame, registry).run(workspace=tmp_path / "work").finished
    states = [head.state for head in finished.search.heads]
    assert len(states) == FOLDS, "a fold without a score has a model all the same"
    scores = by_hand(frame, states)
    assert len(scores) == 2
    winner = next(trial for trial in finished.search.trials if trial.name == finished.search.winner)
    assert winner.score == pytest.approx(np.mean(scores), rel=1e-12)
    assert {trial.status for trial in finished.search.trials} == {"finished"}, "the baseline included"
    assert all(np.isfinite(epoch["score"]) for epoch in winner.history)


def test_it_is_told_before_and_the_advice_is_one_that_works(tmp_path: Path, registry: Registry) -> None:
    frame = rows([4, 9, 17, 12, 28])
    told = pipeline(frame, registry).run(workspace=tmp_path / "work")
    events = (tmp_path / "work" / "runs" / told.finished.run_id / "events.jsonl").read_text()
    assert (
        "roc_auc, the objective, is not defined in 2 of 4 folds (fold 2, fold 3): all rows are of one class" in events
    )
    assert "a trial's score is the mean over the other 2" in events
    assert "objective: log_loss (or accuracy" in events
    assert "split.stratified" not in events
    other = pipeline(frame, registry, objective="log_loss").run(workspace=tmp_path / "other")
    quiet = (tmp_path / "other" / "runs" / other.finished.run_id / "events.jsonl").read_text()
    assert "metric.undefined" not in quiet


def test_an_objective_that_no_fold_defines_is_an_error_before_the_first_epoch(
    tmp_path: Path, registry: Registry
) -> None:
    frame = rows([])
    frame["y"] = np.where(np.arange(len(frame)) % FOLDS < 2, "no", "yes")  # each fold is of one class
    with pytest.raises(UnfitDataError, match="roc_auc, the objective, is not defined in fold 0: all rows are of one"):
        pipeline(frame, registry).run(workspace=tmp_path / "work")
    assert pipeline(frame, registry, objective="brier").run(workspace=tmp_path / "work").finished.search.winner


def test_folds_that_nobody_could_foresee_fail_with_the_reason_in_words(tmp_path: Path, registry: Registry) -> None:
    frame = rows([])
    frame["y"] = np.where(np.arange(len(frame)) % FOLDS < 2, "no", "yes")
    hidden = pipeline(frame, registry).stage("side", "passthrough", after="data", columns="x")
    hidden = hidden.stage("joined", "passthrough", after=["data", "side"])  # nothing is looked at below a join
    hidden = hidden.stage("split", "parts.written", after="joined", parts="0123")
    with pytest.raises(SearchError, match=r"t1: in every fold: roc_auc is not defined .* all rows are of one class"):
        hidden.run(workspace=tmp_path / "work")


def test_a_pruner_hears_of_the_folds_that_have_a_score(tmp_path: Path, registry: Registry) -> None:
    frame = rows([5, 9, 17, 13, 29])  # only fold 1
    tuner = {"use": "optuna.tpe", "with": {"pruner": "median"}}
    finished = pipeline(
        frame, registry, tuner=tuner, budget={"trials": 6, "epochs": 3}
    ).run(workspace=tmp_path / "work").finished  # fmt: skip
    assert all(trial.score is not None for trial in finished.search.trials)


def test_the_case_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows([5, 33, 70]).to_csv("input.csv", index=False)
    Path("p.yaml").write_text(
        "version: 1\ndata: {path: input.csv, target: y}\nstages:\n"
        "  split: {use: split.kfold, in: data, with: {folds: 5, test: 0.0}}\n"
        "  search: {use: search.network, in: split, with: {budget: {trials: 2}}}\n"
    )
    found = CliRunner().invoke(main, ["check", "p.yaml", "--data"])
    assert found.exit_code == 0
    assert found.stderr.count("target.absent_class") == 1
    assert "1 of 2 classes of 'y' have no row in 2 of 5 folds" in found.stderr
    assert "or one class for all rare ones, or 3 folds at most" in found.stderr
    assert "roc_auc, the objective, is not defined in 2 of 5 folds" in found.stderr
    fewer = CliRunner().invoke(main, ["check", "p.yaml", "--data", "--set", "stages.split.with.folds=3"])
    assert "absent_class" not in fewer.stderr
    assert "metric.undefined" not in fewer.stderr


def test_fewer_rows_than_folds_leave_folds_without_a_score(tmp_path: Path, registry: Registry) -> None:
    """Number 35 of the battery of odd inputs: it survives, with a warning."""
    draw = np.random.default_rng(2)
    frame = pd.DataFrame({"x": draw.normal(size=5), "y": draw.normal(size=5)})
    few = (
        automl.Pipeline("few", data={"path": frame, "task": "regression"}, target="y", registry=registry)
        .stage("split", "split.kfold", after="data", folds=8, test=0.0)
        .stage(
            "search", "search.network", after="split", network="toy.net", budget={"trials": 2, "epochs": 3},
            baselines=["baseline.constant"],
        )
        .executor("in_process")
    )  # fmt: skip
    finished = few.run(workspace=tmp_path / "work").finished
    told = (finished.directory / "events.jsonl").read_text()
    assert "5 rows cannot fill 8 folds: 3 of them hold none" in told
    assert {trial.status for trial in finished.search.trials} == {"finished"}
    constant = next(trial for trial in finished.search.trials if trial.name == "constant" or trial.is_baseline)
    rest = [frame["y"].drop(row).mean() - frame["y"][row] for row in range(5)]
    assert constant.score == pytest.approx(np.abs(rest).mean()), "the mean over the five folds of one row"
