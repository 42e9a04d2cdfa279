"""Columns that a file names are held against the header, below every stage that says what it makes. No row is read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from automl.cli import main
from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.plugins import Registry

FILE = """version: 1
data: {{path: {path}, target: Survived, roles: {{id: [PassengerId]}}}}
stages:
  split: {{use: {split}, in: data}}
{stages}
"""
COLUMNS = ["PassengerId", "Survived", "Sex", "Age", "Fare", "Ticket", "Cabin"]


@pytest.fixture(params=["csv", "parquet"])
def problems(request: pytest.FixtureRequest, tmp_path: Path, registry: Registry):
    """``problems(stages)``: the messages of a check, each with its mend."""
    frame = pd.DataFrame({name: ["a", "b"] for name in COLUMNS})
    path = tmp_path / f"table.{request.param}"
    frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)

    def check(stages: str, split: str = "split.random") -> list[tuple[str, str | None]]:
        try:
            loads(FILE.format(path=path, split=split, stages=stages), registry)
        except PipelineFileError as error:
            # What tunes has no search below it here.
            return [(one.message, one.mend) for one in error.problems if "search" not in one.message]
        return []

    return check


TICKET = ("there is no column 'Tiket'", "did you mean 'Ticket'?")


FILL = "  f: {use: impute.simple, in: split%s}\n"
HOT = "  f: {use: encode.one_hot, in: split%s}\n"
CODES = "  a: {use: encode.ordinal, in: %s, columns: %s}"
RATIO = "  %s: {use: feature.expression, in: %s, with: {columns: {%s}}}\n"
TUNED = ", with: {indicator: {tune: [true, false]}}"


@pytest.mark.parametrize(
    "stages",
    [
        CODES % ("split", "[Tiket, Cabin]"),
        CODES % ("split", "Tiket"),
        CODES % ("split", "{kind: categorical, except: [Tiket]}"),
        CODES % ("split", "{except: Tiket}"),
        FILL % "" + CODES % ("f", "[Tiket, Cabin]"),
        FILL % TUNED + CODES % ("f", "[Tiket, Age_missing]"),
        HOT % ", columns: [Sex]" + CODES % ("f", "[Tiket, Sex_a]"),
        HOT % "" + "  s: {use: scale.standard, in: f}\n" + CODES % ("s", "[Tiket]"),
        "  f: {use: {tune: [scale.standard, passthrough]}, in: split, columns: numeric}\n" + CODES % ("f", "[Tiket]"),
        RATIO % ("a", "split", "r: Fare / Tiket"),
        "  f: {use: clean.constant, in: split}\n" + RATIO % ("a", "f", "r: log1p(Tiket), s: Fare * 2"),
        "  a: {use: encode.ordinal, in: split, with: {order: {Tiket: [a, b]}}}",
        "  b: {use: scale.standard, in: split, columns: [Age]}\n"
        "  c: {use: scale.standard, in: split, columns: [Fare]}\n" + CODES % ("[b, c]", "[Tiket]"),
    ],
)
def test_a_misspelt_column_is_told_with_what_was_meant(problems, stages: str) -> None:
    assert problems(stages) == [TICKET]


def test_a_misspelt_column_of_a_splitter(problems) -> None:
    assert problems("", split="split.stratified, with: {by: Tiket}") == [TICKET]
    assert problems("", split="split.kfold, with: {by: Tiket}") == [TICKET]
    made = "  r: {use: feature.expression, in: data, with: {columns: {Rate: Fare / Age}}}\n"
    late = made + "  late: {use: split.stratified, in: r, with: {by: %s, bins: 3}}"
    assert problems(late % "Rate", split="split.random") == []
    assert problems(late % "Raet") == [("there is no column 'Raet'", "did you mean 'Rate'?")]


@pytest.mark.parametrize(
    "stages",
    [
        CODES % ("split", "[Ticket, Cabin]"),
        HOT % "" + CODES % ("f", "[Sex_male, Ticket_17]"),
        FILL % ", with: {indicator: true}" + CODES % ("f", "[Age_missing]"),
        RATIO % ("f", "split", "r: Fare / Age") + CODES % ("f", "[r]"),
        "  f: {use: toy.scale, in: split}\n" + CODES % ("f", "[anything]"),
    ],
)
def test_what_may_be_there_is_no_mistake(problems, stages: str) -> None:
    assert problems(stages) == []


def test_a_column_with_another_role_is_said_to_have_it(problems) -> None:
    message = "the column 'Survived' is no feature: it is the target"
    stages = "  f: {use: impute.simple, in: split}\n  a: {use: encode.ordinal, in: f, columns: [Survived]}"
    assert problems(stages) == [(message, "remove it from 'columns'")]


def test_the_command_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({name: ["a", "b"] for name in COLUMNS}).to_csv("t.csv", index=False)
    stages = "  f: {use: impute.simple, in: split}\n  a: {use: encode.ordinal, in: f, columns: [Tiket, Cabin]}"
    Path("p.yaml").write_text(FILE.format(path="t.csv", split="split.random", stages=stages))
    found = CliRunner().invoke(main, ["check", "p.yaml"])
    assert found.exit_code == 2
    assert "p.yaml:6:" in found.stderr
    assert "did you mean 'Ticket'?" in found.stderr
