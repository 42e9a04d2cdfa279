"""Rules that only the parser knows: for each a file that the schema takes and the parser refuses by that rule."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from schema_rules import PARSER_SAYS

from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.plugins import Registry
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
    "references": ("test: 0.2", 'test: "${vars.q}"'),
    "inputs": ("in: scaled", "in: scald"),
    "flow": ("in: split", "in: data"),
    "searches": ("{use: evaluate.report, in: search}", "{use: scale.minmax, in: split, with: {clip: {tune: [true]}}}"),
    "ranges": ("{trials: 2}", "{trials: 2}, space: {depth: {int: [3, 1]}}"),
    "together": ("test: 0.2", "test: 0.9, valid: 0.9"),
    "whole numbers": ("trials: 2", "trials: 2.0"),
    "not a number": ("test: 0.2", "test: .nan"),
    "roles": ("target: y", "target: y, roles: {weight: y}"),
    "path twice": ("table.csv", "table.csv, use: read.csv, with: {path: x}"),
    "choices": ("scale.standard", "{tune: [scale.standard, target.log]}"),
    "conversions": ("trials: 2", "time: soon"),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def validator(registry: Registry) -> Draft202012Validator:
    return Draft202012Validator(build_schema(registry))


@pytest.mark.parametrize("rule", BROKEN)
def test_the_parser_alone_refuses(rule: str, registry: Registry, validator: Draft202012Validator) -> None:
    text = GOOD.replace(*BROKEN[rule])
    assert text != GOOD
    document = YAML(typ="safe", pure=True).load(text)
    if rule != "path twice":
        assert validator.is_valid(document)
    with pytest.raises(PipelineFileError) as caught:
        loads(text, registry, header=False)
    said = [f"{problem.message} {problem.expected}" for problem in caught.value.problems]
    assert any(re.search(PARSER_SAYS[rule], text) for text in said)


def test_every_rule_has_a_pattern() -> None:
    assert set(PARSER_SAYS) == set(PARSER_ONLY)
