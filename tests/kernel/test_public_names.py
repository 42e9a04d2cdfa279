"""What ``import automl`` offers: everything that a plugin's author needs, listed and light."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import automl
import automl.testing
from automl import BundleError

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "examples" / "third_party_plugin", ROOT / "automl" / "scaffold" / "templates"]


def test_dir_lists_everything_public_and_each_name_is_there() -> None:
    for package in (automl, automl.testing):
        assert set(package.__all__) <= set(dir(package))
        assert [name for name in dir(package) if not name.startswith("__")] == package.__all__
        for name in package.__all__:
            assert getattr(package, name) is not None
    assert automl.__version__ == importlib.metadata.version("automl-pipelines")


def test_names_load_on_first_use() -> None:
    code = "import sys, automl; dir(automl); print([name for name in sys.modules if name.startswith('automl.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_told_with_the_one_that_was_meant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import automl; automl.Transfrom"], capture_output=True, text=True, check=False
    )
    assert "module 'automl' has no attribute 'Transfrom'. Did you mean: 'Transform'?" in done.stderr


@pytest.mark.parametrize("module", ["errors", "events", "components", "learning"])
def test_every_class_of_these_is_public(module: str) -> None:
    home = importlib.import_module(f"automl.{module}")
    own = {name for name, value in vars(home).items() if isinstance(value, type) and value.__module__ == home.__name__}
    assert own <= set(automl.__all__)


def imported(source: str) -> set[str]:
    """The modules that a source names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("package", PACKAGES, ids=["example", "scaffold"])
def test_a_plugin_needs_no_inner_module(package: Path) -> None:
    sources = [*package.rglob("*.py"), *package.rglob("*.py.template")]
    assert sources
    for file in sources:
        text = file.read_text().replace("$module", "automl_name").replace("$api", "1")
        ours = {name for name in imported(text) if name.split(".")[0] == "automl"}
        assert ours <= {"automl", "automl.testing"}, file


def test_a_runs_folder_is_loaded_and_what_is_none_is_told(run_toys, registry, tmp_path: Path) -> None:
    finished, _ = run_toys("stages.search.with.budget.trials=1")
    with pytest.raises(BundleError, match="was made with plugins that are not here"):
        automl.load(finished.directory)  # the toys are no installed plugin: it was found, and opened
    with pytest.raises(BundleError, match=r"holds no model; expected .* mend: name one of \.automl/runs"):
        automl.load(tmp_path)
    finished.bundle.unlink()
    with pytest.raises(BundleError, match=r"left no model; mend: name another run"):
        automl.load(str(finished.directory))
    with pytest.raises(BundleError, match=r"there is no file nowhere\.automl; mend: "):
        automl.load("nowhere.automl")
