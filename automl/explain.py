"""What a run would do, and why; executes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.plan.materialize import Plan
from automl.plan.why import SAME, differences

State = Literal["unchanged", "run", "waits", "tuned"]


@dataclass(frozen=True)
class Forecast:
    """One stage before a run.

    ``state``: ``unchanged`` (in the store), ``run``, ``waits`` (depends on how an earlier stage comes out), or
    ``tuned`` (materialised inside the search, once per value of its bindings). ``reason`` says why.
    """

    stage: str
    component: str
    state: State
    reason: str


def explain(plan: Plan) -> list[Forecast]:
    """A forecast for every stage, inputs first."""
    forecasts: dict[str, Forecast] = {}
    for name, node in plan.graph.nodes.items():
        state: State
        free = plan.graph.free(name)
        late = [above for above in node.inputs if above in forecasts and forecasts[above].state in ("run", "waits")]
        if late:
            state, reason = "waits", f"for {', '.join(late)}; executes unless it comes out as before"
        elif free:
            state, reason = "tuned", f"bound in the search by {', '.join(free)}"
        elif plan.peek(name, {}) is not None:
            state, reason = "unchanged", ""
        else:
            recipe = plan.recipe(name, {})
            before = plan.store.last_recipe(plan.declaration.name, name, {})
            state, reason = "run", SAME if recipe is None else differences(before, recipe, node.inputs)
        forecasts[name] = Forecast(name, node.component.id, state, reason)
    return list(forecasts.values())
