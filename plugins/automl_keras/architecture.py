"""A network's architecture as text, without what a trial draws at random.

Two trials that differ in nothing but initial weights and seeds have the same text, and so share compiled code.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automl.errors import BundleError, StageError

if TYPE_CHECKING:
    import keras

_ZEROS = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}


def architecture(model: keras.Model) -> str:
    """The model's configuration as JSON, its initializers and seeds replaced by zero.

    Raises StageError if the model cannot be described that way (it lacks ``get_config``).
    """
    import keras

    try:
        document = keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise StageError(
            f"network {model.name!r} cannot be written as a configuration: {error}; "
            "mend: use a functional keras.Model, or give its layers get_config and register them"
        ) from error
    return json.dumps(_without_chance(document), sort_keys=True, separators=(",", ":"))


def rebuild(text: str) -> keras.Model:
    """The model that `architecture` described, its weights zero.

    Raises BundleError at code that is neither Keras' own nor registered by an installed plugin, and at Lambda layers.
    """
    import keras

    document = json.loads(text)
    _refuse_foreign(document, set(keras.saving.get_custom_objects()))
    try:
        return keras.saving.deserialize_keras_object(document, safe_mode=True)
    except (TypeError, ValueError) as error:
        raise BundleError(f"the stored network cannot be rebuilt: {error}") from error


def _without_chance(value: Any, key: str = "") -> Any:
    if key == "seed":
        return 0
    if key.endswith("_initializer") and value is not None:
        return _ZEROS
    if isinstance(value, dict):
        return {name: _without_chance(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_chance(item) for item in value]
    return value


def _refuse_foreign(value: Any, registered: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_foreign(item, registered)
    elif isinstance(value, dict):
        module = value.get("module")
        if isinstance(module, str) and "class_name" in value:
            own = module == "builtins" or module.split(".")[0] == "keras"
            if not own and value.get("registered_name") not in registered:
                raise BundleError(
                    f"the stored network uses {module}.{value['class_name']}, which is no layer of Keras; "
                    "mend: install the plugin that offers the network"
                )
        for item in value.values():
            _refuse_foreign(item, registered)
