"""A real network: a row is predicted the same by `automl predict` on CSV and Parquet, from Python and by MLflow."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

import automl
import automl_mlflow.logged_model as logged
from automl.cli import main
from automl_mlflow.logged_model import example_of, signature_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]

ROWS = 160
PIPELINE = """version: 1
name: doors
seed: 1
data:
  path: train.parquet
  target: item
  task: multiclass
  kinds: {size: categorical, shift: categorical, width: categorical}
  roles: {id: order}
stages:
  split: {use: split.random, in: data, with: {test: 0.1, valid: 0.2}}
  codes: {use: encode.one_hot, in: split}
  scaled: {use: scale.standard, in: codes}
  search:
    use: search.network
    in: scaled
    with: {tuner: random, budget: {trials: 1, epochs: 3}, baselines: [], space: {depth: 1, width: 8}}
track: []
"""
LABELS = [1234567890123456701, 1234567890123456702, 2**63 + 5]


def table() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    amount = [Decimal(int(cents)) / 100 for cents in draw.integers(0, 9999, ROWS)]
    return pd.DataFrame(
        {
            "order": [f"{'0' * (place % 3)}{10**19 + place}" for place in range(ROWS)],
            "branch": draw.choice(["0100", "100", "007"], size=ROWS),
            "lot": draw.choice(["1E5", "1.10", "1.1", "7A1"], size=ROWS),
            "size": draw.choice([42.0, 42.5, 43.0], size=ROWS),
            "shift": pd.to_datetime(draw.choice(["2026-01-31 00:00", "2026-01-31 08:30"], size=ROWS)),
            "width": draw.choice([0.1, 0.5, 12345678.0], size=ROWS).astype("float32"),
            "amount": pd.array(amount, dtype=pd.ArrowDtype(pa.decimal128(7, 2))),
            "count": pd.array(draw.integers(0, 9, ROWS), dtype="UInt8"),
            "flag": draw.random(ROWS) > 0.5,
            "x": draw.normal(size=ROWS),
            "item": np.array(LABELS, dtype="uint64")[np.arange(ROWS) % 3],
        }
    )


def printed(path: str) -> pd.DataFrame:
    done = CliRunner().invoke(main, ["predict", "last", path])
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.stdout), dtype={"order": str, "prediction": "UInt64"})


def test_a_row_is_predicted_the_same_by_every_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.chdir(tmp_path)
    table().to_parquet("train.parquet", index=False)
    Path("doors.yaml").write_text(PIPELINE)
    done = CliRunner().invoke(main, ["run", "doors.yaml"])
    assert done.exit_code == 0, done.output
    model = automl.load("last")
    assert dict(model.schema.kinds()) == {
        "order": "categorical", "branch": "categorical", "lot": "categorical", "size": "categorical",
        "shift": "categorical", "width": "categorical", "amount": "numeric",
        "count": "numeric", "flag": "boolean", "x": "numeric", "item": "categorical",
    }  # fmt: skip
    new = table().drop(columns="item")
    new["x"] = new["x"].mask(new.index == 7)
    right = model.predict(new)
    assert str(right["prediction"].dtype) == "UInt64"
    assert set(right["prediction"].dropna()) <= set(LABELS)
    assert right["prediction"].isna().sum() == 1
    assert right["order"].tolist() == new["order"].tolist()

    (bundle,) = Path(".automl/runs").glob("*/model.automl")
    mlflow.pyfunc.save_model(
        "served",
        python_model=str(Path(logged.__file__).with_name("served.py")),
        artifacts={"bundle": str(bundle)},
        signature=signature_of(model),
        input_example=example_of(model),
        pip_requirements=["automl-pipelines"],
    )
    served = mlflow.pyfunc.load_model("served")
    pd.testing.assert_frame_equal(served.predict(new), right)

    order = np.random.default_rng(2).permutation(ROWS)
    for rows in (new, new.iloc[order], new.iloc[[3]], new.iloc[[7]]):
        rows.to_csv("new.csv", index=False)
        rows.to_parquet("new.parquet", index=False)
        expected = right.loc[rows.index].reset_index(drop=True).astype({"order": object, "prediction": "UInt64"})
        for found in (printed("new.csv"), printed("new.parquet"), served.predict(rows), model.predict(rows)):
            given = found.reset_index(drop=True).astype({"order": object, "prediction": "UInt64"})
            pd.testing.assert_frame_equal(given, expected, rtol=1e-5, check_dtype=False)
