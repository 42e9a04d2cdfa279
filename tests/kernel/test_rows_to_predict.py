"""Rows to predict as people have them: gaps where training had none, infinite cells, an index that is a column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_folder import automl as call
from toy_folder import enter_toy_folder
from toy_runs import make_registry

from automl import Pipeline
from automl.predictor import Predictor

REGISTRY = make_registry()
N = 80


def table() -> pd.DataFrame:
    draw = np.random.default_rng(9)
    found = pd.DataFrame(
        {"x": draw.normal(size=N), "flag": draw.random(N) > 0.3, "level": draw.choice(["a", "b"], size=N)}
    )
    return found.assign(y=np.where(found["x"] + found["flag"] > 0.5, "high", "low"))


def fit(work: Path, rows: pd.DataFrame, *stages: str, **section: Any) -> Predictor:
    pipeline = Pipeline("p", data={"path": rows, "task": "binary", **section}, target="y", registry=REGISTRY)
    pipeline = pipeline.stage("split", "toy.holdout", after="data")
    for above, stage in zip(["split", *stages], stages, strict=False):
        pipeline = pipeline.stage(stage.replace(".", "_"), stage, after=above.replace(".", "_"))
    pipeline = pipeline.stage(
        "search", "search.network", after=stages[-1].replace(".", "_"), network="toy.net", objective="toy.brier",
        budget={"trials": 1, "epochs": 9}, baselines=[], space={"rate": {"float": [0.1, 0.11]}},
    ).executor("in_process")  # fmt: skip
    return Predictor.load(pipeline.run(workspace=work).finished.bundle, REGISTRY)


def test_a_boolean_gap_is_filled_by_what_filled_it_in_training_or_leaves_the_row_without_a_label(
    tmp_path: Path,
) -> None:
    rows = pd.DataFrame({"x": [0.1] * 4, "flag": [True, None, False, None], "level": ["a", "a", "a", None]})
    rows.loc[3, "flag"] = True
    filling = fit(tmp_path / "filling", table(), "impute.simple", "encode.one_hot")
    found = filling.predict(rows)
    assert found["proba_high"].iloc[1] == found["proba_high"].iloc[0], "true is the more frequent"
    assert found["prediction"].notna().all()
    coded = fit(tmp_path / "coded", table(), "encode.ordinal").predict(rows)
    assert coded["prediction"].notna().all(), "a gap has a code of its own"
    plain = fit(tmp_path / "plain", table().drop(columns="level"), "toy.scale")
    for flags in ([True, None, False], ["true", "", "0"], [1.0, np.nan, 0.0], pd.array([True, None, False])):
        found = plain.predict(pd.DataFrame({"x": [0.1] * 3, "flag": flags}))
        assert found["prediction"].isna().tolist() == [False, True, False]
        assert found["proba_high"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("cell", [np.inf, -np.inf, 1e39, 10**400, -(10**400), "1" + "0" * 400, "-inf", "1e400"])
def test_a_cell_beyond_what_a_network_computes_with_predicts_as_a_gap(tmp_path: Path, cell: Any) -> None:
    model = fit(tmp_path, table()[["x", "y"]], "impute.simple")
    odd = pd.DataFrame({"x": pd.Series([cell, 0.5], dtype=object)})
    found = model.predict(odd)
    pd.testing.assert_frame_equal(found, model.predict(pd.DataFrame({"x": [np.nan, 0.5]})))
    assert model.infinite_cells(odd) == {"x": 1}


def test_infinite_cells_of_a_file_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    model = fit(folder / "run", table()[["x", "y"]], "impute.simple")
    model.save("model.automl")
    Path("new.csv").write_text("x\n1e39\n0.5\n-inf\n")
    done = call("predict", "model.automl", "new.csv")
    assert done.exit_code == 0, done.output
    assert "note: 2 cells of 'x' are infinite or beyond 3.4e38, and count as missing" in done.stderr


def test_a_named_index_is_a_column_as_it_was_in_training(tmp_path: Path) -> None:
    rows = table()[["x", "flag", "y"]].assign(key=[f"0{place}" for place in range(N)]).set_index(["key", "x"])
    model = fit(tmp_path, rows, "toy.scale", roles={"id": "key"})
    found = model.predict(rows.drop(columns="y"))
    assert found.index.equals(rows.index)
    assert found["key"].tolist() == rows.index.get_level_values("key").tolist()
    flat = model.predict(rows.reset_index())
    assert found.reset_index(drop=True).equals(flat)
