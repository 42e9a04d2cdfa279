"""The events of a made-up run, and a clock that is turned by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automl import events
from automl.learning import Task
from automl.model import Report, SearchResult, TrialRecord

FOLDER = Path("/data/.automl/runs/r1")
STAGES = ("data", "split", "search", "evaluate")
RUN = events.RunStarted("r1", "housing", FOLDER, "", STAGES, 42)
SEARCH = events.SearchStarted("search", "rmse", False, "hyperband", 40, 50, 600.0, {}, 2)
PARAMETERS = {
    "depth": 3,
    "optimizer": "adamw",
    "optimizer.adamw.learning_rate": 0.00213,
    "optimizer.adamw.amsgrad": False,
    "activation": "gelu",
}


class Hand:
    """A clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def trial(name: str, score: float | None, error: str | None = None, **fields: Any) -> TrialRecord:
    return TrialRecord(
        **{
            "name": name,
            "number": 0 if name.startswith("baseline.") else int(name[1:]),
            "learner": name if name.startswith("baseline.") else "keras",
            "network": None if name.startswith("baseline.") else "mlp",
            "status": "failed" if score is None else "finished",
            "parameters": {} if name.startswith("baseline.") else PARAMETERS,
            "bindings": {},
            "score": score,
            "error": error,
            **fields,
        }
    )


def told(name: str, score: float | None, error: str | None = None, cached: bool = False) -> events.TrialFinished:
    return events.TrialFinished("search", trial(name, score, error), cached)


def result(*trials: TrialRecord, winner: str = "t1", **fields: Any) -> SearchResult:
    task = Task("regression", "price")
    return SearchResult(
        **{
            "task": task,
            "objective": "rmse",
            "greater_is_better": False,
            "winner": winner,
            "heads": [],
            "baselines": {},
            "trials": trials,
            **fields,
        }
    )


def finished(search: SearchResult | None, **fields: Any) -> events.RunFinished:
    return events.RunFinished(
        **{
            "run_id": "r1",
            "pipeline": "housing",
            "directory": FOLDER,
            "bundle": FOLDER / "model.automl",
            "report": FOLDER / "report.html",
            "evaluation": None,
            "search": search,
            "executed": STAGES,
            "cached": (),
            "seconds": 192.0,
            **fields,
        }
    )


def report(metrics: dict[str, float], **baselines: dict[str, float]) -> Report:
    return Report(metrics, {f"baseline.{name}": scores for name, scores in baselines.items()}, {}, "")
