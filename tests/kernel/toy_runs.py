"""Pipelines of toys and what a run of them left. As a program: ``python toy_runs.py FILE WORKSPACE`` runs a file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import toy
import toy_odd
import toy_search
import toy_trouble

from automl import codec
from automl import run as runs
from automl.model import SearchResult
from automl.pipeline_file import load
from automl.plugins import Plugin, Registry

PIPELINE = """
version: 1
name: toys
seed: 3
data: {use: toy.table, target: y}
stages:
  split: {use: toy.holdout, in: data}
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  goal: {use: toy.standard_target, in: codes}
  search:
    use: search.network
    in: goal
    with:
      network: toy.net
      tuner: random
      objective: toy.error
      budget: {trials: 6, epochs: 30}
      baselines: []
      space: {rate: {float: [0.01, 0.5], log: true}}
  evaluate: {use: toy.evaluate, in: search}
run: {executor: {use: in_process}}
track: []
"""

FOLDS = "stages.split.use=toy.folds"
TUNED = "stages.filled.with.strategy={tune: [mean, median]}"
BUDGET = "stages.search.with.budget"
BASELINES = "stages.search.with.baselines=[toy.mean]"


def stages(text: str) -> str:
    """The pipeline with the stages between split and search replaced; the last of them must be called ``last``."""
    head, _, tail = PIPELINE.partition("  filled:")
    _, _, tail = tail.partition("  search:")
    return f"{head}{text.strip(chr(10))}\n  search:{tail.replace('in: goal', 'in: last')}"


def make_registry() -> Registry:
    """Everything installed, and the toys."""
    registry = Registry.load()
    registry.register(toy, Plugin("toy", "toy", "toy", "1.0"))
    registry.register(toy_trouble, Plugin("trouble", "toy_trouble", "toy-trouble", "1.0"))
    registry.register(toy_odd, Plugin("odd", "toy_odd", "toy-odd", "1.0"))
    registry.register(toy_search, Plugin("asking", "toy_search", "toy-search", "1.0"))
    assert not registry.set_aside, registry.set_aside
    return registry


def ledger(result: SearchResult) -> list[dict[str, Any]]:
    """The trials, without the one field that differs from run to run."""
    return [{name: value for name, value in trial.to_state().items() if name != "seconds"} for trial in result.trials]


def heads(bundle: Path) -> list[dict[str, bytes]]:
    """What was fitted below each head of a saved model: stage to encoded state; the head itself is ``%head``."""
    document: Mapping[str, Any] = codec.from_bytes(bundle.read_bytes())

    def below(keys: list[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for key in keys:
            step = document["steps"][key]
            found |= below(step["inputs"])
            if step["component"]:
                found[step["stage"]] = codec.to_bytes(step["state"])
        return found

    return [{**below(head["inputs"]), "%head": codec.to_bytes(head["state"])} for head in document["heads"]]


def start(
    file: Path, workspace: Path, warnings: Sequence[str] = ("-W", "error"), **environment: str
) -> subprocess.Popen[str]:
    """Begin to run a pipeline file in a process of its own."""
    return subprocess.Popen(
        [sys.executable, *warnings, __file__, str(file), str(workspace)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


if __name__ == "__main__":
    known = make_registry()
    print(runs.run(load(sys.argv[1], known), known, workspace=Path(sys.argv[2])).finished.directory)
