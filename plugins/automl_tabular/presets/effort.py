"""How much a preset may spend, and what a training costs."""

from __future__ import annotations

from dataclasses import dataclass

_FLOPS = 8e9
"""Floating-point operations a second of one core in a training step (a Xeon of 2.1 GHz, rounded down)."""
_STEP = 40e-6
"""Seconds a step costs besides its arithmetic: the loop, the optimizer, the shuffling."""
COMPILE_SECONDS = 1.5
"""Seconds until the first step of an architecture that was not compiled before."""


@dataclass(frozen=True)
class Effort:
    """What distinguishes the presets.

    Attributes:
        seconds: of search.
        trials: the most trials where no time is asked for: a small table is through long before the preset's time is
            up. Whoever asks for a time is given trials until it is over.
        full_trials: whole trainings for which there shall be time; sizes of networks and epochs follow from it.
        epochs: the most epochs of a training.
        patience: epochs without a better score after which a training stops.
        folds: of a table too small for one validation part.
        breadth: how far the space reaches: 1 tunes the dials that matter most, 3 all that are worth it.
        tuners: searchers in order of preference, with what is said of each.
    """

    seconds: float
    trials: int
    full_trials: int
    epochs: int
    patience: int
    folds: int
    breadth: int
    tuners: tuple[tuple[str, str], ...]


_WARM_UP = 12.0
"""Seconds of a search in which no network trains yet: workers load the engine, and the baselines come first."""


def training_seconds(seconds: float) -> float:
    """What of a search's seconds is left for training networks: at least half."""
    return max(seconds - _WARM_UP, seconds / 2)


def epoch_seconds(rows: int, inputs: int, depth: int, width: int, batch: int) -> float:
    """A rough time of one epoch on one core: 6 operations for each row and weight, and the steps."""
    weights = inputs * width + (depth - 1) * width**2 + width
    return 6.0 * rows * weights / _FLOPS + rows / batch * _STEP


def epochs_within(seconds: float, epoch: float, trainings: int, most: int) -> int:
    """How many epochs each of so many trainings can have in these seconds of one core, from 5 to ``most``."""
    each = seconds / max(trainings, 1) - COMPILE_SECONDS
    return int(min(max(each / max(epoch, 1e-6), 5), most))
