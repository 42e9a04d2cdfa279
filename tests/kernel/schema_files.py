"""Pipeline files that together use every key of the format, and ways to break them, for the schema's tests."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from ruamel.yaml import YAML
from schema_rules import PARSER_SAYS

from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.pipeline_file.writing import dump
from automl.plugins import Registry

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "pipelines").glob("*.yaml"))
FOLDS = """
version: 1
seed: 3
data: {use: read.csv, path: a.txt, with: {separator: ";"}, target: y, roles: {id: [a], weight: w}, kinds: {zip: text},
  missing: ["?"], task: regression, time: 2m, retry: {attempts: 2}}
stages:
  split: {use: split.kfold, in: data, with: {folds: 3, stratified: false}}
  a: {use: {tune: [scale.standard, scale.minmax]}, in: split, columns: {kind: numeric, except: q},
    with: {scale.minmax: {clip: {tune: [true, false]}}}, time: 90s, retry: {attempts: 3}}
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
TARGETS = """
version: 1
name: several
vars: {unused: [1, {a: b}]}
data: {path: a.parquet, target: [y, z], roles: {group: g, time: t, ignore: [i]}, time: 30}
stages:
  split: {use: split.random, in: [data], with: {test: 0.1}}
  levels: {use: encode.ordinal, in: split, columns: [size], with: {order: {size: [s, m, l]}, unseen: missing}}
  left: {use: power.box_cox, in: levels, columns: a}
  right: {use: clean.winsorize, in: levels, columns: b, with: {upper: {tune: [0.95, 0.99]}}}
  scaled: {use: {tune: [passthrough, scale.quantile, scale.standard]}, in: [left, right], columns: numeric,
    with: {scale.quantile: {output: {tune: auto}, n_quantiles: 100}, passthrough: {}}}
  search:
    use: search.network
    in: scaled
    with:
      tuner: random
      objective: null
      budget: {time: 90.5}
      patience: null
      in_flight: 2
      order: arrival
      final: refit
      baselines: []
      space:
        depth: 2
        width: {int: [16, 64], log: true}
        dropout: {float: [0.0, 0.4], step: 0.1}
        activation: {choice: [relu, selu]}
        optimizer: {one_of: {adam: {epsilon: 1e-4}, sgd: {momentum: {float: [0.5, 0.9]}, nesterov: [true, false]}}}
        schedule: {one_of: {constant: null, exponential: {}}}
    resources: {gpu: 0.5, memory: 1000000}
  evaluate: {use: evaluate.report, in: search, with: {metrics: [rmse, mae]}}
run: {executor: {use: local, with: {workers: 2}}, store: {scratch: 2GB, size: 20GiB}}
track: [{use: mlflow, with: {experiment: several}}]
advice: {silence: [leak.unique_id, split.stratified.empty_bins], strict: true}
"""

