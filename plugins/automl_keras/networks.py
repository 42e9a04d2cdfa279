"""The architectures: what stands between the columns and the logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from automl.fingerprint import seed_from
from automl.learning import Network, NetworkSpec
from automl.params import Params, param
from automl_keras.activations import (
    ACTIVATIONS,
    OUTPUT_INITIALIZER,
    ActivationName,
    InitializerName,
    build_initializer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

_BATCH_NORM_MOMENTUM = 0.9
"""Keras' 0.99 needs hundreds of steps before its moving averages mean anything; tables often have fewer."""


class DialledNetwork(Network):
    """A network that tells which of its parameters cost no compilation: trials that differ in these share a program.

    Class attributes:
        dials: parameters that the compiled function takes as inputs; only whether they are 0 decides what is compiled.
        free: parameters that decide initial weights only.
    """

    dials: ClassVar[frozenset[str]] = frozenset()
    free: ClassVar[frozenset[str]] = frozenset()


class Linear(DialledNetwork):
    """One dense layer: linear regression, or logistic and softmax regression.

    The baseline that every search should start from.
    """

    id: ClassVar[str] = "linear"
    engines: ClassVar[tuple[str, ...]] = ("keras",)
    dials: ClassVar[frozenset[str]] = frozenset({"l1", "l2"})
    free: ClassVar[frozenset[str]] = frozenset({"initializer"})

    class Params(Params):
        initializer: InitializerName = param(
            "auto", description="How the weights are drawn; auto is Glorot's uniform distribution."
        )
        l1: float = param(
            0.0, description="Weight of the penalty on the weights' sizes; 0 means none.", ge=0.0, le=10.0
        )
        l2: float = param(
            0.0, description="Weight of the penalty on the squared weights; 0 means none.", ge=0.0, le=10.0
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"initializer": "orthogonal", "l1": 1e-4}]

    def build(self, spec: NetworkSpec) -> keras.Model:
        """Float32 [batch, inputs] to logits or values [batch, outputs]."""
        import keras

        inputs = keras.Input((spec.inputs,), name="columns")
        outputs = _output_layer(spec, self.params.initializer, _penalty(self.params))(inputs)
        return keras.Model(inputs, outputs, name="linear")


class MLP(DialledNetwork):
    """Hidden layers of units, each: dense, batch normalisation, activation, dropout.

    Under ``selu`` dropout is alpha dropout (Klambauer et al. 2017): plain dropout sets units to 0, which breaks the
    mean and variance that SELU keeps; alpha dropout sets them to SELU's lower end and corrects the scale.
    """

    id: ClassVar[str] = "mlp"
    engines: ClassVar[tuple[str, ...]] = ("keras",)
    dials: ClassVar[frozenset[str]] = frozenset({"dropout", "l1", "l2"})
    free: ClassVar[frozenset[str]] = frozenset({"initializer"})

    class Params(Params):
        depth: int = param(2, description="Number of hidden layers.", tune={"int": [1, 4]}, ge=1, le=10)
        width: int = param(64, description="Units in each hidden layer.", tune=[32, 64, 128, 256], ge=1, le=8192)
        shape: Literal["rectangle", "pyramid"] = param(
            "rectangle", description="Every layer of the same width, or each of half the width of the one below it."
        )
        widths: tuple[Annotated[int, Field(ge=1, le=8192)], ...] | None = param(
            None,
            description="Units of each hidden layer in order; takes the place of depth, width and shape.",
            min_length=1,
            max_length=10,
        )
        activation: ActivationName = param(
            "relu",
            description="Function after each hidden layer.",
            tune=["relu", "leaky_relu", "elu", "selu", "gelu", "swish", "mish"],
        )
        initializer: InitializerName = param(
            "auto",
            description="How the hidden weights are drawn; auto fits the activation: He for the ReLU family, GELU, "
            "Swish and Mish, LeCun for SELU, Glorot for tanh, sigmoid and softplus.",
        )
        dropout: float = param(
            0.0,
            description="Share of the units that are dropped in training (alpha dropout under selu).",
            tune=[0.0, 0.1, 0.2, 0.3, 0.5],
            ge=0.0,
            lt=1.0,
        )
        batch_norm: bool = param(
            False, description="Normalise each hidden layer over the batch before its activation.", tune=[False, True]
        )
        l1: float = param(
            0.0, description="Weight of the penalty on the weights' sizes; 0 means none.", ge=0.0, le=10.0
        )
        l2: float = param(
            0.0, description="Weight of the penalty on the squared weights; 0 means none.", ge=0.0, le=10.0
        )

        def layers(self) -> tuple[int, ...]:
            """Units of each hidden layer, from the columns to the output."""
            if self.widths is not None:
                return self.widths
            halved = self.shape == "pyramid"
            return tuple(max(1, self.width >> level) if halved else self.width for level in range(self.depth))

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {},
            {"depth": 1, "width": 8, "activation": "tanh"},
            {"widths": [16, 8], "activation": "selu", "dropout": 0.1},
            {"width": 16, "shape": "pyramid", "activation": "swish", "batch_norm": True, "dropout": 0.2, "l2": 1e-4},
        ]

    def build(self, spec: NetworkSpec) -> keras.Model:
        """Float32 [batch, inputs] to logits or values [batch, outputs]."""
        import keras

        inputs = keras.Input((spec.inputs,), name="columns")
        signal = inputs
        for number, units in enumerate(self.params.layers(), start=1):
            signal = self._hidden(signal, number, units, spec.seed)
        outputs = _output_layer(spec, "auto", _penalty(self.params))(signal)
        return keras.Model(inputs, outputs, name="mlp")

    def _hidden(self, signal: Any, number: int, units: int, seed: int) -> Any:
        import keras

        params = self.params
        activation = ACTIVATIONS[params.activation]
        signal = keras.layers.Dense(
            units,
            use_bias=not params.batch_norm,  # normalisation subtracts any bias again and has its own
            kernel_initializer=build_initializer(
                params.initializer, activation.initializer, seed_from(seed, "kernel", number)
            ),
            kernel_regularizer=_penalty(params),
            name=f"dense_{number}",
        )(signal)
        if params.batch_norm:
            signal = keras.layers.BatchNormalization(momentum=_BATCH_NORM_MOMENTUM, name=f"batch_norm_{number}")(signal)
        signal = activation.build(f"activation_{number}")(signal)
        if params.dropout:
            kind = keras.layers.AlphaDropout if params.activation == "selu" else keras.layers.Dropout
            signal = kind(params.dropout, seed=seed_from(seed, "dropout", number), name=f"dropout_{number}")(signal)
        return signal


def _output_layer(
    spec: NetworkSpec, initializer: InitializerName, penalty: keras.regularizers.Regularizer | None
) -> keras.layers.Layer:
    """No activation: a value, one logit for two classes, one logit per class else."""
    import keras

    return keras.layers.Dense(
        1 if spec.task.kind == "binary" else spec.task.outputs,
        kernel_initializer=build_initializer(initializer, OUTPUT_INITIALIZER, seed_from(spec.seed, "kernel", "output")),
        kernel_regularizer=penalty,
        name="output",
    )


def _penalty(params: Any) -> keras.regularizers.Regularizer | None:
    """The penalty on a layer's weights; never Keras' L1, which rounds its strength to float32 in any precision."""
    import keras

    if params.l1:
        return keras.regularizers.L1L2(params.l1, params.l2)
    return keras.regularizers.L2(params.l2) if params.l2 else None
