"""The report as JSON values: what the page is written from, and what programs read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from automl.learning import Metric
from automl.model import Model, SearchResult, TrialRecord
from automl_report import curves
from automl_report.judgement import Judgement, Score
from automl_report.verdict import gap, remarks, verdict, winner_of, yardstick
from automl_report.wording import model_label

FORMAT = 1
LEADERS = 20
"""Trials on the leaderboard; baselines stand on it whatever their place."""
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def build_document(
    model: Model, judgement: Judgement, metrics: Sequence[Metric], warnings: Sequence[str] = ()
) -> dict[str, Any]:
    """Everything the report says, ``warnings`` last among its remarks. Numbers are finite or null."""
    search = model.search
    winner = winner_of(search)
    names = list(judgement.predictions)
    kinds = {trial.name: trial.network or trial.learner for trial in search.trials}
    document = {
        "format": FORMAT,
        "pipeline": model.pipeline,
        "verdict": verdict(judgement, search),
        "remarks": [*remarks(judgement, search), *(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in warnings)],
        "task": {
            "kind": search.task.kind,
            "target": ", ".join(search.task.targets),
            "classes": search.task.classes,
            "positive": search.task.positive,
        },
        "rows": {"train": len(model.train), "test": len(judgement.truth), "weight": model.weight},
        "objective": {"metric": search.objective, "greater_is_better": search.greater_is_better},
        "metrics": {m.id: {"label": metric_label(m), "greater_is_better": m.greater_is_better} for m in metrics},
        "models": {
            name: {"label": model_label(name, kinds.get(name)), "baseline": name != judgement.winner} for name in names
        },
        "scores": {name: {m: _score(s) for m, s in judgement.scores[name].items()} for name in names},
        "targets": _targets(judgement),
        "comparison": _comparison(judgement, search),
        "gap": {
            "validation": winner.score,
            "test": judgement.scores[judgement.winner][search.objective].value,
            "difference": gap(judgement, search),
        },
        "winner": _trial(winner),
        "search": {
            "trials": sum(not t.is_baseline for t in search.trials),
            "failed": sum(t.status == "failed" and not t.is_baseline for t in search.trials),
            "pruned": sum(t.status == "pruned" and not t.is_baseline for t in search.trials),
            "baselines": sum(t.is_baseline for t in search.trials),
            "stopped_by": search.stopped_by,
            "space": search.space,
        },
        "leaderboard": _leaderboard(search),
        "failures": [{"name": t.name, "error": t.error or "unknown"} for t in search.trials if t.status == "failed"],
        "curves": _curves(judgement),
    }
    return {key: json_values(value) for key, value in document.items()}


def metric_label(metric: Metric) -> str:
    """The first line of its docstring, or its id."""
    return (type(metric).__doc__ or metric.id).strip().split("\n", 1)[0].rstrip(".")


def json_values(value: Any) -> Any:
    """Plain JSON: numpy numbers and arrays as numbers and lists, what is not finite as None, the rest as text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_values(item) for item in value]
    return str(value)


def _score(score: Score) -> dict[str, float]:
    return {"value": score.value, "low": score.low, "high": score.high}


def _comparison(judgement: Judgement, search: SearchResult) -> dict[str, Any] | None:
    against = yardstick(judgement, search)
    if against is None:
        return None
    return {
        "baseline": against.baseline,
        "difference": _score(against.difference),
        "advantage": against.advantage,
        "relative": against.relative,
        "decided": against.decided,
    }


def _trial(trial: TrialRecord) -> dict[str, Any]:
    kept = ("name", "number", "learner", "network", "status", "parameters", "bindings", "score", "best_epoch", "epochs")
    return {name: getattr(trial, name) for name in kept} | {"seconds": trial.seconds}


def _leaderboard(search: SearchResult) -> list[dict[str, Any]]:
    """Places count trials and baselines alike; trials beyond the first twenty are left out."""
    ranked = [t for t in search.leaderboard() if t.score is not None]
    trials = [t.name for t in ranked if not t.is_baseline][:LEADERS]
    return [
        {"place": place, **_trial(t)} for place, t in enumerate(ranked, start=1) if t.is_baseline or t.name in trials
    ]


def _targets(judgement: Judgement) -> dict[str, Any]:
    """Each target's own scores, by model and metric; empty where there is one target."""
    if not judgement.task.more_targets:
        return {}
    return {
        target: {name: {m: score.value for m, score in row.items()} for name, row in alone.scores.items()}
        for target, alone in judgement.of_targets().items()
    }


def _curves(judgement: Judgement) -> dict[str, Any]:
    if judgement.task.more_targets:
        return {target: _curves(alone) for target, alone in judgement.of_targets().items()}
    names = list(judgement.predictions)
    if not judgement.task.is_classification:
        quantiles = {name: curves.residual_quantiles(judgement, name, _QUANTILES) for name in names}
        return {
            "residual_quantiles": {
                "levels": _QUANTILES,
                **{name: r for name, r in quantiles.items() if len(r)},
            }
        }
    counts = curves.confusion_of(judgement, judgement.winner)
    roc = {name: curve for name in names if (curve := curves.roc_of(judgement, name))}
    recall = {name: curve for name in names if (curve := curves.precision_recall_of(judgement, name))}
    return {
        "confusion": {"truth": counts.truth_labels, "predicted": counts.called_labels, "counts": counts.counts},
        "roc": {name: {"false_positive_rate": x, "true_positive_rate": y} for name, (x, y) in roc.items()},
        "precision_recall": {name: {"recall": x, "precision": y} for name, (x, y) in recall.items()},
    }
