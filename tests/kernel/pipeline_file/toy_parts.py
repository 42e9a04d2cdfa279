"""A small plugin with one part of each kind; it enters the registry by the same door as anyone's."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from automl.components import Header, Reader, Splitter, Stage, Transform
from automl.errors import DataError
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.plugins import Plugin, Registry
from automl.records import Record

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
"""A pipeline file without a mistake, for a table with the columns id, age, rooms, city and price."""


class CsvParams(Params):
    path: str = param(description="the file")
    delimiter: str = param(",", description="between two cells", min_length=1, max_length=1)


class CsvReader(Reader):
    """Reads comma-separated text."""

    id = "read.csv"
    Params = CsvParams

    def header(self) -> Header:
        path = Path(self.params.path)
        if not path.is_file():
            raise DataError(f"there is no file {self.params.path!r}")
        with path.open(newline="") as file:
            return Header(tuple(next(csv.reader(file, delimiter=self.params.delimiter), ())))

    def fingerprint(self) -> str:
        raise NotImplementedError

    def read(self) -> Any:
        raise NotImplementedError


class InlineParams(Params):
    columns: list[str] = param(description="names of the columns")


class InlineReader(CsvReader):
    """A table without a file."""

    id = "read.inline"
    Params = InlineParams

    def header(self) -> Header:
        return Header(tuple(self.params.columns))


class SplitParams(Params):
    test: float = param(0.2, description="share of test rows", gt=0, lt=1)
    valid: float = param(0.2, description="share of validation rows", ge=0, lt=1)
    by: str | None = param(None, description="column to stratify by")

    @model_validator(mode="after")
    def _leave_training_rows(self) -> SplitParams:
        if self.test + self.valid >= 1:
            raise ValueError("test and valid leave no rows to train on")
        return self


class RandomSplit(Splitter):
    """Splits by a seeded permutation."""

    id = "split.random"
    Params = SplitParams

    @classmethod
    def columns(cls, params: Any) -> Sequence[str]:
        return [params.by] if params.by else []

    def split(self, data: Any) -> np.ndarray:
        raise NotImplementedError


class OptionParams(Params):
    power: float = param(1.0, description="exponent", gt=0, tune={"float": [0.5, 2.0]})
    method: Literal["none", "loud"] = param("none", description="how")


class RbfParams(Params):
    gamma: float = param(description="width", gt=0, le=10)


class ImputeParams(Params):
    strategy: Literal["mean", "median", "most_frequent", "constant"] = param(
        "mean", description="what to put in", tune=["mean", "median"]
    )
    fill: float | None = param(None, description="the constant")
    limit: int = param(5, description="most columns", ge=1, le=100)
    option: OptionParams = param(OptionParams(), description="nested parameters")
    kernel: Literal["linear"] | dict[Literal["rbf"], RbfParams] = param("linear", description="one of two")
    widths: int | list[int] = param(1, description="one width or several")


class Impute(Transform):
    """Puts something in where a value is missing."""

    id = "impute.simple"
    Params = ImputeParams

    def fit(self, train: Any) -> Any:
        raise NotImplementedError


class Scale(Impute):
    """Mean 0, variance 1."""

    id = "scale.standard"
    Params = Params


class OneHotParams(Params):
    min_frequency: float = param(description="rarer levels are gathered", ge=0, lt=1)


class OneHot(Impute):
    """A column for each level."""

    id = "encode.one_hot"
    accepts = frozenset({"categorical", "boolean"})
    Params = OneHotParams


class Clip(Impute):
    """Cuts at given bounds."""

    id = "clean.clip"
    stateless = True
    Params = Params


class LogTarget(Impute):
    """The logarithm of the target."""

    id = "target.log"
    on_target = True
    Params = Params


class TunerParams(Params):
    use: str = param("random", description="a searcher")
    parameters: dict[str, Any] = Field(default={}, alias="with", description="its parameters")


class BudgetParams(Params):
    trials: int | None = param(None, description="most trials", ge=1)
    epochs: int = param(10, description="most epochs", ge=1)


class SearchParams(Params):
    network: str = param("mlp", description="what to train")
    tuner: TunerParams = param(TunerParams(), description="who proposes")
    budget: BudgetParams = param(BudgetParams(), description="how long")
    space: dict[str, Any] = param({}, description="what to try")


class Search(Stage):
    """Finds a network."""

    id = "search.network"
    consumes = "open"
    Params = SearchParams

    @classmethod
    def check(cls, params: Any, registry: Registry) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if params.network not in registry.ids("networks"):
            yield ("network",), f"there is no network {params.network!r}"
        for name, spec in params.space.items():
            if isinstance(spec, float) and not math.isfinite(spec):
                yield ("space", name), "a dimension is finite"

    def run(self, source: Any, context: Any) -> Any:
        raise NotImplementedError


class Report(Stage):
    """Judges a model."""

    id = "evaluate.report"
    consumes = "model"

    def run(self, source: Any, context: Any) -> Any:
        raise NotImplementedError


class Describe(Report):
    """Looks at rows."""

    id = "evaluate.rows"
    consumes = "dataset"


class WorkerParams(Params):
    workers: int = param(1, description="how many", ge=1, identity=False)


class Local(Impute):
    """Local processes; the registry asks for an id and Params only."""

    id = "local"
    Params = WorkerParams


class Log(Impute):
    """An observer."""

    id = "log"
    Params = Params


_CODE = "toy_parts"


@hookimpl
def automl_components() -> list[Record]:
    classes = [RandomSplit, Impute, Scale, OneHot, Clip, LogTarget, Search, Report, Describe]
    broken = [
        Record("feature.broken", f"{_CODE}:Nowhere", "Its code is not there."),
        Record("feature.extra", "toy_missing_engine:Feature", "Its module is not there.", extra="report"),
    ]
    return [Record(one.id, f"{_CODE}:{one.__name__}", one.summary()) for one in classes] + broken


@hookimpl
def automl_readers() -> list[Record]:
    return [
        Record("read.csv", f"{_CODE}:CsvReader", "Comma-separated text.", suffixes=(".csv", ".tsv")),
        Record("read.inline", f"{_CODE}:InlineReader", "No file."),
    ]


@hookimpl
def automl_networks() -> list[Record]:
    return [Record("mlp", f"{_CODE}:Impute", "Layers.")]


@hookimpl
def automl_executors() -> list[Record]:
    return [Record("local", f"{_CODE}:Local", "Local processes.")]


@hookimpl
def automl_observers() -> list[Record]:
    return [Record("log", f"{_CODE}:Log", "Writes a log.")]


@hookimpl
def automl_metrics() -> list[Record]:
    return [Record("rmse", f"{_CODE}:Log", "Root mean squared error."), Record("mae", f"{_CODE}:Log", "Mean error.")]


def registry() -> Registry:
    """A registry with this plugin alone."""
    import toy_parts

    found = Registry()
    found.register(toy_parts, Plugin("toy", "toy_parts", "automl-pipelines", "1.0"))
    assert not found.set_aside
    return found
