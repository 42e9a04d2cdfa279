"""The plan itself: ``materialize(node, bindings)``.

Caching, resume after a crash, cross-validation and tuned preprocessing are all this one mechanism: look whether the
value is there (`automl.plan.values`), and execute what is missing, inputs first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl import events
from automl.attribution import stage_called, whose
from automl.fingerprint import digest, seed_from
from automl.model import Report, SearchResult
from automl.pipeline_file.declaration import Declaration
from automl.plan import calls
from automl.plan.bindings import Bindings, bind
from automl.plan.execute import Executed
from automl.plan.graph import Graph, Node
from automl.plan.histories import Join, merge
from automl.plan.values import Values
from automl.plan.why import differences
from automl.plugins import Registry
from automl.search.contracts import Executor
from automl.secret import without_hidden
from automl.store import Entry, Store
from automl.time_limit import TimeLimit

PAGE: Final = "page.html"
"""The file of an evaluation's page in the store: runs link to it."""

Announce = Callable[[Any], None]
"""Hands an event to the observers."""


@dataclass(frozen=True)
class Begun:
    """A stage that was announced and waits to be done: ``work`` may run in any thread, all else on the driver's."""

    node: Node
    bound: Bindings
    recipe: Mapping[str, Any]
    started: float
    join: Join | None
    work: Callable[[], Executed | Report | SearchResult]


