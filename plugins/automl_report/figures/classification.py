"""Pictures of a classification's test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from automl_report.curves import confusion_of, precision_recall_of, roc_of
from automl_report.figures.style import PALETTE, QUIET, Cells, Chart, Line, Picture, colours
from automl_report.judgement import Judgement
from automl_report.wording import number, percent

Curve = tuple[np.ndarray, np.ndarray]
_SMALL_MATRIX = 4
"""A confusion matrix of more classes has a row of the page to itself."""
_NAMED_CELLS = 12
"""Up to so many classes the cells of a confusion matrix have room for their counts."""


def classification_pictures(judgement: Judgement, labels: Mapping[str, str]) -> list[Picture]:
    """The confusion matrix, ROC curves, and precision-recall curves of a binary task."""
    pictures = []
    if np.isfinite(judgement.predictions[judgement.winner]).all():
        size = len(judgement.task.classes)
        pictures.append(
            Picture(
                "confusion",
                "Confusion matrix",
                "Test rows by their class and by the class that the winner finds most probable; the darker, the "
                "larger the share of the row's class.",
                _confusion(judgement),
                height=270 if size <= _SMALL_MATRIX else 560,
                least_width=0 if size <= _SMALL_MATRIX else 640,
            )
        )
    binary = judgement.task.kind == "binary"
    what = f"of “{judgement.task.positive}”" if binary else "of each class against the rest, averaged"
    chance = Line([0, 1], [0, 1], QUIET, dash="dash")
    roc = _curves(judgement, labels, roc_of, "false positive rate", "true positive rate", chance)
    if roc is not None:
        pictures.append(Picture("roc", "ROC curves", f"Rows caught and false alarms {what}, at every threshold.", roc))
    share = float(np.average(judgement.truth == 1, weights=judgement.weight))
    recall = _curves(
        judgement, labels, precision_recall_of, "recall", "precision", Line([0, 1], [share, share], QUIET, dash="dash")
    )
    if recall is not None:
        caption = f"How many alarms are right {what}; by chance {percent(share)} are (dashed)."
        pictures.append(Picture("precision-recall", "Precision and recall", caption, recall))
    return pictures


def _confusion(judgement: Judgement) -> Chart:
    found = confusion_of(judgement, judgement.winner)
    totals = found.counts.sum(axis=1, keepdims=True)
    shares = np.divide(found.counts, totals, out=np.zeros(found.counts.shape), where=totals > 0)
    texts = [[_counted(cell) for cell in row] for row in found.counts.tolist()]
    return Chart(
        [Cells(shares.tolist(), texts, PALETTE[0], named=len(found.called_labels) <= _NAMED_CELLS)],
        x="predicted",
        y=f"actual {judgement.task.target}",
        x_ticks=[(float(place), _tick(label)) for place, label in enumerate(found.called_labels)],
        y_ticks=[(float(place), _tick(label)) for place, label in enumerate(found.truth_labels)],
    )


def _counted(cell: float) -> str:
    """A count of rows, or their weight together."""
    return f"{cell:,}" if isinstance(cell, int) else number(cell)


def _tick(label: str) -> str:
    return label if len(label) <= 18 else label[:17] + "…"


def _curves(
    judgement: Judgement,
    labels: Mapping[str, str],
    curve_of: Callable[[Judgement, str], Curve | None],
    x: str,
    y: str,
    chance: Line,
) -> Chart | None:
    palette = colours(list(judgement.predictions))
    curves = {name: curve for name in judgement.predictions if (curve := curve_of(judgement, name)) is not None}
    if not curves:
        return None
    lines = [
        Line(across.tolist(), up.tolist(), palette[name], labels[name], 2.8 if name == judgement.winner else 1.5)
        for name, (across, up) in curves.items()
    ]
    return Chart([chance, *lines], x, y, x_range=(-0.01, 1.01), y_range=(-0.01, 1.02))
