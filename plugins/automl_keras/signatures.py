"""What decides a compiled epoch, and the few that a process keeps."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from automl_keras.losses import LossSpec
from automl_keras.optimizers import OptimizerChoice

if TYPE_CHECKING:
    from automl_keras.trainer import Program

Mode = Literal["xla", "graph", "fit"]

KEPT = 16
"""Programs kept by a process. Each holds one model, its optimizer's state and its traced functions: a few MB.

What XLA compiled is kept by TensorFlow until the process ends, evicted or not: measured 8 MB for each signature of a
small network (1.5 MB as a plain graph). Trainings of one signature after another take no more memory at all."""


@dataclass(frozen=True)
class OptimizerSignature:
    """An optimizer without the values of its dials.

    ``dials`` are names of parameters in force, ``switches`` names with their values; ``momentum_dial`` is the dial
    that the schedule moves, None where there is none.
    """

    keras: str
    dials: tuple[str, ...]
    switches: tuple[tuple[str, Any], ...]
    momentum_dial: str | None

    @classmethod
    def of(cls, choice: OptimizerChoice) -> OptimizerSignature:
        params = choice.chosen
        dials = tuple(params.dial_values())
        momentum = params.momentum_dial if params.momentum_dial in dials else None
        return cls(params.keras, dials, tuple(params.switch_values().items()), momentum)


@dataclass(frozen=True)
class Signature:
    """All that the compiled epoch depends on, and nothing that it takes as input.

    Not in it: initial weights, seeds, learning rates, decays, momenta, the data, the exact number of rows.

    Attributes:
        architecture: see `automl_keras.architecture`.
        batch: rows per step.
        steps: steps per epoch.
        mode: how the epoch is to be compiled.
        clip_norm: greatest norm of all gradients together, None for no clipping.
        averaged: whether the weights are averaged over the steps.
    """

    architecture: str
    optimizer: OptimizerSignature
    loss: LossSpec
    batch: int
    steps: int
    mode: Mode
    clip_norm: float | None = None
    averaged: bool = False


@functools.lru_cache(maxsize=KEPT)
def program(signature: Signature) -> Program:
    """The program of this signature: a new one, or one that an earlier training in this process left behind."""
    from automl_keras.trainer import Program

    return Program(signature)
