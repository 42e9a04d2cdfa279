"""What a stored network may name and how large it may be, found out before Keras makes anything of it.

The configuration of a network comes from a file that anyone may have made. Keras makes objects of what it names and
variables as large as it says; so every name is looked up here first, and the sizes are those of the stored weights.
"""

from __future__ import annotations

import copy
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from automl.errors import BundleError
from automl_keras.forward import BLOCK

if TYPE_CHECKING:
    import keras
    import numpy as np

_VALUES: Final = {
    "__keras_tensor__", "__tensor__", "__ellipsis__", "__slice__", "__tuple__", "__list__", "__dict__",
}  # fmt: skip
"""What Keras writes for plain values, without a module."""

_OUTWARD: Final = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
"""Layers of Keras that hold or load a program of another kind."""

_FILES: Final = {"vocabulary", "filepath", "path", "idf_weights"}
"""Where a layer takes the name of a file in place of values."""

_DEEPEST: Final = 200
_MOST_BYTES: Final = 2 * 10**9
"""What the outputs of one layer may take for a block of rows."""


def read(text: str, registered: Mapping[str, str]) -> dict[str, Any]:
    """The configuration in ``text``.

    Args:
        text: JSON, from a model file.
        registered: names of code that is not Keras' own, by `keras.saving.register_keras_serializable`, and the modules
            that register them. The kernel has imported those that belong to the model's plugins.

    Raises:
        BundleError: it is no configuration, or names what is neither Keras' own nor registered by these modules.
    """
    import keras

    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise BundleError(f"the stored network is no configuration of Keras: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise BundleError("the stored network is no configuration of Keras")
    custom = keras.saving.get_custom_objects()
    if not isinstance(registered, dict) or not all(isinstance(module, str) for module in registered.values()):
        raise BundleError("the stored network does not say which modules register its code")
    for name, module in registered.items():
        if name in custom and getattr(custom[name], "__module__", None) != module:
            raise BundleError(
                f"the stored network takes {name!r} from {module}, but here {custom[name].__module__} registers it"
            )
        if name not in custom:
            raise BundleError(
                f"the stored network uses {name!r}, and {module}, which registered it, does so no more; "
                "mend: install the version of the plugin that the model was made with"
            )
    _Names(registered, custom).check(document, 0)
    return document


def check_sizes(document: dict[str, Any], weights: Sequence[np.ndarray], inputs: int, outputs: int) -> None:
    """Raise BundleError unless the network maps ``inputs`` columns to ``outputs`` and has weights of these shapes.

    Tried with variables that have a shape and no values yet; what the network would put out is bounded, too.
    """
    import keras

    with _WithoutValues():
        model = keras.saving.deserialize_keras_object(copy.deepcopy(document), safe_mode=True)
        if not isinstance(model, keras.Model) or _graph(model) is None:
            raise BundleError("the stored network is no model whose layers are connected by a graph")
        shapes = [tuple(weight.shape) for weight in model.weights]
    if shapes != [tuple(weight.shape) for weight in weights]:
        raise BundleError(
            f"the stored network has weights of the shapes {_shown(shapes)}, and those in the file have "
            f"{_shown([tuple(weight.shape) for weight in weights])}"
        )
    if (model.input_shape, model.output_shape) != ((None, inputs), (None, outputs)):
        raise BundleError(
            f"the stored network maps {model.input_shape} to {model.output_shape}, expected one table of {inputs} "
            f"columns to one of {outputs}"
        )
    for name, shape in _outputs(model):
        if 4 * BLOCK * math.prod(side or 1 for side in shape) > _MOST_BYTES:
            raise BundleError(f"layer {name!r} of the stored network puts out {shape}, more than memory is given to")


def _shown(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:6])) + (f" and {len(shapes) - 6} more" if len(shapes) > 6 else "")


def _outputs(model: keras.Model) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Every layer's name and the shape of what it puts out, those of models inside the model included."""
    import keras

    for operation in getattr(_graph(model), "operations", ()):
        for node in operation._inbound_nodes:
            yield from ((operation.name, tuple(tensor.shape)) for tensor in node.output_tensors)
        if isinstance(operation, keras.Model):
            yield from _outputs(operation)


def _graph(model: keras.Model) -> keras.Model | None:
    """The functional model that it is, or that a sequential one has inside; None for one that is neither."""
    import keras

    found = model._functional if isinstance(model, keras.Sequential) else model
    return found if hasattr(found, "operations") else None


class _Names:
    """Every name in a configuration must be one that is known."""

    def __init__(self, registered: Mapping[str, str], custom: Mapping[str, Any]) -> None:
        own = {name for name, found in custom.items() if getattr(found, "__module__", None) == "__main__"}
        self._known = {*registered, *own}
        self._foreign = custom.keys() - self._known

    def check(self, value: Any, depth: int) -> None:
        if depth > _DEEPEST:
            raise BundleError(f"the stored network has more than {_DEEPEST} levels inside each other")
        if isinstance(value, str) and value in self._foreign:
            raise BundleError(f"the stored network uses {value!r}, which its model file does not declare")
        if isinstance(value, dict):
            if "class_name" in value:
                self._object(value)
            for key, item in value.items():
                if key in _FILES and isinstance(item, str):
                    raise BundleError(f"the stored network reads the file {item!r}; values are kept, not files")
                self.check(item, depth + 1)
        elif isinstance(value, list):
            for item in value:
                self.check(item, depth + 1)

    def _object(self, value: dict[str, Any]) -> None:
        name, module = value["class_name"], value.get("module")
        if name == "__lambda__":
            raise BundleError(
                "the stored network has a lambda function, and code is not kept with a model; mend: write a layer or a "
                "function with a name, and register it (keras.saving.register_keras_serializable)"
            )
        if name == "function":
            name = value.get("config")
        if isinstance(name, str) and module is None and name in _VALUES:
            return
        if isinstance(name, str) and isinstance(module, str):
            if name in self._known or str(value.get("registered_name")) in self._known:
                return
            if _is_keras(module, name):
                return
        raise BundleError(
            f"the stored network uses {module}.{name}, which is not Keras' own and not registered; mend: register it "
            "(keras.saving.register_keras_serializable), and install the plugin that offers the network"
        )


def _is_keras(module: str, name: str) -> bool:
    """Whether that is a layer, an operation, or what one is made of; looked up in what Keras has imported itself."""
    import keras

    if module == "builtins":
        return callable(getattr(keras.activations, name, None))
    if module.split(".")[0] != "keras" or name in _OUTWARD:
        return False
    found = getattr(sys.modules.get(module), name, None)
    parts = (
        keras.Operation, keras.Initializer, keras.Regularizer, keras.constraints.Constraint,
        keras.dtype_policies.DTypePolicy,
    )  # fmt: skip
    if isinstance(found, type):
        return issubclass(found, parts)
    return module == "keras.activations" and callable(found)


class _WithoutValues:
    """Within it, Keras' variables get a shape and no values.

    Those that are pending when it ends are forgotten: Keras would make them at the next opportunity.
    """

    def __enter__(self) -> None:
        import keras

        self._scope = keras.StatelessScope(initialize_variables=False)
        self._before = list(self._pending() or [])
        self._scope.__enter__()

    def __exit__(self, *error: object) -> None:
        self._scope.__exit__(*error)
        from keras.src.backend.common import global_state

        global_state.set_global_attribute("uninitialized_variables", self._before)

    @staticmethod
    def _pending() -> list[Any] | None:
        from keras.src.backend.common import global_state

        found: list[Any] | None = global_state.get_global_attribute("uninitialized_variables")
        return found
