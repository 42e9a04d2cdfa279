"""Random search: every trial an independent draw from the space.

J. Bergstra and Y. Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13, 2012.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from automl import params as parameters
from automl.fingerprint import digest, seed_from
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal, Searcher

_REDRAWS = 1000
"""Draws without anything new after which a space counts as exhausted.

Of a space with 100 equally likely configurations the last is then missed with a probability of 4e-5. A thousand
draws from a space of five dimensions take about a tenth of a second, and happen only at the end of a small space.
"""


class RandomSearch(Searcher):
    """Random search: independent draws, no configuration twice.

    The draw of trial k depends on the seed and on k, and on earlier trials only where it would repeat one of them:
    a longer search begins with the trials of the shorter one. Done after ``trials``, or when a space with few
    configurations is used up.
    """

    id: ClassVar[str] = "random"

    def __init__(self, params: parameters.Params | None = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        self._seen: set[str] = set()

    def start(self, brief: Brief) -> None:
        self._brief = brief
        for guess in brief.guesses:
            self._know(guess)

    def ask(self, number: int) -> Proposal | Done:
        brief = self._brief
        if brief.trials is not None and number > brief.trials:
            return DONE
        for redraw in range(_REDRAWS):
            seed = seed_from(brief.seed, "redraw", redraw) if redraw else brief.seed
            values = brief.space.sample(seed, number)
            if (key := digest(values)) not in self._seen:
                self._seen.add(key)
                return Proposal(values)
        return DONE

    def tell(self, number: int, outcome: Outcome) -> None:
        """Nothing to learn from it."""

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:  # noqa: ARG002 - the score does not matter
        self._know(values)

    def _know(self, values: Mapping[str, Any]) -> None:
        active = self._brief.space.active(values)
        self._seen.add(digest({d.name: d.domain.settle(values[d.name]) for d in active}))
