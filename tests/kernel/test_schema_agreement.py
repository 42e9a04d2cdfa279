"""The JSON schema and the parser agree on structure, types, names and ranges."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from ruamel.yaml import YAML
from schema_rules import PARSER_SAYS

from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.pipeline_file.writing import dump
from automl.plugins import Registry
from automl.schema import build_schema

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "pipelines").glob("*.yaml"))
OTHER = """
version: 1
seed: 3
data: {use: read.csv, path: a.txt, with: {separator: ";"}, target: y, roles: {id: [a], weight: w}, kinds: {zip: text},
  missing: ["?"], task: regression, time: 2m}
stages:
  split: {use: split.kfold, in: data, with: {folds: 3, stratified: false}}
  a: {use: {tune: [scale.standard, scale.minmax]}, in: split, columns: {kind: numeric, except: q},
    with: {scale.minmax: {clip: {tune: [true, false]}}}}
  b: {use: encode.one_hot, in: a, columns: [x], with: {min_frequency: {tune: {float: [0.01, 0.1], log: true}}}}
  s:
    use: search.network
    in: b
    with:
      network: linear
      tuner: {use: hyperband, with: {factor: 3}}
      budget: {trials: 3, time: 2m}
      space: {l2: {float: [0, 1], step: 0.1}, optimizer: adam}
      baselines: [baseline.linear]
    resources: {cpu: 2, memory: 2GB}
    retry: {attempts: 3}
    time: 10m
  e: {use: evaluate.report, in: s, with: {bootstrap: 10}, gate: {rmse: "<= 3"}}
run: {executor: in_process}
track: [mlflow]
"""
ODD: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 5, 0.5, 1.5, 1e300, float("inf")),
    *("", "auto", "data", "split", "x", "10m", "mean", "adamw", "mlp", "random", "local", "evaluate.report", ">= 3"),
    *([], {}, [1], ["a", "a"], ["a"], {"a": 1}, {"kind": "numeric"}, {"use": "local"}, {"use": "random"}),
    *({"one_of": {"a": None}}, {"one_of": {"adam": {"epsilon": [1e-3]}}}, {"tune": [1, 2]}, {"tune": "auto"}),
    *({"tune": ["mean", "median"]}, {"tune": {"int": [1, 3]}}, {"tune": {"float": [0.1, 0.3]}}, {"int": [1, 3]}),
    *({"int": [0, 10**9]}, {"float": [0.1, 0.5], "log": True}, {"choice": ["relu", "selu"]}, {"choice": []}),
    *([0.1, 0.2], ["relu"], {"depth": 3}),
]
KEYS = ["foo", "with", "columns", "gate", "l2", "width", "lmbda", "kind", "use"]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def validator(registry: Registry) -> Draft202012Validator:
    schema = build_schema(registry)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def documents() -> list[Any]:
    return [YAML(typ="safe", pure=True).load(text) for text in [OTHER, *(file.read_text() for file in SHIPPED)]]


def spots(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from spots(value, (*path, step))


def complaint(document: Any, registry: Registry) -> list[str]:
    """What the parser says of it."""
    try:
        loads(dump(document), registry, header=False)
    except PipelineFileError as error:
        return [f"{problem.message} {problem.expected}" for problem in error.problems]
    return []


def agree(document: Any, registry: Registry, validator: Draft202012Validator) -> None:
    wrong = best_match(validator.iter_errors(document))
    said = complaint(document, registry)
    if not said:
        assert wrong is None, f"only the schema refuses {wrong.json_path}: {wrong.message}"
    elif wrong is None:
        beyond = [text for text in said if not any(re.search(rule, text) for rule in PARSER_SAYS.values())]
        assert not beyond, f"only the parser refuses: {beyond}"


@pytest.mark.parametrize("document", documents(), ids=["other", *(file.stem for file in SHIPPED)])
def test_whole_files(document: Any, registry: Registry, validator: Draft202012Validator) -> None:
    assert complaint(document, registry) == []
    assert best_match(validator.iter_errors(document)) is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_changed_files(data: Any, registry: Registry, validator: Draft202012Validator) -> None:
    document = documents()[data.draw(st.integers(0, len(SHIPPED)))]
    paths = list(spots(document))
    path = paths[data.draw(st.integers(0, 10_000)) % len(paths)]
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    match data.draw(st.sampled_from(["change", "change", "change", "drop", "rename", "add"])):
        case "drop":
            del parent[path[-1]]
        case "rename" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(KEYS))] = parent.pop(path[-1])
        case "add" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(KEYS))] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        case _:
            value = data.draw(st.sampled_from(ODD))
            in_a_list = isinstance(parent, list) and "space" in path
            parent[path[-1]] = "x" if in_a_list and value is None else copy.deepcopy(value)
    agree(document, registry, validator)


def test_ranges_of_every_parameter(registry: Registry, validator: Draft202012Validator) -> None:
    """Just inside and just outside every bound that a stage's parameters declare, plain and tuned."""
    tried = 0
    for name in registry.ids("components"):
        component = registry.get("components", name)
        for key, field in component.Params.model_fields.items():
            bounds = {b: getattr(m, b) for m in field.metadata for b in ("ge", "gt", "le", "lt") if hasattr(m, b)}
            for bound in bounds.values():
                for value in (bound - 1, bound, bound + 1):
                    for written in (value, {"tune": [value]}):
                        document = documents()[0]
                        document["stages"]["split"] |= {"with": {}}
                        stage = {"use": name, "in": "a", "with": {key: written}}
                        splits = name.startswith("split.")
                        document["stages"]["split" if splits else "b"] = stage | ({"in": "data"} if splits else {})
                        agree(document, registry, validator)
                        tried += 1
    assert tried > 40


def test_references_are_taken_anywhere(registry: Registry, validator: Draft202012Validator) -> None:
    document = documents()[0]
    document["vars"] = {"q": 3}
    for path in list(spots(document)):
        if path[0] in ("vars", "version") or path == ("data", "target"):
            continue
        changed = copy.deepcopy(document)
        parent = changed
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = "${vars.q}"
        wrong = best_match(validator.iter_errors(changed))
        assert wrong is None, f"{path}: {wrong.message}"


def test_a_file_that_extends_another_may_be_partial(validator: Draft202012Validator) -> None:
    layer = {"extends": "base.yaml", "stages": {"search": {"with": {"budget": {"trials": 2}}, "gate": None}}}
    assert validator.is_valid(layer)
    assert not validator.is_valid({**layer, "stagse": {}})
    assert not validator.is_valid({**layer, "stages": {"search": {"wiht": {}}}})


def test_descriptions_defaults_and_ranges_are_told(registry: Registry) -> None:
    schema = build_schema(registry)
    test = schema["$defs"]["components.split.random"]["properties"]["test"]
    assert test["description"] == "Share of rows kept back for the last score."
    assert test["default"] == 0.2
    assert {"type": "number", "minimum": 0, "exclusiveMaximum": 1} in test["anyOf"]
    assert schema["properties"]["seed"]["description"]
