"""``automl graph``: the pipeline as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from automl.cli.calls import load_pipeline, load_registry, pipeline_options
from automl.cli.outputs import OutputFile
from automl.writing import write_text


@click.command()
@pipeline_options
@click.option("--mermaid", "form", flag_value="mermaid", default="mermaid", help="Mermaid text (the default).")
@click.option("--dot", "form", flag_value="dot", help="Graphviz text.")
@click.option("--html", "form", flag_value="html", help="One self-contained page.")
@click.option("-o", "--output", type=OutputFile(), metavar="FILE", help="Where to write, else here.")
@click.pass_context
def graph(
    ctx: click.Context, file: Path, profile: str | None, sets: Sequence[str], form: str, output: Path | None
) -> None:
    """Draw the stages, what reads what, and what a run would do with each. Executes nothing."""
    registry = load_registry(ctx)
    declaration = load_pipeline(file, registry, profile, sets)
    from automl import graph_drawing
    from automl.explain import explain
    from automl.plan.values import Values
    from automl.run import WORKSPACE
    from automl.store import Store

    values = Values(declaration, registry, Store(WORKSPACE / "store"), lambda _: ())
    boxes = [graph_drawing.Box(forecast, values.graph[forecast.stage].inputs) for forecast in explain(values)]
    if form == "html":
        text = graph_drawing.page(declaration.name, boxes)
    else:
        text = graph_drawing.dot(boxes) if form == "dot" else graph_drawing.mermaid(boxes)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"{len(boxes)} stages drawn in {output}", err=True)
