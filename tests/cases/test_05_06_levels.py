"""A level is the same whatever else is in the batch: numbers in every spelling, texts sign by sign."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cell_runs import predicted, toy_folder, train

from automl.input_schema import infer_schema
from automl.pipeline_file.declaration import DataDeclaration, Use

SIZES = {"40": 10.0, "40.5": 80.0, "41": -30.0, "42": 90.0, "42.5": 0.0}
LOTS = {
    "1E5": 90.0,
    "2E3": -10.0,
    "1.0": 70.0,
    "1.10": 20.0,
    "+5": 50.0,
    "-0": 35.0,
    ".5": -40.0,
    "5.": 5.0,
    "7A1": 0.0,
}
VERSIONS = {"1.1": 10.0, "1.10": 90.0, "1.2": 50.0}


def table(levels: dict[str, float], name: str) -> pd.DataFrame:
    found = np.random.default_rng(4).choice(list(levels), size=220)
    return pd.DataFrame({name: found, "y": [levels[level] for level in found]})


@pytest.mark.parametrize("written", ["42", "42.0"])
def test_a_size_is_one_level_alone_and_beside_halves_in_any_type(tmp_path: Path, written: str) -> None:
    with toy_folder(tmp_path):
        rows = table(SIZES, "size")
        if written == "42.0":  # as pandas writes a column of floats
            rows["size"] = rows["size"].astype(float)
        rows.to_csv("t.csv", index=False)
        model = train("{path: t.csv, target: y, task: regression, kinds: {size: categorical}}")
        for cells in ([42.0, 42.5], [42.0], [42], ["42"], ["42.0"], [" 42 "], [Decimal("42.00")], [np.float32(42)]):
            assert abs(model.predict(pd.DataFrame({"size": cells}))["prediction"].iloc[0] - 90) < 0.5
        for text in ("size\n42\n42.5\n", "size\n42\n", "size\n42.0\n", "size\n42\nx\n"):
            assert abs(float(predicted(text)["prediction"].iloc[0]) - 90) < 0.5


@pytest.mark.parametrize(("levels", "kinds"), [(LOTS, ""), (VERSIONS, ", kinds: {lot: categorical}")])
def test_texts_that_look_like_numbers_stay_the_texts_that_they_are(
    tmp_path: Path, levels: dict[str, float], kinds: str
) -> None:
    with toy_folder(tmp_path):
        table(levels, "lot").to_csv("t.csv", index=False)
        model = train(f"{{path: t.csv, target: y, task: regression{kinds}}}")
        every = predicted("lot\n" + "\n".join(levels) + "\n")["prediction"].astype(float)
        assert np.allclose(every, list(levels.values()), atol=0.5)
        for level, amount in levels.items():
            assert abs(float(predicted(f"lot\n{level}\n")["prediction"].iloc[0]) - amount) < 0.5
            assert abs(model.predict(pd.DataFrame({"lot": [level]}))["prediction"].iloc[0] - amount) < 0.5


@pytest.mark.parametrize(
    ("training", "cells", "levels"),
    [
        ([1.5, 2.0], ["2", 2, "2.00", True], ["2", "2", "2", "True"]),
        (["2", "x"], [2.0, "2", "2.0", Decimal("2.0")], ["2", "2", "2.0", "2.0"]),
        (["40.0", "a"], [40.0, 40, "40.0", "a"], ["40", "40", "40", "a"]),
        (["40.0", "40", "a"], [40, "40.0", "40"], ["40", "40.0", "40"]),
        ([np.float32(0.1), 2.0], ["0.1", np.float16(0.1), 0.1], ["0.1"] * 3),
        (["1e-05", "2.5"], [0.00001, "1E-5"], ["0.00001", "0.00001"]),
        ([10**40, 5], [10**40, str(10**40)], [str(10**40), str(10**40)]),
        ([10**400, 5], [10**400, str(10**400)], ["1e+400", "1e+400"]),
    ],
)
def test_what_the_training_cells_were_decides_how_new_ones_are_spelled(
    training: list[Any], cells: list[Any], levels: list[str]
) -> None:
    rows = pd.DataFrame({"c": pd.Series(training * 10, dtype=object), "y": np.arange(10 * len(training)) * 1.0})
    schema = infer_schema(rows, DataDeclaration(Use("memory.frame"), "y", kinds={"c": "categorical"}))
    for cell, level in zip(cells, levels, strict=True):
        alone = schema.features(pd.DataFrame({"c": pd.Series([cell], dtype=object)}))["c"].tolist()
        assert alone == [level]
    assert schema.features(pd.DataFrame({"c": pd.Series(cells, dtype=object)}))["c"].tolist() == levels


WIDTHS = [("float16", False)] + [(kind, also) for kind in ("float32", "float[pyarrow]") for also in (False, True)]


@pytest.mark.parametrize(("dtype", "category"), WIDTHS)
def test_floats_of_any_width_are_the_levels_that_a_csv_file_has(tmp_path: Path, dtype: str, category: bool) -> None:
    with toy_folder(tmp_path):
        frame = table({0.1: 10.0, 0.2: 90.0, 12345678.0: 50.0}, "lot")
        if dtype == "float16":
            frame["lot"] = frame["lot"].clip(upper=100)
        frame["lot"] = frame["lot"].astype(dtype)
        last = frame["lot"].max()
        if category:
            frame["lot"] = frame["lot"].astype("category")
        frame.to_pickle("t.pickle")
        train("{use: toy.pickled, with: {path: t.pickle}, target: y, task: regression, kinds: {lot: categorical}}")
        every = predicted(f"lot\n0.1\n0.2\n{int(last)}\n")["prediction"].astype(float)
        assert np.allclose(every, [10, 90, 50], atol=0.5)
