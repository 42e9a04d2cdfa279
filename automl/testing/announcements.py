"""Events as a run announces them, made up: what the contract suite of observers is told."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from automl import events
from automl.learning import Task
from automl.model import Report, SearchResult, TrialRecord

DECLARATION = "version: 1\nname: sample\n"


def trial(number: int, score: float | None = 0.5) -> TrialRecord:
    """A finished trial, or a failed one."""
    parameters = {"depth": 2, "optimizer": "sgd", "optimizer.sgd.rate": 0.01, "norm": None}
    if score is None:
        return TrialRecord(f"t{number}", number, "keras", "mlp", "failed", parameters, {}, None, error="diverged")
    history = tuple({"epoch": float(epoch), "score": score / epoch, "loss": score} for epoch in (1, 2, 3))
    bindings = {"filled.strategy": "median"}
    return TrialRecord(
        f"t{number}", number, "keras", "mlp", "finished", parameters, bindings, score, history, best_epoch=3, epochs=3,
        seconds=0.25,
    )  # fmt: skip


def baseline() -> TrialRecord:
    history = ({"epoch": 1.0, "score": 0.9},)
    return TrialRecord("baseline.constant", 0, "baseline.constant", None, "finished", {}, {}, 0.9, history, 1, 1)


def search_result() -> SearchResult:
    return SearchResult(
        task=Task("regression", "y"),
        objective="rmse",
        greater_is_better=False,
        winner="t1",
        heads=(),
        baselines={"baseline.constant": ()},
        trials=(baseline(), trial(1), trial(2, None)),
        space={"depth": "int 1 to 5"},
    )


def whole_run(directory: Path, run_id: str = "20240102-030405-sample-ab12") -> list[Any]:
    """All announcements of a run that went well, in order; its folder is made."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pipeline.yaml").write_text(DECLARATION, encoding="utf-8")
    result = search_result()
    report = Report({"rmse": 0.5, "r2": float("nan")}, {"baseline.constant": {"rmse": 0.9}}, {}, "<html></html>")
    return [
        events.RunStarted(run_id, "sample", directory, DECLARATION, ["data", "split", "search"], 42, "sample.yaml"),
        events.AdviceGiven("leak", "a column tells the target", "sample.yaml:3:1", "sample.yaml:3:1: a column tells"),
        events.StageCached("data", "data", {"rows": 100, "columns": 4}),
        events.StageStarted("split", "split.random", "it never ran"),
        events.StageFinished("split", "split.random", 0.1, {"rows": 100, "columns": 4}),
        events.StageStarted("search", "search.network", "it never ran"),
        events.SearchStarted("search", "rmse", False, "random", 2, 3, None, {"depth": "int 1 to 5"}, 1),
        events.TrialFinished("search", baseline(), False),
        events.TrialStarted("search", "t1", {"depth": 2}),
        *(events.TrialEpoch("search", "t1", epoch, {"score": 0.5 / epoch}) for epoch in (1, 2, 3)),
        events.TrialFinished("search", trial(1), False),
        events.TrialStarted("search", "t2", {"depth": 2}),
        events.TrialFinished("search", trial(2, None), True),
        events.SearchFinished("search", result, 1.0),
        events.StageFinished("search", "search.network", 1.0, {"rmse": 0.5}),
        events.RunFinished(
            run_id, "sample", directory, None, None, report, result, ["split", "search"], ["data"], 1.5,
            ["rmse 0.5 is not <= 0.4"],
        ),
    ]  # fmt: skip


def failed_run(directory: Path, run_id: str = "20240102-030405-sample-cd34") -> list[Any]:
    """All announcements of a run that stopped in the middle of its search."""
    started = whole_run(directory, run_id)[:9]
    return [*started, events.RunFailed(run_id, "sample", directory, "SearchError: no trial gave a model", 0.7)]


def interrupted_run(directory: Path, run_id: str = "20240102-030405-sample-ef56") -> list[Any]:
    """All announcements of a run that was ended by Ctrl-C in the middle of its search."""
    started = whole_run(directory, run_id)[:9]
    return [*started, events.RunInterrupted(run_id, "sample", directory, "SIGINT", 0.7)]


def from_the_future(event: Any) -> Any:
    """The same event with a field more than this version knows."""
    kind = type(event)
    grown = dataclasses.make_dataclass(
        kind.__name__, [("not_yet_known", str)], bases=(kind,), frozen=True, kw_only=True
    )
    given = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    return grown(**given, not_yet_known="?")
