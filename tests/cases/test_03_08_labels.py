"""Predicted labels are the table's own: values and type, at any size, and beside a row without a score."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cell_runs import PIPELINE, bundle, predicted, toy_folder, train
from toy_folder import automl

from automl.input_schema import infer_schema
from automl.pipeline_file.declaration import DataDeclaration, Use

LONG = [1234567890123456701, 1234567890123456702]
UNSIGNED = [2**63 + 5, 2**63 + 6]
AMOUNTS = [Decimal("1.50"), Decimal("2.00")]
BRIER = "stages.search.with.objective=toy.brier"
X = np.random.default_rng(3).normal(size=120).round(3)


def labelled(low: Any, high: Any) -> list[Any]:
    return [high if x > 0 else low for x in X]


NOON = [pd.Timestamp("2026-01-31 12:00"), pd.Timestamp("2026-02-28 00:00")]
FRAMES = {
    "int64": (labelled(*LONG), "int64", "Int64"),
    "uint64": (labelled(*UNSIGNED), "uint64", "UInt64"),
    "int8": (labelled(-1, 1), "int8", "Int8"),
    "Int64": (labelled(*LONG), "Int64", "Int64"),
    "bool": (labelled(False, True), "bool", "boolean"),
    "boolean": (labelled(False, True), "boolean", "boolean"),
    "float64": (labelled(0.5, 1.0), "float64", "float64"),
    "int64[pyarrow]": (labelled(*LONG), "int64[pyarrow]", "int64[pyarrow]"),
    "category of ints": (labelled(*LONG), "category", "Int64"),
    "str": (labelled("0", "1"), "str", "str"),
    "codes": (labelled("007", "7"), "str", "str"),
    "texts of floats": (labelled("1.0", "2.0"), "str", "str"),
    "padded texts": (labelled(" no", "yes "), "str", "str"),
    "category of padded texts": (labelled("\tno", " no"), "category", "str"),
    "times": (labelled(*NOON), "datetime64[ns]", "datetime64[ns]"),
    "zoned times": (
        labelled(*(time.tz_localize("Europe/Berlin") for time in NOON)),
        "datetime64[us, Europe/Berlin]",
        "datetime64[us, Europe/Berlin]",
    ),
    "category of times": (labelled(*NOON), "category", "datetime64[us]"),
    "dates": (labelled(*(time.date() for time in NOON)), "object", "object"),
    "Arrow's dates": (labelled(*(time.date() for time in NOON)), "date32[day][pyarrow]", "date32[day][pyarrow]"),
    "float32": (labelled(np.float32(0.1), np.float32(0.7)), "float32", "float32"),
    "float32 among objects": (labelled(float(np.float32(0.1)), float(np.float32(0.7))), "object", "float64"),
    "Arrow's dictionary": (labelled(*LONG), pd.ArrowDtype(pa.dictionary(pa.int32(), pa.int64())), "Int64"),
}


@pytest.mark.parametrize("name", list(FRAMES))
def test_labels_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    values, dtype, with_gap = FRAMES[name]
    with toy_folder(tmp_path):
        table = pd.DataFrame({"x": X, "y": pd.Series(values, dtype=dtype)})
        table.to_pickle("t.pickle")
        model = train(
            "{use: toy.pickled, with: {path: t.pickle}, target: y, task: binary}",
            "stages.search.with.objective=toy.brier",
        )
        whole = model.predict(table[["x"]])
        assert set(whole["prediction"]) == set(values)
        assert (whole["prediction"].astype(object).to_numpy() == np.array(values, dtype=object)).mean() > 0.9
        without = {"Int64": "int64"}.get(with_gap, with_gap) if dtype in ("category", "object") else dtype
        assert str(whole["prediction"].dtype) == ("int64" if with_gap == "Int64" and dtype != "Int64" else without)
        gap = model.predict(table[["x"]].mask(table.index.to_series() == 7))
        assert str(gap["prediction"].dtype) == with_gap
        assert gap["prediction"].isna().sum() == 1
        others = [place for place in range(len(X)) if place != 7]
        assert gap["prediction"].iloc[others].tolist() == whole["prediction"].iloc[others].tolist()
        assert (gap.filter(like="proba_").iloc[others] == whole.filter(like="proba_").iloc[others]).all(axis=None)


@pytest.mark.parametrize(
    ("values", "suffix"),
    [(LONG, "csv"), (UNSIGNED, "csv"), (LONG, "parquet"), ([Decimal("1.50"), Decimal("2.00")], "parquet")],
)
def test_labels_of_a_file_come_back_digit_by_digit(tmp_path: Path, values: list[Any], suffix: str) -> None:
    with toy_folder(tmp_path):
        column: Any = labelled(*values)
        if isinstance(values[0], Decimal):
            column = pd.array(column, dtype=pd.ArrowDtype(pa.decimal128(5, 2)))
        table = pd.DataFrame({"x": X, "y": column})
        table.to_csv("t.csv", index=False)
        table.to_parquet("t.parquet", index=False)
        train(f"{{path: t.{suffix}, target: y, task: binary}}", BRIER)
        told = predicted("x\n-9\n\n9\n".replace("\n\n", '\n""\n'))
        assert [told["prediction"].iloc[0], told["prediction"].iloc[2]] == [str(value) for value in values]
        assert told["prediction"].iloc[1] == ""
        done = automl("predict", str(bundle()), "new.csv", "-o", "out.parquet")
        assert done.exit_code == 0, done.output
        out = pd.read_parquet("out.parquet")["prediction"]
        assert [out.iloc[0], out.iloc[2]] == values
        assert out.isna().tolist() == [False, True, False]


def test_a_text_target_of_a_typed_table_stays_text(tmp_path: Path) -> None:
    with toy_folder(tmp_path):
        pd.DataFrame({"x": X, "y": labelled("0", "1")}).to_parquet("t.parquet", index=False)
        model = train("{path: t.parquet, target: y, task: binary}", BRIER)
        assert model.predict(pd.DataFrame({"x": [-9.0, 9.0]}))["prediction"].tolist() == ["0", "1"]


@pytest.mark.parametrize("word", ["NULL", "nan", "-"])
@pytest.mark.parametrize("task", ["", ", task: binary"])
@pytest.mark.parametrize(("low", "high", "dtype"), [(-1, 1, "int64"), (False, True, "bool")])
def test_a_word_for_no_value_among_labels_is_no_class(
    tmp_path: Path, word: str, task: str, low: Any, high: Any, dtype: str
) -> None:
    if dtype == "bool" and word == "-":
        pytest.skip("a dash is no value among numbers alone")
    with toy_folder(tmp_path):
        labels = [str(label) for label in labelled(low, high)]
        labels[3] = labels[50] = word
        pd.DataFrame({"x": X, "y": labels}).to_csv("t.csv", index=False)
        model = train(f"{{path: t.csv, target: y{task}}}", BRIER)
        assert model.task.classes == (str(low), str(high))
        found = model.predict(pd.DataFrame({"x": X}))["prediction"]
        assert set(found) == {low, high}
        assert found.dtype == dtype


def test_a_third_word_beside_true_and_false_is_a_class_of_its_own() -> None:
    words = ["True" if x > 0.5 else "False" if x < -0.5 else "Unknown" for x in X]
    rows = pd.DataFrame({"x": X.astype(str), "y": words})
    schema = infer_schema(rows, DataDeclaration(Use("read.csv"), "y"), typed=False)
    assert schema.restore_labels(schema.apply(rows)["y"].to_numpy(dtype=object)).tolist() == words


@pytest.mark.parametrize("kind", ["timedelta64[us]", "period[M]"])
def test_labels_of_no_table_are_refused_whether_or_not_the_task_is_said(tmp_path: Path, kind: str) -> None:
    with toy_folder(tmp_path):
        labels = pd.Series(labelled(1, 2)).astype("int64")
        cells = pd.to_timedelta(labels, unit="s") if kind[0] == "t" else pd.PeriodIndex.from_ordinals(labels, freq="M")
        pd.DataFrame({"x": X, "y": cells}).to_parquet("t.parquet", index=False)
        for task in ("", ", task: binary"):
            Path("t.yaml").write_text(PIPELINE.replace("DATA", f"{{path: t.parquet, target: y{task}}}"))
            done = automl("check", "t.yaml", "--data", "--set", BRIER)
            assert done.exit_code == 2
            assert f"'y' holds {kind}" in done.output


@pytest.mark.parametrize("dtype", ["object", "category"])
def test_texts_that_write_numbers_come_back_as_those_texts(tmp_path: Path, dtype: str) -> None:
    with toy_folder(tmp_path):
        table = pd.DataFrame({"x": X, "y": pd.Series(labelled("1.0", "2.0"), dtype="str").astype(dtype)})
        table.to_pickle("t.pickle")
        model = train("{use: toy.pickled, with: {path: t.pickle}, target: y}", BRIER)
        assert set(model.predict(table[["x"]])["prediction"]) == {"1.0", "2.0"}


def test_a_word_among_labels_is_told_with_the_key_that_makes_a_class_of_it(tmp_path: Path) -> None:
    with toy_folder(tmp_path):
        labels = [str(label) for label in labelled(0, 1)]
        labels[::9] = ["NULL"] * len(labels[::9])
        pd.DataFrame({"x": X, "y": labels}).to_csv("t.csv", index=False)
        train("{path: t.csv, target: y}", BRIER)
        told = automl("check", "cells.yaml", "--data", "--set", BRIER).output
        assert "14 of 120 cells of the target 'y' are not labels: 'NULL' (14)" in told
        assert 'data: {kinds: {"y": categorical}} if they are levels' in told
        assert "if that text is a class" not in told
        told = automl("check", "cells.yaml", "--data", "--set", BRIER, "--set", "data.kinds.y=categorical").output
        assert "are not labels" not in told
