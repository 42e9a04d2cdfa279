"""Learning-rate schedules, per step.

A schedule gives a factor on the learning rate for each step ``t`` (from 0) of a training of ``T`` steps, where ``T``
is the budget's epochs times the steps of an epoch. The compiled epoch takes its rates as a vector, so that no
schedule is part of what is compiled. Formulas: Géron, Hands-On Machine Learning, chapter 11, unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.alternatives import Alternatives
from automl.params import Params, param
from automl_keras.precision import Precision


class Schedule(Params):
    """Base of all: factors that depend on nothing but the step."""

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:
        """Factor on the learning rate at each of the steps ``t`` (int64 [steps]); float64 of the same shape."""
        raise NotImplementedError

    def momenta(self, t: np.ndarray, horizon: int) -> np.ndarray | None:  # noqa: ARG002 - most leave it alone
        """Momentum at each step, or None where the schedule leaves it as the optimizer has it."""
        return None


class Constant(Schedule):
    """The same rate throughout."""

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:  # noqa: ARG002
        return np.ones(len(t))


class Exponential(Schedule):
    """0.1 ** (t / s): a tenth every ``s`` steps."""

    period: float = param(
        1.0,
        description="s, the steps in which the rate falls to a tenth, as a share of the training.",
        tune={"float": [0.3, 2.0], "log": True},
        gt=0.0,
        le=100.0,
    )

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:
        return 0.1 ** (t / (self.period * horizon))


class Power(Schedule):
    """1 / (1 + t / s) ** c: falls fast at first, then ever slower."""

    period: float = param(
        0.1,
        description="s, the steps after which the rate is halved (with c = 1), as a share of the training.",
        tune={"float": [0.02, 0.5], "log": True},
        gt=0.0,
        le=100.0,
    )
    power: float = param(1.0, description="c, the exponent.", tune=[0.5, 1.0, 2.0], gt=0.0, le=10.0)

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:
        return (1.0 + t / (self.period * horizon)) ** -self.power


class Cosine(Schedule):
    """floor + (1 - floor) * (1 + cos(pi * t / T)) / 2 (Loshchilov and Hutter 2017, without restarts)."""

    floor: float = param(
        0.0, description="The last rate as a share of the first.", tune=[0.0, 0.01, 0.1], ge=0.0, lt=1.0
    )

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:
        wave = (1.0 + np.cos(np.pi * np.minimum(t / horizon, 1.0))) / 2.0
        return self.floor + (1.0 - self.floor) * wave


class OneCycle(Schedule):
    """Up linearly to the rate and down again, then orders of magnitude lower; momentum mirrors it (Smith 2018).

    With ``last`` a share of the steps kept for the end and h = (1 - last) * T / 2, the factor goes from ``start`` at
    0 to 1 at h, back to ``start`` at 2h, and to ``start / 1000`` at T. Momentum (Adam's and its kin's beta_1) goes
    from the high value down to the low one and back, and stays there. Optimizers without momentum keep none.
    """

    start: float = param(0.1, description="First rate as a share of the top.", tune=[0.04, 0.1], gt=0.0, lt=1.0)
    last: float = param(
        0.1, description="Share of the steps in which the rate falls to a thousandth.", tune=[0.05, 0.1], gt=0.0, lt=1.0
    )
    momentum_low: float = param(0.85, description="Momentum at the top of the rate.", ge=0.0, lt=1.0)
    momentum_high: float = param(0.95, description="Momentum at both ends.", ge=0.0, lt=1.0)

    def factors(self, t: np.ndarray, horizon: int) -> np.ndarray:
        half = (1.0 - self.last) * horizon / 2.0
        return np.interp(t, [0.0, half, 2.0 * half, horizon], [self.start, 1.0, self.start, self.start / 1000.0])

    def momenta(self, t: np.ndarray, horizon: int) -> np.ndarray:
        half = (1.0 - self.last) * horizon / 2.0
        return np.interp(t, [0.0, half, 2.0 * half], [self.momentum_high, self.momentum_low, self.momentum_high])


class Performance(Constant):
    """Multiplied by ``factor`` after ``patience`` epochs without a better validation loss (training loss without)."""

    factor: float = param(0.5, description="What the rate is multiplied with.", tune=[0.1, 0.3, 0.5], gt=0.0, lt=1.0)
    patience: int = param(5, description="Epochs without improvement before that.", tune=[3, 5, 10], ge=1)
    min_delta: float = param(1e-4, description="A smaller gain is no improvement.", ge=0.0)
    floor: float = param(1e-3, description="The lowest rate as a share of the first.", ge=0.0, lt=1.0)


class ScheduleChoice(Alternatives):
    """How the learning rate changes in the course of a training."""

    constant: Constant | None = param(None, description="No change.")
    exponential: Exponential | None = param(None, description="A tenth every s steps.")
    power: Power | None = param(None, description="1 / (1 + t/s)^c.")
    one_cycle: OneCycle | None = param(None, description="Up, down, and far down.")
    cosine: Cosine | None = param(None, description="Half a cosine wave.")
    performance: Performance | None = param(None, description="Lower on a plateau of the validation loss.")


class RatePlan:
    """The rates of one training: a schedule, a warm-up in front of it, and what a plateau has done so far.

    The warm-up rises linearly over the first ``warmup * T`` steps; the schedule then runs over the steps that are left.
    """

    def __init__(
        self,
        rate: float,
        schedule: Schedule,
        warmup: float,
        steps: int,
        epochs: int,
        precision: Precision = "float32",
    ) -> None:
        self._precision = precision
        self._rate = rate
        self._schedule = schedule
        self._steps = steps
        self._warmup = round(warmup * steps * epochs)
        self._horizon = max(steps * epochs - self._warmup, 1)
        self._scale = 1.0
        self._best = math.inf
        self._waited = 0

    def rates(self, epoch: int) -> np.ndarray:
        """Learning rates of the steps of ``epoch`` (from 0); [steps] of the precision."""
        t, scheduled = self._time(epoch)
        rising = np.minimum(1.0, (t + 1.0) / self._warmup) if self._warmup else 1.0
        factors = self._schedule.factors(scheduled, self._horizon)
        return (self._rate * self._scale * rising * factors).astype(self._precision)

    def momenta(self, epoch: int) -> np.ndarray | None:
        """Momenta of the steps of ``epoch``, [steps] of the precision; None where the schedule does not set them."""
        momenta = self._schedule.momenta(self._time(epoch)[1], self._horizon)
        return None if momenta is None else momenta.astype(self._precision)

    def _time(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        t = epoch * self._steps + np.arange(self._steps, dtype=np.int64)
        return t, np.maximum(t - self._warmup, 0)

    def observe(self, loss: float) -> None:
        """Hear of an epoch's validation loss; only the performance schedule listens."""
        if not isinstance(self._schedule, Performance):
            return
        if loss < self._best - self._schedule.min_delta:
            self._best, self._waited = loss, 0
            return
        self._waited += 1
        if self._waited >= self._schedule.patience:
            self._scale = max(self._scale * self._schedule.factor, self._schedule.floor)
            self._waited = 0

    def state(self) -> dict[str, float]:
        return {"scale": self._scale, "best": self._best, "waited": self._waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._scale, self._best, self._waited = state["scale"], state["best"], state["waited"]
