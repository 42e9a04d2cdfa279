"""Which of two classes is the positive one: numbers sort as numbers, the report says it, and a file can name it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from part_column import with_parts
from sklearn import metrics as reference

import automl
from automl import Pipeline
from automl.cli import main
from automl.errors import DataError, PipelineFileError
from automl.events import RunFinished


def rows(rare: Any, common: Any) -> pd.DataFrame:
    """One in three rows is of the rare class, which is easily told apart."""
    draw = np.random.default_rng(24)
    is_rare = draw.random(240) < 1 / 3
    x = draw.normal(size=240) + 3 * is_rare
    part = draw.choice(["train", "valid", "test"], 240, p=[0.5, 0.2, 0.3])
    grade = pd.Series([rare if flag else common for flag in is_rare])
    return pd.DataFrame({"x": x, "z": draw.normal(size=240), "part": part, "grade": grade})


def pipeline(frame: pd.DataFrame, **data: Any) -> Pipeline:
    return (
        Pipeline(
            "graded", data={"path": frame, "roles": {"group": "part"}, **data}, target="grade", registry=with_parts()
        )
        .stage("split", "parts.by_column", after="data")
        .stage("scaled", "scale.standard", after="split")
        .stage(
            "search",
            "search.network",
            after="scaled",
            tuner="random",
            objective="pr_auc",
            baselines=[],
            budget={"trials": 1, "epochs": 8},
            space={"depth": 1, "width": 8, "batch_size": 16, "learning_rate": 0.02},
        )
        .stage("evaluate", "evaluate.report", after="search", bootstrap=0)
        .executor("in_process")
    )


def check(frame: pd.DataFrame, finished: RunFinished, positive: Any) -> None:
    """All that a positive class has a say in is scikit-learn's with this ``pos_label``."""
    assert finished.evaluation is not None
    assert finished.search is not None
    assert finished.bundle is not None
    test = frame[frame["part"] == "test"]
    predicted = automl.load(finished.bundle).predict(test)
    p, truth = predicted[f"proba_{positive}"], (test["grade"] == positive).to_numpy()
    called = (predicted["prediction"] == positive).to_numpy()
    expected = {
        "f1": reference.f1_score(truth, called),
        "precision": reference.precision_score(truth, called),
        "recall": reference.recall_score(truth, called),
        "pr_auc": reference.average_precision_score(truth, p),
        "brier": reference.brier_score_loss(truth, p),
    }
    for name, score in expected.items():
        assert finished.evaluation.metrics[name] == pytest.approx(score, rel=1e-9), name
    assert finished.search.task.positive == str(positive)
    assert finished.evaluation.document["task"]["positive"] == str(positive)
    assert f"positive class, {positive}" in finished.evaluation.html


@pytest.mark.parametrize(
    ("rare", "common", "positive"), [(10, 9, 10), (-1, -2, -1), (2, 10, 10), ("10", "9", "10"), ("no", "yes", "yes")]
)
def test_the_later_class_is_positive_and_numbers_sort_as_numbers(
    tmp_path: Path, rare: Any, common: Any, positive: Any
) -> None:
    frame = rows(rare, common)
    check(frame, pipeline(frame).run(workspace=tmp_path).finished, positive)


@pytest.mark.parametrize(
    ("rare", "common", "named", "positive"),
    [(9, 10, 9, 9), (9, 10, "9", 9), ("no", "yes", "no", "no"), (False, True, False, False), (2.0, 3.0, 2, 2.0)],
)
def test_a_file_names_another(tmp_path: Path, rare: Any, common: Any, named: Any, positive: Any) -> None:
    frame = rows(rare, common)
    finished = pipeline(frame, positive=named).run(workspace=tmp_path).finished
    label = int(positive) if positive == 2.0 else positive
    check(frame if label is positive else frame.assign(grade=frame["grade"].astype(int)), finished, label)


def test_another_positive_class_is_another_search(tmp_path: Path) -> None:
    frame = rows(9, 10)
    pipeline(frame).run(workspace=tmp_path)
    again = pipeline(frame, positive=9).run(workspace=tmp_path).finished
    assert {"search", "evaluate"} <= set(again.executed)
    check(frame, again, 9)


FILE = """
version: 1
data: {{path: table.csv, target: grade, positive: {positive}}}
stages:
  split: {{use: split.random, in: data}}
"""


def test_yes_is_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows("yes", "no").drop(columns="part").to_csv("table.csv", index=False)
    Path("pipeline.yaml").write_text(FILE.format(positive="yes"))
    found = CliRunner().invoke(main, ["check", "pipeline.yaml", "--data"])
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize(
    ("positive", "words"),
    [
        ("yess", ["'yess'", "did you mean 'yes'", "'no', 'yes'"]),
        ("11", ["11", "'no', 'yes'"]),
        ("true", ["True", "'no'"]),
    ],
)
def test_a_class_that_is_none_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, positive: str, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows("yes", "no").drop(columns="part").to_csv("table.csv", index=False)
    Path("pipeline.yaml").write_text(FILE.format(positive=positive))
    for command in ("check", "run"):
        found = CliRunner().invoke(main, [command, "pipeline.yaml", *(["--data"] if command == "check" else [])])
        assert found.exit_code != 0
        said = " ".join(found.output.split())
        assert "data.positive" in said
        for word in words:
            assert word in said


def test_only_of_two_classes(tmp_path: Path) -> None:
    frame = rows(1, 0).assign(grade=lambda table: (np.arange(len(table)) % 3).astype(str) + "x")
    with pytest.raises(DataError, match=r"data.positive: '2x' is to be one of two classes, .* has 3"):
        pipeline(frame, positive="2x").run(workspace=tmp_path)
    with pytest.raises(PipelineFileError, match="'positive' is one of two classes"):
        pipeline(frame, positive="2x", task="multiclass").check()
    amounts = frame.assign(grade=np.linspace(0, 1, len(frame)))
    with pytest.raises(DataError, match="makes a regression"):
        pipeline(amounts, positive="2x").run(workspace=tmp_path)


def test_init_takes_it_writes_it_and_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows("yes", "no").drop(columns="part").to_csv("table.csv", index=False)
    asked = ["init", "table.csv", "--target", "grade"]
    found = CliRunner().invoke(main, [*asked, "--positive", "no"])
    assert found.exit_code == 0, found.output
    assert "positive: no" in found.output
    written = Path("table.yaml").read_text()
    assert "--positive no" in written
    assert CliRunner().invoke(main, ["check", "table.yaml", "--data"]).exit_code == 0
    assert automl.Pipeline.load("table.yaml").check().data.positive == "no"
    wrong = CliRunner().invoke(main, [*asked, "--force", "--positive", "yess"])
    assert wrong.exit_code == 2
    assert "did you mean 'yes'" in " ".join(wrong.output.split())
    amounts = CliRunner().invoke(main, ["init", "table.csv", "--target", "x", "--force", "--positive", "no"])
    assert "makes a regression" in " ".join(amounts.output.split())
