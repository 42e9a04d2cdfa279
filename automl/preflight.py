"""What is looked at before a run writes anything: whether the disk can hold it."""

from __future__ import annotations

import math

from automl.attribution import shield
from automl.components import Reader
from automl.plan.graph import DATA
from automl.plan.values import Values
from automl.search.space import parse_space
from automl.store.room import check_room, estimate

_MANY = 100
"""Variants that a continuous parameter counts as."""


def check_disk(values: Values) -> str | None:
    """Compare what a run will write with the free space of the store's disk.

    Returns:
        A warning if it may not fit; None if it will, or if the reader cannot tell the number of rows in advance.

    Raises:
        StoreError: it cannot fit.
    """
    graph = values.graph
    node = graph[DATA]
    reader = node.component(node.parameters({}))
    assert isinstance(reader, Reader)
    shield(reader, "count", "header", kind="reader")
    if values.peek(DATA, {}) is not None or (rows := reader.count()) is None:
        return None
    transforms = [name for name, node in graph.nodes.items() if node.kind == "transform"]
    open_ones = [name for name in transforms if graph.free(name)]
    needed = estimate(
        rows=rows,
        columns=len(reader.header().columns),
        stages=len(transforms) - len(open_ones),
        open_stages=len(open_ones),
        variants=max((_variants(values, name) for name in open_ones), default=1),
        scratch=values.declaration.scratch,
    )
    return check_room(values.store.root, needed)


def _variants(values: Values, name: str) -> int:
    """Under how many bindings a node may be computed."""
    counts = []
    for spec in values.graph.free(name).values():
        count, continuous = parse_space({"value": spec}).combinations()
        counts.append(_MANY if continuous else count)
    return math.prod(counts)
