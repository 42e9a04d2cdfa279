"""A searcher at work in a thread of its own, so that the driver attends to the workers while it thinks.

Some answers take seconds (a Gaussian process), and loading a tuner's library takes more. What is asked and told stays
in one order, which the loop decides; only the waiting is shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from automl.attribution import shield, whose
from automl.search.contracts import Brief, Done, Outcome, Proposal, Searcher, Wait


class Thinking:
    """Hands a searcher one call after the other; every method returns at once."""

    def __init__(self, searcher: Searcher) -> None:
        self.who = whose(type(searcher), "tuner")
        """The searcher as errors name it."""
        self._searcher: Searcher = shield(searcher, "start", "ask", "tell", "report", "learn", kind="tuner")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="automl-searcher")
        self._stopped: set[int] = set()

    def start(self, brief: Brief) -> Future[None]:
        return self._thread.submit(self._searcher.start, brief)

    def ask(self, number: int) -> Future[Proposal | Wait | Done]:
        return self._thread.submit(self._searcher.ask, number)

    def report(self, number: int, step: int, score: float) -> Future[bool]:
        return self._thread.submit(self._report, number, step, score)

    def _report(self, number: int, step: int, score: float) -> bool:
        # Steps that a worker took before it heard that it should stop are no part of the trial.
        if number in self._stopped:
            return False
        stops = self._searcher.report(number, step, score)
        if stops:
            self._stopped.add(number)
        return stops

    def tell(self, number: int, outcome: Outcome) -> Future[None]:
        return self._thread.submit(self._searcher.tell, number, outcome)

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> Future[None]:
        return self._thread.submit(self._searcher.learn, values, outcome)

    def end(self) -> None:
        """Take no more calls; what it thinks about now it finishes alone, and nobody waits for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)
