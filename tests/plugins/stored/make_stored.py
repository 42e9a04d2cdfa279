"""Makes the models that `test_stored_models.py` opens: ``python make_stored.py NAME``, in an environment with the
versions to store, gives ``NAME.stages.automl``, ``NAME.network.automl`` and the predictions beside each.

``oldest`` is made with the lowest versions that pyproject.toml allows, ``newest`` with those of constraints.txt:

    python -m venv /tmp/oldest
    /tmp/oldest/bin/pip install numpy==2.0.0 pandas==3.0.0 scikit-learn==1.7.0 scipy==1.15.0 skops==0.13.0 \
        pyarrow==19.0.0 tensorflow-cpu==2.20.0 keras==3.13.2
    /tmp/oldest/bin/pip install .
    PYTHONPATH=tests/plugins/stored /tmp/oldest/bin/python tests/plugins/stored/make_stored.py oldest
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import stored_stages

import automl
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry
from automl.predictor import Predictor
from automl.run import run

HERE = Path(__file__).parent
ROWS = 40
NEW_ROWS = 8

HEAD = """
version: 1
name: stored
seed: 3
data: {path: table.csv, target: y, kinds: {y: categorical}}
stages:
  split: {use: split.random, in: data, with: {test: 0.2, valid: 0.2}}
"""
TAIL = """
  search:
    use: search.network
    in: %s
    with:
      network: %s
      tuner: random
      budget: {trials: 1, epochs: 2}
      baselines: []
      space: {compile: graph%s}
run: {executor: {use: in_process}}
track: []
"""


def registry() -> Registry:
    found = Registry.load()
    found.register(stored_stages, Plugin("stored", "stored_stages", "automl-stored", "1.0"))
    assert not found.set_aside, found.set_aside
    return found


def table(rows: int, seed: int) -> pd.DataFrame:
    """Two columns for each stage, and a target of two classes."""
    draw = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    for name in stored_stages.STAGES:
        for place in "ab":
            values = draw.normal(size=rows)
            if stored_stages.is_of_levels(name):
                columns[f"{name}_{place}"] = np.where(values > 0.3, "high", np.where(values < -0.5, "low", "middle"))
            else:
                columns[f"{name}_{place}"] = values.round(3)
    frame = pd.DataFrame(columns)
    for name in ("SimpleImputer", "KNNImputer", "IterativeImputer", "MissingIndicator"):
        frame.loc[::5, f"{name}_a"] = np.nan
        frame.loc[1::5, f"{name}_b"] = np.nan
    score = frame["PCA_a"] + frame["SelectKBest_a"] + frame["ByLogistic_a"] + frame["LinearDiscriminantAnalysis_a"]
    return frame.assign(y=np.where(score > score.median(), "yes", "no"))


def stages() -> str:
    """Each transformer on its own two columns, one after the other."""
    text, above = HEAD, "split"
    for name, stage in stored_stages.STAGES.items():
        given = ", ".join(f"{key}: {value}" for key, value in stored_stages.PARAMS.get(name, {}).items())
        text += (
            f"  {name.lower()}: {{use: {stage.id}, in: {above}, columns: [{name}_a, {name}_b], with: {{{given}}}}}\n"
        )
        above = name.lower()
    return text + TAIL.lstrip("\n") % (above, "linear", "")


def network() -> str:
    return HEAD + TAIL.lstrip("\n") % ("only", "mlp", ", width: 4, activation: selu, batch_norm: true, dropout: 0.1")


def make(name: str) -> None:
    known = registry()
    for model, text in (("stages", stages()), ("network", network())):
        raw = table(ROWS, 0)
        if model == "network":
            raw = raw[["PCA_a", "PCA_b", "KMeans_a", "y"]]
            text = text.replace("in: only", "in: split")
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            raw.to_csv("table.csv", index=False)
            finished = run(loads(text, known), known, workspace=Path(folder) / "work").finished
            bundle = HERE / f"{name}.{model}.automl"
            bundle.write_bytes(Path(str(finished.bundle)).read_bytes())
            os.chdir(HERE)
        predicted = Predictor.load(bundle, known).predict(table(NEW_ROWS, 1))
        predicted.to_csv(HERE / f"{name}.{model}.csv", index=False)


if __name__ == "__main__":
    make(sys.argv[1])
    print(automl.__file__)
