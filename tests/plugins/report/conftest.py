"""Finished searches made by hand, with small real predictors, for each kind of task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_samples import METRICS

from automl.learning import Task, TaskKind
from automl.model import Model, SearchResult, TrialRecord

ROWS = 600
YARDSTICK = "baseline.hist_gradient_boosting"


@dataclass(frozen=True)
class LinearScores:
    """Predicts from columns ``x0, x1, ...``: their weighted sum, or the softmax of one sum per class."""

    task: Task
    weights: np.ndarray

    def predict(self, raw: pd.DataFrame, replayed: object = None) -> pd.DataFrame:
        assert self.task.target not in raw.columns
        inputs = raw[[c for c in raw.columns if c.startswith("x")]].to_numpy()
        outputs = inputs @ self.weights
        if not self.task.is_classification:
            return pd.DataFrame({"prediction": outputs}, index=raw.index)
        shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        columns = {f"proba_{label}": shares[:, k] for k, label in enumerate(self.task.classes)}
        called = np.asarray(self.task.classes, dtype=object)[shares.argmax(axis=1)]
        return pd.DataFrame({"prediction": called, **columns}, index=raw.index)


OBJECTIVES: Mapping[TaskKind, str] = {"regression": "rmse", "binary": "roc_auc", "multiclass": "log_loss"}
SPACE = {
    "depth": "int 1 to 5",
    "optimizer": "one of adamw, sgd",
    "optimizer.adamw.learning_rate": "float 0.0001 to 0.01, log",
    "optimizer.sgd.momentum": "float 0 to 0.99",
    "numbers.strategy": "one of mean, median",
}


def make_trials(count: int, objective: str, seed: int) -> list[TrialRecord]:
    """Three baselines, then trials in a conditional space; the fourth trial has failed."""
    rng = np.random.default_rng(seed)
    sign = 1.0 if METRICS[objective].greater_is_better else -1.0
    finished: dict[str, Any] = {"network": None, "status": "finished", "parameters": {}, "bindings": {}}
    trials = [
        TrialRecord("baseline.constant", 0, "baseline.constant", score=0.5 - sign * 0.3, **finished),
        TrialRecord("baseline.linear", -1, "baseline.linear", score=0.5 + sign * 0.05, **finished),
        TrialRecord(YARDSTICK, -2, YARDSTICK, score=0.5 + sign * 0.2, **finished),
    ]
    for number in range(1, count + 1):
        optimizer = str(rng.choice(["adamw", "sgd"]))
        inner = (
            {"optimizer.adamw.learning_rate": float(10 ** rng.uniform(-4, -2))}
            if optimizer == "adamw"
            else {"optimizer.sgd.momentum": float(rng.uniform(0, 0.99))}
        )
        parameters = {"depth": int(rng.integers(1, 6)), "optimizer": optimizer, **inner, "batch_size": 64}
        bindings = {"numbers.strategy": str(rng.choice(["mean", "median"]))}
        level = float(rng.normal(0.12, 0.08))
        epochs = int(rng.integers(5, 30))
        scores = [0.5 + sign * level * (1 - 0.8**e) for e in range(1, epochs + 1)]
        losses = [1.0 / (1 + 0.2 * e) for e in range(1, epochs + 1)]
        history = [
            {"epoch": e, "score": s, "loss": lo * 0.9, "valid_loss": lo + 0.002 * e}
            for e, (s, lo) in enumerate(zip(scores, losses, strict=True), start=1)
        ]
        record = TrialRecord(
            f"t{number}", number, "keras", "mlp", "finished", parameters, bindings,
            scores[-1], history, epochs, epochs, seconds=1.5 * epochs,
        )  # fmt: skip
        if number == 4:
            record = replace(
                record, status="failed", score=None, history=(), error="ValueError: the loss is <not> finite"
            )
        trials.append(record)
    return trials


def make_model(
    kind: TaskKind,
    *,
    seed: int = 0,
    trials: int = 30,
    rows: int = ROWS,
    target: str = "price",
    classes: Sequence[str] = ("no", "yes", "maybe"),
    pipeline: str = "made-up",
    winner_noise: float = 0.1,
) -> Model:
    """A model whose winner has nearly the true weights, and whose baselines are further off the worse they are."""
    rng = np.random.default_rng(seed)
    labels = tuple(sorted(classes[: 2 if kind == "binary" else None])) if kind != "regression" else ()
    task = Task(kind, target, labels)
    inputs = rng.normal(size=(rows, 4))
    true = 2.0 * rng.normal(size=(4, len(labels)) if labels else 4)
    outputs = inputs @ true
    if labels:
        noisy = outputs + rng.gumbel(size=outputs.shape)
        values: Any = pd.array(np.asarray(labels, dtype=object)[noisy.argmax(axis=1)], dtype="str")
    else:
        values = outputs + rng.normal(size=rows)
    frame = pd.DataFrame(inputs, columns=[f"x{i}" for i in range(4)]).assign(**{target: values})

    def predictor(noise: float) -> LinearScores:
        return LinearScores(task, true + noise * rng.normal(size=true.shape))

    objective = OBJECTIVES[kind]
    ledger = make_trials(trials, objective, seed)
    search = SearchResult(
        task=task,
        objective=objective,
        greater_is_better=METRICS[objective].greater_is_better,
        winner="t0",
        heads=(),
        baselines={},
        trials=ledger,
        space=SPACE,
    )
    best = next(t for t in search.leaderboard() if not t.is_baseline)
    baselines = {
        "baseline.constant": LinearScores(task, np.zeros_like(true)),
        "baseline.linear": predictor(1.0),
        YARDSTICK: predictor(0.5),
    }
    return Model(
        pipeline=pipeline,
        predictor=predictor(winner_noise),  # type: ignore[arg-type]
        baselines=baselines,  # type: ignore[arg-type]
        test=frame.iloc[: rows // 2],
        train=frame.iloc[rows // 2 :],
        search=replace(search, winner=best.name),
    )


@pytest.fixture
def made_model() -> Callable[..., Model]:
    return make_model
