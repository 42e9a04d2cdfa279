"""``automl plugins test`` tells each test as it runs, and ends one that takes too long or too much memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from distributions import HEAD

OFFERS = f"""{HEAD}
@hookimpl
def automl_{{family}}():
    return [Record("acme.part", "automl_acme.part:Part", "x")]
"""
SEARCHER = """
import os
from automl.search.random_search import RandomSearch


class Part(RandomSearch):
    \"\"\"A tuner with a fault.\"\"\"

    id = "acme.part"

    def ask(self, number):
        {fault}
        return super().ask(number)
"""
METRIC = """
import math
import numpy as np
from automl import Metric


class Part(Metric):
    \"\"\"A metric with a fault.\"\"\"

    id = "acme.part"
    greater_is_better = False
    tasks = frozenset({{"regression"}})

    def score(self, truth, predicted, weight=None):
        {fault}
"""


def run(folder: Path, family: str, code: str, fault: str, *words: str) -> subprocess.CompletedProcess[str]:
    package = folder / "plugins" / "automl_acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(OFFERS.format(family=family))
    (package / "part.py").write_text(code.format(fault=fault))
    command = [sys.executable, "-m", "automl", "--plugin-dir", "plugins", "plugins", "test", "acme", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


FIRST = "test_values_are_those_of_the_active_dimensions_within_their_ranges"


def test_a_tuner_that_never_ends_fails_and_the_rest_of_its_tests_is_left_out(tmp_path: Path) -> None:
    done = run(tmp_path, "searchers", SEARCHER, "while True: number += 1", "--timeout", "1s")
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    place = lines.index("  searchers acme.part")
    assert lines[place + 1].split() == [FIRST, "FAILED"]
    assert lines[place + 2].startswith("      it ran for more than 1 s (in ask, ")
    assert lines[place + 2].endswith("part.py:12); mend: let it end sooner, or --timeout 2s")
    assert done.stdout.count("it ran for more than 1 s") == 3
    assert "  searchers acme.part  3 of " in done.stdout
    assert " left out\n" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            "kept = [bytes(1) for _ in range(10**9)]",
            "it held more than 0.6 GB of memory (0.6",
        ),
        (
            "while True:\n    try:\n        for _ in iter(int, 1): number += 1\n    except BaseException: pass",
            "it ran for more than 20 s; mend: let it end sooner, or --timeout 40s",
        ),
        ("os._exit(0)", "it ended its process, with exit code 0"),
        ("os.abort()", "it ended its process, with exit code -6"),
    ],
    ids=["memory", "stubborn", "leaves", "crashes"],
)
def test_what_cannot_be_stopped_is_ended_with_its_process_and_the_rest_goes_on(
    tmp_path: Path, fault: str, told: str
) -> None:
    lines = [
        "if not os.path.exists('seen'):",
        "    open('seen', 'w').close()",
        *(f"    {x}" for x in fault.split("\n")),
    ]
    once = "\n        ".join(lines)
    done = run(tmp_path, "searchers", SEARCHER, once, "--timeout", "20s", "--memory", "600MB")
    assert done.returncode == 1, done.stdout + done.stderr
    assert told in done.stdout
    assert "  searchers acme.part  1 of " in done.stdout
    assert done.stdout.count(" passed\n") > 30


def test_an_import_that_never_ends_is_told_too(tmp_path: Path) -> None:
    package = tmp_path / "plugins" / "automl_acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(OFFERS.format(family="metrics"))
    (package / "part.py").write_text("kept = [bytes(1000) for _ in range(10**9)]")
    command = [sys.executable, "-m", "automl", "--plugin-dir", "plugins", "plugins", "test", "acme"]
    words = ["--memory", "500MB"]
    done = subprocess.run([*command, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: what is tested could not be imported: it held more than 0.5 GB of memory")
    assert done.stderr.rstrip().endswith("or --memory 1GB")


FAULTS = {
    "raise KeyError('spread')": "KeyError: 'spread'",
    "return np.abs(truth - predicted)": "score returned ndarray of shape (60,), expected a float",
    "return math.nan": "60 rows with every class, and no score: nan",
}


def test_metrics_with_a_fault_are_found(tmp_path: Path) -> None:
    package = tmp_path / "plugins" / "automl_acme"
    package.mkdir(parents=True)
    names = [f"acme.part{number}" for number in range(len(FAULTS))]
    records = ", ".join(f'Record("{name}", "automl_acme.{name[5:]}:Part", "x")' for name in names)
    (package / "__init__.py").write_text(f"{HEAD}@hookimpl\ndef automl_metrics():\n    return [{records}]")
    for name, fault in zip(names, FAULTS, strict=True):
        (package / f"{name[5:]}.py").write_text(METRIC.format(fault=fault).replace("acme.part", name))
    command = [sys.executable, "-m", "automl", "--plugin-dir", "plugins", "plugins", "test", "acme"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    _, *told = done.stdout.split("\n  metrics ")
    for name, cause, shown in zip(names, FAULTS.values(), told, strict=False):
        assert shown.startswith(f"{name}\n")
        assert cause in shown
    assert done.stdout.count("checks FAILED") == len(FAULTS)


def test_a_limit_is_a_time_and_a_size(tmp_path: Path) -> None:
    environment = os.environ | {"COLUMNS": "200"}
    for words, told in ((["--timeout", "soon"], "such as 90s"), (["--memory", "much"], "such as 512MB")):
        command = [sys.executable, "-m", "automl", "plugins", "test", "report", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert told in done.stderr
