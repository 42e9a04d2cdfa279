"""The plan itself: ``materialize(node, bindings)``.

"This node under these bindings" is a pure function, remembered by its recipe. Bindings never enter a key: they
resolve parameters, and the key hashes the resolved recipe. An input that ran again and came out the same has the same
fingerprint, so the wave of recomputation stops there. Caching, resume after a crash, cross-validation and tuned
preprocessing are all this one mechanism.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automl import events
from automl.components import Reader, Splitter, Stage, Transform
from automl.dataset import ALL_FOLDS, Dataset
from automl.errors import PlanError
from automl.fingerprint import digest, seed_from
from automl.model import Head, Report, SearchResult
from automl.pipeline_file.declaration import Declaration
from automl.plan import execute
from automl.plan.bindings import Bindings
from automl.plan.graph import DATA, Graph, Node, fold_binding
from automl.plan.histories import Histories, Join, join_datasets, merge
from automl.plan.versions import code_version
from automl.plan.why import differences
from automl.plugins import Registry
from automl.search.contracts import Executor
from automl.store import Entry, Store

Announce = Callable[[Any], None]
"""Hands an event to the observers."""


@dataclass(frozen=True)
class Input:
    """What a node reads: its fingerprint at once, the dataset on demand, and the join if there are several branches."""

    fingerprint: str
    load: Callable[[], Dataset]
    join: Join | None = None


class Plan:
    """A graph over a store. Called from the driver's thread only."""

    def __init__(
        self,
        declaration: Declaration,
        registry: Registry,
        store: Store,
        announce: Announce,
        executor: Callable[[], Executor],
    ) -> None:
        self.declaration = declaration
        self.registry = registry
        self.store = store
        self.announce = announce
        self._executor = executor
        self.graph = Graph(declaration, registry)
        self.executed: list[str] = []
        """Names of the stages that executed, each once, in the order of their first execution."""
        self._found: dict[tuple[str, str], Entry] = {}
        self._told: set[tuple[str, str]] = set()

    # What there is

    def peek(self, name: str, bindings: Bindings) -> Entry | None:
        """The finished value, or None; executes nothing."""
        at = self._place(name, bindings)
        if at not in self._found:
            recipe = self.recipe(name, bindings)
            entry = None if recipe is None else self.store.get(digest(recipe))
            if entry is None:
                return None
            self._found[at] = entry
        return self._found[at]

    def materialize(self, name: str, bindings: Bindings) -> Entry:
        """The finished value; executes what is missing, inputs first."""
        if self.peek(name, bindings) is None:
            node = self.graph[name]
            for above in self.graph.closed_above(name) if node.kind == "search" else node.inputs:
                self.materialize(above, bindings)
            if node.kind == "model":
                self._materialize_heads(node.inputs[0])
        entry = self.peek(name, bindings)
        if entry is None:
            entry = self._execute(self.graph[name], bindings)
            self._found[self._place(name, bindings)] = entry
        else:
            self._tell_cached(name, bindings)
        return entry

    def _tell_cached(self, name: str, bindings: Bindings) -> None:
        """Announce a value that was found in the store, once, after all that it stands on."""
        entry = self.peek(name, bindings)
        place = self._place(name, bindings)
        if entry is None or place in self._told:
            return
        self._told.add(place)
        node = self.graph[name]
        if node.kind == "search":
            for above in self.graph.closed_above(name):
                self._tell_cached(above, {})
            for head in self._all_heads(name) or []:
                for above in node.inputs:
                    self._tell_cached(above, head.bindings)
        else:
            for above in node.inputs:
                self._tell_cached(above, bindings)
        shown = _shown(name, self.relevant(name, bindings))
        self.announce(events.StageCached(shown, node.component.id, entry.record.get("summary", {})))

    def _place(self, name: str, bindings: Bindings) -> tuple[str, str]:
        return name, digest(self.relevant(name, bindings))

    def relevant(self, name: str, bindings: Bindings) -> dict[str, Any]:
        """The bindings that this node depends on."""
        free = self.graph.free(name)
        return {key: value for key, value in bindings.items() if key in free}

    # What makes two results the same

    def recipe(self, name: str, bindings: Bindings) -> dict[str, Any] | None:
        """All that a value depends on, as JSON values; None while an input does not exist yet."""
        node = self.graph[name]
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
            recipe["uses"] = {
                f"{family} {offered}": code_version(self.registry.offer(family, offered))
                for family, offered in node.component.uses(parameters, self.registry)
            }
        if node.kind == "search":
            data = self.peek(DATA, {})
            assert data is not None, "the search's inputs stand on it"
            recipe["task"] = data.record["schema"]["task"]
        if node.data is not None:
            reader = node.component(parameters)
            assert isinstance(reader, Reader)
            recipe["world"] = reader.fingerprint()
            recipe["data"] = _data_identity(node)
        return recipe

    def _input_fingerprints(self, node: Node, bindings: Bindings) -> list[str] | None:
        if node.kind == "read":
            return []
        if node.kind == "search":
            declared = [self.open_fingerprint(above) for above in node.inputs]
            return None if None in declared else [text for text in declared if text is not None]
        if node.kind == "model":
            model = self.model_fingerprint(node.inputs[0])
            return None if model is None else [model]
        source = self.input(node.name, bindings)
        return None if source is None else [source.fingerprint]

    def open_fingerprint(self, name: str) -> str | None:
        """What a search depends on: closed parts by their values, open parts by their declarations."""
        free = self.graph.free(name)
        if not free:
            edge = self._edge(name, {})
            return None if edge is None else edge.fingerprint
        node = self.graph[name]
        inputs = [self.open_fingerprint(above) for above in node.inputs]
        if None in inputs:
            return None
        # With the bindings' names: a stored result holds them, so a renamed stage must search anew.
        return digest(node.component.id, code_version(node.offer), node.raw, node.columns, free, inputs)

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
        if self.graph[above].kind != "split":
            return Input(entry.fingerprint, lambda: entry.dataset)
        fold = bindings.get(fold_binding(above), ALL_FOLDS)
        return Input(digest(entry.fingerprint, "fold", fold), lambda: entry.dataset.under(fold))

    def branches(self, name: str, bindings: Bindings) -> list[tuple[Entry, int | str | None]]:
        """The node's stored inputs, each with the fold under which it is seen (None: it is a view already)."""
        found: list[tuple[Entry, int | str | None]] = []
        for above in self.graph[name].inputs:
            is_split = self.graph[above].kind == "split"
            fold = bindings.get(fold_binding(above), ALL_FOLDS) if is_split else None
            found.append((self.materialize(above, bindings), fold))
        return found

    def target_chain(self, name: str, bindings: Bindings) -> list[tuple[str, str, str]]:
        """The target transforms above a node, in the order in which they are applied: component, key, fingerprint."""
        histories, _ = merge({above: self.histories(above, bindings) for above in self.graph[name].inputs})
        chain: list[tuple[str, str, str]] = []
        for stage in histories[self.declaration.data.target]:
            entry = self.materialize(stage, bindings)
            if entry.record.get("on_target"):
                chain.append((self.graph[stage].component.id, entry.key, entry.state_fingerprint or ""))
        return chain

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

    # Executing

    def _execute(self, node: Node, bindings: Bindings) -> Entry:
        recipe = self.recipe(node.name, bindings)
        assert recipe is not None, "inputs were materialised just before"
        bound = self.relevant(node.name, bindings)
        shown = _shown(node.name, bound)
        self._told.add(self._place(node.name, bindings))
        pipeline = self.declaration.name
        why = differences(self.store.last_recipe(pipeline, node.name, bound), recipe, node.inputs)
        self.announce(events.StageStarted(shown, node.component.id, why))
        started = time.perf_counter()
        entry = self._value(node, bindings, digest(recipe), {"recipe": recipe, "stage": node.name})
        if node.name not in self.executed:
            self.executed.append(node.name)
        self.store.note_recipe(pipeline, node.name, bound, recipe)
        seconds = time.perf_counter() - started
        self.announce(events.StageFinished(shown, node.component.id, seconds, entry.record.get("summary", {})))
        return entry

    def _value(self, node: Node, bindings: Bindings, key: str, record: dict[str, Any]) -> Entry:
        seed = seed_from(self.declaration.seed, node.component.id)
        component = node.component(node.parameters(bindings if node.kind != "search" else {}), seed)
        who = f"stages.{node.name} ({node.component.id})"
        if node.data is not None:
            assert isinstance(component, Reader)
            return self._put(key, record, execute.read(component, node.data), None)
        if node.kind in ("search", "model"):
            return self._run_stage(node, component, key, record)
        source = self.input(node.name, bindings)
        assert source is not None
        if isinstance(component, Splitter):
            return self._put(key, record, execute.split(component, source.load(), who), source.join)
        assert isinstance(component, Transform)
        done = execute.transform(component, source.load(), node.columns, who)
        return self._put(key, record, done, source.join)

    def _put(self, key: str, record: dict[str, Any], done: execute.Executed, join: Join | None) -> Entry:
        summary: dict[str, Any] = {"rows": len(done.dataset.frame), "columns": len(done.dataset.named("feature"))}
        summary |= done.record.get("schema", {})
        if lost := done.record.get("rows_without_target"):
            summary["rows_without_target"] = lost
        return self.store.put(
            key,
            {
                **record,
                **done.record,
                "wrote": list(done.wrote),
                "join": join.to_state() if join else None,
                "summary": summary,
            },
            dataset=done.dataset,
            state=done.state,
        )

    def _run_stage(self, node: Node, component: Any, key: str, record: dict[str, Any]) -> Entry:
        from automl.plan import stages

        if node.kind == "search":
            result = stages.run_search(self, node, component, self._executor)
            summary: dict[str, Any] = {"winner": result.winner, "trials": len(result.trials)}
            return self.store.put(key, {**record, "wrote": [], "summary": summary}, state=result.to_state())
        report = component.run(stages.load_model(self, node.inputs[0]), None)
        if not isinstance(report, Report):
            raise PlanError(f"stages.{node.name}: {node.component.id} returned {type(report).__name__}, not a Report")
        return self.store.put(key, {**record, "wrote": [], "summary": dict(report.metrics)}, state=report.to_state())

    # What a finished search stands on

    def search_result(self, name: str) -> SearchResult:
        return SearchResult.from_state(self.materialize(name, {}).state)

    def _all_heads(self, name: str) -> list[Head] | None:
        entry = self.peek(name, {})
        if entry is None:
            return None
        result = SearchResult.from_state(entry.state)
        return [*result.heads, *(head for heads in result.baselines.values() for head in heads)]

    def _materialize_heads(self, name: str) -> None:
        """The values below every head: a search found in the store may stand on some that are gone."""
        for head in self._all_heads(name) or []:
            for above in self.graph[name].inputs:
                self.materialize(above, head.bindings)

    def model_fingerprint(self, name: str) -> str | None:
        """A search's result and the states of everything below its heads; None while one of them is missing.

        The result's record alone is not enough: the same trials may sit on other Fitteds with equal output, and
        the code that rebuilds a head may have changed since it was trained.
        """
        heads = self._all_heads(name)
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

    def _collect_states(self, name: str, bindings: Bindings, states: dict[str, str | None]) -> bool:
        entry = self.peek(name, bindings)
        if entry is None:
            return False
        states[entry.key] = entry.state_fingerprint
        return all(self._collect_states(above, bindings, states) for above in self.graph[name].inputs)


def _data_identity(node: Node) -> Mapping[str, Any]:
    assert node.data is not None
    data = node.data
    return {
        "target": data.target,
        "task": data.task,
        "roles": dict(data.roles),
        "ignore": list(data.ignore),
        "kinds": dict(data.kinds),
        "missing": None if data.missing is None else list(data.missing),
    }


def _shown(name: str, bound: Mapping[str, Any]) -> str:
    """A stage as a person sees it: with the bindings it executes under."""
    inner = ", ".join(f"{key}={value}" for key, value in bound.items())
    return f"{name} [{inner}]" if inner else name
