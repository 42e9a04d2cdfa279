"""How calls end that nobody foresaw: in a sentence, on any terminal, and without a word to a pipe that is closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Call, toy_environment
from toy_runs import PIPELINE

PLUGIN = """
import os

import click
from automl.hookspecs import hookimpl
from automl.records import Record

RAISED = {
    "defect": lambda: {}["price"],
    "memory": lambda: bytearray(10**18),
    "system": lambda: open("no/such/file"),
    "deep": lambda: (lambda f: f(f))(lambda f: f(f)),
}


@click.command()
@click.argument("what")
def fails(what):
    RAISED[what]()


@click.command()
def speaks():
    for _ in range(5000):
        click.echo("año €")


@hookimpl
def automl_commands():
    return [Record("ends.fails", "automl_ends:fails", "x"), Record("ends.speaks", "automl_ends:speaks", "x")]
"""
WORDS = {
    "defect": "error: KeyError: 'price'; this is a defect of automl or of a plugin, not of your call",
    "memory": "error: the memory ran out",
    "system": "error: no/such/file: No such file or directory; mend: ",
    "deep": "error: something is nested too deeply to be read",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    (work / "automl_ends.py").write_text(PLUGIN)
    (work / "toys.yaml").write_text(PIPELINE)
    return work


@pytest.mark.parametrize("what", list(WORDS))
def test_an_error_that_nobody_foresaw_is_a_sentence(folder: Path, what: str) -> None:
    code, out, err = Call(folder, "--plugin-dir", ".", "ends.fails", what).end()
    assert (code, out, "Traceback" in err) == (1, "", False)
    assert err.startswith(WORDS[what])
    assert len(err.splitlines()) == 1


def test_debug_shows_where_it_happened(folder: Path) -> None:
    code, _, err = Call(folder, "--debug", "--plugin-dir", ".", "ends.fails", "defect").end()
    assert (code, "Traceback (most recent call last)" in err) == (1, True)
    assert err.splitlines()[-1].startswith(WORDS["defect"])


def test_a_run_that_failed_keeps_its_whole_cause(folder: Path) -> None:
    code, _, err = Call(folder, "run", "toys.yaml", "--set", "stages.filled.use=toy.refuses").end()
    assert (code, "Traceback" in err) == (1, False)
    (kept,) = folder.glob(".automl/runs/*/traceback.txt")
    assert "RuntimeError: no luck today" in kept.read_text()


@pytest.mark.parametrize("words", [("--plugin-dir", ".", "ends.speaks"), ("schema",)])
def test_a_reader_that_has_read_enough(folder: Path, words: tuple[str, ...]) -> None:
    environment = toy_environment(folder.parent)
    call = subprocess.Popen(
        [sys.executable, "-m", "automl", *words], cwd=folder, env=environment | {"PATH": ""},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert call.stdout is not None
    assert call.stderr is not None
    with call:
        call.stdout.read(10)
        call.stdout.close()
        said = call.stderr.read()
    assert (call.returncode in (0, 1), said) == (True, b"")


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "año €"), ("latin-1", "a\xf1o \\u20ac"), ("utf-8", "año €")])
def test_letters_that_the_terminal_has_not(folder: Path, encoding: str, shown: str) -> None:
    environment = toy_environment(folder.parent) | {"PATH": "", "PYTHONIOENCODING": encoding}
    words = [sys.executable, "-m", "automl", "--plugin-dir", ".", "ends.speaks"]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("utf-8" if encoding == "ascii" else encoding).splitlines()[0] == shown
