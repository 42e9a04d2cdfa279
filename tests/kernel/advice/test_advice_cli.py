"""``automl check --data``: what it prints, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from automl.cli import main
from automl.cli.advice_view import AdvicePrinter
from automl.events import AdviceGiven

FILE = """version: 1
data: {path: rows.csv, target: y%s}
stages:
  split: {use: split.random, in: data}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    y = np.random.default_rng(2).normal(size=200)
    pd.DataFrame({"x": y**2 + np.arange(200) % 7, "twin": y, "w": -1.0, "y": y}).to_csv("rows.csv", index=False)
    Path("leaky.yaml").write_text(FILE % ", roles: {ignore: [w]}")
    Path("weighted.yaml").write_text(FILE % ", roles: {weight: w}")
    return tmp_path


def automl(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_warnings_go_to_the_error_stream_and_the_file_is_ok(folder: Path) -> None:
    result = automl("check", "leaky.yaml", "--data")
    assert result.exit_code == 0
    assert result.stdout == "leaky.yaml: ok, 1 stages: split; 1 warning about the data\n"
    assert "warning: leaky.yaml:2:32: the column 'twin' is a copy of the target 'y'" in result.stderr
    assert "silence: advice: {silence: [leak.copy_of_target]}" in result.stderr
    quiet = automl("check", "leaky.yaml", "--data", "--set", "advice.silence=leak.copy_of_target")
    assert "no warnings about the data" in quiet.stdout
    assert quiet.stderr.strip() == "silenced: leak.copy_of_target"
    assert sorted(path.name for path in folder.iterdir()) == ["leaky.yaml", "rows.csv", "weighted.yaml"]


def test_errors_exit_with_2(folder: Path) -> None:
    result = automl("check", "weighted.yaml", "--data")
    assert result.exit_code == 2
    assert "missing, infinite or negative in 200 rows [columns.weights]  (at data.roles.weight)" in result.stderr
    assert "1 problem(s) found." in result.stderr
    assert automl("check", "leaky.yaml", "--data", "--set", "advice.strict=true").exit_code == 2
    assert automl("check", "weighted.yaml").exit_code == 0, "the rows are looked at only when asked"


def test_findings_and_problems_of_the_file_as_json(folder: Path) -> None:
    result = automl("check", "weighted.yaml", "--data", "--json")
    assert result.exit_code == 2
    error, warning = json.loads(result.stdout)["findings"]
    assert (error["name"], error["severity"], error["where"]) == ("columns.weights", "error", "weighted.yaml:2:51")
    assert (warning["name"], warning["path"]) == ("leak.copy_of_target", ["data", "target"])
    wrong = automl("check", "leaky.yaml", "--json", "--set", "advice.silence=leak.copy")
    assert wrong.exit_code == 2
    assert json.loads(wrong.stdout)["problems"][0]["message"] == "there is no advice 'leak.copy'"
    assert automl("check", "leaky.yaml", "--json").exit_code == 0


def test_a_run_prints_what_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    AdvicePrinter().advice_given(AdviceGiven("a.b", "so it is", "f.yaml:1:1", "warning: f.yaml:1:1: so it is"))
    assert capsys.readouterr().err == "warning: f.yaml:1:1: so it is\n\n"
