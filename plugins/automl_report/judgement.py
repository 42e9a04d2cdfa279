"""Scores of finished predictors on the test rows, with bootstrap intervals that share their resamples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from automl.attribution import whose
from automl.errors import AutoMLError, StageError
from automl.learning import Metric, Task, score

if TYPE_CHECKING:
    import pandas as pd

    from automl.model import Model

_MOST_ROWS = 20_000
"""Rows in one resample at most. With more test rows the m-out-of-n bootstrap takes over (see `bootstrap`)."""
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Score:
    """A value and the ends of its 95 % interval; each NaN where it is undefined or was not asked for."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Judgement:
    """What the test rows say of the winner and of each baseline.

    Attributes:
        task: what is predicted.
        winner: the winner's name; it comes first in every mapping.
        metrics: what is scored; of several targets the mean of each target's score.
        truth: float64 values or int64 class codes of the test rows [n]; rows without a target are left out.
        predictions: by name, float64 [n], or probabilities [n, classes]. Of several targets both are [n, targets].
        scores: by name, then by metric id.
        draws: likewise, the scores of the resamples [resamples]; the same rows for every name.
        shrink: by how much a resample's deviation is reduced to that of a sample of n rows.
        weight: float64 [n], or None where all test rows count alike.
        broken: by metric id, a sentence on why it has no score: it raised, or is undefined on these rows.
    """

    task: Task
    winner: str
    metrics: Sequence[Metric]
    truth: np.ndarray
    predictions: Mapping[str, np.ndarray]
    scores: Mapping[str, Mapping[str, Score]]
    draws: Mapping[str, Mapping[str, np.ndarray]]
    shrink: float
    weight: np.ndarray | None = None
    broken: Mapping[str, str] = field(default_factory=dict)

    @property
    def baselines(self) -> list[str]:
        return [name for name in self.predictions if name != self.winner]

    def of_targets(self) -> dict[str, Judgement]:
        """The same of each target alone, with scores but without intervals; of a sole target this one."""
        if not self.task.more_targets:
            return {self.task.target: self}
        return {target: self._of(place, target) for place, target in enumerate(self.task.targets)}

    def _of(self, place: int, target: str) -> Judgement:
        truth = self.truth[:, place]
        predictions = {name: values[:, place] for name, values in self.predictions.items()}
        nan = float("nan")
        scores = {
            name: {m.id: Score(_tried(m, truth, values, self.weight, _unsaid), nan, nan) for m in self.metrics}
            for name, values in predictions.items()
        }
        task = Task(self.task.kind, target)
        return Judgement(
            task, self.winner, self.metrics, truth, predictions, scores, {}, self.shrink, self.weight, self.broken
        )

    def difference(self, metric: str, one: str, other: str) -> Score:
        """``one``'s score minus ``other``'s; its interval compares them on the same resampled rows."""
        value = self.scores[one][metric].value - self.scores[other][metric].value
        return _interval(value, self.draws[one][metric] - self.draws[other][metric], self.shrink)


def judge(model: Model, metrics: Sequence[Metric], resamples: int, seed: int) -> Judgement:
    """Predict the test rows with every predictor and score them by their weights.

    A metric that raises costs its own scores alone. Raises StageError if there are no test rows.
    """
    task = model.search.task
    rows = model.test[model.test[list(task.targets)].notna().all(axis=1)]
    if rows.empty:
        raise StageError(
            "evaluate.report: there are no test rows with a target, so nothing can be judged; "
            "mend: a split with a larger test part (with: {test: 0.2})"
        )
    truth = task.truth(rows if task.more_targets else rows[task.target])
    # The targets are not shown to the predictors.
    found = model.predict(rows.drop(columns=list(task.targets)))
    predictions = {name: _as_scored(name, predicted, len(rows), task) for name, predicted in found.items()}
    weight = None if model.weight is None else rows[model.weight].to_numpy(dtype=np.float64)
    for shared in (truth, weight, *predictions.values()):
        if shared is not None:
            shared.setflags(write=False)  # a metric that writes into what it is given would spoil the others' scores
    broken: dict[str, str] = {}
    values = {
        name: {m.id: _tried(m, truth, predicted, weight, broken.setdefault) for m in metrics}
        for name, predicted in predictions.items()
    }
    sound = [metric for metric in metrics if metric.id not in broken]
    draws, shrink = bootstrap(truth, predictions, sound, resamples, seed, weight)
    none = np.full(resamples, np.nan)
    for of_name in draws.values():
        of_name.update({metric.id: none for metric in metrics if metric.id in broken})
    scores = {
        name: {m: _interval(value, draws[name][m], shrink) for m, value in row.items()} for name, row in values.items()
    }
    winner = model.search.winner
    if np.isfinite(predictions[winner]).all():  # else nothing has a score, which is told once
        for metric in sound:
            if np.isnan(values[winner][metric.id]):
                broken[metric.id] = f"{whose(type(metric), 'metric')} is undefined on these test rows"
    return Judgement(task, winner, metrics, truth, predictions, scores, draws, shrink, weight, broken)


