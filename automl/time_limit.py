"""The time that a whole run may take, and how much of it a search may use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_CLOSING = 8.0
"""Seconds from the end of a search to that of the run that do not depend on the table, on an idle machine: the engine's
start on the driver, the report, the tracker, ending the workers."""
_LOOKS = 2.0
"""After its search a run replays the pipeline for the evaluation and for the saved model: so many readings' worth."""
_MOST_SLOWNESS = 4.0
_SMALLEST_SHARE = 0.25
"""A search gets at least this share of what is left, for the rest is told too long rather than too short; nothing where
less than half is left of what the rest seems to take."""


@dataclass(frozen=True)
class TimeLimit:
    """A bound for a run as a whole.

    It is kept by ending searches early enough: what comes before is over when they begin, and what comes after them
    can be estimated. A training under way ends after its epoch, so that a run may end a little later.

    Attributes:
        seconds: how long the run may take.
        began: moment of `time.monotonic` from which they count.
    """

    seconds: float
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until the limit; negative once it has passed."""
        return self.began + self.seconds - time.monotonic()

    def for_searching(self, reading: float) -> float:
        """The moment of `time.monotonic` at which a search that begins now has to end.

        Args:
            reading: the seconds that reading the table took.
        """
        left = self.left()
        closing = (_CLOSING + _LOOKS * reading) * self._slowness()
        least = _SMALLEST_SHARE * left if left > closing / 2 else 0.0
        return time.monotonic() + max(left - closing, least)

    def beside(self, deadline: float) -> float:
        """What is not for a search that begins now and has to end by ``deadline``: seconds before and after it."""
        return self.seconds - max(deadline - time.monotonic(), 0.0)

    def _slowness(self) -> float:
        """By how much the clock runs ahead of the processor: on a busy machine more than 1."""
        elapsed = time.monotonic() - self.began
        return min(max(1.0, elapsed / max(time.process_time(), 0.1)), _MOST_SLOWNESS)
