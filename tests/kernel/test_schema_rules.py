"""Rules that only the parser knows: for each a file that the schema takes and the parser refuses by that rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from schema_files import read
from schema_rules import PARSER_SAYS

from automl.errors import PipelineFileError
from automl.hookspecs import hookimpl
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry
from automl.records import Record
from automl.schema import build_schema
from automl.schema.rules import PARSER_ONLY

GOOD = """
version: 1
data: {path: table.csv, target: y}
stages:
  split: {use: split.random, in: data, with: {test: 0.2}}
  scaled: {use: scale.standard, in: split}
  search: {use: search.network, in: scaled, with: {budget: {trials: 2}}}
  evaluate: {use: evaluate.report, in: search}
"""
BROKEN = {
    "layers": (GOOD, "extends: base.yaml\nname: lacks its stages"),
    "references": ("test: 0.2", 'test: "${vars.q}"'),
    "inputs": ("in: scaled", "in: scald"),
    "flow": ("in: split", "in: data"),
    "searches": ("{use: evaluate.report, in: search}", "{use: scale.minmax, in: split, with: {clip: {tune: [true]}}}"),
    "ranges": ("{trials: 2}", "{trials: 2}, space: {depth: {int: [3, 1]}}"),
    "together": ("test: 0.2", "test: 0.9, valid: 0.9"),
    "whole numbers": ("trials: 2", "trials: 2.0"),
    "not a number": ("test: 0.2", "test: .nan"),
    "roles": ("target: y", "target: y, roles: {weight: y}"),
    "choices": ("scale.standard", "{tune: [scale.standard, target.log]}"),
    "columns": ("in: split}", "in: split, columns: [price]}"),
    "conversions": ("use: scale.standard", 'use: feature.expression, with: {columns: {a: "x +"}}'),
    "engines": ("scale.standard", "absent.scale"),
}
"""For each rule what to put in place of what."""


class _Absent:
    """A plugin whose engine is not installed."""

    @staticmethod
    @hookimpl
    def automl_components() -> list[Record]:
        return [Record("absent.scale", "an_engine_that_is_not_installed:Scale", "Scales.")]


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry.load()
    found.register(_Absent, Plugin("absent", __name__, "absent", "1.0"))
    assert not found.set_aside
    return found


@pytest.fixture(scope="module")
def validator(registry: Registry) -> Draft202012Validator:
    return Draft202012Validator(build_schema(registry))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a table and a file to extend."""
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    (tmp_path / "base.yaml").write_text("version: 1\ndata: {path: table.csv, target: y}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_is_good(folder: Path, registry: Registry, validator: Draft202012Validator) -> None:
    assert list(loads(GOOD, registry).stages) == ["split", "scaled", "search", "evaluate"]
    assert validator.is_valid(read(GOOD))


@pytest.mark.parametrize("rule", BROKEN)
def test_the_parser_alone_refuses(rule: str, folder: Path, registry: Registry, validator: Draft202012Validator) -> None:
    text = GOOD.replace(*BROKEN[rule])
    assert text != GOOD
    assert [error.message for error in validator.iter_errors(read(text))] == []
    with pytest.raises(PipelineFileError) as caught:
        loads(text, registry)
    told = [f"{one.message}; expected {one.expected}; found {one.found}" for one in caught.value.problems]
    by = [[name for name, pattern in PARSER_SAYS.items() if re.search(pattern, text)] for text in told]
    assert by == [[rule]], told


def test_the_schema_refuses_a_path_that_stands_twice(folder: Path, registry: Registry) -> None:
    text = GOOD.replace("table.csv", "table.csv, use: read.csv, with: {path: x}")
    assert not Draft202012Validator(build_schema(registry)).is_valid(read(text))
    with pytest.raises(PipelineFileError, match="the path stands here twice"):
        loads(text, registry)


def test_every_rule_is_listed_and_broken() -> None:
    assert list(PARSER_SAYS) == list(BROKEN) == list(PARSER_ONLY)
