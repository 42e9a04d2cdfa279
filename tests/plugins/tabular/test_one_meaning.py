"""What a cell is gets decided once: a row is read and predicted the same alone, in any batch and order, by any door."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cell_tables import DOORS, ROWS, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_runs import make_registry

from automl import Pipeline
from automl.errors import DataError
from automl.input_schema import infer_schema
from automl.pipeline_file.declaration import DataDeclaration, Use
from automl.predictor import Predictor

REGISTRY = make_registry()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=tables(), door=st.sampled_from(sorted(DOORS)), order=st.permutations(range(ROWS)))
def test_a_row_is_read_the_same_alone_in_any_batch_in_any_order_and_by_any_door(drawn, door, order) -> None:
    rows, kinds = drawn
    declared = DataDeclaration(Use("memory.frame"), "y", task="regression", kinds=kinds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train = rows.assign(y=np.arange(ROWS) * 1.0)
        schema = infer_schema(train, declared)
        right = schema.features(rows)
        assert right.equals(schema.features(train))
        for other, read in DOORS.items():
            pd.testing.assert_frame_equal(schema.features(read(rows, folder)), right, obj=other)
        for row in (0, ROWS - 1):
            alone = schema.features(DOORS[door](rows.iloc[[row]], folder)).set_axis([row])
            pd.testing.assert_frame_equal(alone, right.iloc[[row]])
        shuffled = schema.features(DOORS[door](rows.iloc[list(order)], folder)).set_axis(list(order))
        pd.testing.assert_frame_equal(shuffled.sort_index(), right)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=tables(3), labels=st.sampled_from(["int64", "UInt64", "bool", "str"]), door=st.sampled_from(sorted(DOORS)))
def test_a_row_is_predicted_the_same_and_ids_and_labels_come_back_as_they_were(drawn, labels, door) -> None:
    rows, kinds = drawn
    rows = rows.drop(columns="dates", errors="ignore")  # no stage makes numbers of them
    low, high = {"int64": (-5, 2**62), "UInt64": (7, 2**63 + 5), "bool": (False, True), "str": ("0", "00")}[labels]
    train = pd.concat([rows] * 4, ignore_index=True)
    train["signal"] = np.linspace(-1, 1, len(train))
    train["who"] = [f"{'0' * (place % 3)}{10**19 + place}" for place in range(len(train))]
    train["y"] = pd.Series([high if x > 0 else low for x in train["signal"]], dtype=labels)
    section = {"path": train, "task": "binary", "kinds": kinds, "roles": {"id": "who"}}
    pipeline = (
        Pipeline("law", data=section, target="y", registry=REGISTRY)
        .stage("split", "toy.holdout", after="data")
        .stage("codes", "encode.one_hot", after="split")
        .stage("filled", "impute.simple", after="codes", columns="numeric")
        .stage("scaled", "scale.standard", after="filled")
        .stage(
            "search", "search.network", after="scaled", network="toy.net", objective="toy.brier",
            budget={"trials": 1, "epochs": 6}, baselines=[], space={"rate": {"float": [0.01, 0.02]}},
        )
        .executor("in_process")
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Predictor.load(pipeline.run(workspace=folder / "work").finished.bundle, REGISTRY)
        new = train.drop(columns="y").iloc[::5]
        right = model.predict(new)
        assert right["prediction"].dtype == train["y"].dtype
        assert set(right["prediction"].dropna()) <= {low, high}
        assert right["who"].tolist() == new["who"].tolist()
        read = model.predict(DOORS[door](new, folder)).set_axis(new.index)
        pd.testing.assert_frame_equal(read, right)
        alone = [model.predict(DOORS[door](new.iloc[[row]], folder)) for row in range(3)]
        pd.testing.assert_frame_equal(pd.concat(alone).set_axis(new.index[:3]), right.iloc[:3])


def test_a_table_that_cannot_be_read_is_refused_in_words() -> None:
    declared = DataDeclaration(Use("memory.frame"), "y", task="regression")
    with pytest.raises(DataError, match="column 'c' holds list values"):
        infer_schema(pd.DataFrame({"c": [[1], [2]], "y": [1.0, 2.0]}), declared)
