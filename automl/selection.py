"""Which part of a pipeline a run executes, and what of it anew."""

from __future__ import annotations

from dataclasses import dataclass

from automl.errors import SelectionError, did_you_mean
from automl.plan.graph import Graph
from automl.plan.values import Values


@dataclass(frozen=True)
class Selection:
    """What a run is asked for.

    Attributes:
        start: execute this stage and all that depends on it anew; what stands above must be in the store.
        stop: go as far as this stage, and leave the rest.
        force: stages to execute anew although nothing changed; what depends on them follows if they come out different.
        fresh: execute everything anew.
        keep_going: a failing stage stops what depends on it, and nothing else.
    """

    start: str | None = None
    stop: str | None = None
    force: tuple[str, ...] = ()
    fresh: bool = False
    keep_going: bool = False

    def anew(self, graph: Graph) -> set[str]:
        """The stages whose stored values are not looked at. Raises SelectionError for a name that is none."""
        self._check_names(graph)
        if self.fresh:
            return set(graph.nodes)
        return {*self.force, *(graph.downstream(self.start) if self.start else ())}

    def targets(self, graph: Graph) -> list[str]:
        """The nodes that the run is to bring into being. Raises SelectionError where it contradicts itself."""
        self._check_names(graph)
        if self.stop is None:
            return graph.sinks()
        if graph.free(self.stop):
            bound = ", ".join(graph.free(self.stop))
            search = next(name for name in graph.downstream(self.stop) if graph[name].kind == "search")
            raise SelectionError(
                f"--to {self.stop}: its value depends on {bound}, which the search {search!r} binds; "
                f"mend: --to {search}, or a stage above"
            )
        if self.start is not None and self.stop not in graph.downstream(self.start):
            raise SelectionError(f"--to {self.stop} does not come after --from {self.start}; mend: turn them round")
        return [self.stop]

    def check_start(self, values: Values) -> None:
        """Raises SelectionError if something above the first stage is not in the store."""
        if self.start is None:
            return
        graph = values.graph
        above = [name for name in graph.upstream([self.start]) if name != self.start and not graph.free(name)]
        missing = [name for name in above if values.peek(name, {}) is None]
        if missing:
            raise SelectionError(
                f"--from {self.start}: {', '.join(missing)} would have to run first, which --from promises not to; "
                "mend: run once without --from, or use --force"
            )

    def _check_names(self, graph: Graph) -> None:
        for name in (*self.force, *((self.start,) if self.start else ()), *((self.stop,) if self.stop else ())):
            if name not in graph.nodes:
                hint = did_you_mean(name, graph.nodes)
                raise SelectionError(
                    f"there is no stage {name!r}; expected one of {', '.join(graph.nodes)}{f'; {hint}' if hint else ''}"
                )
