"""What a run would do, and why; executes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from automl.attribution import named_errors
from automl.components import Reader, Stage
from automl.fingerprint import digest
from automl.plan.graph import DATA, Node, fold_binding
from automl.plan.values import Values
from automl.plan.why import SAME, differences

State = Literal["unchanged", "run", "waits", "tuned"]


@dataclass(frozen=True)
class Forecast:
    """One stage before a run.

    Attributes:
        stage: its name.
        component: the id of its component, or of all that may be chosen.
        state: ``unchanged`` (in the store), ``run``, ``waits`` (depends on how an earlier stage comes out), or
            ``tuned`` (materialised inside the search, once per value of its bindings).
        reason: why.
        seconds: how long it took the last time, in seconds; None if it never ran, or its value is gone.
        notes: what the stage itself says of the work ahead, a sentence each: trials, the size of a space.
    """

    stage: str
    component: str
    state: State
    reason: str
    seconds: float | None = None
    notes: Sequence[str] = ()

    @property
    def executes(self) -> bool:
        """Whether it will execute, or may have to."""
        return self.state in ("run", "waits")


def explain(values: Values) -> list[Forecast]:
    """A forecast for every stage, inputs first."""
    forecasts: dict[str, Forecast] = {}
    for name, node in values.graph.nodes.items():
        state: State
        free = values.graph.free(name)
        late = [above for above in node.inputs if above in forecasts and forecasts[above].executes]
        before = values.store.last_recipe(values.declaration.name, name, {})
        if late:
            state, reason = "waits", f"for {', '.join(late)}; executes unless it comes out as before"
        elif free:
            state, reason = "tuned", f"bound in the search by {', '.join(free)}"
        elif values.peek(name, {}) is not None:
            state, reason = "unchanged", ""
        elif name in values.anew:
            state, reason = "run", "asked for"
        else:
            recipe = values.recipe(name, {})
            state, reason = "run", SAME if recipe is None else _reason(values, node, before, recipe)
        notes = (*_notes(values, node), *(_remembered(values, node) if state == "run" else ()))
        forecasts[name] = Forecast(name, node.title, state, reason, _seconds(values, before), notes)
    return list(forecasts.values())


def _reason(values: Values, node: Node, before: Mapping[str, Any] | None, recipe: Mapping[str, Any]) -> str:
    reason = differences(before, recipe, node)
    if node.name != DATA or before is None or before.get("world") == recipe["world"]:
        return reason
    known = values.store.get(digest(before))
    reader = node.component(node.parameters({}))
    assert isinstance(reader, Reader)
    with named_errors(node.component, "count", "reader"):
        now = reader.count()
    if known is None or now is None:
        return reason
    summary = known.record["summary"]
    left_out = summary.get("rows_without_target", 0) + summary.get("rows_without_weight", 0)
    grown = now - summary["rows"] - left_out
    detail = "as many rows as before" if not grown else f"{abs(grown):,} rows {'added' if grown > 0 else 'fewer'}"
    return reason.replace("the data changed", f"the data changed: {detail}")


def _seconds(values: Values, before: Mapping[str, Any] | None) -> float | None:
    entry = None if before is None else values.store.get(digest(before))
    return None if entry is None else entry.record.get("seconds")


def _notes(values: Values, node: Node) -> Sequence[str]:
    if not issubclass(node.component, Stage):
        return ()
    splitter = values.graph.splitter(node.inputs[0])
    free = {
        key: spec
        for above in node.inputs
        for key, spec in values.graph.free(above).items()
        if splitter is None or key != fold_binding(splitter)
    }
    conditions = {key: at for above in node.inputs for key, at in values.graph.conditions(above).items()}
    with named_errors(node.component, "outlook"):
        return node.component.outlook(node.parameters({}), values.registry, free, conditions)


def _remembered(values: Values, node: Node) -> Sequence[str]:
    """What an earlier run finished of a search, and this one will find again."""
    recipe = values.recipe(node.name, {})
    if node.kind != "search" or recipe is None or node.name in values.anew:
        return ()
    from automl.plan.stages import training_owner

    owner = training_owner(values.declaration.name, node.name, digest(recipe["inputs"])).items()
    count = sum(owner <= record.items() for _, record in values.store.records() if "search" in record)
    if not count:
        return ()
    what = "1 finished training of it is" if count == 1 else f"{count:,} finished trainings of it are"
    return (f"{what} remembered, and not repeated where the tuner asks for the same again",)
