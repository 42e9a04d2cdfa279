"""What all pictures share: colours by model, an empty template, and text that Plotly does not read as markup."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

PALETTE = ("#2f7ed8", "#e8743b", "#19a979", "#945ecf", "#c9a227", "#ed4a7b", "#13a4b4", "#8c8c8c")
"""Legible on white and on near-black. The winner has the first colour."""
QUIET = "rgba(128, 128, 128, 0.75)"


@dataclass(frozen=True)
class Picture:
    """A figure and what stands around it. ``least_width`` in px: narrower screens scroll sideways."""

    id: str
    title: str
    caption: str
    figure: go.Figure
    height: int = 380
    least_width: int = 0


def new_figure(*, x: str = "", y: str = "", **layout: Any) -> go.Figure:
    """An empty figure with titled axes; ``layout`` is Plotly's own."""
    import plotly.graph_objects as go

    return go.Figure(
        layout={
            "template": go.layout.Template(),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
            "xaxis": {"title": {"text": plain(x)}, "automargin": True},
            "yaxis": {"title": {"text": plain(y)}, "automargin": True},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "hovermode": "closest",
            **layout,
        }
    )


def colours(names: list[str]) -> dict[str, str]:
    """A colour for each name, in order."""
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(names)}


def plain(text: object) -> str:
    """Text from outside: Plotly reads a few tags, and entities as the characters they stand for."""
    return html.escape(str(text), quote=False)


def labels(models: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Names of models as the document labels them, safe for Plotly."""
    return {name: plain(model["label"]) for name, model in models.items()}
