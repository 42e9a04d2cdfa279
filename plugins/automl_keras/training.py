"""One training of one network, driven by the kernel epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.errors import StageError
from automl.learning import Epoch, Training
from automl_keras.batches import Batches, LabelledRows
from automl_keras.fitted import NetworkFitted
from automl_keras.schedules import RatePlan
from automl_keras.signatures import Mode
from automl_keras.targets import TargetCode
from automl_keras.trainer import Pace, Program, Seat


@dataclass(frozen=True)
class Dials:
    """Values of the optimizer's dials; ``momentum`` is the one that a schedule may move (0 where there is none)."""

    values: Mapping[str, float]
    momentum: float


class NetworkTraining(Training):
    """Owns a seat in a program that other trainings of the same signature may use between its epochs."""

    def __init__(
        self,
        program: Program,
        initial: Sequence[np.ndarray],
        batches: Batches,
        valid: LabelledRows | None,
        rates: RatePlan,
        dials: Dials,
        code: TargetCode,
        columns: Sequence[str],
    ) -> None:
        self._program = program
        self._seat: Seat = program.seat(initial)
        self._batches = batches
        self._valid = valid
        self._rates = rates
        self._dials = dials
        self._code = code
        self._columns = list(columns)
        self._epochs = 0
        self._best: list[np.ndarray] | None = None

    @property
    def mode(self) -> Mode:
        """How epochs run: ``xla``, ``graph`` or ``fit``. Final once the first epoch is done."""
        return self._program.mode

    def epoch(self) -> Epoch:
        """Metrics: ``loss``, ``valid_loss`` (with validation rows), ``learning_rate`` of the last step.

        Losses are in the loss' own unit: of the standardised target for a regression. A loss that is not finite is
        returned like any other.
        """
        rates = self._rates.rates(self._epochs)
        momenta = self._rates.momenta(self._epochs)
        if momenta is None:
            momenta = np.full(len(rates), self._dials.momentum, dtype=np.float32)
        with self._program.lent_to(self._seat):
            loss = self._program.train(
                self._batches, self._batches.visit(self._epochs), Pace(rates, momenta, self._dials.values)
            )
            outputs = None if self._valid is None else self._program.predict(self._valid.features)
        self._epochs += 1
        metrics = {"loss": loss, "learning_rate": float(rates[-1])}
        if self._valid is None or outputs is None:
            self._rates.observe(loss)
            return Epoch(metrics)
        losses = self._program.row_losses(self._valid.target, outputs)
        metrics["valid_loss"] = float(np.average(losses, weights=self._valid.weight))
        self._rates.observe(metrics["valid_loss"])
        return Epoch(metrics, self._code.decode(outputs))

    def mark(self) -> None:
        self._best = self._weights()

    def finish(self) -> NetworkFitted:
        code = self._code
        return NetworkFitted(
            columns=self._columns,
            kind=code.kind,
            classes=list(code.classes),
            center=list(code.center),
            scale=list(code.scale),
            names=list(code.columns),
            architecture=self._program.signature.architecture,
            weights=self._best if self._best is not None else self._weights(),
        )

    def _weights(self) -> list[np.ndarray]:
        with self._program.lent_to(self._seat):
            return self._program.weights()

    def state(self) -> Mapping[str, Any]:
        """Epochs done, the model's weights and seeds, the optimizer's variables, the schedule, the marked weights."""
        with self._program.lent_to(self._seat):
            values = self._program.read()
        return {"epochs": self._epochs, "values": values, "best": self._best, "rates": self._rates.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises StageError if the state is of another architecture or optimizer."""
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
