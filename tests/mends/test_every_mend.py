"""Every mend that is printed works when it is typed: applied, and run again, that error is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributions import write_metadata
from mended_files import BASE, SITUATIONS, TABLE, Situation
from mended_flow import FLOW
from printed import check_tied

from automl.errors import PipelineFileError, Problem
from automl.pipeline_file import load
from automl.plugins import Registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The plugins that are built in, and the toys."""
    site = tmp_path_factory.mktemp("site")
    write_metadata(site, "automl-toys", "1.0", {"toy": "toy", "vault": "toy_vault"})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        yield Registry.load()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOML_TEST_NOWHERE", raising=False)
    monkeypatch.setenv("AUTOML_TEST_URL", "http://me:word@host")
    for name in ("houses.csv", "houses.txt"):
        (tmp_path / name).write_text(TABLE)
    return tmp_path


def problems(text: str, registry: Registry, words: tuple[str, ...]) -> list[Problem]:
    Path("houses.yaml").write_text(text)
    try:
        load("houses.yaml", registry, profile=words[1] if words else None)
    except PipelineFileError as error:
        return list(error.problems)
    return []


def test_the_file_by_itself_is_right(folder: Path, registry: Registry) -> None:
    assert problems(BASE, registry, ()) == []


@pytest.mark.parametrize("situation", [*SITUATIONS, *FLOW], ids=lambda situation: situation.name)
def test_the_mend_of_a_file_works_when_it_is_typed(folder: Path, registry: Registry, situation: Situation) -> None:
    found = problems(situation.text, registry, situation.words)
    said = [one for one in found if situation.says in str(one)]
    known = {one.message for one in found}
    assert said, situation.name
    mend = said[0].mend or said[0].message
    assert situation.mend in mend
    check_tied(f"file: {situation.name}", mend)
    text, words = situation.typed(situation.text, mend), situation.words
    if text == situation.text:
        words = tuple(situation.typed(word, mend) for word in words)
    assert (text, words) != (situation.text, situation.words)
    left = problems(text, registry, words)
    assert not [one for one in left if situation.says in str(one)], left
    assert {one.message for one in left} <= known, "the mend leads to another error"