def _tried(
    metric: Metric,
    truth: np.ndarray,
    predicted: np.ndarray,
    weight: np.ndarray | None,
    say: Callable[[str, str], object],
) -> float:
    """The score, or NaN after telling ``say`` the metric's id and why there is none."""
    try:
        return score(metric, truth, predicted, weight)
    except AutoMLError as error:  # whatever a metric raises becomes one, with its name
        say(metric.id, str(error))
        return float("nan")


def _unsaid(metric: str, cause: str) -> None:
    """For scores of parts: what the whole has was told."""


def _as_scored(name: str, found: pd.DataFrame, rows: int, task: Task) -> np.ndarray:
    """Predictions as metrics take them: float64 [n] or [n, targets], or probabilities [n, classes]."""
    wanted = [f"proba_{label}" for label in task.classes] or task.prediction_columns
    missing = [column for column in wanted if column not in found.columns]
    if missing or len(found) != rows:
        raise StageError(
            f"evaluate.report: the predictor {name!r} was to return {rows} rows with the columns {wanted[:10]}, "
            f"found {len(found)} rows with {list(found.columns)[:10]}"
        )
    values: np.ndarray = found[wanted].to_numpy(dtype=np.float64)
    return values if len(wanted) > 1 else values[:, 0]


def bootstrap(
    truth: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    metrics: Sequence[Metric],
    resamples: int,
    seed: int,
    weight: np.ndarray | None = None,
) -> tuple[dict[str, dict[str, np.ndarray]], float]:
    """Score resampled rows: by name and metric id an array [resamples], and the factor for its deviations.

    Every row is as likely to be drawn, whatever its weight, which it brings along.

    Up to 20,000 rows are drawn n out of n. Of more rows 20,000 are drawn, and deviations shrink by sqrt(m / n)
    (m-out-of-n bootstrap: Bickel, Goetze & van Zwet, Statistica Sinica 7, 1997), since the cost grows with the rows
    while the intervals of such samples are narrow anyway.
    """
    rng = np.random.default_rng(seed)
    size = min(len(truth), _MOST_ROWS)
    draws = {name: {m.id: np.full(resamples, np.nan) for m in metrics} for name in predictions}
    for resample in range(resamples):
        drawn = rng.integers(0, len(truth), size)
        true, heavy = truth[drawn], None if weight is None else weight[drawn]
        for name, predicted in predictions.items():
            guessed = predicted[drawn]
            for metric in metrics:
                draws[name][metric.id][resample] = _tried(metric, true, guessed, heavy, _unsaid)
    return draws, float(np.sqrt(size / len(truth)))


def _interval(value: float, draws: np.ndarray, shrink: float) -> Score:
    """Percentile interval (Efron 1979); none where the score is undefined for more than half of the resamples."""
    defined = draws[~np.isnan(draws)]
    if np.isnan(value) or not len(defined) or 2 * len(defined) < len(draws):
        return Score(value, float("nan"), float("nan"))
    low, high = value + shrink * (np.quantile(defined, _TAILS) - value)
    return Score(value, float(low), float(high))
