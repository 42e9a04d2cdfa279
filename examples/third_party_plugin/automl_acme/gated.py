"""A network of gated linear units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl import Network, Params, param, seed_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

    from automl import NetworkSpec


class Gated(Network):
    """Hidden layers of gated linear units (Dauphin et al. 2017), each with a way around it.

    A layer is ``values * sigmoid(gates)``, both dense in what is below, added to what is below.
    """

    id = "acme.gated"
    engines = ("keras",)

    class Params(Params):
        depth: int = param(2, description="Number of hidden layers.", tune={"int": [1, 4]}, ge=1, le=16)
        width: int = param(32, description="Units in each hidden layer.", tune=[16, 32, 64], ge=1, le=4096)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{}, {"depth": 1, "width": 8}]

    def build(self, spec: NetworkSpec) -> keras.Model:
        """Float32 [batch, inputs] to logits or values [batch, outputs]; no activation at the end."""
        import keras

        def dense(units: int, name: str) -> keras.layers.Layer:
            draw = keras.initializers.GlorotUniform(seed=seed_from(spec.seed, name))
            return keras.layers.Dense(units, kernel_initializer=draw, name=name)

        inputs = keras.Input((spec.inputs,), name="columns")
        signal = dense(self.params.width, "stem")(inputs)
        for number in range(1, self.params.depth + 1):
            gates = keras.activations.sigmoid(dense(self.params.width, f"gates_{number}")(signal))
            signal = signal + dense(self.params.width, f"values_{number}")(signal) * gates
        outputs = 1 if spec.task.kind == "binary" else spec.task.outputs
        return keras.Model(inputs, dense(outputs, "output")(signal), name="gated")
