"""``automl plugins new``: a package whose contract tests pass as written; ``plugins test`` tells what does not."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from distributions import write_metadata

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Python in the test's folder, with warnings as errors; what lies in ``site`` counts as installed."""

    def run(*words: str | Path, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(map(str, [tmp_path / "site", tmp_path / "automl-acme"]))
        environment = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "error"}
        command = [sys.executable, *map(str, words)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def package(call: Call, tmp_path: Path) -> Path:
    """The package of ``plugins new acme``, installed as ``pip install -e`` would."""
    done = call("-m", "automl", "plugins", "new", "acme", "--dir", tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "automl-acme"
    assert done.stdout.startswith(f"{folder}: written\n")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    write_metadata(tmp_path / "site", project["name"], project["version"], project["entry-points"]["automl"])
    return folder


def test_its_contract_tests_pass_as_written(package: Path, call: Call) -> None:
    done = call("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    for word in ("failed", "skipped", "warning"):
        assert word not in done.stdout


def test_it_is_whole(package: Path) -> None:
    assert sorted(
        str(file.relative_to(package)) for file in package.rglob("*.*") if "__pycache__" not in str(file)
    ) == [
        "README.md",
        "automl_acme/__init__.py",
        "automl_acme/center.py",
        "example.csv",
        "pipeline.yaml",
        "pyproject.toml",
        "tests/test_contract.py",
    ]
    assert "$" not in (package / "automl_acme" / "center.py").read_text()
    assert len((package / "automl_acme" / "center.py").read_text().splitlines()) < 40, "a stage is under 40 lines"


def test_its_pipeline_runs(package: Path, call: Call) -> None:
    words = ["--set", "stages.search.with.budget={trials: 1, epochs: 1}"]
    done = call("-W", "default", "-m", "automl", "run", "pipeline.yaml", *words, cwd=package)
    assert done.returncode == 0, done.stderr
    assert len(list(package.glob(".automl/runs/*/model.automl"))) == 1


def test_plugins_test_tells_what_fails_and_why(package: Path, call: Call) -> None:
    whole = call("-W", "default", "-m", "automl", "plugins", "test", "acme")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    first, second, third, *_, verdict, _, last = whole.stdout.splitlines()
    assert first == "acme (automl-acme 0.1.0)"
    assert second == "  components acme.center"
    assert third.split() == ["it_says_what_it_is", "passed"]
    assert verdict.startswith("  components acme.center  ")
    assert verdict.endswith(" checks passed")
    assert last.startswith("all ")
    stage = package / "automl_acme" / "center.py"
    stage.write_text(stage.read_text().replace("frame[name] - value", "frame[name] - frame[name].mean()"))
    broken = call("-W", "default", "-m", "automl", "plugins", "test", "automl_acme")
    assert broken.returncode == 1
    assert "checks FAILED" in broken.stdout
    assert "0-apply_on_a_subset_equals_the_subset_of_apply" in broken.stdout
    assert "mend: learn statistics in fit, never in apply" in broken.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["new", "Acme Ltd"],
            "'Acme Ltd' cannot name a plugin; expected small letters, digits and single _, e.g. acme",
        ),
        (["new", "keras"], "a plugin called 'keras' is installed already; mend: automl plugins new keras_2"),
        (["new", "taken"], "automl-taken is there already; mend: --dir ANOTHER_FOLDER, or another name"),
        (["test", "kears"], "there is no plugin 'kears'; did you mean 'keras'?; mend: install it, or name its folder"),
        (["show", "mpl"], "nothing here is called 'mpl'; did you mean 'mlp'?; see: automl plugins list"),
    ],
)
def test_what_cannot_be_done_is_said(call: Call, tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "automl-taken").mkdir()
    done = call("-W", "default", "-m", "automl", "plugins", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_plugin_that_is_set_aside_cannot_be_tested(package: Path, call: Call) -> None:
    (package / "automl_acme" / "__init__.py").write_text("1 / 0")
    done = call("-W", "default", "-m", "automl", "plugins", "test", "acme")
    assert done.returncode == 2
    assert "error: plugin 'acme' (automl-acme 0.1.0) is set aside: ZeroDivisionError" in done.stderr
