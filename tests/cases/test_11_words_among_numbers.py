"""A few cells that are no numbers do not make levels of a column: they are gaps, told with the keys that settle it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

import automl as package
from automl.errors import PredictError

TOYS = PIPELINE.replace("  codes: {use: toy.dummies, in: filled}\n", "").replace("in: codes", "in: filled")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


def write(words: list[str], column: str = "age", rows: int = 160) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    age = draw.integers(20, 66, rows)
    y = (age / 2 + draw.normal(scale=3, size=rows)).round(3)
    table = pd.DataFrame({"age": age.astype(str).astype(object), "y": y})
    table[column] = table[column].astype(str).astype(object)
    table.loc[5 : 5 + len(words) - 1, column] = words
    table.to_csv("t.csv", index=False)
    return table


def look(data: str = "{path: t.csv, target: y}") -> list[dict[str, str]]:
    """What `check --data` finds, less what it says of other things."""
    Path("p.yaml").write_text(TOYS.replace("data: {use: toy.table, target: y}", f"data: {data}"))
    found = json.loads(automl("check", "p.yaml", "--data", "--json").stdout)
    assert found["problems"] == []
    return [finding for finding in found["findings"] if finding["name"].startswith(("data.", "target.", "leak."))]


def keys(finding: dict[str, str]) -> list[str]:
    """The keys under `data:` that a mend names."""
    return re.findall(r"data: \{((?:missing|kinds): .*?[\]}])\}", finding["mend"])


@pytest.mark.parametrize("word", ["NULL", "null", "None", "n/a", "#N/A", "nil", "12,5O", "unknown", "1,5"])
def test_the_column_is_numeric_and_the_cells_are_named(folder: Path, word: str) -> None:
    write([word, word])
    (finding,) = look()
    assert finding["name"] == "data.odd_cells"
    written = " as this table writes them" if word == "1,5" else ""
    assert finding["message"] == f"2 of 160 cells of the column 'age' are not numbers{written}: '{word}' (2)"
    missing, kinds = keys(finding)
    assert look(f"{{path: t.csv, target: y, {missing}}}") == []
    assert look(f"{{path: t.csv, target: y, {kinds}}}") == []


@pytest.mark.parametrize("word", ["", "NA", "?", "N/A", "nan", "-"])
def test_what_is_missing_among_numbers_anyway_is_no_news(folder: Path, word: str) -> None:
    write([word, word])
    assert look() == []


def test_a_gap_in_training_is_the_same_gap_when_predicting(folder: Path) -> None:
    write(["NULL", "12,5O"])
    Path("p.yaml").write_text(TOYS.replace("data: {use: toy.table, target: y}", "data: {path: t.csv, target: y}"))
    run = automl("run", "p.yaml")
    assert run.exit_code == 0
    assert "warning" in run.output
    model = package.load(next(folder.glob(".automl/runs/*/model.automl")))
    assert model.schema.kinds()["age"] == "numeric"
    gap = model.predict(pd.DataFrame({"age": [None]}))["prediction"][0]
    for word in ("NULL", "12,5O", "null", "#N/A", "-", " NULL "):
        assert model.predict(pd.DataFrame({"age": [word]}))["prediction"][0] == gap
        together = model.predict(pd.DataFrame({"age": ["44", word, "21"]}))["prediction"]
        assert together[1] == gap
        assert together[0] == model.predict(pd.DataFrame({"age": [44]}))["prediction"][0]
    with pytest.raises(PredictError, match="holds 'fourty', where a number was expected"):
        model.predict(pd.DataFrame({"age": ["44", "fourty"]}))
    Path("new.csv").write_text('age,note\n44,"a\nb"\nNULL,x\n\nfourty,y\n')
    refused = automl("predict", "last", "new.csv")
    assert refused.exit_code == 1
    assert "column 'age': line 6 holds 'fourty', where a number was expected" in refused.stderr
    pd.read_csv("new.csv").to_parquet("new.parquet")
    assert "column 'age': row 3 holds 'fourty'" in automl("predict", "last", "new.parquet").stderr


def test_a_target_with_words_is_a_regression_all_the_same(folder: Path) -> None:
    write(["NULL", "oops"], "y")
    odd, dropped = look()
    assert (odd["name"], dropped["name"]) == ("data.odd_cells", "target.missing")
    assert "2 of 160 cells of the target 'y' are not numbers: 'NULL' (1), 'oops' (1)" in odd["message"]
    assert "2 of 160 rows have no value of the target 'y'" in dropped["message"]


@pytest.mark.parametrize(
    "words",
    [[f"x{number}" for number in range(11)], ["007"], ["x"] * 17],
    ids=["many texts", "a code", "many cells"],
)
def test_more_than_a_few_make_levels(folder: Path, words: list[str]) -> None:
    write(words)
    assert [finding["name"] for finding in look()] == []
    Path("p.yaml").write_text(Path("p.yaml").read_text().replace("target: y}", "target: y, kinds: {age: numeric}}"))
    refused = automl("check", "p.yaml", "--data")
    assert ("column 'age': line 7 holds" in refused.output) == (words != ["007"])


def test_words_are_gaps_however_many_and_in_dates_and_booleans_too(folder: Path) -> None:
    rows = 60
    table = pd.DataFrame({"age": np.arange(rows), "when": "2026-01-31", "is_new": "true", "y": np.arange(rows) / 3})
    table = table.astype({"age": object, "when": object, "is_new": object})
    table.loc[1::2, "age"] = "NULL"
    table.loc[3, "when"] = "null"
    table.loc[4, "is_new"] = "None"
    table.loc[5, "is_new"] = "false"
    table.to_csv("t.csv", index=False)
    told = {finding["message"] for finding in look() if finding["name"] == "data.odd_cells"}
    assert told == {
        "30 of 60 cells of the column 'age' are not numbers: 'NULL' (30)",
        "1 of 60 cells of the column 'when' are not dates: 'null' (1)",
        "1 of 60 cells of the column 'is_new' are not true or false: 'None' (1)",
    }


def test_what_the_file_says_is_missing_wins(folder: Path) -> None:
    write(["NA", "NA"])
    assert look('{path: t.csv, target: y, missing: [""]}') == []
    automl("run", "p.yaml")  # levels: the toy has no stage that takes them
    write(["NULL", "NULL"])
    (finding,) = look('{path: t.csv, target: y, missing: [""]}')
    assert keys(finding)[0] == 'missing: ["", "NULL"]'


@pytest.mark.parametrize(
    ("word", "clear"), [("-999", True), ("-9999", True), ("99999", True), ("-1", False), ("66", False), ("999", True)]
)
def test_numbers_that_stand_for_no_value_are_told_where_that_is_clear(folder: Path, word: str, clear: bool) -> None:
    write([word] * 3)
    found = look()
    assert [finding["name"] for finding in found] == ["data.sentinels"] * clear
    if clear:
        assert f"'{word}' (3)" in found[0]["message"]
        assert look(f"{{path: t.csv, target: y, {keys(found[0])[0]}}}") == []


def test_init_takes_the_column_for_numbers_and_says_so(folder: Path) -> None:
    write(["NULL", "NULL"])
    told = automl("init", "t.csv", "--target", "y")
    assert told.exit_code == 0, told.output
    said = " ".join(told.stdout.split())
    assert "1 columns to learn from (1 numeric)" in said
    assert "age: 2 cells are not numbers and count as missing: 'NULL' (2)" in said
    declared = automl("init", "t.csv", "--target", "y", "--missing", "NULL", "--force")
    assert "are not numbers" not in declared.stdout
    assert look('{path: t.csv, target: y, missing: ["", "NULL"]}') == []
