"""Ids come back byte for byte, and long numbers stay apart as levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from cell_runs import bundle, predicted, toy_folder, train
from toy_folder import automl

from automl.input_schema import DEFAULT_MISSING, read_column
from automl_tabular.csv_reader import CsvReader
from automl_tabular.parquet_reader import ParquetReader

FIRST = 1234567890123456700
IDS = ["12345678901234567890", " 007 ", "1e5", "", "1.50", "a,b", '"q"', "NA"]


def customers(rows: int = 120) -> pd.DataFrame:
    long = [FIRST + place for place in range(rows)]
    return pd.DataFrame(
        {
            "order": [str(10**19 + number) for number in long],
            "customer": pd.array([None, *long[1:]], dtype="Int64"),
            "x": np.arange(rows) / rows,
            "y": np.arange(rows) / rows,
        }
    )


def test_ids_of_any_form_come_back_as_the_file_has_them(tmp_path: Path) -> None:
    with toy_folder(tmp_path):
        customers().to_csv("t.csv", index=False)
        train("{path: t.csv, target: y, task: regression, roles: {id: [order, customer]}}")
        new = pd.DataFrame({"order": IDS, "customer": IDS[::-1], "x": 0.5})
        told = predicted(new.to_csv(index=False))
        assert told["order"].tolist() == IDS
        assert told["customer"].tolist() == IDS[::-1]


@pytest.mark.parametrize("dtype", ["Int64", "UInt64", "decimal"])
def test_ids_of_a_parquet_file_keep_their_digits_and_their_type(tmp_path: Path, dtype: str) -> None:
    with toy_folder(tmp_path):
        table = customers()
        if dtype == "decimal":
            kind = pa.decimal128(38, 2)
            exact = pa.array([None, *range(FIRST, FIRST + 119)], pa.int64()).cast(kind)
            table["customer"] = pd.array(exact, dtype=pd.ArrowDtype(kind))
        else:
            table["customer"] = table["customer"].astype(dtype)
        table.to_parquet("t.parquet", index=False)
        train("{path: t.parquet, target: y, task: regression, roles: {id: [order, customer]}}")
        done = automl("predict", str(bundle()), "t.parquet", "-o", "out.parquet")
        assert done.exit_code == 0, done.output
        given, out = pa.parquet.read_table("t.parquet"), pa.parquet.read_table("out.parquet")
        assert out["customer"].to_pylist() == given["customer"].to_pylist()
        assert out["order"].to_pylist() == given["order"].to_pylist()
        assert out.schema.field("customer").type == given.schema.field("customer").type


@pytest.mark.parametrize("name", ["order", "customer"])
def test_each_long_number_is_a_level_of_its_own(tmp_path: Path, name: str) -> None:
    table = customers()
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet", index=False)
    levels = [str(value) for value in table[name].dropna()]
    for reader in (CsvReader, ParquetReader):
        path = tmp_path / ("t.csv" if reader is CsvReader else "t.parquet")
        read = read_column(reader(reader.Params(path=str(path))).read()[name], "categorical", DEFAULT_MISSING)
        assert read.dropna().tolist() == levels
    objects = pd.Series([10**30 + place for place in range(9)], dtype=object)
    assert read_column(objects, "categorical", DEFAULT_MISSING).tolist() == [str(value) for value in objects]
