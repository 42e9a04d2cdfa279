"""The package of docs/how-to/write-a-transform.md is installed and used as the page says."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from documents import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "write-a-transform.md"
FILES = {block.file: block.text for block in blocks(PAGE) if block.file}
PACKAGE = "automl-acme/"
PIPELINE = "income.yaml"
QUICK = (
    *("stages.search.with.budget.trials=1", "stages.search.with.budget.epochs=1"),
    *("stages.search.with.baselines=[]", "run.executor=in_process"),
)
"""One short training."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as an installer leaves it: its modules, and metadata with its entry points."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads(FILES[f"{PACKAGE}pyproject.toml"])["project"]
    metadata = site / f"automl_acme-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["automl"].items()
    (metadata / "entry_points.txt").write_text("\n".join(["[automl]", *(f"{k} = {v}" for k, v in points)]))
    for name, text in FILES.items():
        if name.startswith(PACKAGE) and name.endswith(".py"):
            file = site / name.removeprefix(PACKAGE)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
    return site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the page's pipeline and a small table."""
    rows = pd.read_parquet(ROOT / "examples" / "data" / "adult.parquet").head(400)
    rows.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / PIPELINE).write_text(FILES[PIPELINE].replace("examples/data/adult.parquet", "people.csv"))
    return tmp_path


def python(site: Path, folder: Path, *words: str) -> str:
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "set aside" not in done.stderr
    return done.stdout


def automl(site: Path, folder: Path, *words: str) -> str:
    return python(site, folder, "-m", "automl", *words)


def test_the_transform_is_as_short_as_the_page_says() -> None:
    assert len(FILES[f"{PACKAGE}automl_acme/frequency.py"].splitlines()) < 40


def test_the_listing_is_what_the_page_shows(site: Path, folder: Path) -> None:
    assert automl(site, folder, "plugins", "show", "acme.frequency") in PAGE.read_text(encoding="utf-8")


def test_the_pipeline_runs_and_predicts(site: Path, folder: Path) -> None:
    automl(site, folder, "check", PIPELINE)
    automl(site, folder, "run", PIPELINE, *(word for change in QUICK for word in ("--set", change)))
    (run,) = (folder / ".automl" / "runs").iterdir()
    automl(site, folder, "predict", str(run), "people.csv", "-o", "predictions.csv")
    predictions = pd.read_csv(folder / "predictions.csv")
    assert len(predictions) == 400
    assert list(predictions) == ["prediction", "proba_<=50K", "proba_>50K"]


def test_what_it_learns_are_shares_of_the_training_rows(site: Path, folder: Path) -> None:
    script = """
import pandas as pd
from automl import Rows
from automl.plugins import Registry
Frequency = Registry.load().get("components", "acme.frequency")
rows = Rows(pd.DataFrame({"c": ["a", "a", "b", None]}), None, None, {"c": "categorical"})
unseen = pd.DataFrame({"c": ["b", "new", None]}, index=[7, 3, 5])
fitted = Frequency().fit(rows)
assert fitted.apply(unseen)["c"].to_dict() == {7: 0.25, 3: 0.0, 5: 0.0}
assert type(fitted).from_state(fitted.state()) == fitted
"""
    python(site, folder, "-W", "error", "-c", script)
