"""Under a decimal comma "1.599" is 1599 or told, never 1.599; `init` and `check --data` find the keys by looking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

import automl as package

TOYS = PIPELINE.replace("toy.fill", "scale.standard")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


def incomes() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    income = draw.integers(200, 9000, 160)
    return pd.DataFrame({"income": income, "price": (income / 2 + draw.integers(0, 2500, 160) + 0.25)})


def grouped(value: float, thousands: str, decimal: str, digits: int) -> str:
    return f"{value:,.{digits}f}".translate(str.maketrans({",": thousands, ".": decimal}))


def write(path: Path, separator: str, thousands: str, decimal: str, encoding: str = "utf-8") -> None:
    table = incomes()
    written = pd.DataFrame(
        {
            "income": [grouped(value, thousands, decimal, 0) for value in table["income"]],
            "price": [f"{value:.2f}".replace(".", decimal) for value in table["price"]],
        }
    )
    written.to_csv(path, sep=separator, index=False, encoding=encoding)


def check(keys: str, *arguments: str) -> tuple[int, str]:
    Path("p.yaml").write_text(TOYS.replace("data: {use: toy.table, target: y}", f"data: {keys}"))
    result = automl("check", "p.yaml", "--data", *arguments)
    return result.exit_code, result.output


def test_a_decimal_comma_alone_refuses_the_points_and_the_key_that_it_names_works(folder: Path) -> None:
    write(folder / "t.csv", ";", ".", ",")
    code, told = check('{path: t.csv, target: price, with: {separator: ";", decimal: ","}}')
    assert code != 0
    assert "column 'income'" in told
    assert 'mend: data: {with: {thousands: "."}}' in told
    code, told = check('{path: t.csv, target: price, with: {separator: ";", decimal: ",", thousands: \'.\'}}')
    assert (code, "no warnings about the data" in told) == (0, True)


def test_without_any_key_all_of_them_are_named_at_once(folder: Path) -> None:
    write(folder / "t.csv", ";", ".", ",", "utf-16")
    code, told = check("{path: t.csv, target: price}")
    keys = '{separator: ";", encoding: "utf-16", decimal: ",", thousands: "."}'
    assert code != 0
    assert f"data: {{with: {keys}}}" in told
    code, told = check(f"{{path: t.csv, target: price, with: {keys}}}")
    assert (code, "no warnings about the data" in told) == (0, True)


def test_a_column_of_decimal_commas_is_told_with_the_keys(folder: Path) -> None:
    write(folder / "t.csv", ";", ".", ",")
    code, told = check('{path: t.csv, target: income, task: regression, with: {separator: ";"}}')
    assert code == 0
    assert "the column 'price' is read as categorical, but its cells look like numbers" in told
    assert 'mend: data: {with: {decimal: ",", thousands: "."}}' in told
    assert "[data.notation]" in told


@pytest.mark.parametrize("minus", ["\u2212{}", "\u2013{}", "({})", "(${})", "{}%"])
def test_a_column_of_numbers_with_signs_of_print_is_told(folder: Path, minus: str) -> None:
    signed = [minus.format(f"{n}.5") if n % 3 == 0 else f"{n}.5" for n in range(120)]
    pd.DataFrame({"gain": signed, "price": np.arange(120) + 0.25}).to_csv("t.csv", index=False)
    code, told = check("{path: t.csv, target: price}")
    assert code == 0
    assert f"the column 'gain' is read as categorical, but its cells look like numbers: {signed[0]!r}" in told
    assert "write the numbers without units and all alike" in told


@pytest.mark.parametrize(
    ("name", "separator", "thousands", "decimal", "params"),
    [
        ("t.csv", ";", ".", ",", {"separator": ";", "decimal": ",", "thousands": "."}),
        ("t.csv", ",", ",", ".", {"thousands": ","}),
        ("t.tsv", "\t", "'", ".", {"thousands": "'"}),
        ("t.csv.gz", "|", "\u00a0", ",", {"separator": "|", "decimal": ",", "thousands": "\u00a0"}),
        ("t.csv", ";", " ", ",", {"separator": ";", "decimal": ",", "thousands": " "}),
    ],
)
def test_init_finds_says_and_writes_the_keys(
    folder: Path, name: str, separator: str, thousands: str, decimal: str, params: dict[str, str]
) -> None:
    write(folder / name, separator, thousands, decimal)
    told = automl("init", name, "--target", "price")
    assert told.exit_code == 0, told.output
    said = " ".join(told.stdout.split())
    assert "1 columns to learn from (1 numeric)" in said
    assert "price: regression, " in said
    assert "Read as" in said
    assert "between thousands (as in income: " in said
    assert YAML(typ="safe").load(Path("t.yaml"))["data"]["with"] == params
    checked = automl("check", "t.yaml", "--data")
    assert (checked.exit_code, "[data." in checked.output) == (0, False)


def test_a_model_reads_the_next_such_file_the_same(folder: Path) -> None:
    write(folder / "t.csv", ";", ".", ",")
    data = '{path: t.csv, target: price, with: {separator: ";", decimal: ",", thousands: \'.\'}}'
    Path("p.yaml").write_text(TOYS.replace("data: {use: toy.table, target: y}", f"data: {data}"))
    assert automl("run", "p.yaml").exit_code == 0
    model = package.load(next(folder.glob(".automl/runs/*/model.automl")))
    right = model.predict(incomes())["prediction"]
    assert np.corrcoef(right, incomes()["price"])[0, 1] > 0.8
    write(folder / "new.csv", ";", ".", ",")
    assert automl("predict", "last", "new.csv", "-o", "out.parquet").exit_code == 0
    np.testing.assert_array_equal(pd.read_parquet("out.parquet")["prediction"], right)
    Path("one.csv").write_text("income\n1.599\n")
    Path("same.csv").write_text("income\n1599\n")
    assert automl("predict", "last", "one.csv").stdout == automl("predict", "last", "same.csv").stdout
    write(folder / "plain.csv", ",", "", ".")
    refused = automl("predict", "last", "plain.csv")
    assert (refused.exit_code, "mend: --with separator=, --with decimal=." in refused.stderr) == (1, True)


def test_mixed_notations_in_one_column_are_told_few_or_many(folder: Path) -> None:
    table = incomes().assign(price=[f"{value:.2f}".replace(".", ",") for value in incomes()["price"]])
    table.loc[[3, 4], "price"] = "3.25"
    table.to_csv("t.csv", sep=";", index=False)
    keys = '{path: t.csv, target: income, task: regression, with: {separator: ";", decimal: ","}}'
    _, told = check(keys)  # the pipeline has no stage that fills gaps
    assert "2 of 160 cells of the column 'price' are not numbers as this table writes them: '3.25' (2)" in told
    assert automl("init", "t.csv", "--target", "income").exit_code == 0
    table.loc[::2, "price"] = "3.25"
    table.to_csv("t.csv", sep=";", index=False)
    code, told = check(keys)
    assert code != 0
    assert "column 'price'" in told
    table.loc[::2, "price"] = "3,25"
    table.loc[[3, 4], "price"] = "3.250"  # may be 3250: the large ones alone must not be lost
    table.to_csv("t.csv", sep=";", index=False)
    code, told = check(keys)
    assert code != 0
    assert 'mend: data: {with: {thousands: "."}}' in told


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (lambda n: f"${n}.50", "categorical"),
        (lambda n: f"{n} %", "categorical"),
        (lambda n: f"{n},5 EUR", "categorical"),
        (lambda n: f"{1 + n % 28:02d}.{1 + n % 12:02d}.2024", "categorical"),
    ],
)
def test_units_are_told_and_dates_are_left_alone(folder: Path, cells: Callable[[int], str], kind: str) -> None:
    table = incomes()
    table["odd"] = [cells(100 + number % 40) for number in range(len(table))]
    table.to_csv("t.csv", index=False)
    code, told = check("{path: t.csv, target: price}")
    assert code == 0
    told_of = "the column 'odd' is read as categorical, but its cells look like numbers" in told
    assert told_of == (".2024" not in table["odd"][0])
    code, told = check(f"{{path: t.csv, target: price, kinds: {{odd: {kind}}}}}")
    assert (code, "data.notation" in told) == (0, False)
