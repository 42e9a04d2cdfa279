"""A searcher at work in a thread of its own, so that the driver attends to the workers while it thinks.

Some answers take seconds (a Gaussian process), and loading a tuner's library takes more. What is asked and told stays
in one order, which the loop decides; only the waiting is shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from automl.attribution import shield, whose
from automl.search.contracts import Brief, Done, Outcome, Proposal, Searcher, Wait

T = TypeVar("T")


class Thinking:
    """Hands a searcher one call after the other; every method returns at once.

    The thread is a daemon: a tuner that thinks for long, or for ever, neither holds up the end of a search nor that of
    the process. An executor's threads would be joined when the process ends.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.who = whose(type(searcher), "tuner")
        """The searcher as errors name it."""
        self._searcher: Searcher = shield(searcher, "start", "ask", "tell", "report", "learn", kind="tuner")
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._is_over = False
        self._stopped: set[int] = set()
        threading.Thread(target=self._work, name="automl-searcher", daemon=True).start()

    def start(self, brief: Brief) -> Future[None]:
        return self._submit(self._searcher.start, brief)

    def ask(self, number: int) -> Future[Proposal | Wait | Done]:
        return self._submit(self._searcher.ask, number)

    def report(self, number: int, step: int, score: float) -> Future[bool]:
        return self._submit(self._report, number, step, score)

    def _report(self, number: int, step: int, score: float) -> bool:
        # Steps that a worker took before it heard that it should stop are no part of the trial.
        if number in self._stopped:
            return False
        stops = self._searcher.report(number, step, score)
        if stops:
            self._stopped.add(number)
        return stops

    def tell(self, number: int, outcome: Outcome) -> Future[None]:
        return self._submit(self._searcher.tell, number, outcome)

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> Future[None]:
        return self._submit(self._searcher.learn, values, outcome)

    def end(self) -> None:
        """Take no more calls; what it thinks about now it finishes alone, and nobody waits for it."""
        self._is_over = True
        self._calls.put(None)

    def _submit(self, call: Callable[..., T], *args: Any) -> Future[T]:
        if self._is_over:
            raise RuntimeError("the search is over: its tuner takes no more calls")
        future: Future[T] = Future()

        def answer() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call(*args))
            except BaseException as error:  # noqa: BLE001 - raised where the answer is waited for
                future.set_exception(error)

        self._calls.put(answer)
        return future

    def _work(self) -> None:
        while (answer := self._calls.get()) is not None and not self._is_over:
            answer()
