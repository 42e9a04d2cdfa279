"""A metric that no prediction can be scored by: told before the first epoch, in words, with a way out that works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from toy_written import registry_with_parts

import automl
from automl.cli import main
from automl.errors import SearchError, UnfitDataError
from automl.plugins import Registry

FILE = """version: 1
data: {{path: rows.csv, target: y, task: regression}}
stages:
  split: {{use: split.random, in: data, with: {{test: 0.1, valid: 0.2}}}}
  scaled: {{use: scale.standard, in: split}}
  search: {{use: search.network, in: scaled, with: {{tuner: random, objective: {objective}, budget: {{trials: 1}}}}}}
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with_parts()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def counts(zeros: int = 20, n: int = 150) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    y = draw.poisson(9.0, size=n) + 1.0
    y[draw.permutation(n)[:zeros]] = 0.0
    return pd.DataFrame({"x": draw.normal(size=n), "y": y})


def check(frame: pd.DataFrame, objective: str) -> Result:
    frame.to_csv("rows.csv", index=False)
    Path("p.yaml").write_text(FILE.format(objective=objective))
    return CliRunner().invoke(main, ["check", "p.yaml", "--data"])


def test_zeros_in_the_validation_rows_are_an_error_and_the_objective_that_is_offered_works(folder: Path) -> None:
    found = check(counts(), "mape")
    assert found.exit_code == 2
    assert "p.yaml:6:" in found.stderr
    assert "mape, the objective, is not defined in the validation part: " in found.stderr
    assert " of 30 true values are 0, and it divides by them [metric.undefined]" in found.stderr
    assert "mend: objective: rmse (or mae, medae, r2), which these rows can be scored by" in found.stderr
    assert "no warnings" in check(counts(), "rmse").stdout
    assert "no warnings" in check(counts(zeros=0), "mape").stdout


def test_a_zero_among_the_test_rows_alone_costs_the_test_score_and_makes_a_gate_impossible(
    folder: Path, registry: Registry
) -> None:
    frame = counts(zeros=0)
    frame.loc[7, "y"] = 0.0
    whole = _with_parts(frame, registry, "mape")
    reported = whole.stage("evaluate", "evaluate.report", after="search", bootstrap=0)
    told = reported.run(workspace=folder / "work").finished
    events = (folder / "work" / "runs" / told.run_id / "events.jsonl").read_text()
    assert "mape is not defined in the test part: 1 of 15 true values are 0, and it divides by them" in events
    assert "there will be no test score of this metric" in events
    gated = whole.stage("evaluate", "evaluate.report", after="search", gate={"mape": "<= 0.5"})
    with pytest.raises(UnfitDataError, match="the gate on mape cannot be kept: it is not defined in the test part"):
        gated.run(workspace=folder / "work")


@pytest.mark.parametrize(
    ("objective", "target", "said"),
    [
        ("r2", lambda frame, valid: frame["x"].where(~valid, 4.0), "all true values are equal"),
        (
            "mcc",
            lambda frame, valid: np.where(valid, "a", frame["y"].gt(9).map({True: "a", False: "b"})),
            "of one class",
        ),
        (
            "pr_auc",
            lambda frame, valid: np.where(valid, "a", frame["y"].gt(9).map({True: "a", False: "b"})),
            "positive",
        ),
        (
            "roc_auc",
            lambda frame, valid: np.where(valid, "b", frame["y"].gt(9).map({True: "a", False: "b"})),
            "one class",
        ),
    ],
)
def test_other_metrics_that_the_validation_rows_do_not_define(
    folder: Path, registry: Registry, objective: str, target: object, said: str
) -> None:
    frame = counts(zeros=0)
    valid = np.arange(len(frame)) % 10 == 0
    whole = _with_parts(frame.assign(y=target(frame, valid)), registry, objective)  # type: ignore[operator]
    with pytest.raises(
        UnfitDataError, match=rf"{objective}, the objective, is not defined in the validation part: .*{said}"
    ):
        whole.run(workspace=folder / "work")


def _with_parts(frame: pd.DataFrame, registry: Registry, objective: str) -> automl.Pipeline:
    """Of ten rows the first validates and the eighth tests."""
    return (
        automl.Pipeline("p", data=frame, target="y", registry=registry)
        .stage("split", "parts.written", after="data", parts="v000000t00")
        .stage(
            "search", "search.network", after="split", network="toy.net", objective=objective,
            budget={"trials": 2, "epochs": 3}, baselines=[],
        )
        .executor("in_process")
    )  # fmt: skip


def test_what_cannot_be_foreseen_fails_each_trial_with_the_reason_in_words(folder: Path, registry: Registry) -> None:
    """Below branches that join above the split nothing is looked at."""
    frame = counts(zeros=0).assign(twin=lambda f: f["x"])
    frame.loc[::10, "y"] = 0.0
    pipeline = (
        automl.Pipeline("p", data=frame, target="y", registry=registry)
        .stage("side", "passthrough", after="data", columns="x")
        .stage("joined", "passthrough", after=["data", "side"])
        .stage("split", "parts.written", after="joined", parts="v000000t00")
        .stage("search", "search.network", after="split", network="toy.net", objective="mape",
               budget={"trials": 2, "epochs": 3}, baselines=[])
        .executor("in_process")
    )  # fmt: skip
    with pytest.raises(SearchError) as raised:
        pipeline.run(workspace=folder / "work")
    assert str(raised.value) == (
        "all 2 trials failed; the first: t1: mape is not defined on the validation rows: "
        "15 of 15 true values are 0, and it divides by them"
    )
