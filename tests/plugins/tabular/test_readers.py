"""Reading files: what comes out, and what is refused with which words."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import ValidationError

from automl.errors import DataError
from automl.input_schema import DEFAULT_MISSING, infer_kind, read_column
from automl.notation import PLAIN, Notation
from automl_tabular.csv_reader import CsvReader
from automl_tabular.parquet_reader import ParquetReader


def csv(path: Path, content: str | bytes, **params: object) -> CsvReader:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return CsvReader(CsvReader.Params(path=str(path), **params))


def kinds_and_values(frame: pd.DataFrame, notation: Notation = PLAIN) -> dict[str, tuple[str, list[object]]]:
    """What the input schema makes of each column."""
    found = {}
    for name in frame.columns:
        kind = infer_kind(frame[name], notation=notation)
        read = read_column(frame[name], kind, DEFAULT_MISSING, notation)
        found[name] = (kind, read.astype(object).where(read.notna(), None).tolist())
    return found


def test_cells_stay_the_texts_that_they_are_and_the_schema_says_what_they_mean(tmp_path: Path) -> None:
    reader = csv(
        tmp_path / "t.csv",
        "whole,real,gap,words,marker,truth,code,blank,nan,empty,point,hex,long\n"
        '1,1.5,1,"a, b",1,true,007,  3,nan,,1.0,0x1A,12345678901234567890\n'
        "-2,1e3,,x,?,false,1,4 ,2.5,,2.0,1,+5\n",
    )
    frame = reader.read()
    assert list(reader.header().columns) == list(frame.columns)
    assert {str(dtype) for dtype in frame.dtypes} == {"str"}
    assert frame.iloc[0].tolist()[:9] == ["1", "1.5", "1", "a, b", "1", "true", "007", "  3", "nan"]
    assert frame["long"].tolist() == ["12345678901234567890", "+5"]
    assert frame["gap"].isna().tolist() == [False, True]
    assert kinds_and_values(frame) == {
        "whole": ("numeric", [1, -2]),
        "real": ("numeric", [1.5, 1000.0]),
        "gap": ("numeric", [1, None]),
        "words": ("categorical", ["a, b", "x"]),
        "marker": ("numeric", [1, None]),
        "truth": ("boolean", [True, False]),
        "code": ("categorical", ["007", "1"]),
        "blank": ("numeric", [3, 4]),
        "nan": ("numeric", [None, 2.5]),
        "empty": ("numeric", [None, None]),
        "point": ("numeric", [1, 2]),
        "hex": ("categorical", ["0x1A", "1"]),
        "long": ("numeric", [12345678901234567890.0, 5]),
    }


def test_a_level_called_nan_or_none_stays_a_level(tmp_path: Path) -> None:
    frame = csv(tmp_path / "t.csv", "a,b\nnan,1\nNone,2\nNA,3\n,4\n").read()
    assert frame["a"].tolist()[:3] == ["nan", "None", "NA"]
    assert frame["a"].isna().tolist() == [False, False, False, True]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "T.CSV"])
def test_bom_carriage_returns_and_lines_inside_cells(tmp_path: Path, name: str) -> None:
    reader = csv(tmp_path / name, codecs.BOM_UTF8 + b'a,b\r\n1,"x\r\ny"\r\n\r\n2,"say ""hi"""\r\n')
    assert reader.header().columns == ("a", "b")
    assert reader.read()["b"].tolist() == ["x\r\ny", 'say "hi"']


def test_separators_decimals_and_encodings(tmp_path: Path) -> None:
    assert csv(tmp_path / "t.tsv", "a\tb\n1\tx\n").read().shape == (1, 2)
    reader = csv(
        tmp_path / "t.csv", "a;stra\xdfe;b\n1,5;M\xfcnchen;1.234,5\n".encode("latin-1"),
        separator=";", decimal=",", thousands=".", encoding="latin-1",
    )  # fmt: skip
    read = kinds_and_values(reader.read(), reader.notation())
    assert read["a"] == ("numeric", [1.5])
    assert read["b"] == ("numeric", [1234.5])
    assert read["stra\xdfe"] == ("categorical", ["M\xfcnchen"])


def test_nameless_columns_and_a_file_without_rows(tmp_path: Path) -> None:
    assert csv(tmp_path / "t.csv", ",a\n0,5\n").read().columns.tolist() == ["Unnamed: 0", "a"]
    assert csv(tmp_path / "u.csv", "a,b").read().shape == (0, 2)


