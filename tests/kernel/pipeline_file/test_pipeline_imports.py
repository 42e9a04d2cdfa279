"""Checking a file must be quick: it loads no engine and no pandas."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import GOOD

PROGRAM = """
import sys
import toy_parts
from automl.pipeline_file import load
print(load("houses.yaml", toy_parts.registry()).name)
heavy = {"pandas", "sklearn", "scipy", "tensorflow", "keras", "optuna", "keras_tuner", "mlflow", "ray", "plotly", "pyarrow"}
print(sorted(heavy & set(sys.modules)))
"""


def test_checking_loads_no_engine(folder):
    (folder / "houses.yaml").write_text(GOOD)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["houses", "[]"], done.stderr
