"""One training of one network, driven by the kernel epoch by epoch."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from automl.errors import StageError
from automl.learning import Epoch, Training
from automl_keras.batches import Batches, LabelledRows
from automl_keras.fitted import NetworkFitted
from automl_keras.schedules import RatePlan
from automl_keras.signatures import Mode, Signature, program
from automl_keras.targets import TargetCode
from automl_keras.trainer import Pace, Program, Seat


@dataclass(frozen=True)
class Dials:
    """Values of a signature's dials; ``momentum`` is the one that a schedule may move (0 where there is none)."""

    values: Mapping[str, float]
    momentum: float


class NetworkTraining(Training):
    """Owns a seat in a program that other trainings of the same signature may use between its epochs."""

    def __init__(
        self,
        signature: Signature,
        initial: Sequence[np.ndarray],
        batches: Batches,
        valid: LabelledRows | None,
        rates: RatePlan,
        dials: Dials,
        code: TargetCode,
        columns: Sequence[str],
        architecture: str,
    ) -> None:
        """A training at its start.

        Args:
            signature: of the program that trains it, which others share.
            initial: values for the model's variables.
            batches: training rows, in the signature's precision.
            valid: validation rows, likewise.
            rates: learning rates; told of every epoch's validation loss.
            dials: what the signature's dials stand at.
            code: how the target is put to the network.
            columns: the features' names, in the order of the network's inputs.
            architecture: the model as plain text, for the finished model.
        """
        self._signature = signature
        self._seat = Seat(initial)
        self._batches = batches
        self._valid = valid
        self._valid_blocks: list[tf.Tensor] = []
        self._rates = rates
        self._dials = dials
        self._code = code
        self._columns = list(columns)
        self._architecture = architecture
        self._epochs = 0
        self._best: list[np.ndarray] | None = None

    @functools.cached_property
    def _program(self) -> Program:
        return program(self._signature)

    @property
    def mode(self) -> Mode:
        """How epochs run: ``xla``, ``graph`` or ``fit``. Final once it is prepared."""
        return self._program.mode

    def prepare(self) -> None:
        """Trace and compile the epoch and the validation, unless an earlier training of the signature did."""
        with self._program.lent_to(self._seat):
            self._program.prepare(self._batches)
            if self._valid is not None and not self._valid_blocks:
                forward = self._program.forward
                self._valid_blocks = forward.blocks(self._valid.features)
                forward.run(self._valid_blocks[:1], 1)

    def epoch(self) -> Epoch:
        """Metrics: ``loss``, ``valid_loss`` (with validation rows), ``learning_rate`` of the last step.

        Losses are in the loss' own unit: of the standardised target for a regression. A loss that is not finite is
        returned like any other.
        """
        self.prepare()
        rates = self._rates.rates(self._epochs)
        momenta = self._rates.momenta(self._epochs)
        if momenta is None:
            momenta = np.full(len(rates), self._dials.momentum, dtype=rates.dtype)
        with self._program.lent_to(self._seat):
            loss = self._program.train(
                self._batches, self._batches.visit(self._epochs), Pace(rates, momenta, self._dials.values)
            )
            if self._valid is not None:
                outputs = self._program.predict(self._valid_blocks, len(self._valid))
                losses = self._program.row_losses(self._valid.target, outputs)  # here, for it reads dials of the loss
        self._epochs += 1
        metrics = {"loss": loss, "learning_rate": float(rates[-1])}
        if self._valid is None:
            self._rates.observe(loss)
            return Epoch(metrics)
        metrics["valid_loss"] = float(np.average(losses, weights=self._valid.weight))
        self._rates.observe(metrics["valid_loss"])
        return Epoch(metrics, self._code.decode(outputs))

    def mark(self) -> None:
        self._best = self._weights()

    def finish(self) -> NetworkFitted:
        weights = self._best if self._best is not None else self._weights()
        return NetworkFitted.of(self._code, self._columns, self._architecture, weights, self._signature.precision)

    def _weights(self) -> list[np.ndarray]:
        with self._program.lent_to(self._seat):
            return self._program.weights()

    def state(self) -> Mapping[str, Any]:
        """Epochs done, the model's weights and seeds, the optimizer's variables, the schedule, the marked weights."""
        with self._program.lent_to(self._seat):
            values = self._program.read()
        return {
            "epochs": self._epochs,
            "mode": self._signature.mode,
            "values": values,
            "best": self._best,
            "rates": self._rates.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises StageError if the state is of another architecture or optimizer.

        Epochs go on to run as they did, also where a longer training would have begun otherwise: the optimizer's
        state depends on it, and what was compiled for a shorter training is likely to be at hand.
        """
        self._signature = replace(self._signature, mode=state["mode"])
        self.__dict__.pop("_program", None)
        self._program.prepare(self._batches)  # so that it has fallen back, if it must, as the earlier one had
        values = [np.asarray(value) for value in state["values"]]
        found = [value.shape for value in values]
        expected = [tuple(variable.shape) for variable in self._program.variables]
        if found != expected:
            raise StageError(
                f"cannot continue: the state has {len(found)} arrays, which are not the {len(expected)} of this "
                "network and optimizer; mend: continue with the parameters that the state was left by"
            )
        self._seat = Seat(values)
        self._epochs = int(state["epochs"])
        self._best = state["best"]
        self._rates.restore(state["rates"])
