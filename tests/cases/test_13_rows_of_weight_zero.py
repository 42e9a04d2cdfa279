"""Rows of weight 0 are as if they were not there: in every fit, in every score, and in what a table means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl import Pipeline
from automl.events import RunFinished, StageFinished
from automl.testing.observers import RecordingObserver

STAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("gaps", "impute.simple", {"strategy": "mean"}),
    ("held", "clean.winsorize", {}),
    ("shape", "power.yeo_johnson", {}),
    ("scaled", "scale.standard", {}),
    ("levels", "encode.one_hot", {"min_frequency": 0.1, "unseen": "error"}),
]


def rows(seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=160)
    colour = draw.choice(["red", "green", "blue"], 160)
    y = 3 * x + (colour == "red") + 0.1 * draw.normal(size=160)
    x[::20] = np.nan
    return pd.DataFrame({"x": x, "colour": colour, "w": 1.0, "y": y})


def with_wild_rows(frame: pd.DataFrame, **wild: Any) -> pd.DataFrame:
    """16 rows of weight 0 among the others."""
    more = pd.DataFrame([{"x": -1e9, "colour": "never seen", "w": 0.0, "y": 1e6, **wild}] * 16)
    mixed = pd.concat([frame, more], ignore_index=True)
    order = np.random.default_rng(1).permutation(len(mixed))
    kept = order.copy()
    kept[order < len(frame)] = np.arange(len(frame))  # the others stay in their order
    return mixed.iloc[kept].reset_index(drop=True)


def run(frame: pd.DataFrame, work: Path, target_stage: str | None = None, **search: Any) -> RunFinished:
    pipeline = Pipeline("zero", data={"path": frame, "roles": {"weight": "w"}}, target="y", seed=5)
    pipeline = pipeline.stage("split", "split.stratified", after="data", test=0.2, valid=0.2)
    above = "split"
    for name, use, params in STAGES:
        pipeline = pipeline.stage(name, use, after=above, **params)
        above = name
    if target_stage:
        pipeline = pipeline.stage("unit", target_stage, after=above)
        above = "unit"
    settings = {"tuner": "random", "budget": {"trials": 1, "epochs": 8}, **search}
    pipeline = pipeline.stage("search", "search.network", after=above, **settings)
    return (
        pipeline.stage("evaluate", "evaluate.report", after="search", bootstrap=20)
        .executor("in_process")
        .run(workspace=work)
        .finished
    )


def scores(finished: RunFinished) -> dict[str, Any]:
    """All that a run says but its times."""
    assert finished.search is not None
    assert finished.evaluation is not None
    trials = [(trial.name, trial.score, trial.best_epoch, trial.history) for trial in finished.search.trials]
    found = finished.evaluation
    shown = {name: found.document[name] for name in ("scores", "comparison", "verdict", "curves", "rows")}
    return {"trials": trials, "test": found.metrics, "baselines": found.baselines, **shown}


SPACE = {"depth": 1, "width": 16, "batch_size": 16, "learning_rate": 0.02}


def test_nothing_changes_from_the_split_to_the_report(tmp_path: Path) -> None:
    frame = rows()
    without, having = run(frame, tmp_path / "a", space=SPACE), run(with_wild_rows(frame), tmp_path / "b", space=SPACE)
    assert scores(having) == scores(without)
    assert having.bundle is not None
    assert without.bundle is not None
    one, other = automl.load(having.bundle).predict(frame), automl.load(without.bundle).predict(frame)
    pd.testing.assert_frame_equal(one, other)
    assert np.sqrt(np.mean((one["prediction"] - frame["y"]) ** 2)) < 1.5


@pytest.mark.parametrize("target_stage", ["target.standardise", "target.log"])
def test_nor_with_a_target_in_another_unit(tmp_path: Path, target_stage: str) -> None:
    frame = rows().assign(y=lambda table: table["y"] + 20)
    asked: dict[str, Any] = {"baselines": ["baseline.linear"], "space": SPACE}
    without = run(frame, tmp_path / "a", target_stage, **asked)
    having = run(with_wild_rows(frame, y=-5.0), tmp_path / "b", target_stage, **asked)
    assert scores(having) == scores(without)


def test_nor_what_the_table_means(tmp_path: Path) -> None:
    """A text among numbers, a third class: of rows that do not count neither is there."""
    frame = rows().assign(y=lambda table: np.where(table["y"] > 0, "yes", "no"))
    odd = with_wild_rows(frame.assign(x=[str(x) if x == x else None for x in frame["x"]]), x="n.a.", y="perhaps")
    asked: dict[str, Any] = {"baselines": ["baseline.linear"], "space": SPACE}
    having = run(odd, tmp_path / "b", **asked)
    assert having.search is not None
    assert having.search.task.classes == ("no", "yes")
    assert scores(having) == scores(run(frame, tmp_path / "a", **asked))


def test_how_many_do_not_count_is_told(tmp_path: Path) -> None:
    observer = RecordingObserver()
    pipeline = Pipeline("told", data={"path": with_wild_rows(rows()), "roles": {"weight": "w"}}, target="y")
    pipeline.stage("split", "split.random", after="data").run(workspace=tmp_path, observers=[observer])
    summary = observer.of(StageFinished)[0].summary
    assert (summary["rows"], summary["rows_without_weight"]) == (160, 16)


BASE = np.random.default_rng(7).choice([1.0, 2.0, 5.0], 160)
UNITS: dict[str, list[Any]] = {
    "whole": [BASE, BASE.astype("int8"), BASE * 1e9, [f"{weight:g}" for weight in BASE]],
    "not whole": [BASE / 3, BASE * 1e-9, BASE * 1e-300, BASE * 1e-3, BASE / 3 * 1e307],
}
"""Quantiles take whole-numbered weights for counts, and no others."""


def close(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    return bool(np.isclose(one, other, rtol=1e-5, equal_nan=True))


def scored(weights: Any, work: Path) -> dict[str, Any]:
    """Test scores of the network and of the baselines on rows with these weights."""
    frame = rows().assign(w=weights)
    found = run(frame, work, baselines=["baseline.linear", "baseline.constant"], space=SPACE).evaluation
    assert found is not None
    return {"network": dict(found.metrics), **{name: dict(scores) for name, scores in found.baselines.items()}}


@pytest.mark.parametrize("kind", UNITS)
def test_the_unit_of_weights_changes_nothing(tmp_path: Path, kind: str) -> None:
    plain, *others = (scored(weights, tmp_path / str(place)) for place, weights in enumerate(UNITS[kind]))
    assert all(close(other, plain) for other in others)


def test_equal_weights_are_as_none(tmp_path: Path) -> None:
    none = scored(np.ones(160), tmp_path / "ones")
    for weight in (7, 0.1, 1e-320, 1e308, True):
        assert close(scored(np.full(160, weight), tmp_path / str(weight)), none), weight
    without = rows().drop(columns="w")
    pipeline = Pipeline("zero", data=without, target="y", seed=5).stage("split", "split.stratified", after="data",
                                                                         test=0.2, valid=0.2)  # fmt: skip
    above = "split"
    for name, use, params in STAGES:
        pipeline = pipeline.stage(name, use, after=above, **params)
        above = name
    asked: dict[str, Any] = {"baselines": ["baseline.linear", "baseline.constant"], "space": SPACE}
    pipeline = pipeline.stage("search", "search.network", after=above, tuner="random",
                              budget={"trials": 1, "epochs": 8}, **asked)  # fmt: skip
    found = pipeline.stage("evaluate", "evaluate.report", after="search", bootstrap=20).executor("in_process")
    scores = found.run(workspace=tmp_path / "none").finished.evaluation
    assert scores is not None
    assert close({"network": dict(scores.metrics), **{k: dict(v) for k, v in scores.baselines.items()}}, none)
