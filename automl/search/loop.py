"""The loop of a search, ``order: fixed``: one function.

Trials are told in number order, and after each tell the searcher is asked until ``in_flight`` trials are under way (or
it wants to wait). What it is asked next thus depends on results only, never on which worker was faster: any executor
with any number of workers gives the same ledger, and a search cut by the clock is a prefix of a longer one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from automl.errors import SearchError
from automl.model import TrialRecord
from automl.search.configuration import Configuration
from automl.search.contracts import Done, Outcome, Proposal, Searcher, Wait
from automl.search.desk import Desk

StoppedBy = Literal["trials", "time", "tuner"]


@dataclass(frozen=True)
class Ledger:
    """Baselines, then trials, in the order in which they were told; and what ended the search."""

    trials: Sequence[TrialRecord]
    stopped_by: StoppedBy


def search(
    searcher: Searcher,
    desk: Desk,
    baselines: Sequence[str],
    configure: Callable[[int, Proposal], Configuration],
    *,
    trials: int | None,
    in_flight: int,
) -> Ledger:
    """Run baselines and trials until the budget is spent or the searcher is done.

    Args:
        searcher: started already.
        desk: runs the trials; knows the deadline.
        baselines: names of what was submitted already, so that there is a model whatever happens.
        configure: makes a trial of a proposal.
        trials: the most trials to ask for; None for no bound.
        in_flight: how many trials are under way at the same time.
    """
    finished: list[TrialRecord] | None = None
    told: list[TrialRecord] = []
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
        record = desk.result(f"t{len(told) + 1}")
        if record is None:
            stopped_by = "time"
            break
        searcher.tell(record.number, Outcome(record.score, record.epochs, record.error))
        told.append(record)
    desk.abandon()
    return Ledger([*finished, *told], stopped_by or "tuner")


def _results(desk: Desk, baselines: Sequence[str]) -> list[TrialRecord]:
    """The baselines in order; the first one, which is cheap, is waited for even when the time is over."""
    records = [desk.result(name, at_any_cost=place == 0) for place, name in enumerate(baselines)]
    return [record for record in records if record is not None]
