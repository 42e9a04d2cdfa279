"""Activations by name, and for each the initializer that keeps its signal's variance from layer to layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    import keras

ActivationName = Literal[
    "relu", "leaky_relu", "elu", "selu", "gelu", "swish", "mish", "tanh", "sigmoid", "softplus", "prelu"
]
InitializerName = Literal[
    "auto",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
]


@dataclass(frozen=True)
class Activation:
    """One row of the table.

    Attributes:
        layer: the class in ``keras.layers`` that computes it.
        options: that layer's arguments.
        initializer: the kernel initializer that fits it.
    """

    layer: str
    options: tuple[tuple[str, str | float], ...]
    initializer: InitializerName

    def build(self, name: str) -> keras.layers.Layer:
        import keras

        return getattr(keras.layers, self.layer)(name=name, **dict(self.options))


def _plain(function: str, initializer: InitializerName) -> Activation:
    return Activation("Activation", (("activation", function),), initializer)


ACTIVATIONS: Final[dict[ActivationName, Activation]] = {
    "relu": _plain("relu", "he_normal"),
    "leaky_relu": Activation("LeakyReLU", (("negative_slope", 0.2),), "he_normal"),
    "prelu": Activation("PReLU", (), "he_normal"),
    "elu": _plain("elu", "he_normal"),
    "selu": _plain("selu", "lecun_normal"),
    "gelu": _plain("gelu", "he_normal"),
    "swish": _plain("silu", "he_normal"),
    "mish": _plain("mish", "he_normal"),
    "tanh": _plain("tanh", "glorot_uniform"),
    "sigmoid": _plain("sigmoid", "glorot_uniform"),
    "softplus": _plain("softplus", "glorot_uniform"),
}
"""Glorot where the variance should be 1 / fan_avg (Glorot and Bengio 2010), He where half of the signal is cut off,
2 / fan_in (He et al. 2015), LeCun for the self-normalising SELU, 1 / fan_in (Klambauer et al. 2017)."""

OUTPUT_INITIALIZER: Final[InitializerName] = "glorot_uniform"
"""A layer without activation."""

INITIALIZERS: Final[tuple[InitializerName, ...]] = get_args(InitializerName)

_CLASSES: Final[dict[str, str]] = {
    "glorot_normal": "GlorotNormal",
    "glorot_uniform": "GlorotUniform",
    "he_normal": "HeNormal",
    "he_uniform": "HeUniform",
    "lecun_normal": "LecunNormal",
    "lecun_uniform": "LecunUniform",
    "orthogonal": "Orthogonal",
}


def build_initializer(name: InitializerName, fitting: InitializerName, seed: int) -> keras.initializers.Initializer:
    """The kernel initializer ``name``, or ``fitting`` where it is ``auto``, drawing from ``seed``."""
    import keras

    return getattr(keras.initializers, _CLASSES[fitting if name == "auto" else name])(seed=seed)
