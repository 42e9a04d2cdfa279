"""What the presets write also runs: real networks on small tables."""

from __future__ import annotations

from pathlib import Path

import preset_tables
import pytest
from click.testing import CliRunner, Result

from automl.cli import main

pytestmark = [
    pytest.mark.slow,
    # Engines and trackers warn in words of their own; what counts here is the result.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def automl(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("name", ["missing_everywhere", "all_categorical", "multiclass_strings", "wide", "odd_names"])
def test_a_drafted_pipeline_runs(name: str, folder: Path) -> None:
    table = preset_tables.write(name, folder)
    assert automl("init", table.name, "--target", "price", "--preset", "balanced").exit_code == 0
    result = automl("run", f"{name}.yaml", "--profile", "smoke")
    assert result.exit_code == 0, result.output
    (model,) = folder.glob(".automl/runs/*/model.automl")
    assert automl("predict", str(model), table.name, "-o", "predictions.csv").exit_code == 0
    assert "prediction" in Path("predictions.csv").read_text().splitlines()[0]


def test_fit_is_init_and_run(folder: Path) -> None:
    table = preset_tables.write("ids_and_constants", folder)
    call = ("fit", table.name, "--target", "price", "--time", "40s", "--preset", "quick")
    first = automl(*call)
    assert first.exit_code == 0, first.output
    assert len(list(folder.glob(".automl/runs/*/model.automl"))) == 1
    written = Path("ids_and_constants.yaml").read_text()
    assert "s are for the search; the rest reads, evaluates and saves." in written
    again = automl(*call)
    assert again.exit_code == 0, again.output
    assert "was written by the same call; it is run as it is" in again.stdout
    assert Path("ids_and_constants.yaml").read_text() == written
    (model, *_) = folder.glob(".automl/runs/*/model.automl")
    assert automl("predict", str(model), table.name, "-o", "predictions.csv").exit_code == 0
    header = Path("predictions.csv").read_text().splitlines()[0].split(",")
    assert header == ["customer_id", "code", "counter", "prediction"]