NOTHING: list[Any] = [None, True, False, [], {}, ""]
NUMBERS: list[Any] = [-1, 0, 1, 2, 5, 5.0, 0.5, 1.5, 10**9, 1e300, float("inf"), float("-inf"), float("nan")]
WORDS = [
    *(
        "auto",
        "data",
        "split",
        "x",
        "tune",
        "10m",
        "1.5h",
        "2GB",
        "512MiB",
        "m10",
        "GB",
        "mean",
        "adamw",
        "mlp",
        "linear",
    ),
    *(
        "random",
        "local",
        "numeric",
        "regression",
        "fixed",
        "arrival",
        "refit",
        "best",
        "evaluate.report",
        "leak.unique_id",
    ),
    *("scale.standard", "encode.one_hot", "read.csv", "mlflow", ">= 3", "<= abc", "rmse", "scaled", "s"),
]
COLLECTIONS: list[Any] = [
    *([1], ["a", "a"], ["a"], [["a"]], [None], [0.1, 0.2], ["relu"], [1, "a"], [True], ["split"], ["a", ""]),
    *({"a": 1}, {"a": None}, {"kind": "numeric"}, {"kind": "numeric", "except": "q"}, {"except": []}, {"depth": 3}),
    *(
        {"use": "local"},
        {"use": "random"},
        {"use": "random", "with": None},
        {"use": "hyperband", "with": {"factor": 1}},
    ),
    *({"use": "mlflow", "with": {"experiment": 3}}, {"attempts": 2}, {"attempts": 0}, {"trials": 2}, {"time": "soon"}),
    *({"cpu": 1}, {"gpu": -0.1}, {"memory": "2GB"}, {"memory": "2 bytes"}, {"scratch": 0}, {"size": "1TB"}),
    *({"silence": "x"}, {"strict": 1}, {"rmse": "<= 3"}, {"rmsee": "<= 3"}),
]
NOTATION: list[Any] = [
    *({"one_of": {"a": None}}, {"one_of": {}}, {"one_of": {"adam": {"epsilon": [1e-3]}}}, {"one_of": {"relu": None}}),
    *({"one_of": {"adam": {"epsilon": {"float": [1e-8, 1e-3], "log": True}}, "sgd": {"momentun": 0.9}}}),
    *({"tune": [1, 2]}, {"tune": []}, {"tune": 3}, {"tune": "auto"}, {"tune": ["mean", "median"]}, {"tune": [True]}),
    *({"tune": {"int": [1, 3]}}, {"tune": {"float": [0.1, 0.3]}}, {"tune": {"choice": ["x"]}}, {"tune": [1], "a": 1}),
    *({"tune": ["scale.standard", "scale.minmax"]}, {"tune": ["scale.standard"]}, {"tune": ["scale.standard", "x"]}),
    *({"int": [1, 3]}, {"int": [0, 10**9]}, {"int": [3, 1]}, {"int": [1, 3], "step": 2}, {"int": [1, 3], "step": 0.5}),
    *(
        {"int": [1]},
        {"int": 3},
        {"float": [0.1, 0.5], "log": True},
        {"float": [0, 1], "log": True},
        {"float": ["a", 1]},
    ),
    *({"float": [0.1, 0.5], "stepp": 1}, {"float": [0, 1], "int": [0, 1]}, {"float": [0, 1], "step": 0}),
    *({"choice": ["relu", "selu"]}, {"choice": []}, {"choice": "relu"}, {"choice": ["relu"], "log": True}),
]
ODD: list[Any] = [*NOTHING, *NUMBERS, *WORDS, *COLLECTIONS, *NOTATION]
KEYS = [
    *("foo", "use", "with", "in", "columns", "gate", "resources", "retry", "time", "tune", "kind", "except", "path"),
    *("l2", "width", "lmbda", "scale.standard", "scale.minmax", "network", "order", "final", "store", "advice", "a b"),
]
_NOT_IN_THESE = ("layers", "references", "columns", "engines")
"""Rules that no change of `FILES` breaks: nothing extends or refers, no table is looked at, all engines are there."""


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


FILES: dict[str, Any] = {
    "folds": read(FOLDS),
    "targets": read(TARGETS),
    **{file.stem: read(file.read_text(encoding="utf-8")) for file in SHIPPED},
}
"""Good files by name, as plain data: take a copy before changing one."""


def spots(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from spots(value, (*path, step))


def changed(document: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy of a document, changed at a path: ``change`` is given what holds the value, and its key there."""
    made = copy.deepcopy(document)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return made


def complaints(document: Any, registry: Registry) -> list[str]:
    """What the parser says of it, each mistake on one line."""
    try:
        loads(dump(document), registry, header=False)
    except PipelineFileError as error:
        return [f"{one.message}; expected {one.expected}; found {one.found}" for one in error.problems]
    return []


def _is_parsers_own(said: str) -> bool:
    return any(re.search(pattern, said) for rule, pattern in PARSER_SAYS.items() if rule not in _NOT_IN_THESE)


def disagreement(document: Any, registry: Registry, validator: Draft202012Validator) -> str | None:
    """What one of the two refuses and the other should have refused or taken; None where they agree."""
    wrong = best_match(validator.iter_errors(document))
    said = complaints(document, registry)
    if wrong is not None and not said:
        return f"only the schema refuses {wrong.json_path}: {wrong.message:.300}"
    beyond = [text for text in said if not _is_parsers_own(text)] if wrong is None else []
    return f"only the parser refuses: {beyond}" if beyond else None
