"""Optimizers by name, with their parameters.

What a search varies from trial to trial must not cost a new compilation. So each optimizer says which of its
parameters are *dials*, numbers that the compiled function reads from variables, and which are *switches*, values
that decide what is computed and therefore belong to the signature of the compiled function.
"""

from __future__ import annotations

from typing import Any, ClassVar

from automl.alternatives import Alternatives
from automl.params import Params, param

_RATE = "Step size at the top of the schedule; absent, the learner's learning_rate, else this optimizer's default."
_ADAPTIVE_RATES = {"float": [1e-4, 1e-2], "log": True}
_DECAYS = {"float": [1e-5, 1e-1], "log": True}


class OptimizerParams(Params):
    """Base of all.

    Class attributes:
        keras: the class in ``keras.optimizers``.
        default_rate: learning rate where neither the optimizer nor the learner is given one.
        dials: parameters that are variables of the compiled function.
        absent_at_zero: dials whose value 0 means that their part of the update is not computed at all.
        switches: parameters that decide what is computed.
        momentum_dial: the dial that one_cycle moves against the learning rate, if any.
    """

    keras: ClassVar[str]
    default_rate: ClassVar[float] = 1e-3
    dials: ClassVar[tuple[str, ...]] = ()
    absent_at_zero: ClassVar[frozenset[str]] = frozenset()
    switches: ClassVar[tuple[str, ...]] = ()
    momentum_dial: ClassVar[str | None] = None

    learning_rate: float | None = param(None, description=_RATE, tune=_ADAPTIVE_RATES, gt=0.0, le=100.0)

    def dial_values(self) -> dict[str, float]:
        """The dials in force."""
        values = {name: float(getattr(self, name)) for name in self.dials}
        return {name: value for name, value in values.items() if value or name not in self.absent_at_zero}

    def switch_values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.switches}


def _beta_1() -> Any:
    return param(0.9, description="Decay of the mean of the gradients.", tune={"float": [0.85, 0.95]}, ge=0.0, lt=1.0)


def _beta_2(default: float = 0.999) -> Any:
    return param(
        default, description="Decay of the mean of the squared gradients.", tune=[0.95, 0.99, 0.999], ge=0.0, lt=1.0
    )


def _epsilon() -> Any:
    return param(1e-7, description="Added to the denominator.", tune={"float": [1e-8, 1e-4], "log": True}, gt=0.0)


class SGD(OptimizerParams):
    """Stochastic gradient descent, with momentum (Polyak 1964) and Nesterov's look-ahead (1983)."""

    keras: ClassVar[str] = "SGD"
    default_rate: ClassVar[float] = 1e-2
    dials: ClassVar[tuple[str, ...]] = ("momentum", "weight_decay")
    absent_at_zero: ClassVar[frozenset[str]] = frozenset({"momentum", "weight_decay"})
    switches: ClassVar[tuple[str, ...]] = ("nesterov",)
    momentum_dial: ClassVar[str | None] = "momentum"

    learning_rate: float | None = param(
        None, description=_RATE, tune={"float": [1e-3, 1e-1], "log": True}, gt=0.0, le=100.0
    )
    momentum: float = param(
        0.9, description="Share of the last step that is kept.", tune={"float": [0.8, 0.98]}, ge=0.0, lt=1.0
    )
    nesterov: bool = param(
        False, description="Take the gradient where the momentum will carry the weights.", tune=[False, True]
    )
    weight_decay: float = param(
        0.0, description="Decoupled weight decay per unit of learning rate.", tune=_DECAYS, ge=0.0, le=1.0
    )


class RMSprop(OptimizerParams):
    """Divides by a decaying mean of squared gradients (Tieleman and Hinton 2012)."""

    keras: ClassVar[str] = "RMSprop"
    dials: ClassVar[tuple[str, ...]] = ("rho", "epsilon", "momentum")
    absent_at_zero: ClassVar[frozenset[str]] = frozenset({"momentum"})
    switches: ClassVar[tuple[str, ...]] = ("centered",)

    rho: float = param(
        0.9, description="Decay of the mean of the squared gradients.", tune=[0.9, 0.95, 0.99], ge=0.0, lt=1.0
    )
    momentum: float = param(
        0.0, description="Share of the last step that is kept.", tune=[0.0, 0.5, 0.9], ge=0.0, lt=1.0
    )
    epsilon: float = _epsilon()
    centered: bool = param(False, description="Divide by the variance instead.", tune=[False, True])


