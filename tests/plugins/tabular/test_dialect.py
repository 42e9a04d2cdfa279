"""A text file's form is found by looking; what is given is never found anew; errors name the keys that mend them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from automl.components import Recognised
from automl.errors import DataError, ReadingError
from automl_tabular.csv_reader import CsvReader

GERMAN = "Größe;Preis\n1,5;2,25\n2,5;3\n"


def reader(path: Path, content: str | bytes, **params: object) -> CsvReader:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return CsvReader(CsvReader.Params(path=str(path), **params))


def look(path: Path, content: str | bytes, **params: object) -> Recognised:
    made = reader(path, content, **params)
    return made.recognise(made.params)


@pytest.mark.parametrize(
    ("name", "content", "params"),
    [
        ("t.csv", "a,b\n1,2\n", {}),
        ("t.csv", "a,b\r\n1,2\r\n", {}),
        ("t.csv", "\ufeffa,b\n1,2\n", {}),
        ("t.csv", "a;b\n1;2\n", {"separator": ";"}),
        ("t.csv", "a\tb\n1\t2\n", {"separator": "\t"}),
        ("t.csv", "a|b\n1|2\n", {"separator": "|"}),
        ("t.csv.gz", "a|b\n1|2\n", {"separator": "|"}),
        ("t.tsv", "a\tb\n1\t2\n", {}),
        ("t.tsv", "a,b\n1,2\n", {"separator": ","}),
        ("t.csv", GERMAN, {"separator": ";", "decimal": ","}),
        ("t.csv", GERMAN.encode("cp1252"), {"separator": ";", "encoding": "cp1252", "decimal": ","}),
        ("t.csv", GERMAN.encode("utf-16"), {"separator": ";", "encoding": "utf-16", "decimal": ","}),
        ("t.csv", GERMAN.encode("utf-16-be"), {"separator": ";", "encoding": "utf-16-be", "decimal": ","}),
        ("t.csv", "Ort,b\nK\x81ln,2\n".encode("latin-1"), {"encoding": "latin-1"}),
        ("t.csv", '"a;x";"b;y"\n"1;2";"3;4"\n"5;6";"7;8"\n', {"separator": ";"}),
        ("t.csv", '"a;x","b;y"\n"1;2","3;4"\n"5;6","7;8"\n', {}),
        ("t.csv", "price, EUR;size, m2\n1,5;2,5\n3,4;3,6\n", {"separator": ";", "decimal": ","}),
        ("t.csv", 'a;b\n"x\ny;z";1\n"u;v";2\n', {"separator": ";"}),
        ("t.csv", 'a,b\n"1,234.5",2\n"2,345.5",3\n', {"thousands": ","}),
        ("t.csv", "when;b\n31.12.2024;1,5\n01.01.2025;2\n", {"separator": ";", "decimal": ","}),
        ("t.csv", "a\n1\n2\n", {}),
        ("t.csv", "a b\n", {}),
        ("t.csv", "", {}),
    ],
)
def test_what_looking_finds(tmp_path: Path, name: str, content: str | bytes, params: dict[str, str]) -> None:
    found = look(tmp_path / name, content)
    assert found.params == params
    assert not found.unread
    assert bool(found.told) == bool(params)


def test_what_is_given_wins_and_is_not_found_anew(tmp_path: Path) -> None:
    content = GERMAN.encode("cp1252")
    found = look(tmp_path / "t.csv", content, separator=";", encoding="latin-1", decimal=",")
    assert found.params == {}
    assert look(tmp_path / "t.csv", content, separator=";").params == {"encoding": "cp1252", "decimal": ","}
    assert look(tmp_path / "t.csv", content, encoding="latin-1").params == {"separator": ";", "decimal": ","}
    stubborn = look(tmp_path / "t.csv", content, separator=";", decimal=".")
    assert stubborn.params == {"encoding": "cp1252"}
    assert stubborn.unread == {"Größe": "1,5", "Preis": "2,25"}


def test_an_encoding_is_shown_by_a_word(tmp_path: Path) -> None:
    assert "encoding cp1252 (as in 'Größe')" in look(tmp_path / "t.csv", GERMAN.encode("cp1252")).told


@pytest.mark.parametrize(
    ("content", "problem", "params"),
    [
        ("a;b\n1,5;2\n", "t.csv:1: expected several columns", {"separator": ";", "decimal": ","}),
        ("a\tb\n1\t2\n", "it looks separated by tabs", {"separator": "\t"}),
        ("a,b\nm\xfc,2\n".encode("latin-1"), "t.csv:2: expected text in utf-8, found the byte 0xfc",
         {"encoding": "cp1252"}),
        ("a;b\nm\xfc;2,5\n".encode("latin-1"), "t.csv:2: expected text in utf-8, found the byte 0xfc",
         {"separator": ";", "encoding": "cp1252", "decimal": ","}),
        (GERMAN.encode("utf-16"), "expected text in utf-8",
         {"separator": ";", "encoding": "utf-16", "decimal": ","}),
        ("a,b\n1,2\n".encode("utf-16-le"), "found a NUL byte", {"encoding": "utf-16-le"}),
    ],
)  # fmt: skip
def test_errors_name_all_keys_at_once_and_the_keys_work(
    tmp_path: Path, content: str | bytes, problem: str, params: dict[str, Any]
) -> None:
    made = reader(tmp_path / "t.csv", content)
    with pytest.raises(ReadingError) as caught:
        made.read()
    assert problem in str(caught.value)
    assert caught.value.params == params
    assert len(CsvReader(CsvReader.Params(path=made.params.path, **params)).read().columns) > 1


def test_a_nul_byte_alone_is_no_matter_of_encoding(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found a NUL byte, which no CSV file holds; mend: export the file again"):
        reader(tmp_path / "t.csv", "a,b\n1,\0\n" * 50).read()


def test_rows_are_counted_as_the_file_does(tmp_path: Path) -> None:
    made = reader(tmp_path / "t.csv", '\na,b\n1,"x\ny"\n\n2,z\n3,w\n')
    assert [made.place(row) for row in range(3)] == ["line 3", "line 6", "line 7"]
