"""What a pipeline may be called, in the file, in Python, on the command line, and made of a file's name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

import automl as package
from automl.errors import PipelineFileError
from automl.pipeline_file.naming import PIPELINE_NAME, derived_name, wrong_name

GOOD = ["a", "houses", "Ames 2020", "año.v2", "тест", "a-b_c", "_x", "a..b", "x" * 64, "名" * 64]
BAD = [
    "a/b", "../up", "..", ".", ".hidden", "a\\b", "a\nb", "a\tb", "a\0b", " a", "a ", "-rf", "x" * 65, "\u202eabc",
    "a\u200bb", "\U0001f600" * 60, "/", "a\x7f",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_taken(name: str) -> None:
    assert wrong_name(name) is None
    assert len(f"20260101-000000-{name}-0123".encode()) < 256


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused_with_one_that_is_taken(name: str) -> None:
    told = wrong_name(name)
    assert told is not None
    mend = re.search("mend: (.*)$", told)
    assert mend is not None
    assert wrong_name(mend[1]) is None


@given(st.text())
def test_of_every_text_a_name_is_made(text: str) -> None:
    assert wrong_name(derived_name(text)) is None
    if wrong_name(text) is None:
        assert jsonschema.Draft202012Validator({"pattern": f"^{PIPELINE_NAME}$"}).is_valid(text)


@pytest.mark.parametrize("name", ["a/b", "../up", "x" * 65, " a"])
def test_the_file_the_command_and_python_refuse_it(folder: Path, name: str) -> None:
    (folder / "named.yaml").write_text(PIPELINE.replace("name: toys", f"name: '{name}'"))
    for words in (("check", "named.yaml"), ("run", "named.yaml"), ("run", "toys.yaml", "--set", f"name='{name}'")):
        done = automl(*words)
        assert done.exit_code == 2
        assert "this cannot be a pipeline's name: expected at most 64 characters without" in done.stderr
    assert not (folder / ".automl").exists()
    done = automl("init", "t.csv", "--target", "y", "--name", name)
    assert done.exit_code == 2
    assert "cannot be a pipeline's name" in done.stderr
    with pytest.raises(PipelineFileError, match="this cannot be a pipeline's name"):
        package.Pipeline(name, data={"use": "toy.table"}, target="y").check()


def test_a_name_that_is_made_of_the_files(folder: Path) -> None:
    odd = folder / f"-{'very ' * 30}long\\name.yaml"
    odd.write_text(PIPELINE.replace("name: toys\n", ""))
    assert automl("run", f"./{odd.name}").exit_code == 0
    (run,) = (folder / ".automl" / "runs").iterdir()
    assert run.name[16:-5] == derived_name(odd.stem) == ("very_" * 13)[:64]
    listed = automl("runs", "list").stdout
    assert listed.startswith(run.name)
    assert automl("plan", shlex.split(shlex.quote(f"./{odd.name}"))[0], "--check").exit_code == 0
