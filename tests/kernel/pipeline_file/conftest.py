"""A folder with a small table, and a way to read pipeline files there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_parts

from automl.errors import PipelineFileError
from automl.pipeline_file import Declaration, loads
from automl.plugins import Registry

GOOD = """\
version: 1
name: houses
seed: 42
vars: {table: houses.csv}
data:
  path: "${vars.table}"
  target: price
  roles: {id: id}
stages:
  split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {strategy: {tune: [mean, median]}}}
  codes: {use: encode.one_hot, in: numbers, columns: categorical, with: {min_frequency: 1e-2}}
  scaled: {use: scale.standard, in: codes, columns: numeric}
  search:
    use: search.network
    in: scaled
    with:
      network: mlp
      tuner: {use: random, with: {startup: 3}}
      budget: {trials: 20, epochs: 50}
      space: {width: {int: [16, 256], log: true}}
    resources: {cpu: 1, memory: 2GB}
    retry: {attempts: 2}
  evaluate: {use: evaluate.report, in: search, gate: {rmse: "<= 0.60"}}
run: {executor: {use: local, with: {workers: 2}}}
track: [log]
profiles:
  smoke: {stages.search.with.budget: {trials: 3}}
"""


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
