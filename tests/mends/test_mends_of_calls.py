"""Mends that commands print, typed behind the same call, or in its place."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from mended_calls import CALLS, Call
from mended_files import BASE, TABLE
from printed import check_tied

from automl.cli import main

READING = """
from automl.hookspecs import hookimpl
from automl.records import Record
from automl_tabular.csv_reader import CsvReader


class Reading(CsvReader):
    "Reads."

    id = "reading.csv"


@hookimpl
def automl_readers():
    return [Record("reading.csv", "automl_reading:Reading", "Reads.", suffixes=(".csv",))]
"""


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_the_mend_of_a_call_works_when_it_is_typed(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("houses.yaml").write_text(BASE)
    for folder in ("folder", "a folder.csv", "automl-folded"):
        Path(folder).mkdir()
    Path("model.automl").write_bytes(b"")
    for plugin in ("reading", "second"):
        Path(plugin).mkdir()
        Path(plugin, f"automl_{plugin}.py").write_text(READING.replace("reading", plugin))
    for name, text in {"houses.csv": TABLE, "houses.txt": TABLE, "semicolons.csv": TABLE.replace(",", ";")}.items():
        Path(name).write_text(text)
    code, said = automl(call.words)
    assert code != 0
    assert call.says in said
    check_tied(f"call: {call.name}", said)
    found = re.search(call.mend, said, re.MULTILINE)
    assert found, said
    typed = call.typed.format(*found.groups())
    if call.shell:
        subprocess.run(typed, shell=True, check=True)
    _, again = automl(call.words if call.shell else typed.removeprefix("automl "))
    assert call.says not in again or again.count(call.says) == typed.count(call.says)
    assert "Traceback" not in again


def automl(words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, shlex.split(words))
    return done.exit_code, done.output