class Adam(OptimizerParams):
    """Adaptive moments (Kingma and Ba 2015)."""

    keras: ClassVar[str] = "Adam"
    dials: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    switches: ClassVar[tuple[str, ...]] = ("amsgrad",)
    momentum_dial: ClassVar[str | None] = "beta_1"

    beta_1: float = _beta_1()
    beta_2: float = _beta_2()
    epsilon: float = _epsilon()
    amsgrad: bool = param(
        False, description="Divide by the greatest mean so far (Reddi et al. 2018).", tune=[False, True]
    )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    keras: ClassVar[str] = "AdamW"
    dials: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon", "weight_decay")

    weight_decay: float = param(
        1e-2, description="Decoupled weight decay per unit of learning rate.", tune=_DECAYS, ge=0.0, le=1.0
    )


class Nadam(OptimizerParams):
    """Adam with Nesterov's momentum (Dozat 2016)."""

    keras: ClassVar[str] = "Nadam"
    dials: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    momentum_dial: ClassVar[str | None] = "beta_1"

    beta_1: float = _beta_1()
    beta_2: float = _beta_2()
    epsilon: float = _epsilon()


class Adamax(OptimizerParams):
    """Adam with the infinity norm (Kingma and Ba 2015, section 7)."""

    keras: ClassVar[str] = "Adamax"
    dials: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    momentum_dial: ClassVar[str | None] = "beta_1"

    beta_1: float = _beta_1()
    beta_2: float = _beta_2()
    epsilon: float = _epsilon()


class Adagrad(OptimizerParams):
    """Divides by the root of all squared gradients so far (Duchi et al. 2011); its steps only shrink."""

    keras: ClassVar[str] = "Adagrad"
    default_rate: ClassVar[float] = 1e-2
    dials: ClassVar[tuple[str, ...]] = ("epsilon",)
    switches: ClassVar[tuple[str, ...]] = ("initial_accumulator_value",)

    learning_rate: float | None = param(
        None, description=_RATE, tune={"float": [1e-3, 1e-1], "log": True}, gt=0.0, le=100.0
    )
    initial_accumulator_value: float = param(
        0.1, description="What the sums of squares begin with.", tune=[0.0, 0.1, 1.0], ge=0.0
    )
    epsilon: float = _epsilon()


class Lion(OptimizerParams):
    """Steps by the sign of an interpolated momentum (Chen et al. 2023); wants a third of Adam's learning rate."""

    keras: ClassVar[str] = "Lion"
    default_rate: ClassVar[float] = 3e-4
    dials: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "weight_decay")
    absent_at_zero: ClassVar[frozenset[str]] = frozenset({"weight_decay"})
    momentum_dial: ClassVar[str | None] = "beta_1"

    learning_rate: float | None = param(
        None, description=_RATE, tune={"float": [3e-5, 3e-3], "log": True}, gt=0.0, le=100.0
    )
    beta_1: float = _beta_1()
    beta_2: float = _beta_2(0.99)
    weight_decay: float = param(
        0.0, description="Decoupled weight decay per unit of learning rate.", tune=_DECAYS, ge=0.0, le=1.0
    )


class OptimizerChoice(Alternatives):
    """How the weights follow the gradients."""

    sgd: SGD | None = param(None, description="Stochastic gradient descent with momentum.")
    rmsprop: RMSprop | None = param(None, description="RMSprop.")
    adam: Adam | None = param(None, description="Adam.")
    adamw: AdamW | None = param(None, description="Adam with decoupled weight decay.")
    nadam: Nadam | None = param(None, description="Adam with Nesterov's momentum.")
    adamax: Adamax | None = param(None, description="Adam with the infinity norm.")
    adagrad: Adagrad | None = param(None, description="AdaGrad.")
    lion: Lion | None = param(None, description="Lion.")
