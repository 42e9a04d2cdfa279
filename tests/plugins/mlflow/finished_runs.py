"""A finished run made by hand: its folder, a real bundle with a trained model, a ledger and a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from automl import events
from automl.dataset import Rows
from automl.input_schema import InputSchema
from automl.learning import Task, Trial
from automl.model import Report, SearchResult, TrialRecord
from automl.plugins import Registry
from automl.predictor import Predictor, assemble

KINDS = {"rooms": "numeric", "new": "boolean", "town": "categorical", "built": "datetime", "key": "numeric"}
NAMES = [*KINDS, "price"]


def raw_rows(count: int = 60) -> pd.DataFrame:
    """Raw rows as a reader gives them: whole numbers, booleans, strings, dates as text."""
    rng = np.random.default_rng(0)
    rooms = rng.integers(1, 9, count)
    return pd.DataFrame(
        {
            "rooms": rooms,
            "new": rng.random(count) < 0.5,
            "town": rng.choice(["Ayr", "Bude"], count),
            "built": ["2001-05-06"] * count,
            "key": np.arange(count),
            "price": 10.0 * rooms + rng.normal(size=count),
        }
    )


def make_predictor(registry: Registry, *, label_dtype: str | None = None) -> Predictor:
    """Linear on ``rooms``; with a ``label_dtype`` it tells dear from cheap."""
    raw = raw_rows()
    task, target, kind = Task("regression", "price"), raw["price"], "numeric"
    if label_dtype is not None:
        classes = {"str": ("cheap", "dear"), "bool": ("False", "True")}.get(label_dtype, ("0", "1"))
        task, kind = Task("binary", "price", classes), "categorical"
        target = pd.Series(np.where(raw["price"] > 45, classes[1], classes[0]), dtype="str")
    schema = InputSchema(
        NAMES,
        [*KINDS.values(), kind],
        [*["feature"] * 4, "id", "target"],
        ["", "?"],
        task.kind,
        label_dtype or "float64",
    )  # type: ignore[arg-type]
    learner = registry.get("learners", "baseline.linear")()
    rows = Rows(raw[["rooms"]].astype("float64"), target, None, {"rooms": "numeric"})
    training = learner.open(Trial(task, 0, epochs=1, until=1), rows, None)
    training.epoch()
    head = {"learner": learner.id, "inputs": ["data"], "join": None, "inverse": [], "state": training.finish().state()}
    step = {"component": None, "stage": "data", "inputs": [], "join": None, "columns": [], "on_target": False}
    return assemble(
        pipeline="houses", schema=schema.state(), task=task, steps={"data": step}, heads=[head], registry=registry
    )


def make_trial(number: int, score: float | None = 0.5, **fields: object) -> TrialRecord:
    history = [{"epoch": e, "score": 1.0 / e, "loss": 2.0 / e, "valid_loss": 2.5 / e} for e in range(1, 6)]
    trial = TrialRecord(
        f"t{number}", number, "keras", "mlp", "finished",
        {"depth": 2, "optimizer": "sgd", "optimizer.sgd.momentum": 0.9}, {"numbers.strategy": "median"},
        score, history, 5, 5, seconds=1.25,
    )  # fmt: skip
    return replace(trial, **fields)  # type: ignore[arg-type]


def make_baseline(name: str, score: float) -> TrialRecord:
    return TrialRecord(f"baseline.{name}", 0, f"baseline.{name}", None, "finished", {}, {}, score)


@dataclass
class FinishedRun:
    """The events of one run."""

    started: events.RunStarted
    search: SearchResult
    finished: events.RunFinished

    def search_started(self) -> events.SearchStarted:
        return events.SearchStarted("search", "rmse", False, "random", 3, 5, None, {"depth": "int 1 to 3"}, 1)

    def trial_events(self) -> list[events.TrialFinished]:
        return [events.TrialFinished("search", trial, False) for trial in self.search.trials]


def make_finished_run(tmp_path: Path, registry: Registry) -> FinishedRun:
    """A folder in ``tmp_path``, and the events that would have told of it."""
    directory = tmp_path / ".automl" / "runs" / "20260101-houses-ab12"
    directory.mkdir(parents=True)
    bundle, report = directory / "model.automl", directory / "report.html"
    make_predictor(registry).save(bundle)
    report.write_text("<!DOCTYPE html><title>houses</title>")
    (directory / "report.json").write_text("{}")
    (directory / "ledger.jsonl").write_text("{}\n")
    failed = make_trial(3, None, status="failed", history=(), error="ValueError: the loss is not finite")
    trials = [
        make_baseline("constant", 3.0), make_baseline("linear", 0.9),
        make_trial(1, 0.7), make_trial(2, 0.4), failed, make_trial(4, 0.6, continues=1),
    ]  # fmt: skip
    search = SearchResult(Task("regression", "price"), "rmse", False, "t2", (), {}, trials)
    evaluation = Report(
        {"rmse": 0.45, "r2": 0.9, "mape": float("nan")}, {"baseline.linear": {"rmse": 0.95, "r2": 0.8}}, {}, "<html>"
    )
    return FinishedRun(
        events.RunStarted(
            directory.name, "houses", directory, "version: 1\nname: houses\n", ["data", "search"], 42, "houses.yaml"
        ),
        search,
        events.RunFinished(
            directory.name, "houses", directory, bundle, report, evaluation, search, ["search"], ["data"], 12.5
        ),
    )
