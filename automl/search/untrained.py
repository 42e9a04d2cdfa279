"""A search whose time was up before any network was trained: the error, and a time that would do."""

from __future__ import annotations

import math
import time

from automl.errors import UntrainedError
from automl.model import SearchResult

_LEAST = 60.0
"""Seconds to advise where no epoch was heard of: what a worker needs to load its engine and to compile, many times."""
_MARGIN = 2.0


class Pace:
    """How fast networks train, as far as the driver has heard of it."""

    def __init__(self, started: float) -> None:
        """``started`` is when the search began (of `time.monotonic`)."""
        self._started = started
        self._first: tuple[str, int, float] | None = None
        self._last = 0.0
        self._epochs = 0

    def hear(self, trial: str, epoch: int) -> None:
        """A network has trained an epoch; those of the trial that is heard of first tell the pace."""
        now = time.monotonic()
        if self._first is None:
            self._first = trial, epoch, now
        if trial == self._first[0] and epoch > self._epochs:
            self._epochs, self._last = epoch, now

    def enough(self, seconds: float, epochs: int, trainings: int) -> float:
        """Seconds that should do for one trial.

        Args:
            seconds: those that did not do.
            epochs: the most that one training trains.
            trainings: of one trial.
        """
        if self._first is None:
            return _rounded(max(_LEAST, 4 * seconds))
        _, first, at = self._first
        until_first = at - self._started
        each = (self._last - at) / (self._epochs - first) if self._epochs > first else until_first / 4
        return _rounded(_MARGIN * max(seconds, until_first + each * epochs * trainings))

    def told(self) -> str:
        """How far the first trial came."""
        done = f"{self._epochs} epochs" if self._epochs != 1 else "1 epoch"
        return f"{self._first[0]} had trained {done}" if self._first else "the first one had not trained an epoch yet"


def untrained(
    stage: str, seconds: float, needed: float, pace: Pace, baselines: SearchResult | None, *, beside: float = 0.0
) -> UntrainedError:
    """The error of a search that ended by its time without a network.

    Args:
        stage: the search.
        seconds: what it had.
        needed: what would do.
        pace: what the time went into.
        baselines: what the baselines came to.
        beside: what the rest of a run takes that is bounded as a whole; 0 where the search alone is bounded.
    """
    would_do = f"--time {needed:g}s, or budget.time: {needed:g}s in the file"
    if beside:
        would_do = f"--force --time {_rounded(needed + beside):g}s"  # the file of the first call is there by now
    return UntrainedError(
        f"stages.{stage}: no network was trained: the search's {seconds:.3g} s were over before one was done, "
        f"{pace.told()}; mend: {would_do}; what was finished is remembered",
        stage=stage,
        seconds=needed,
        result=baselines,
    )


def _rounded(seconds: float) -> float:
    """Up to a time that a person would write: whole tens of seconds, or minutes."""
    step = 10.0 if seconds <= 120 else 60.0
    return math.ceil(seconds / step) * step
