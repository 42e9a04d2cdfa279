"""Independent branches side by side: what has its inputs runs, in as many threads as there is work for.

Only the stages' own work leaves the driver's thread; looking up, storing and announcing stay on it. Searches and
evaluations run on the driver, one at a time: a search spreads its own work over the executor.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from automl.plan.materialize import Begun, Plan

_THREADS = min(4, os.cpu_count() or 1)
"""Few: what a stage calls may use threads of its own."""


def materialize_branches(plan: Plan, targets: Sequence[str], *, keep_going: bool = False) -> Mapping[str, Exception]:
    """Bring these nodes and all above them into being.

    Args:
        plan: the plan.
        targets: what is wanted.
        keep_going: a failing stage stops what depends on it, and nothing else.

    Returns:
        The stages that failed, each with its error; empty unless ``keep_going``.

    Raises:
        Exception: the first failure, once the branches that were running are done and stored.
    """
    return _Branches(plan, targets, keep_going).run()


class _Branches:
    def __init__(self, plan: Plan, targets: Sequence[str], keep_going: bool) -> None:
        self._plan = plan
        self._keep_going = keep_going
        graph = plan.graph
        # What is bound inside a search has no value of its own; the search asks for it under its bindings.
        self._waiting = {
            name: {above for above in graph.upstream(graph[name].inputs) if not graph.free(above)}
            for name in graph.upstream(targets)
            if not graph.free(name)
        }
        self._failed: dict[str, Exception] = {}
        self._running: dict[Future[Any], Begun] = {}

    def run(self) -> Mapping[str, Exception]:
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="branch")
        try:
            while self._waiting or self._running:
                ready = [name for name, above in self._waiting.items() if not above] if self._goes_on() else []
                simple = [name for name in ready if self._plan.graph[name].kind not in ("search", "model")]
                if simple:
                    self._start(simple, pool)
                elif self._running:
                    for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                        self._finish(future)
                elif ready:
                    self._on_the_driver(ready[0])
                else:
                    break
        finally:
            # All is done, but after Ctrl-C: then what stages are at work on is nobody's any more.
            pool.shutdown(wait=not self._running, cancel_futures=True)
        if self._failed and not self._keep_going:
            raise next(iter(self._failed.values()))
        return self._failed

    def _goes_on(self) -> bool:
        return self._keep_going or not self._failed

    def _start(self, names: list[str], pool: ThreadPoolExecutor) -> None:
        missing = [name for name in names if self._is_missing(name)]
        if len(missing) == 1 and not self._running:
            self._on_the_driver(missing[0])  # a plain chain needs no threads
            return
        for name in missing:
            del self._waiting[name]
            begun = self._plan.begin(name, {})
            self._running[pool.submit(begun.work)] = begun

    def _is_missing(self, name: str) -> bool:
        """Whether a node has to execute; one that was found, or that cannot be planned, is dealt with here."""
        try:
            if self._plan.peek(name, {}) is None:
                return True
        except Exception as error:  # noqa: BLE001 - as below; branches that cannot be joined are found out here
            self._fail(name, error)
        else:
            self._plan.tell_cached(name, {})
            self._done(name)
        return False

    def _on_the_driver(self, name: str) -> None:
        try:
            self._plan.materialize(name, {})
        except Exception as error:  # noqa: BLE001 - kept, and raised or returned at the end
            self._fail(name, error)
        else:
            self._done(name)

    def _finish(self, future: Future[Any]) -> None:
        begun = self._running.pop(future)
        try:
            self._plan.finish(begun, future.result())
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(begun.node.name, error)
        else:
            self._done(begun.node.name)

    def _done(self, name: str) -> None:
        self._waiting.pop(name, None)
        for above in self._waiting.values():
            above.discard(name)

    def _fail(self, name: str, error: Exception) -> None:
        self._failed[name] = error
        for lost in self._plan.graph.downstream(name):
            self._waiting.pop(lost, None)