class Plan(Values):
    """A graph over a store that executes what is missing. Called from the driver's thread only."""

    def __init__(
        self,
        declaration: Declaration,
        registry: Registry,
        store: Store,
        announce: Announce,
        executor: Callable[[], Executor],
        anew: Callable[[Graph], Collection[str]] = lambda _: (),
        limit: TimeLimit | None = None,
    ) -> None:
        super().__init__(declaration, registry, store, anew)
        self.announce = announce
        self.limit = limit
        """How long the whole run may take; searches end early enough for it."""
        self.executed: list[str] = []
        """Names of the stages that executed, each once, in the order of their first execution."""
        self._executor = executor
        self._told: set[tuple[str, str]] = set()

    @property
    def told(self) -> list[str]:
        """Names of the stages that were begun or found in the store, in the order of the graph."""
        begun = {name for name, _ in self._told}
        return [name for name in self.graph.nodes if name in begun]

    def materialize(self, name: str, bindings: Bindings) -> Entry:
        """The finished value; executes what is missing, inputs first."""
        if self.peek(name, bindings) is None:
            node = self.graph[name]
            for above in self.graph.closed_above(name) if node.kind == "search" else node.inputs:
                self.materialize(above, bindings)
            if node.kind == "model":
                self._materialize_heads(node.inputs[0])
        entry = self.peek(name, bindings)
        if entry is not None:
            self.tell_cached(name, bindings)
            return entry
        begun = self.begin(name, bindings)
        return self.finish(begun, begun.work())

    # Executing, in two steps

    def begin(self, name: str, bindings: Bindings) -> Begun:
        """Announce a stage whose inputs exist and whose value does not; its work is the caller's to do."""
        node = self.graph[name].chosen(bindings)
        recipe = self.recipe(name, bindings)
        assert recipe is not None, "inputs were materialised just before"
        bound = self.graph.relevant(name, bindings)
        self._told.add(self._place(name, bindings))
        why = self.store.lost.get(digest(recipe)) or differences(
            self.store.last_recipe(self.declaration.name, name, bound), recipe, node
        )
        self.announce(events.StageStarted(_shown(name, bound), node.component.id, why))
        source = self.input(name, bindings) if node.kind in ("split", "transform") else None
        return Begun(
            node,
            bound,
            recipe,
            time.perf_counter(),
            source.join if source else None,
            self._search(node)
            if node.kind == "search"
            else self._call(node, bindings, source.load if source else None),
        )

    def report(self, name: str) -> tuple[Report, Path | None]:
        """What an evaluation came to, and the file of its page in the store; None in a value of an earlier version."""
        entry = self.materialize(name, {})
        page = entry.file(PAGE)
        html = {} if page is None else {"html": page.read_text(encoding="utf-8")}
        return Report.from_state({**entry.state, **html}), page

    def finish(self, begun: Begun, done: Executed | Report | SearchResult) -> Entry:
        """Store what a stage's work came to, and announce it."""
        node, name, pipeline = begun.node, begun.node.name, self.declaration.name
        key, seconds = digest(begun.recipe), time.perf_counter() - begun.started
        if name in self.anew and key not in self._made:
            self.store.remove(key)
        record: dict[str, Any] = {
            "recipe": begun.recipe, "stage": name, "pipeline": pipeline, "bindings": begun.bound, "seconds": seconds,
        }  # fmt: skip
        if isinstance(done, Executed):
            join = begun.join.to_state() if begun.join else None
            record |= {**done.record, "wrote": list(done.wrote), "join": join, "summary": _summary(done)}
            entry = self.store.put(key, record, dataset=done.dataset, state=done.state, scratch=bool(begun.bound))
        else:
            state = done.to_state()
            texts = {PAGE: without_hidden(state.pop("html"))} if isinstance(done, Report) else {}
            entry = self.store.put(key, {**record, "wrote": [], "summary": _summary(done)}, state=state, texts=texts)
        self._made.add(key)
        self._found[self._place(name, begun.bound)] = entry
        if name not in self.executed:
            self.executed.append(name)
        self.store.note_recipe(pipeline, name, begun.bound, begun.recipe)
        shown = _shown(name, begun.bound)
        self.announce(events.StageFinished(shown, node.component.id, seconds, entry.record["summary"]))
        return entry

    def _call(self, node: Node, bindings: Bindings, load: Callable[[], Any] | None) -> Callable[[], Executed | Report]:
        from automl.plan.stages import load_model

        component = self.registry.get("components" if node.data is None else "readers", node.component.id)
        who = stage_called(node.name, component) if node.data is None else f"data: {whose(component, 'reader')}"
        source = (lambda: load_model(self, node.inputs[0])) if node.kind == "model" else load

        def once() -> Executed | Report:
            call = calls.StageCall(
                who=who,
                family="readers" if node.data is not None else "components",
                component=node.component.id,
                params=bind(node.raw, node.at, bindings),
                seed=seed_from(self.declaration.seed, node.component.id),
                source=source() if source else None,
                columns=node.columns,
                data=node.data,
                gates=self.gates(node),
            )
            if node.seconds is not None:
                return calls.perform_within(node.seconds, call, self.registry)
            return calls.perform(call, self.registry)

        return lambda: calls.attempt(once, node.attempts or 1, who)

    def _search(self, node: Node) -> Callable[[], SearchResult]:
        from automl.plan.stages import run_search

        stage: Any = node.component(node.parameters({}), seed_from(self.declaration.seed, node.component.id))
        return lambda: run_search(self, node, stage, self._executor)

    # Values that were there

    def tell_cached(self, name: str, bindings: Bindings) -> None:
        """Announce a value that was found in the store, once, after all that it stands on."""
        entry = self.peek(name, bindings)
        place = self._place(name, bindings)
        if entry is None or place in self._told:
            return
        self._told.add(place)
        node = self.graph[name]
        if node.kind == "search":
            for above in self.graph.closed_above(name):
                self.tell_cached(above, {})
            for head in self.all_heads(name) or []:
                for above in node.inputs:
                    self.tell_cached(above, head.bindings)
        else:
            for above in node.inputs:
                self.tell_cached(above, bindings)
        bound = self.graph.relevant(name, bindings)
        component = node.chosen(bindings).component
        self.announce(events.StageCached(_shown(name, bound), component.id, entry.record.get("summary", {})))

    # What searches and evaluations ask for

    def branches(self, name: str, bindings: Bindings) -> list[tuple[Entry, int | str | None]]:
        """The node's stored inputs, each with the fold under which it is seen (None: it is a view already)."""
        return [
            (self.materialize(above, bindings), self.fold_seen(above, bindings)) for above in self.graph[name].inputs
        ]

    def target_chain(self, name: str, bindings: Bindings) -> list[tuple[str, str, str]]:
        """The target transforms above a node, in the order in which they are applied: component, key, fingerprint."""
        histories, _ = merge({above: self.histories(above, bindings) for above in self.graph[name].inputs})
        chain: list[tuple[str, str, str]] = []
        # A target transform works on all targets, so the first one's history tells.
        for stage in histories[self.declaration.data.target]:
            entry = self.materialize(stage, bindings)
            if entry.record.get("on_target"):
                component = self.graph[stage].chosen(bindings).component
                chain.append((component.id, entry.key, entry.state_fingerprint or ""))
        return chain

    def search_result(self, name: str) -> SearchResult:
        return SearchResult.from_state(self.materialize(name, {}).state)

    def _materialize_heads(self, name: str) -> None:
        """The values below every head: a search found in the store may stand on some that are gone."""
        for head in self.all_heads(name) or []:
            for above in self.graph[name].inputs:
                self.materialize(above, head.bindings)


def _summary(done: Executed | Report | SearchResult) -> dict[str, Any]:
    """What came out, in plain values for people."""
    if isinstance(done, Report):
        return dict(done.metrics)
    if isinstance(done, SearchResult):
        return {"winner": done.winner, "trials": sum(not trial.is_baseline for trial in done.trials)}
    summary: dict[str, Any] = {"rows": len(done.dataset.frame), "columns": len(done.dataset.named("feature"))}
    summary |= done.record.get("schema", {})
    for left_out in ("rows_without_target", "rows_without_weight"):
        if lost := done.record.get(left_out):
            summary[left_out] = lost
    return summary


def _shown(name: str, bound: Mapping[str, Any]) -> str:
    """A stage as a person sees it: with the bindings it executes under."""
    inner = ", ".join(f"{key}={value}" for key, value in bound.items())
    return f"{name} [{inner}]" if inner else name
