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
from dataclasses import dataclass, replace
from typing import Any, Literal

from automl.errors import SearchError
from automl.model import TrialRecord
from automl.search.configuration import Configuration
from automl.search.context import Memory
from automl.search.contracts import WAIT, Done, Outcome, Proposal, Wait
from automl.search.desk import Desk
from automl.search.thinking import Thinking

StoppedBy = Literal["trials", "epochs", "time", "tuner"]


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
    """As they come; of several that have ended the lowest number. What earlier runs wrote down is repeated first.

    Under a smaller budget than theirs a trial that is written down may not be there; then the order is this run's own.
    """

    def __init__(self, desk: Desk, memory: Memory, recipe: Mapping[str, Any]) -> None:
        self._desk = desk
        self._memory = memory
        self._recipe = recipe
        self._told = 0

    def next(self, under_way: Sequence[int]) -> int | None:
        place = {**self._recipe, "told": self._told + 1}
        written = self._memory.recall(place)
        number: int | None
        if written is not None and written["number"] in under_way:
            number = written["number"]
        else:
            name = self._desk.first_done([f"t{number}" for number in sorted(under_way)])
            number = None if name is None else int(name.removeprefix("t"))
            if number is not None and written is None:
                self._memory.remember(place, {"number": number})
        self._told += 1
        return number


@dataclass(frozen=True)
class Bounds:
    """What the loop itself counts.

    Attributes:
        trials: the most trials to ask for; None for no bound.
        epochs: the most that one trial trains.
        total_epochs: the most of all trials together; None for no bound.
        in_flight: how many trials are under way at the same time.
        epochwise: whether a continued trial trains only the epochs that are new to it (`Learner.epochwise`).
    """

    trials: int | None
    epochs: int
    total_epochs: int | None
    in_flight: int
    epochwise: bool = True


