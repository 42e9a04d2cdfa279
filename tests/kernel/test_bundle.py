"""The saved model: a file of plain values that predicts the same anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import Table
from toy_runs import FOLDS, PIPELINE, TUNED

from automl import codec
from automl.errors import BundleError
from automl.plugins import Registry
from automl.predictor import Predictor

SOURCE = "source"
STEP = {"stage": "s", "inputs": [], "join": None, "component": None, "columns": [], "on_target": False, "state": None}
HEAD = {"inputs": [SOURCE], "join": None, "learner": "toy.descent", "state": {}, "inverse": []}

ELSEWHERE = """
import sys, pandas as pd, toy_runs
from automl.predictor import Predictor
bundle, table, out = sys.argv[1:]
Predictor.load(bundle, toy_runs.make_registry()).predict(pd.read_pickle(table)).to_pickle(out)
"""


@pytest.mark.parametrize("sets", [(), (FOLDS, TUNED)], ids=["holdout", "folds"])
def test_a_model_predicts_bit_for_bit_the_same_in_a_fresh_process_without_the_store(
    run_toys, registry, tmp_path: Path, sets
) -> None:
    finished, _ = run_toys(*sets)
    raw = Table(Table.Params(rows=40)).read()
    here = Predictor.load(finished.bundle, registry).predict(raw)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    bundle = elsewhere / "moved.automl"
    bundle.write_bytes(finished.bundle.read_bytes())
    (tmp_path / "work").rename(tmp_path / "gone")
    raw.to_pickle(elsewhere / "table")
    subprocess.run(
        [sys.executable, "-W", "error", "-c", ELSEWHERE, bundle, elsewhere / "table", elsewhere / "out"],
        check=True,
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"},
    )
    assert pd.read_pickle(elsewhere / "out").equals(here)


def test_a_model_holds_no_pickle(run_toys) -> None:
    finished, _ = run_toys()
    data = finished.bundle.read_bytes()
    assert b"pickle" not in data
    assert b"\x80\x04\x95" not in data


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_model_cut_short_is_refused(run_toys, registry, tmp_path: Path, share: float) -> None:
    finished, _ = run_toys()
    data = finished.bundle.read_bytes()
    cut = tmp_path / "cut.automl"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BundleError):
        Predictor.load(cut, registry)


def test_a_changed_model_is_refused_or_predicts_the_same(run_toys, registry, tmp_path: Path) -> None:
    finished, _ = run_toys()
    raw = Table(Table.Params(rows=5)).read()
    whole = Predictor.load(finished.bundle, registry).predict(raw)
    changed = tmp_path / "changed.automl"
    data = finished.bundle.read_bytes()
    refused = 0
    for place in range(0, len(data), 29):
        changed.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            predictor = Predictor.load(changed, registry)
        except BundleError:
            refused += 1
        else:
            assert predictor.predict(raw).equals(whole)
    assert refused > len(data) / 29 * 0.7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"magic": "else"}, "is no model bundle"),
        ({"format": 99}, "has format 99, this version reads 2; mend"),
        ({"format": None}, "has format None"),
        ({"heads": [{**HEAD, "learner": "no.such"}]}, r"made with plugins that are not here: .*'no\.such'"),
        ({"heads": [{**HEAD, "learner": "toy.descent", "state": {"other": 1}}]}, "does not fit the plugins that are"),
        ({"heads": [{"learner": "toy.descent", "state": {}}]}, r"changed: heads\.0\.inputs: Field required"),
        ({"heads": []}, "at least 1 item"),
        ({"task": {}}, r"changed: task\.kind: Field required.* and 1 more"),
        ({"steps": {"k": {"component": "toy.fill"}}}, r"changed: steps\.k\.stage: Field required"),
        ({"steps": {"k": {**STEP, "inputs": ["k"]}}}, r"step 'k' reads \['k'\], which are not all above it"),
        (
            {"steps": {"k": {**STEP, "component": "toy.holdout", "state": {}}}, "heads": [HEAD]},
            "plugins that are not here",
        ),
        ({"heads": [{**HEAD, "inverse": ["none"]}]}, "which are no steps on the target"),
        ({"plugins": {}}, "says that it was made with no plugin"),
        ({"task": {"kind": "binary", "target": "y", "classes": [], "more_targets": []}}, "its task is binary of"),
        ({"task": {"kind": "regression", "target": "w", "classes": [], "more_targets": []}}, "its task another one"),
    ],
)
def test_a_model_that_is_not_ours_is_refused_with_the_cause(run_toys, registry, tmp_path, change, message) -> None:
    finished, _ = run_toys()
    document = {**codec.from_bytes(finished.bundle.read_bytes()), **change}
    document["steps"] = {SOURCE: STEP, **document["steps"]}
    odd = tmp_path / "odd.automl"
    odd.write_bytes(codec.to_bytes(document))
    with pytest.raises(BundleError, match=message):
        Predictor.load(odd, registry)


def test_any_other_file_is_refused(registry, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"cannot read .*: No such file"):
        Predictor.load(tmp_path / "none.automl", registry)
    (tmp_path / "list.automl").write_bytes(codec.to_bytes([1, 2]))
    with pytest.raises(BundleError, match="is no model bundle"):
        Predictor.load(tmp_path / "list.automl", registry)


def test_a_model_whose_plugin_is_not_installed_names_it(run_toys) -> None:
    finished, _ = run_toys()
    with pytest.raises(BundleError, match=r"'toy': 'toy 1\.0'.*no 'toy\.fill' among the components"):
        Predictor.load(finished.bundle, Registry.load())


def test_saving_again_gives_the_same_bytes(run_toys, registry, tmp_path: Path) -> None:
    finished, _ = run_toys()
    again = tmp_path / "again.automl"
    Predictor.load(finished.bundle, registry).save(again)
    assert again.read_bytes() == finished.bundle.read_bytes()
    assert [file.name for file in tmp_path.glob(".*")] == []


def test_a_row_with_a_gap_that_no_stage_fills_gets_no_label(run_toys, registry) -> None:
    text = PIPELINE.replace("{use: toy.table,", "{use: toy.table, with: {task: binary},")
    text = text.replace("  goal: {use: toy.standard_target, in: codes}\n", "").replace("in: goal", "in: codes")
    finished, _ = run_toys("stages.filled.columns=[x]", text=text)
    predictor = Predictor.load(finished.bundle, registry)
    rows = pd.DataFrame({"x": [1.0, 1.0], "z": [0.0, np.nan], "colour": ["red", "red"]})
    out = predictor.predict(rows)
    assert out["prediction"][0] in ("high", "low")
    assert out["prediction"].isna().tolist() == [False, True]
    assert out["proba_high"].isna().tolist() == [False, True]
