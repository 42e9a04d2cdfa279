"""A working folder with the toys installed, and the command line called in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from distributions import write_metadata
from toy_runs import PIPELINE

from automl.cli import main


def enter_toy_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the toys as a distribution and go into a folder that holds ``toys.yaml``."""
    write_metadata(tmp_path / "site", "automl-toys", "1.0", {"toy": "toy"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "toys.yaml").write_text(PIPELINE)
    monkeypatch.chdir(folder)
    return folder


def automl(*arguments: str) -> Result:
    """``automl ...`` in this process."""
    return CliRunner().invoke(main, arguments)