class Loop:
    """One search, from the first trial to the last.

    First guesses are the first trials; the searcher learns how they ended, and is asked for the trials after them.
    """

    def __init__(
        self,
        thinking: Thinking,
        desk: Desk,
        configure: Callable[[int, int, Proposal], Configuration],
        bounds: Bounds,
        order: Order,
        guesses: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """``configure`` makes a trial: of its number, the number of the first trial of its chain, and the proposal.

        The searcher behind ``thinking`` was told to start.
        """
        self._thinking = thinking
        self._desk = desk
        self._configure = configure
        self._bounds = bounds
        self._order = order
        self._guesses = guesses
        self._told: list[TrialRecord] = []
        self._under_way: dict[int, Proposal] = {}
        self._first: dict[int, int] = {}
        """The first trial of each trial's chain."""
        self._reached: dict[int, int] = {}
        """Epochs of each told trial, counted from the first of its chain."""
        self._spent = 0
        """Epochs that told trials trained, each counted once; a failed trial counts as one at least."""
        self._held: Proposal | None = None
        """Asked for already, and waiting for epochs that trials under way may leave over."""
        self._stopped_by: StoppedBy | None = None

    def run(self, submitted: Sequence[str], late: Sequence[Configuration]) -> Ledger:
        """Ask and tell until the budget is spent or the searcher is done.

        Args:
            submitted: the baselines that were submitted already, by name. Baselines end beside the trials, for the
                searcher does not hear of them; the first one, which is cheap, is waited for at any cost, so that there
                is a model whatever happens.
            late: the baselines that are submitted once the first trials are under way.
        """
        finished: dict[str, TrialRecord | None] = {}  # of the baselines
        baselines = [*submitted, *(baseline.name for baseline in late)]
        waiting = self._fill()
        for baseline in late:
            self._desk.submit(baseline)
        while True:
            if not self._under_way:
                if waiting and self._stopped_by is None:
                    raise SearchError(f"{self._thinking.who} waits although every trial was told: it would never end")
                break
            number = self._order.next(list(self._under_way))
            ended = None if number is None else self._desk.first_done([f"t{number}"])
            for name in baselines:
                if name not in finished and self._desk.has_ended(name):
                    finished[name] = self._desk.result(name)
            record = None if ended is None else self._desk.result(ended)
            if record is None:
                self._stopped_by = "time"
                break
            self._tell(record)
            waiting = self._fill()
        for place, name in enumerate(baselines):
            if name not in finished:
                finished[name] = self._desk.result(name, at_any_cost=place == 0)
        self._desk.abandon()
        before = [record for name in baselines if (record := finished[name]) is not None]
        return Ledger([*before, *self._told], self._stopped_by or "tuner")

    def _fill(self) -> bool:
        """Submit trials until enough are under way; True if the next one has to wait for one of them."""
        while self._stopped_by is None and len(self._under_way) < self._bounds.in_flight:
            number = len(self._told) + len(self._under_way) + 1
            answer = self._next(number)
            if isinstance(answer, Wait):
                return True
            if isinstance(answer, Proposal):
                self._under_way[number] = answer
                first = number if answer.continues is None else self._first[answer.continues]
                self._first[number] = first
                self._desk.submit(self._configure(number, first, answer), reports=number > len(self._guesses))
            else:
                self._stopped_by = answer
        return False

    def _next(self, number: int) -> Proposal | Wait | StoppedBy:
        """What trial ``number`` is, or why there is none."""
        bounds = self._bounds
        if self._desk.is_over():
            return "time"
        if bounds.trials is not None and number > bounds.trials:
            return "trials"
        if bounds.total_epochs is not None and self._spent >= bounds.total_epochs:
            return "epochs"
        if self._held is None:
            answer = self._propose(number)
            if not isinstance(answer, Proposal):
                return answer
            self._held = answer
        affordable = self._afford(self._held)
        if isinstance(affordable, Proposal):
            self._held = None
        return affordable

    def _propose(self, number: int) -> Proposal | Wait | StoppedBy:
        if number <= len(self._guesses):
            return Proposal(self._guesses[number - 1])
        answer = self._desk.wait_for(self._thinking.ask(number))
        if answer is None:
            return "time"
        if isinstance(answer, Done):
            return "tuner"
        if not isinstance(answer, Proposal | Wait):
            raise SearchError(
                f"{self._thinking.who}: ask returned {type(answer).__name__}, expected a Proposal, WAIT or DONE"
            )
        return answer

    def _afford(self, proposal: Proposal) -> Proposal | Wait:
        """The proposal, if there are epochs for it whatever trials under way take; the last one gets what is left."""
        if self._bounds.total_epochs is None:
            return proposal
        left = self._bounds.total_epochs - self._spent - sum(map(self._cost, self._under_way.values()))
        if self._cost(proposal) <= left:
            return proposal
        if self._under_way:
            return WAIT
        return replace(proposal, epochs=(proposal.epochs or self._bounds.epochs) - self._cost(proposal) + left)

    def _cost(self, proposal: Proposal) -> int:
        """The most epochs that it trains itself."""
        return (proposal.epochs or self._bounds.epochs) - self._before(proposal)

    def _before(self, proposal: Proposal) -> int:
        """The epochs that it finds done."""
        return self._reached[proposal.continues] if proposal.continues is not None and self._bounds.epochwise else 0

    def _tell(self, record: TrialRecord) -> None:
        proposal = self._under_way.pop(record.number)
        self._told.append(record)
        self._reached[record.number] = record.epochs
        # Were failures free, a search of nothing but failures would have no end.
        self._spent += max(int(record.status == "failed"), record.epochs - self._before(proposal))
        outcome = Outcome(record.score, record.epochs, record.error, record.status == "pruned", record.excess)
        if record.number <= len(self._guesses):
            heard = self._thinking.learn(proposal.values, outcome)
        else:
            heard = self._thinking.tell(record.number, outcome)
        self._desk.wait_for(heard)
