"""Pictures of a classification's test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from automl_report.curves import confusion_of, precision_recall_of, roc_of
from automl_report.figures.style import PALETTE, QUIET, Picture, colours, new_figure, plain
from automl_report.judgement import Judgement
from automl_report.wording import number, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

Curve = tuple[np.ndarray, np.ndarray]
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
                height=380 if size <= 6 else 560,
            )
        )
    binary = judgement.task.kind == "binary"
    what = f"of “{judgement.task.positive}”" if binary else "of each class against the rest, averaged"
    roc = _curves(judgement, labels, roc_of, "false positive rate", "true positive rate")
    if roc is not None:
        roc.add_scatter(
            x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dash"}, hoverinfo="skip", showlegend=False
        )
        pictures.append(Picture("roc", "ROC curves", f"Rows caught and false alarms {what}, at every threshold.", roc))
    recall = _curves(judgement, labels, precision_recall_of, "recall", "precision")
    if recall is not None:
        share = float(np.average(judgement.truth == 1, weights=judgement.weight))
        recall.add_hline(y=share, line={"color": QUIET, "dash": "dash"})
        caption = f"How many alarms are right {what}; by chance {percent(share)} are (dashed)."
        pictures.append(Picture("precision-recall", "Precision and recall", caption, recall))
    return pictures


def _confusion(judgement: Judgement) -> go.Figure:
    found = confusion_of(judgement, judgement.winner)
    totals = found.counts.sum(axis=1, keepdims=True)
    shares = np.divide(found.counts, totals, out=np.zeros(found.counts.shape), where=totals > 0)
    # Places instead of labels on the axes: two classes may have the same text once Plotly has read it.
    rows, columns = list(range(len(found.truth_labels))), list(range(len(found.called_labels)))
    axis = {"tickmode": "array", "showgrid": False, "zeroline": False}
    figure = new_figure(x="predicted", y=f"actual {judgement.task.target}")
    figure.add_heatmap(
        x=columns,
        y=rows,
        z=shares,
        zmin=0,
        zmax=1,
        colorscale=[[0, "rgba(47,126,216,0.05)"], [1, PALETTE[0]]],
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[_counted(cell) for cell in row] for row in found.counts.tolist()],
        texttemplate="%{text}<br>%{z:.0%}" if len(columns) <= _NAMED_CELLS else None,
        hovertemplate="%{text} rows (%{z:.1%} of the class)<extra></extra>",
    )
    figure.update_xaxes(tickvals=columns, ticktext=[_tick(t) for t in found.called_labels], **axis)
    figure.update_yaxes(tickvals=rows, ticktext=[_tick(t) for t in found.truth_labels], autorange="reversed", **axis)
    return figure


def _counted(cell: float) -> str:
    """A count of rows, or their weight together."""
    return f"{cell:,}" if isinstance(cell, int) else number(cell)


def _tick(label: str) -> str:
    return plain(label if len(label) <= 18 else label[:17] + "…")


def _curves(
    judgement: Judgement,
    labels: Mapping[str, str],
    curve_of: Callable[[Judgement, str], Curve | None],
    x: str,
    y: str,
) -> go.Figure | None:
    palette = colours(list(judgement.predictions))
    curves = {name: curve for name in judgement.predictions if (curve := curve_of(judgement, name)) is not None}
    if not curves:
        return None
    figure = new_figure(x=x, y=y, xaxis_range=[-0.01, 1.01], yaxis_range=[-0.01, 1.02])
    for name, (across, up) in curves.items():
        width = 2.8 if name == judgement.winner else 1.5
        line = {"color": palette[name], "width": width}
        figure.add_scatter(x=across, y=up, mode="lines", name=labels[name], line=line)
    return figure
