"""Pictures of a regression's test rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl_report.curves import residual_histogram, residuals_of
from automl_report.figures.style import QUIET, Bars, Chart, Dots, Line, Picture, colours
from automl_report.judgement import Judgement

_MOST_POINTS = 1500
"""Points of a scatter plot; more make a page slow to open and show nothing new."""


def regression_pictures(judgement: Judgement, labels: Mapping[str, str], seed: int) -> list[Picture]:
    """Predicted against actual, residuals against predicted, and the residuals' histogram, of each target."""
    targets = judgement.of_targets().values()
    return [picture for place, alone in enumerate(targets) for picture in _of_target(alone, labels, seed, place)]


def _of_target(judgement: Judgement, labels: Mapping[str, str], seed: int, place: int) -> list[Picture]:
    truth, predicted = judgement.truth, judgement.predictions[judgement.winner]
    shown = np.flatnonzero(np.isfinite(predicted))
    if not len(shown):
        return []
    if len(shown) > _MOST_POINTS:
        shown = np.sort(np.random.default_rng(seed).choice(shown, _MOST_POINTS, replace=False))
    of = f"{len(shown):,} of {len(truth):,} test rows, drawn at random" if len(shown) < len(truth) else "all test rows"
    target = judgement.task.target
    residuals = residuals_of(judgement, judgement.winner)
    return [
        Picture(
            f"predicted-actual-{place}",
            f"Predicted against actual {target}",
            f"On the line a prediction is right ({of}).",
            _predicted_against_actual(truth[shown], predicted[shown], target),
        ),
        Picture(
            f"residuals-{place}",
            f"Residuals of {target}",
            f"Prediction minus truth ({of}). A slope or a funnel is something that the network has not learned.",
            _residuals(predicted[shown], residuals[shown], target),
        ),
        Picture(
            f"residual-histogram-{place}",
            f"How large the errors of {target} are",
            "Prediction minus truth over all test rows, beside the best baseline; the narrower, the better. Rows "
            "beyond the middle 98 % are counted in the outermost bars.",
            _histogram(judgement, labels),
        ),
    ]


def _predicted_against_actual(truth: np.ndarray, predicted: np.ndarray, target: str) -> Chart:
    ends = [float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))]
    return Chart([Line(ends, ends, QUIET, dash="dash"), _dots(truth, predicted)], x=f"actual {target}", y="predicted")


def _residuals(predicted: np.ndarray, residuals: np.ndarray, target: str) -> Chart:
    ends = [float(predicted.min()), float(predicted.max())]
    level = Line(ends, [0.0, 0.0], QUIET, dash="dash")
    return Chart([_dots(predicted, residuals), level], x=f"predicted {target}", y="residual")


def _dots(x: np.ndarray, y: np.ndarray) -> Dots:
    return Dots(x.tolist(), y.tolist(), colours(["winner"])["winner"], opacity=0.45)


def _histogram(judgement: Judgement, labels: Mapping[str, str]) -> Chart:
    weight = judgement.weight
    sizes = {name: np.average(np.abs(residuals_of(judgement, name)), weights=weight) for name in judgement.baselines}
    # A baseline that is far off would stretch the axis until nothing else could be told apart.
    nearest = [name for name in sorted(sizes, key=lambda name: sizes[name]) if np.isfinite(sizes[name])][:1]
    names = [judgement.winner, *nearest]
    edges, counts = residual_histogram(judgement, names)
    palette = colours(list(judgement.predictions))
    marks: list[Bars | Line] = []
    for name in names:
        heights = counts[name].tolist()
        if name == judgement.winner:
            marks.append(Bars(edges.tolist(), heights, palette[name], labels[name]))
        else:
            marks.append(Line(edges.tolist(), [*heights, heights[-1]], palette[name], labels[name], 1.8, step=True))
    counted = "test rows" if weight is None else "weight of test rows"
    return Chart(marks, x=f"residual of {judgement.task.target}", y=counted)
