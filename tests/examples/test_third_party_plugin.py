"""The example of a third party's plugin: short, and at work in a fresh environment that pip installed it into.

The environment is new, and so are the engine and the plugin in it: both are built as wheels and installed by pip. Only
what they depend on (TensorFlow and its kin, gigabytes) is lent from the environment of the tests, behind them on the
path, so that the engine's wheel is what is tested and not the sources.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "third_party_plugin"


def test_a_stage_is_under_40_lines() -> None:
    assert len((EXAMPLE / "automl_acme" / "robust.py").read_text().splitlines()) < 40


class Fresh:
    """A virtual environment, and a working folder that holds the example and its data."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        shutil.copytree(EXAMPLE, self.work / "third_party_plugin", ignore=shutil.ignore_patterns("__pycache__"))
        (self.work / "examples").mkdir()
        (self.work / "examples" / "data").symlink_to(ROOT / "examples" / "data")
        self.home = folder / "env"
        venv.create(self.home, with_pip=True, symlinks=True)
        self.python = self.home / "bin" / "python"
        lent = sysconfig.get_path("purelib")
        site = next(self.home.glob("lib/python*/site-packages"))
        (site / "zz_lent.pth").write_text(f"import sys; sys.path.append({lent!r})\n")

    def call(self, *words: str | Path) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.work,
            env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "set aside" not in done.stderr
        return done.stdout

    def pip_install(self, source: Path) -> None:
        """Build a wheel of it and install that; hatchling is lent."""
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
        self.call(self.python, "-m", "pip", "install", *options, source)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    environment = Fresh(tmp_path_factory.mktemp("fresh"))
    environment.pip_install(ROOT)
    environment.pip_install(environment.work / "third_party_plugin")
    return environment


@pytest.mark.slow
def test_the_wheels_are_what_is_imported(fresh: Fresh) -> None:
    for module in ("automl", "automl_keras", "automl_acme"):
        found = fresh.call(fresh.python, "-c", f"import {module}; print({module}.__file__)")
        assert found.startswith(str(fresh.home))
    shown = fresh.call(fresh.home / "bin" / "automl", "plugins", "show", "acme.robust")
    assert shown.startswith("acme.robust  (components, from acme: automl-acme 0.1.0)")


@pytest.mark.slow
def test_its_pipeline_runs(fresh: Fresh) -> None:
    fresh.call(fresh.home / "bin" / "automl", "run", "third_party_plugin/pipeline.yaml", "--profile", "smoke")
    (run,) = (fresh.work / ".automl" / "runs").iterdir()
    rows = (run / "trials.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["trial", "baseline.constant", "t1", "t2"]
    assert (run / "model.automl").exists()


@pytest.mark.slow
def test_its_contract_tests_pass(fresh: Fresh) -> None:
    told = fresh.call(fresh.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "third_party_plugin")
    assert " passed" in told
    assert "failed" not in told


@pytest.mark.slow
def test_the_engine_tests_it_too(fresh: Fresh) -> None:
    told = fresh.call(fresh.home / "bin" / "automl", "plugins", "test", "acme")
    for offer in ("components acme.robust", "networks acme.gated", "observers acme.csv"):
        assert offer in told
    assert " checks passed" in told.splitlines()[-1]
    assert "FAILED" not in told


@pytest.mark.slow
def test_a_package_of_plugins_new_installs_beside_it(fresh: Fresh) -> None:
    """The templates are in the wheel, and pip takes what they make."""
    fresh.call(fresh.home / "bin" / "automl", "plugins", "new", "fresh")
    fresh.pip_install(fresh.work / "automl-fresh")
    assert "fresh.center" in fresh.call(fresh.home / "bin" / "automl", "plugins", "list")
