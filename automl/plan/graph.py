"""The nodes of a plan and what their values depend on; static, without a row of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from automl.components import Component, Reader, Splitter, Stage, Transform
from automl.dataset import ALL_FOLDS
from automl.errors import PlanError
from automl.pipeline_file.declaration import DataDeclaration, Declaration
from automl.plan.bindings import Bindings, bind, find_tuned
from automl.plugins import Offer, Registry

DATA = "data"
NodeKind = Literal["read", "split", "transform", "search", "model"]


@dataclass(frozen=True)
class Node:
    """One stage of the pipeline, or its data."""

    name: str
    kind: NodeKind
    component: type[Component]
    offer: Offer
    inputs: tuple[str, ...]
    raw: Mapping[str, Any]
    columns: Any = None
    data: DataDeclaration | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 2

    def parameters(self, bindings: Bindings) -> Any:
        """The validated parameters under these bindings."""
        return self.component.Params.model_validate(bind(self.raw, self.name, bindings))


class Graph:
    """The nodes of a declaration, inputs before their users."""

    def __init__(self, declaration: Declaration, registry: Registry) -> None:
        data = declaration.data
        offer = registry.offer("readers", data.reader.use)
        self.nodes: dict[str, Node] = {
            DATA: Node(DATA, "read", offer.record.load(), offer, (), data.reader.params, data=data)
        }
        for stage in declaration.stages.values():
            offer = registry.offer("components", stage.use)
            component = offer.record.load()
            self.nodes[stage.name] = Node(
                stage.name,
                _kind(component, stage.name),
                component,
                offer,
                stage.inputs,
                stage.params,
                stage.columns,
                resources=stage.resources,
                attempts=stage.attempts,
            )
        self._free: dict[str, dict[str, Any]] = {}
        self._check_joins()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def sinks(self) -> list[str]:
        """Nodes that no other node reads."""
        read = {name for node in self.nodes.values() for name in node.inputs}
        return [name for name in self.nodes if name not in read]

    def splitter(self, name: str) -> str | None:
        """The split stage above (or at) this node."""
        if self[name].kind == "split":
            return name
        return next((found for above in self[name].inputs if (found := self.splitter(above))), None)

    def folds(self, splitter: str) -> int:
        node = self[splitter]
        assert issubclass(node.component, Splitter)
        return node.component.folds(node.parameters({}))

    def free(self, name: str) -> dict[str, Any]:
        """The bindings that this node's value depends on, with their domains. A search closes over them."""
        if name not in self._free:
            node = self[name]
            found: dict[str, Any] = {}
            if node.kind not in ("search", "model"):
                for above in node.inputs:
                    found |= self.free(above)
                    if self[above].kind == "split" and (folds := self.folds(above)):
                        found[fold_binding(above)] = [*range(folds), ALL_FOLDS]
                found |= find_tuned(node.raw, name)
            self._free[name] = found
        return self._free[name]

    def closed_above(self, name: str) -> list[str]:
        """The nearest nodes above without free bindings: what must exist before a search's key is known."""
        found: list[str] = []
        for above in self[name].inputs:
            found += self.closed_above(above) if self.free(above) else [above]
        return list(dict.fromkeys(found))

    def open_above(self, name: str) -> list[str]:
        """The nodes above whose value depends on free bindings, inputs first."""
        found: list[str] = []
        for above in self[name].inputs:
            if self.free(above):
                found += [*self.open_above(above), above]
        return list(dict.fromkeys(found))

    def _check_joins(self) -> None:
        for node in self.nodes.values():
            if len(node.inputs) > 1 and node.kind in ("split", "model"):
                raise PlanError(f"stages.{node.name}: {node.component.id} takes one input, found {len(node.inputs)}")


def fold_binding(splitter: str) -> str:
    """Name of the binding that says which fold of a splitter is held out."""
    return f"{splitter}.fold"


def _kind(component: type[Component], name: str) -> NodeKind:
    if issubclass(component, Splitter):
        return "split"
    if issubclass(component, Transform):
        return "transform"
    if issubclass(component, Stage) and component.consumes == "open":
        return "search"
    if issubclass(component, Stage) and component.consumes == "model":
        return "model"
    if issubclass(component, Reader):
        raise PlanError(f"stages.{name}: {component.id} is a reader; mend: name it under data.use")
    raise PlanError(f"stages.{name}: {component.id} is no stage that a plan can run")
