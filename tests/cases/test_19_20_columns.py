"""Sparse and decimal columns, as `get_dummies` and SQL exports make them: `check` and reading agree."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cell_runs import PIPELINE, predicted, toy_folder, train
from pyarrow import parquet
from toy_folder import automl
from toy_runs import make_registry

from automl import Pipeline
from automl.frames import HeldFrame
from automl.input_schema import infer_kind, read_column
from automl.predictor import Predictor


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.arrays.SparseArray([0.0, 1.5, 0.0]), "numeric"),
        (pd.arrays.SparseArray([0, 1, 0]), "numeric"),
        (pd.arrays.SparseArray([False, True, False]), "boolean"),
        (pd.array([Decimal("1.10"), None, Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "numeric"),
        (pd.array([Decimal("1.10"), None, Decimal(2)], dtype=pd.ArrowDtype(pa.decimal256(50, 20))), "numeric"),
        (pd.array([Decimal(1), None, Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(20, 0))), "numeric"),
        ([Decimal("1.10"), None, Decimal(2)], "numeric"),
        (np.array([1, 2, 2**64 - 1], dtype="uint64"), "numeric"),
        (pd.array([1, None, 2**64 - 1], dtype="UInt64"), "numeric"),
        ([1, 2, 10**30], "numeric"),
    ],
)
def test_columns_of_numbers_are_held_told_and_read(column: Any, kind: str) -> None:
    series = pd.Series(column)
    assert infer_kind(series) == kind
    held = HeldFrame(pd.DataFrame({"c": series}))
    assert held.header().numeric["c"] == (kind == "numeric" and series.dtype != object)
    assert held == HeldFrame(pd.DataFrame({"c": series.copy()}))
    if kind == "numeric":
        exact = [None if pd.isna(value) else float(value) for value in list(series)]
        read = read_column(series, "numeric", ())
        assert read.astype(object).where(read.notna(), None).tolist() == exact


def test_a_frame_of_sparse_dummies_trains_and_predicts_as_the_dense_one(tmp_path: Path) -> None:
    draw = np.random.default_rng(7)
    colours = pd.get_dummies(pd.Series(draw.choice(["red", "green", "blue"], size=80)), sparse=True)
    table = pd.concat([colours, pd.Series(draw.normal(size=80), name="y")], axis=1)
    registry = make_registry()
    made = []
    for name, rows in (("sparse", table), ("dense", table.astype(dict.fromkeys(colours, bool)))):
        pipeline = (
            Pipeline("p", data=rows, target="y", registry=registry)
            .stage("split", "toy.holdout", after="data")
            .stage("codes", "encode.one_hot", after="split")
            .stage(
                "search", "search.network", after="codes", network="toy.net", objective="toy.error",
                budget={"trials": 1, "epochs": 9}, baselines=[], space={"rate": {"float": [0.01, 0.02]}},
            )
            .executor("in_process")
        )  # fmt: skip
        made.append(Predictor.load(pipeline.run(workspace=tmp_path / name).finished.bundle, registry))
    for model in made:
        assert model.predict(table).equals(made[0].predict(table.astype(dict.fromkeys(colours, bool))))


@pytest.mark.parametrize("kind", [pa.decimal128(7, 2), pa.decimal256(60, 3), pa.decimal128(9, 0)])
def test_a_decimal_column_passes_check_and_trains_as_the_number_that_it_is(tmp_path: Path, kind: pa.DataType) -> None:
    with toy_folder(tmp_path):
        amounts = [Decimal(place % 40) for place in range(80)]
        table = pa.table({"amount": pa.array([*amounts[:-1], None], kind), "y": pa.array(amounts, kind)})
        parquet.write_table(table, "t.parquet")
        data = "{path: t.parquet, target: y, task: regression}"
        Path("cells.yaml").write_text(
            PIPELINE.replace("DATA", data).replace("{use: encode.one_hot", "{use: impute.simple")
        )
        for call in (
            ["check", "cells.yaml"],
            ["check", "cells.yaml", "--data"],
            ["init", "t.parquet", "--target", "y"],
        ):
            done = automl(*call)
            assert done.exit_code == 0, done.output
        model = train(data, "stages.codes.use=impute.simple")
        assert dict(model.schema.kinds()) == {"amount": "numeric", "y": "numeric"}
        right = model.predict(table.to_pandas())["prediction"]
        assert np.allclose(right[:-1], [float(value) for value in amounts[:-1]], atol=0.5)
        told = predicted("amount\n" + "\n".join(str(value) for value in amounts[:-1]) + "\n")
        assert np.allclose(told["prediction"].astype(float), right[:-1])
