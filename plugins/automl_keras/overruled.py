"""Layers that a functional model calls in inference mode, which Keras calls in training mode all the same.

Keras 3 hands the model's own ``training`` on to every layer, in the place of what the layer was called with when the
model was built (``findings/keras_training_of_a_functional_call.sh``). So ``batch_norm(x, training=False)`` would be
trained as if nothing stood there.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from automl.errors import StageError

if TYPE_CHECKING:
    import keras


def refuse_overruled(network: str, model: keras.Model) -> None:
    """Raise StageError if a layer was called with ``training=False``.

    Args:
        network: id of the network, for the message.
        model: a functional or sequential model; models among its layers are looked at as well.
    """
    layer = next(_in_inference_mode(model), None)
    if layer is not None:
        raise StageError(
            f"network {network!r}: the layer {layer!r} is called with training=False, which Keras overrules while it "
            "trains; mend: leave the argument out, and set layer.trainable = False if a batch normalization is to keep "
            "its statistics"
        )


def _in_inference_mode(model: keras.Model) -> Iterator[str]:
    """Names of the layers that were called so, outer ones first."""
    import keras

    graph: Any = model._functional if isinstance(model, keras.Sequential) else model
    for nodes in getattr(graph, "_nodes_by_depth", {}).values():
        yield from (node.operation.name for node in nodes if _says_so(node))
    for operation in getattr(graph, "operations", ()):
        if isinstance(operation, keras.Model):
            yield from _in_inference_mode(operation)


def _says_so(node: Any) -> bool:
    """Whether its author wrote training=False: where False is the default, as in dropout, Keras keeps it too."""
    asked = inspect.signature(node.operation.call).parameters.get("training")
    return node.arguments.kwargs.get("training") is False and (asked is None or asked.default is not False)
