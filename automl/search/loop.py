"""The loop of a search: one function, and the two orders in which trials are told.

After each tell the searcher is asked until ``in_flight`` trials are under way (or it wants to wait). Under ``order:
fixed`` trials are told in number order. What the searcher is asked next then depends on results only, never on which
worker was faster: any executor with any number of workers gives the same ledger, and a search cut by the clock is a
prefix of a longer one. Under ``order: arrival`` they are told as they come, and the order is written down before each
tell, so that a search that was killed goes on from its ledger.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from automl.errors import SearchError
from automl.model import TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import Memory
from automl.search.contracts import Done, Outcome, Proposal, Searcher, Wait
from automl.search.desk import Desk

StoppedBy = Literal["trials", "time", "tuner"]


@dataclass(frozen=True)
class Ledger:
    """Baselines, then trials, in the order in which they were told; and what ended the search."""

    trials: Sequence[TrialRecord]
    stopped_by: StoppedBy


class Order(ABC):
    """Says which of the trials under way is told next."""

    @abstractmethod
    def next(self, under_way: Sequence[int]) -> int | None:
        """The number of a trial that has ended, or that is to be waited for; None if the time ran out."""


class FixedOrder(Order):
    """By number."""

    def next(self, under_way: Sequence[int]) -> int | None:
        return min(under_way)


class ArrivalOrder(Order):
    """As they come; of several that have ended the lowest number. What earlier runs wrote down is repeated first."""

    def __init__(self, desk: Desk, memory: Memory, recipe: Mapping[str, Any]) -> None:
        self._desk = desk
        self._memory = memory
        self._recipe = recipe
        self._told = 0

    def next(self, under_way: Sequence[int]) -> int | None:
        place = {**self._recipe, "told": self._told + 1}
        written = self._memory.recall(place)
        if written is not None:
            number: int | None = written["number"]
        else:
            name = self._desk.first_done([f"t{number}" for number in sorted(under_way)])
            number = None if name is None else int(name.removeprefix("t"))
            if number is not None:
                self._memory.remember(place, {"number": number})
        self._told += 1
        return number


def search(
    searcher: Searcher,
    desk: Desk,
    baselines: Sequence[str],
    configure: Callable[[int, Proposal], Configuration],
    *,
    order: Order,
    trials: int | None,
    in_flight: int,
) -> Ledger:
    """Run baselines and trials until the budget is spent or the searcher is done.

    Args:
        searcher: started already.
        desk: runs the trials; knows the deadline.
        baselines: names of what was submitted already, so that there is a model whatever happens.
        configure: makes a trial of a proposal.
        order: which trial is told next.
        trials: the most trials to ask for; None for no bound.
        in_flight: how many trials are under way at the same time.
    """
    finished: list[TrialRecord] | None = None
    told: list[TrialRecord] = []
    heard: set[int] = set()
    asked = 0
    stopped_by: StoppedBy | None = None
    while True:
        waiting = False
        while stopped_by is None and not waiting and asked - len(told) < in_flight:
            if desk.is_over():
                stopped_by = "time"
            elif trials is not None and asked == trials:
                stopped_by = "trials"
            else:
                proposal = searcher.ask(asked + 1)
                if isinstance(proposal, Done):
                    stopped_by = "tuner"
                elif isinstance(proposal, Wait):
                    waiting = True
                else:
                    asked += 1
                    desk.submit(configure(asked, proposal))
        if finished is None:
            finished = _results(desk, baselines)
        if asked == len(told):
            if waiting:
                raise SearchError(f"the tuner {searcher.id!r} waits although every trial was told: it would never end")
            break
        number = order.next([number for number in range(1, asked + 1) if number not in heard])
        record = None if number is None else desk.result(f"t{number}")
        if record is None:
            stopped_by = "time"
            break
        searcher.tell(record.number, Outcome(record.score, record.epochs, record.error))
        told.append(record)
        heard.add(record.number)
    desk.abandon()
    return Ledger([*finished, *told], stopped_by or "tuner")


def _results(desk: Desk, baselines: Sequence[str]) -> list[TrialRecord]:
    """The baselines in order; the first one, which is cheap, is waited for even when the time is over."""
    records = [desk.result(name, at_any_cost=place == 0) for place, name in enumerate(baselines)]
    return [record for record in records if record is not None]
