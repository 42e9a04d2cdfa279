"""The nodes of a plan and what their values depend on; static, without a row of data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from automl.attribution import named_errors
from automl.columns import ALL_FOLDS
from automl.components import Component, Reader, Splitter, Stage, Transform
from automl.errors import PlanError
from automl.pipeline_file.declaration import DataDeclaration, Declaration, StageDeclaration
from automl.plan.bindings import Bindings, bind, find_tuned
from automl.plugins import Offer, Registry

DATA = "data"
NodeKind = Literal["read", "split", "transform", "search", "model"]


@dataclass(frozen=True)
class Node:
    """One stage of the pipeline, or its data.

    ``at`` is what the names of its own bindings begin with. ``choices`` maps component ids to this stage using each,
    where a search chooses among several; the stage itself then stands for the first.
    """

    name: str
    kind: NodeKind
    component: type[Component]
    offer: Offer
    inputs: tuple[str, ...]
    raw: Mapping[str, Any]
    at: str
    columns: Any = None
    data: DataDeclaration | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    attempts: int | None = None
    seconds: float | None = None
    choices: Mapping[str, Node] = field(default_factory=dict)

    def chosen(self, bindings: Bindings) -> Node:
        """This stage with the component that the bindings choose."""
        return self.choices[bindings[choice_binding(self.name)]] if self.choices else self

    def parameters(self, bindings: Bindings) -> Any:
        """The validated parameters under these bindings."""
        return self.component.Params.model_validate(bind(self.raw, self.at, bindings))

    @property
    def title(self) -> str:
        """The component's id, or all that may be chosen."""
        return " | ".join(self.choices) or self.component.id


class Graph:
    """The nodes of a declaration, inputs before their users."""

    def __init__(self, declaration: Declaration, registry: Registry) -> None:
        data = declaration.data
        offer = registry.offer("readers", data.reader.use)
        self.nodes: dict[str, Node] = {
            DATA: Node(
                DATA,
                "read",
                offer.record.load(),
                offer,
                (),
                data.reader.params,
                DATA,
                data=data,
                attempts=data.attempts,
                seconds=data.seconds,
            )
        }
        for stage in declaration.stages.values():
            self.nodes[stage.name] = _node(stage, registry)
        self._free: dict[str, dict[str, Any]] = {}
        self._check_joins()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def sinks(self) -> list[str]:
        """Nodes that no other node reads."""
        read = {name for node in self.nodes.values() for name in node.inputs}
        return [name for name in self.nodes if name not in read]

    def upstream(self, names: Iterable[str]) -> list[str]:
        """These nodes and all above them, inputs first."""
        wanted = set(names)
        for name in reversed(self.nodes):
            if name in wanted:
                wanted.update(self[name].inputs)
        return [name for name in self.nodes if name in wanted]

    def downstream(self, name: str) -> list[str]:
        """This node and all that depend on it, inputs first."""
        found = {name}
        for other, node in self.nodes.items():
            if found.intersection(node.inputs):
                found.add(other)
        return [other for other in self.nodes if other in found]

    def splitter(self, name: str) -> str | None:
        """The split stage above (or at) this node."""
        if self[name].kind == "split":
            return name
        return next((found for above in self[name].inputs if (found := self.splitter(above))), None)

    def folds(self, splitter: str) -> int:
        node = self[splitter]
        assert issubclass(node.component, Splitter)
        with named_errors(node.component, "folds"):
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
                found |= _own_bindings(node)
            self._free[name] = found
        return self._free[name]

    def relevant(self, name: str, bindings: Bindings) -> dict[str, Any]:
        """Those of the bindings that this node depends on; a fold may be bound below any split, folds or not."""
        node = self[name]
        if node.kind in ("search", "model"):
            return {}
        known = set(self.free(name))
        splitter = self.splitter(name)
        if splitter is not None and splitter != name:
            known.add(fold_binding(splitter))
        return {key: value for key, value in bindings.items() if key in known}

    def conditions(self, name: str) -> dict[str, tuple[str, str]]:
        """Of this node's free bindings, those that exist only under a choice: to the choice's binding and value."""
        found: dict[str, tuple[str, str]] = {}
        for above in self[name].inputs:
            found |= self.conditions(above)
        for use, node in self[name].choices.items():
            found |= {key: (choice_binding(name), use) for key in find_tuned(node.raw, node.at)}
        return found

    def closed_above(self, name: str) -> list[str]:
        """The nearest nodes above without free bindings: what must exist before a search's key is known."""
        found: list[str] = []
        for above in self[name].inputs:
            found += self.closed_above(above) if self.free(above) else [above]
        return list(dict.fromkeys(found))

    def _check_joins(self) -> None:
        for node in self.nodes.values():
            if len(node.inputs) > 1 and node.kind in ("split", "model"):
                raise PlanError(f"stages.{node.name}: {node.component.id} takes one input, found {len(node.inputs)}")


def fold_binding(splitter: str) -> str:
    """Name of the binding that says which fold of a splitter is held out."""
    return f"{splitter}.fold"


def choice_binding(stage: str) -> str:
    """Name of the binding that says which component a stage uses."""
    return f"{stage}.use"


def _node(stage: StageDeclaration, registry: Registry) -> Node:
    offer = registry.offer("components", stage.use)
    component = offer.record.load()
    node = Node(
        stage.name,
        _kind(component, stage.name),
        component,
        offer,
        stage.inputs,
        stage.params,
        stage.name,
        stage.columns,
        resources=stage.resources,
        attempts=stage.attempts,
        seconds=stage.seconds,
    )
    choices: dict[str, Node] = {}
    for use in stage.choices:
        offer = registry.offer("components", use.use)
        choices[use.use] = dataclasses.replace(
            node, component=offer.record.load(), offer=offer, raw=use.params, at=f"{stage.name}.{use.use}"
        )
    return dataclasses.replace(node, choices=choices)


def _own_bindings(node: Node) -> dict[str, Any]:
    if not node.choices:
        return find_tuned(node.raw, node.at)
    found: dict[str, Any] = {choice_binding(node.name): list(node.choices)}
    for choice in node.choices.values():
        found |= find_tuned(choice.raw, choice.at)
    return found


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
