"""A searcher that proposes what it is told to."""

from __future__ import annotations

from typing import ClassVar

from automl import params as parameters
from automl.params import param
from automl.search.contracts import DONE, WAIT, Brief, Done, Outcome, Proposal, Searcher, Wait


class ScriptedSearcherParams(parameters.Params):
    proposals: tuple[Proposal, ...] = param((), description="What to propose, in order; after the last it is done.")
    wait_for: dict[int, int] = param(
        {}, description="Trial number to the number of the trial that must have been told before it is proposed."
    )


class ScriptedSearcher(Searcher):
    """Proposes from a script, and remembers what it heard.

    Attributes:
        brief: what ``start`` was given.
        asked: the numbers that were asked for, in order; twice where it answered Wait.
        told: every number and outcome, in order.
    """

    id: ClassVar[str] = "scripted"
    stochastic: ClassVar[bool] = False
    Params: ClassVar[type[parameters.Params]] = ScriptedSearcherParams

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self.brief: Brief | None = None
        self.asked: list[int] = []
        self.told: list[tuple[int, Outcome]] = []

    def start(self, brief: Brief) -> None:
        self.brief = brief

    def ask(self, number: int) -> Proposal | Wait | Done:
        self.asked.append(number)
        proposals: tuple[Proposal, ...] = self.params.proposals
        if number > len(proposals):
            return DONE
        needed = self.params.wait_for.get(number)
        if needed is not None and all(told != needed for told, _ in self.told):
            return WAIT
        return proposals[number - 1]

    def tell(self, number: int, outcome: Outcome) -> None:
        self.told.append((number, outcome))
