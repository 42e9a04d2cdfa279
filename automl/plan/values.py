"""What there is: the values of a plan that are finished, and what makes two of them the same. Executes nothing.

"This node under these bindings" is a pure function, remembered by its recipe. Bindings never enter a key: they
resolve parameters, and the key hashes the resolved recipe. An input that ran again and came out the same has the same
fingerprint, so the wave of recomputation stops there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automl.attribution import named_errors
from automl.columns import ALL_FOLDS
from automl.components import Reader, Stage
from automl.dataset import Dataset
from automl.errors import PlanError
from automl.fingerprint import digest
from automl.model import Head, SearchResult
from automl.pipeline_file.declaration import Declaration
from automl.plan.bindings import Bindings
from automl.plan.graph import DATA, Graph, Node, fold_binding
from automl.plan.histories import Histories, Join, join_datasets, merge
from automl.plan.versions import code_version
from automl.plugins import Registry
from automl.store import Entry, Store


@dataclass(frozen=True)
class Input:
    """What a node reads: its fingerprint at once, the dataset on demand, and the join if there are several branches."""

    fingerprint: str
    load: Callable[[], Dataset]
    join: Join | None = None


class Values:
    """The finished values of a graph, in a store. Called from the driver's thread only."""

    def __init__(
        self, declaration: Declaration, registry: Registry, store: Store, anew: Callable[[Graph], Collection[str]]
    ) -> None:
        """``anew`` names the stages whose stored values are not looked at; they are executed once more."""
        self.declaration = declaration
        self.registry = registry
        self.store = store
        self.graph = Graph(declaration, registry)
        self.anew = frozenset(anew(self.graph))
        self._found: dict[tuple[str, str], Entry] = {}
        self._made: set[str] = set()

    def peek(self, name: str, bindings: Bindings) -> Entry | None:
        """The finished value, or None."""
        at = self._place(name, bindings)
        if at not in self._found or self._found[at].is_gone:
            self._found.pop(at, None)
            recipe = self.recipe(name, bindings)
            key = None if recipe is None else digest(recipe)
            if key is None or (name in self.anew and key not in self._made):
                return None
            entry = self.store.get(key)
            if entry is None:
                return None
            self._found[at] = entry
        return self._found[at]

    def _place(self, name: str, bindings: Bindings) -> tuple[str, str]:
        return name, digest(self.graph.relevant(name, bindings))

    # What makes two results the same

    def recipe(self, name: str, bindings: Bindings) -> dict[str, Any] | None:
        """All that a value depends on, as JSON values; None while an input does not exist yet."""
        node = self.graph[name].chosen(bindings)
        inputs = self._input_fingerprints(node, bindings)
        if inputs is None:
            return None
        parameters = node.parameters(bindings if node.kind != "search" else {})
        recipe: dict[str, Any] = {
            "stage": node.component.id,
            "api": node.component.api,
            "code": code_version(node.offer),
            "params": parameters.identity(),
            "columns": node.columns,
            "inputs": inputs,
            "seed": self.declaration.seed if node.component.stochastic else None,
        }
        if issubclass(node.component, Stage):
            with named_errors(node.component, "uses"):
                uses = list(node.component.uses(parameters, self.registry))
            recipe["uses"] = {
                f"{family} {offered}": code_version(self.registry.offer(family, offered)) for family, offered in uses
            }
        if node.kind == "search":
            data = self.peek(DATA, {})
            assert data is not None, "the search's inputs stand on it"
            recipe["task"] = data.record["schema"]["task"]
            if self.declaration.data.positive is not None:
                recipe["positive"] = self.declaration.data.positive
        if gates := self.gates(node):
            recipe["gates"] = list(gates)
        if node.data is not None:
            reader = node.component(parameters)
            assert isinstance(reader, Reader)
            with named_errors(node.component, "fingerprint", "reader"):
                recipe["world"] = reader.fingerprint()
            recipe["data"] = _data_identity(node)
        return recipe

    def gates(self, node: Node) -> tuple[str, ...]:
        """The metrics that an evaluation's gates name; their bounds change no result."""
        return tuple(sorted(self.declaration.stages[node.name].gate)) if node.kind == "model" else ()

    def _input_fingerprints(self, node: Node, bindings: Bindings) -> list[str] | None:
        if node.kind == "read":
            return []
        if node.kind == "search":
            declared = [self._open_fingerprint(above) for above in node.inputs]
            return None if None in declared else [text for text in declared if text is not None]
        if node.kind == "model":
            model = self._model_fingerprint(node.inputs[0])
            return None if model is None else [model]
        source = self.input(node.name, bindings)
        return None if source is None else [source.fingerprint]

    def _open_fingerprint(self, name: str) -> str | None:
        """What a search depends on: closed parts by their values, open parts by their declarations."""
        free = self.graph.free(name)
        if not free:
            edge = self._edge(name, {})
            return None if edge is None else edge.fingerprint
        node = self.graph[name]
        inputs = [self._open_fingerprint(above) for above in node.inputs]
        if None in inputs:
            return None
        used = [(use.component.id, code_version(use.offer), use.raw) for use in node.choices.values() or (node,)]
        # With the bindings' names: a stored result holds them, so a renamed stage must search anew.
        return digest(used, node.columns, free, inputs)

    def _model_fingerprint(self, name: str) -> str | None:
        """A search's result and the states of everything below its heads; None while one of them is missing.

        The result's record alone is not enough: the same trials may sit on other Fitteds with equal output, and
        the code that rebuilds a head may have changed since it was trained.
        """
        heads = self.all_heads(name)
        if heads is None:
            return None
        states: dict[str, str | None] = {}
        for head in heads:
            for above in self.graph[name].inputs:
                if not self._collect_states(above, head.bindings, states):
                    return None
        entry = self.peek(name, {})
        assert entry is not None
        learners = {head.learner: code_version(self.registry.offer("learners", head.learner)) for head in heads}
        return digest(entry.fingerprint, states, learners)

    def keys(self, names: Iterable[str]) -> set[str]:
        """Keys of these stages' finished values, and of all that searches among them stand on."""
        found: dict[str, str | None] = {}
        for name in names:
            if self.graph.free(name):
                continue
            entry = self.peek(name, {})
            if entry is not None:
                found[entry.key] = entry.state_fingerprint
            for head in (self.all_heads(name) or []) if self.graph[name].kind == "search" else []:
                for above in self.graph[name].inputs:
                    self._collect_states(above, head.bindings, found)
        return set(found)

    def _collect_states(self, name: str, bindings: Bindings, states: dict[str, str | None]) -> bool:
        entry = self.peek(name, bindings)
        if entry is None:
            return False
        states[entry.key] = entry.state_fingerprint
        return all(self._collect_states(above, bindings, states) for above in self.graph[name].inputs)

    # What a node reads

    def input(self, name: str, bindings: Bindings) -> Input | None:
        """The node's one input, branches joined; None while a branch does not exist yet."""
        node = self.graph[name]
        edges = [self._edge(above, bindings) for above in node.inputs]
        ready = [edge for edge in edges if edge is not None]
        if len(ready) < len(edges):
            return None
        if len(ready) == 1:
            return ready[0]
        _, join = merge({above: self.histories(above, bindings) for above in node.inputs})
        fingerprint = digest([edge.fingerprint for edge in ready], join.to_state())
        return Input(fingerprint, lambda: join_datasets([edge.load() for edge in ready], join), join)

    def _edge(self, above: str, bindings: Bindings) -> Input | None:
        """What a consumer sees of a node: a splitter's rows are seen through the fold in force, test rows never."""
        entry = self.peek(above, bindings)
        if entry is None:
            return None
        fold = self.fold_seen(above, bindings)
        if fold is None:
            return Input(entry.fingerprint, lambda: entry.dataset)
        return Input(digest(entry.fingerprint, "fold", fold), lambda: entry.dataset.under(fold))

    def fold_seen(self, above: str, bindings: Bindings) -> int | str | None:
        """The fold under which consumers see a splitter's rows; None for any other node."""
        return bindings.get(fold_binding(above), ALL_FOLDS) if self.graph[above].kind == "split" else None

    def histories(self, name: str, bindings: Bindings) -> Histories:
        """Which stages wrote each column, up to and with this one; its value must exist."""
        node = self.graph[name]
        merged: Histories = {}
        if node.inputs:
            merged, _ = merge({above: self.histories(above, bindings) for above in node.inputs})
        entry = self.peek(name, bindings)
        if entry is None:
            raise PlanError(f"{name} is not materialised; this is a defect of the engine")
        for written in entry.record["wrote"]:
            column = written.removeprefix("-")
            mark = "-" if written.startswith("-") else ""
            merged[column] = (*merged.get(column, ()), mark + name)
        return merged

    # What a finished search stands on

    def all_heads(self, name: str) -> list[Head] | None:
        """The heads of a search's winner and baselines; None while it is not finished."""
        entry = self.peek(name, {})
        if entry is None:
            return None
        result = SearchResult.from_state(entry.state)
        return [*result.heads, *(head for heads in result.baselines.values() for head in heads)]


def _data_identity(node: Node) -> Mapping[str, Any]:
    assert node.data is not None
    data = node.data
    return {
        "target": list(data.targets),
        "task": data.task,
        "roles": dict(data.roles),
        "ignore": list(data.ignore),
        "kinds": dict(data.kinds),
        "missing": None if data.missing is None else list(data.missing),
        **({} if data.positive is None else {"positive": data.positive}),
    }
