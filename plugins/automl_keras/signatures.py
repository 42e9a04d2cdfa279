"""What decides a compiled epoch, and the few that a process keeps."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from automl_keras.optimizers import OptimizerChoice
from automl_keras.precision import Precision
from automl_keras.specs import LossSpec, OptimizerSpec

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from automl_keras.trainer import Program

Mode = Literal["xla", "graph", "fit"]

KEPT = 64
"""Programs kept by a process; each holds one model, its optimizer's state and its traced functions, about 3 MB.

Building one anew costs more than keeping it: what was compiled is kept by TensorFlow until the process ends, evicted or
not (`benchmarks/memory.py`). Trainings of one signature after another take no more memory at all."""


@dataclass(frozen=True)
class OptimizerSignature:
    """One of our optimizers without the values of its dials.

    ``name`` is the class in ``keras.optimizers``, ``dials`` are names of numbers in force, ``switches`` names with
    their values; ``momentum_dial`` is the dial that the schedule moves, None where there is none. ``clip_norm`` and
    ``ema_momentum`` among the dials switch clipping and averaging on.
    """

    name: str
    dials: tuple[str, ...]
    switches: tuple[tuple[str, Any], ...]
    momentum_dial: str | None

    @classmethod
    def of(cls, choice: OptimizerChoice, clip_norm: float | None = None, ema: float | None = None) -> Self:
        params = choice.chosen
        extras = [name for name, value in (("clip_norm", clip_norm), ("ema_momentum", ema)) if value is not None]
        dials = (*params.dial_values(), *extras)
        momentum = params.momentum_dial if params.momentum_dial in dials else None
        return cls(params.keras, dials, tuple(params.switch_values().items()), momentum)

    @property
    def averaged(self) -> bool:
        return "ema_momentum" in self.dials

    @property
    def elementwise(self) -> bool:
        """All that `automl_keras.optimizers` offers are."""
        return not self.averaged

    def build(
        self, weights: Sequence[keras.Variable], dials: Mapping[str, tf.Variable], *, carried: bool = False
    ) -> keras.optimizers.Optimizer:
        """See `OptimizerSpec`."""
        from automl_keras.dials import build_optimizer

        own = {name: dials[name] for name in self.dials}
        return build_optimizer(self.name, dict(self.switches), weights, own, carried=carried)


@dataclass(frozen=True)
class Signature:
    """All that the compiled epoch depends on, and nothing that it takes as input.

    Not in it: initial weights, seeds, learning rates, whatever the specs and the architecture read from dials, the
    data, the exact number of rows.

    Attributes:
        architecture: see `automl_keras.architecture.Architecture.dialled`; or the plain text, with no dials.
        architecture_dials: how many dials the architecture reads.
        batch: rows per step.
        steps: steps per epoch.
        mode: how the epoch is to be compiled.
        precision: of weights, data, dials and all arithmetic.
    """

    architecture: str
    architecture_dials: int
    optimizer: OptimizerSpec
    loss: LossSpec
    batch: int
    steps: int
    mode: Mode
    precision: Precision = "float32"

    @property
    def dials(self) -> tuple[str, ...]:
        """Names of all dials: the architecture's, the optimizer's, the loss'."""
        return (*network_dials(self.architecture_dials), *self.optimizer.dials, *self.loss.dials)


def network_dials(count: int) -> tuple[str, ...]:
    """Names of an architecture's dials, in its order."""
    return tuple(f"network_{number}" for number in range(count))


@functools.lru_cache(maxsize=KEPT)
def program(signature: Signature) -> Program:
    """The program of this signature: a new one, or one that an earlier training in this process left behind."""
    from automl_keras.trainer import Program

    return Program(signature)
