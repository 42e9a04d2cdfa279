"""A pipeline of built-in stages around a learner that trains in milliseconds, run by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result
from distributions import write_metadata
from odd_tables import PIPELINE
from toy_folder import automl, enter_toy_folder

import automl as library
from automl.plugins import Registry
from automl.predictor import Predictor


class Bench:
    """A working folder in which the table of a test is trained on, checked and predicted from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, frame: pd.DataFrame | str, *sets: str, verb: str = "run", **data: Any) -> Result:
        """``automl run`` (or another verb) on a frame, which is written as Parquet, or on the text of a CSV file."""
        if isinstance(frame, str):
            (self.folder / "table.csv").write_text(frame, encoding="utf-8")
            data.setdefault("path", "table.csv")
        else:
            frame.to_parquet(self.folder / "table.parquet")
        (self.folder / "battery.yaml").write_text(PIPELINE)
        told = [f"data.{key}={json.dumps(value)}" for key, value in data.items()]
        flags = [word for change in [*told, *sets] for word in ("--set", change)]
        return automl(verb, "battery.yaml", *flags, *(["--data"] if verb == "check" else []))

    def survives(self, frame: pd.DataFrame | str, *sets: str, **data: Any) -> Result:
        """The same, and it has to end well; everything that was said is its ``output``."""
        done = self.run(frame, *sets, **data)
        assert done.exit_code == 0, done.output
        return done

    def refuses(self, frame: pd.DataFrame | str, *sets: str, **data: Any) -> str:
        """The same, and it has to be refused before any trial; the message."""
        done = self.run(frame, *sets, **data)
        assert done.exit_code in (1, 2), done.output
        assert "Traceback" not in done.output
        assert "mend: " in done.output or "found: " in done.output
        assert not list(self.folder.glob(".automl/runs/*/model.automl"))
        assert not list(self.folder.glob(".automl/runs/*/ledger.jsonl"))
        return done.output

    def in_memory(self, frame: pd.DataFrame, network: str = "toy.still", target: str = "y", **data: Any) -> Predictor:
        """Train on a frame in Python, as a file cannot hold all that a frame can."""
        section = {"path": frame, **data}
        pipeline = library.Pipeline("battery", data=section, target=target, registry=Registry.load())
        after = "data"
        for name, use, parameters in (
            ("split", "split.random", {"test": 0.2, "valid": 0.2}),
            ("filled", "impute.simple", {}),
            ("codes", "encode.one_hot", {}),
        ):
            pipeline = pipeline.stage(name, use, after=after, **parameters)
            after = name
        pipeline = pipeline.stage(
            "search", "search.network", after=after, network=network, budget={"trials": 1, "epochs": 1}, baselines=[]
        )
        bundle = pipeline.executor("in_process").run(workspace=self.folder / ".memory").finished.bundle
        assert bundle is not None
        return Predictor.load(bundle, Registry.load())

    @property
    def model(self) -> Predictor:
        return Predictor.load(self.bundle, Registry.load())

    @property
    def bundle(self) -> Path:
        return sorted(self.folder.glob(".automl/runs/*/model.automl"))[-1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    write_metadata(tmp_path / "site", "automl-odd-toys", "1.0", {"odd": "toy_odd"})
    return Bench(folder)