def test_reads_what_pandas_writes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = pd.DataFrame({"x": rng.normal(size=500), "n": rng.integers(-9, 9, 500), "c": rng.choice(list("pq"), 500)})
    written.to_csv(tmp_path / "t.csv", index=False)
    read = CsvReader(CsvReader.Params(path=str(tmp_path / "t.csv"))).read()
    pd.testing.assert_frame_equal(read.astype({"x": "float64", "n": "int64"}), written)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("a,b,a\n1,2,3\n", "'a' stands at places [1, 3]"),
        ("a,b\n1,2\n3\n", "t.csv:3: expected 2 cells as in the first line, found 1"),
        ('a,b\n"1\n1",2\n3,4,5\n', "t.csv:4: expected 2 cells as in the first line, found 3"),
        ('a,b\n1,2\n3,"4\n5,6\n', "t.csv:3: the quotes of the row that begins here do not close"),
        ("sep=;\na;b\n1;2\n", "t.csv:1: expected a line of column names, found 'sep=;', a hint for spreadsheets"),
        ("a,b\n1,2\n3,\x00\n", "t.csv:3: found a NUL byte"),
        ("a;b\n1;2\n", 'it looks separated by semicolons; mend: data: {with: {separator: ";"}}'),
        ("a,b\nm\xfc,2\n".encode("latin-1"), "t.csv:2: expected text in utf-8, found the byte 0xfc; mend: data: {with"),
    ],
)  # fmt: skip
def test_malformed_text_is_refused_with_its_line(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(DataError) as caught:
        csv(tmp_path / "t.csv", content).read()
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_quote_inside_an_unquoted_cell_is_a_sign_like_any(tmp_path: Path) -> None:
    assert csv(tmp_path / "t.csv", 'a,b\n1,5" pipe\n2,6\n').read()["b"].tolist() == ['5" pipe', "6"]


def test_a_cut_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 500)[:-20])
    reader = CsvReader(CsvReader.Params(path=str(tmp_path / "t.csv.gz")))
    with pytest.raises(DataError, match="cannot be read"):
        reader.read()


@pytest.mark.parametrize("reader", [CsvReader, ParquetReader])
def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path, reader: type[CsvReader]) -> None:
    (tmp_path / "houses.csv").write_text("a\n1\n")
    missing = reader(reader.Params(path=str(tmp_path / "house.csv")))
    for ask in (missing.header, missing.fingerprint, missing.read):
        with pytest.raises(DataError, match=r"house\.csv: there is no such file.*did you mean '.*/houses\.csv'"):
            ask()
    with pytest.raises(DataError, match="expected a file, found a folder"):
        reader(reader.Params(path=str(tmp_path))).header()


@pytest.mark.parametrize(
    "params",
    [
        {"separator": ";;"},
        {"separator": '"'},
        {"decimal": ";"},
        {"encoding": "utf-9"},
        {"thousands": "x"},
        {"thousands": "."},
    ],
)
def test_impossible_csv_parameters(params: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CsvReader.Params(path="t.csv", **params)


def test_the_path_is_no_part_of_identity_and_the_content_is_the_fingerprint(tmp_path: Path) -> None:
    one, two = csv(tmp_path / "1.csv", "a\n1\n"), csv(tmp_path / "2.csv", "a\n1\n")
    assert one.params.identity() == two.params.identity()
    assert one.fingerprint() == two.fingerprint()
    assert csv(tmp_path / "2.csv", "a\n2\n").fingerprint() != one.fingerprint()


def test_parquet_keeps_values_and_knows_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": [1.5, None], "c": ["a", None], "b": [True, False]}, index=[3, 9]).to_parquet(path)
    reader = ParquetReader(ParquetReader.Params(path=str(path)))
    header = reader.header()
    assert header.columns == ("x", "c", "b")
    assert header.numeric == {"x": True, "c": False, "b": False}
    frame = reader.read()
    assert frame.columns.tolist() == ["x", "c", "b"]
    assert frame["c"].isna().tolist() == [False, True]


def test_a_named_index_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1.0]}, index=pd.Index(["p7"], name="id")).to_parquet(tmp_path / "t.parquet")
    frame = ParquetReader(ParquetReader.Params(path=str(tmp_path / "t.parquet"))).read()
    assert frame.to_dict("list") == {"x": [1.0], "id": ["p7"]}


def test_broken_and_doubled_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    reader = ParquetReader(ParquetReader.Params(path=str(path)))
    with pytest.raises(DataError, match="'a' stands at places"):
        reader.header()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="not a whole Parquet file"):
        reader.read()


@pytest.mark.parametrize(
    ("name", "rows", "target", "distinct"),
    [("adult", 48842, "income", 2), ("california_housing", 20640, "MedHouseVal", 3842)],
)
def test_the_data_that_the_project_ships(name: str, rows: int, target: str, distinct: int) -> None:
    path = Path(__file__).parents[3] / "examples" / "data" / f"{name}.parquet"
    reader = ParquetReader(ParquetReader.Params(path=str(path)))
    frame = reader.read()
    assert tuple(frame.columns) == reader.header().columns
    assert len(frame) == rows
    assert frame[target].nunique() == distinct
