"""A folder with a small table, and a way to read pipeline files there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_parts
from toy_parts import GOOD

from automl.errors import PipelineFileError
from automl.pipeline_file import Declaration, loads
from automl.plugins import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return toy_parts.registry()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a table in it."""
    (tmp_path / "houses.csv").write_text("id,age,rooms,city,price\n1,30,4,Ulm,9.5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def good(folder: Path) -> str:
    """A pipeline file without a mistake."""
    return GOOD


@pytest.fixture
def read(folder: Path, registry: Registry) -> Callable[..., Declaration]:
    """Read a text as a pipeline file."""

    def run(text: str, **options: object) -> Declaration:
        return loads(text, registry, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def complaint(read: Callable[..., Declaration]) -> Callable[..., str]:
    """The whole message about a file that has mistakes."""

    def run(text: str, **options: object) -> str:
        with pytest.raises(PipelineFileError) as caught:
            read(text, **options)
        assert len({str(problem) for problem in caught.value.problems}) == len(caught.value.problems)
        return str(caught.value)

    return run
