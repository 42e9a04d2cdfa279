"""What is wrong between a search and what is tuned above it, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from automl.attribution import named_errors
from automl.components import Stage
from automl.plan.graph import Graph, fold_binding

if TYPE_CHECKING:
    from automl.advice.findings import Finding
    from automl.plugins import Registry


def unfit(graph: Graph, registry: Registry) -> Iterator[tuple[str, Finding]]:
    """What the searches of a graph find against their own parameters, given all that they vary; by stage."""
    for node in graph.nodes.values():
        if node.kind != "search" or not issubclass(node.component, Stage):
            continue
        splitter = graph.splitter(node.name)
        if splitter is None:
            continue
        free = {key: spec for above in node.inputs for key, spec in graph.free(above).items()}
        free.pop(fold_binding(splitter), None)
        conditions = {key: at for above in node.inputs for key, at in graph.conditions(above).items()}
        with named_errors(node.component, "unfit"):
            found = list(node.component.unfit(node.parameters({}), registry, free, conditions, graph.folds(splitter)))
        yield from ((node.name, finding) for finding in found)
