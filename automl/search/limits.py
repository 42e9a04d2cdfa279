"""Bounds of a search."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that hold for every trial, and for all together.

    Attributes:
        epochs: the schedule's horizon.
        patience: of early stopping.
        parameters: the most numbers that a network may learn.
        seconds: from the search's start, which is at ``started`` (of `time.monotonic`).
        pack: how many trainings a worker may be handed at once.
    """

    epochs: int
    patience: int | None = None
    parameters: int | None = None
    seconds: float | None = None
    started: float = 0.0
    pack: int = 1

    def seconds_left(self) -> float | None:
        return None if self.seconds is None else max(0.0, self.started + self.seconds - time.monotonic())
