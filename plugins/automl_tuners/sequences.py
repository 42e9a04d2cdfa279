"""Searchers that go by a plan made beforehand and learn nothing from scores: a grid, and Sobol's sequence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from automl.advice.findings import Finding
from automl.errors import SearchError
from automl.fingerprint import seed_from
from automl.params import Params, param
from automl.search.contracts import DONE, Brief, Done, Outcome, Proposal, Searcher
from automl.search.space import Space
from automl_tuners.axes import Axis, Code, axes_of, decode, encode
from automl_tuners.grids import Grid, Ladder, is_endless, spaced
from automl_tuners.proposed import Proposed, place_codes

_RESOLUTION = "tuner: {use: grid, with: {resolution: 5}}, or a step in the range"
_SHOWN = 4
"""Dimensions that a message names."""

_SOBOL_DIMENSIONS = 21_201
"""So many directions are tabulated (Joe and Kuo, 2008)."""

_BITS = 30
"""Of a point of Sobol's sequence, in each dimension: scipy's own, enough for 2 ** 30 trials."""


def too_many_for_sobol(space: Space) -> Iterable[Finding]:
    """An error, if Sobol's sequence has fewer dimensions than the space."""
    if len(space) > _SOBOL_DIMENSIONS:
        yield Finding(
            f"Sobol's sequence has {_SOBOL_DIMENSIONS:,} dimensions, and the space {len(space):,}",
            mend="tuner: random, or optuna.qmc with sequence: halton",
            severity="error",
        )


class PlannedSearcher(Searcher):
    """Goes through a sequence of configurations and leaves out those that came before."""

    def start(self, brief: Brief) -> None:
        self._brief = brief
        self._axes = axes_of(brief.space)
        self._proposed = Proposed(self._axes, brief.guesses)

    @abstractmethod
    def next_codes(self) -> Mapping[str, Code] | None:
        """The next configuration that was not proposed or learned before; None if there are no more."""

    def ask(self, number: int) -> Proposal | Done:
        if self._brief.trials is not None and number > self._brief.trials:
            return DONE
        codes = self.next_codes()
        return DONE if codes is None else Proposal(decode(self._axes, codes))

    def tell(self, number: int, outcome: Outcome) -> None:
        """Nothing to learn from it."""

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:  # noqa: ARG002 - the score does not matter
        self._proposed.add(encode(self._axes, values))


class GridParams(Params):
    resolution: int | None = param(
        None,
        ge=2,
        description="Points of a continuous dimension, both ends included, evenly spaced (in the logarithm, if it is "
        "log); null refuses continuous dimensions.",
    )
    shuffle: bool = param(
        False,
        description="Go through the grid in an order drawn by the seed, so that the first trials of it are a "
        "fair sample; else the last dimension varies fastest.",
    )


class GridSearch(PlannedSearcher):
    """All combinations, conditions heeded, each once.

    A grid is as large as it is: nothing of it is kept, and a search that its budget cuts short has its first trials.
    """

    id = "grid"
    Params = GridParams

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"resolution": 2}, {"resolution": 3, "shuffle": True}]

    @classmethod
    def unfit(cls, params: Any, space: Space, trials: int | None, epochs: int, folds: int) -> Iterable[Finding]:
        """An endless range without a resolution; a budget that leaves some dimensions at their first values."""
        axes = axes_of(space)
        if (refused := _refused(axes, params.resolution)) is not None:
            yield Finding(refused, mend=_RESOLUTION, severity="error")
            return
        ladders = [spaced(axis, params.resolution) for axis in axes]
        size = Grid(ladders).size
        if trials is None or size <= trials or params.shuffle:
            return
        still = _never_varied(ladders, trials)
        if still:
            given = f"resolution: {params.resolution}, " if params.resolution else ""
            yield Finding(
                f"the grid has {size:,} combinations, and the budget ends after {trials:,}",
                reason=f"the last dimension varies fastest, so that {_listed(still)} never "
                f"{'leaves its' if len(still) == 1 else 'leave their'} first value",
                mend=f"tuner: {{use: grid, with: {{{given}shuffle: true}}}}, fewer values, or a larger budget",
            )

    def start(self, brief: Brief) -> None:
        super().start(brief)
        if (refused := _refused(self._axes, self.params.resolution)) is not None:
            raise SearchError(f"{refused}; mend: {_RESOLUTION}")
        self._grid = Grid([spaced(axis, self.params.resolution) for axis in self._axes])
        self._at = 0
        self._moved: dict[int, int] = {}

    def next_codes(self) -> Mapping[str, Code] | None:
        while self._at < self._grid.size:
            codes = self._grid.at(self._place())
            self._at += 1
            if self._proposed.add(codes):
                return codes
        return None

    def _place(self) -> int:
        """The next place in the grid; shuffled, by the steps of Fisher and Yates on a list that is never written."""
        here = self._at
        if not self.params.shuffle:
            return here
        other = Random(seed_from(self._brief.seed, self.id, here)).randrange(here, self._grid.size)  # noqa: S311
        place = self._moved.get(other, other)
        self._moved[other] = self._moved.get(here, here)
        return place


def _refused(axes: Sequence[Axis], resolution: int | None) -> str | None:
    endless = [axis.name for axis in axes if is_endless(axis)]
    if not endless or resolution is not None:
        return None
    return f"grid: {', '.join(endless)}: expected ranges with an end to their values, found continuous ones"


def _never_varied(ladders: Sequence[Ladder], trials: int) -> list[str]:
    """The dimensions that are always active and have one value in the first so many combinations."""
    grid = Grid(ladders)
    last = grid.at(trials - 1)
    return [
        ladder.axis.name
        for place, ladder in enumerate(ladders)
        if not ladder.axis.conditions
        and len(ladder.codes) > 1
        and all(last.get(before.axis.name) in (None, before.codes[0]) for before in ladders[: place + 1])
    ]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


class SobolSearch(PlannedSearcher):
    """Sobol's sequence, scrambled by the seed: fills the space more evenly than random points.

    Sobol, 1967; Owen, "Scrambling Sobol and Niederreiter-Xing points", J. Complexity 14, 1998. Each dimension has a
    coordinate of its own, also where a condition switches it off. Most even at 2, 4, 8, ... trials.
    """

    id = "sobol"

    @classmethod
    def unfit(cls, params: Any, space: Space, trials: int | None, epochs: int, folds: int) -> Iterable[Finding]:
        """More dimensions than the sequence has."""
        return too_many_for_sobol(space)

    def start(self, brief: Brief) -> None:
        super().start(brief)
        if self._axes:
            import numpy as np
            from scipy.stats.qmc import Sobol

            rng = np.random.default_rng(seed_from(brief.seed, self.id))
            self._points = Sobol(len(self._axes), scramble=True, bits=_BITS, rng=rng)

    def next_codes(self) -> Mapping[str, Code] | None:
        return self._proposed.find_new(self._draw)

    def _draw(self) -> dict[str, Code]:
        if not self._axes:
            return {}
        point = self._points.random(1)[0]
        return place_codes(self._axes, lambda place: float(point[place]))
