"""Presets of a third party: offered by a hook, chosen by id, and what they draft is written and checked as a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """
from automl.hookspecs import hookimpl
from automl.presets import Because, Draft, Preset
from automl.records import Record


class Tiny(Preset):
    '''A split and a scale.'''

    id = "homes.tiny"
    seconds = 1.0

    def draft(self, table, means):
        split = {"use": "split.random", "in": "data"}
        scaled = {"use": "scale.standard", "in": "split"}
        why = f"Of {table.target.name} nothing else is known."
        return Draft({"stages": {"split": split, "scaled": Because(scaled, why)}}, remarks=["Homes are homes."])


@hookimpl
def automl_presets():
    return [Record("homes.tiny", "automl_homes:Tiny", "A split and a scale.")]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "automl_homes.py").write_text(PLUGIN)
    rows = "\n".join(f"{price * 2},{price}.5" for price in range(40))
    (tmp_path / "houses.csv").write_text(f"size,price\n{rows}\n")
    return tmp_path


def automl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "automl", "--plugin-dir", ".", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_preset_of_a_plugin_writes_the_file(folder: Path) -> None:
    done = automl(folder, "init", "houses.csv", "--target", "price", "--preset", "homes.tiny")
    assert done.returncode == 0, done.stderr
    assert "Homes are homes." in done.stdout
    lines = (folder / "houses.yaml").read_text().splitlines()
    assert lines[lines.index("  scaled: {use: scale.standard, in: split}") - 1] == (
        "  # Of price nothing else is known."
    )
    assert automl(folder, "check", "houses.yaml").stdout == "houses.yaml: ok, 2 stages: split, scaled\n"


def test_the_preset_made_for_the_shortest_time_is_taken(folder: Path) -> None:
    done = automl(folder, "init", "houses.csv", "--target", "price", "--time", "1s", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert "Of price nothing else is known." in done.stdout
