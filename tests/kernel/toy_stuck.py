"""Toy parts that never come back: a reader of ``.stuck`` files, an evaluation. They note in TOY_LOG that they began."""

from __future__ import annotations

import time

import pandas as pd
from toy import _note

from automl.components import Header, Reader, Stage
from automl.fingerprint import digest
from automl.hookspecs import hookimpl
from automl.model import Model, Report
from automl.params import Params, param
from automl.records import Record


def _for_ever(what: str) -> None:
    _note("TOY_LOG", what)
    while True:
        time.sleep(0.01)


class StuckParams(Params):
    path: str = param(description="A file that is not looked at.")


class Stuck(Reader):
    """Reads for ever."""

    id = "stuck.table"
    Params = StuckParams

    def header(self) -> Header:
        return Header(("x", "z", "colour", "y"))

    def fingerprint(self) -> str:
        return digest(self.params.path)

    def read(self) -> pd.DataFrame:
        _for_ever("reading")
        raise AssertionError


class Judge(Stage):
    """Evaluates for ever."""

    id = "stuck.evaluate"
    consumes = "model"

    def run(self, source: Model, context: None) -> Report:
        _for_ever("evaluating")
        raise AssertionError


@hookimpl
def automl_readers() -> list[Record]:
    return [Record(Stuck.id, f"{__name__}:Stuck", Stuck.summary(), suffixes=(".stuck",))]


@hookimpl
def automl_components() -> list[Record]:
    return [Record(Judge.id, f"{__name__}:Judge", Judge.summary())]
