"""Checking a file must be quick: it loads no engine and no pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from automl.pipeline_file import load
from automl.plugins import Registry
print(load(sys.argv[1], Registry.load()).name)
heavy = "pandas sklearn scipy tensorflow keras optuna keras_tuner mlflow ray plotly"
print(sorted(set(heavy.split()) & set(sys.modules)))
"""
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("file", sorted((ROOT / "pipelines").glob("*.yaml")), ids=lambda file: file.stem)
def test_checking_loads_no_engine(file):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "[]"
