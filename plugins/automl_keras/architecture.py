"""A network's architecture as text, without what a trial draws at random.

Two trials that differ in nothing but initial weights and seeds have the same text, and so share compiled code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from automl.errors import BundleError, StageError

if TYPE_CHECKING:
    import keras

_ZEROS: Final[dict[str, Any]] = {
    "module": "keras.initializers",
    "class_name": "Zeros",
    "config": {},
    "registered_name": None,
}


def architecture(model: keras.Model) -> str:
    """The model's configuration as JSON: initializers and seeds replaced by zero, layers numbered from the first.

    Keras numbers the layers that their author left unnamed through all models of a process.

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
    numbered = _rename(document, _plain_names(document))
    return json.dumps(_without_chance(numbered), sort_keys=True, separators=(",", ":"))


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


def _plain_names(document: Any) -> dict[str, str]:
    """Each layer's name to the same with a number that counts its namesakes in this model only."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for name in _layer_names(document):
        if name not in names:
            stem = re.sub(r"(_\d+)+$", "", name)
            counts[stem] = counts.get(stem, 0) + 1
            names[name] = f"{stem}_{counts[stem]}"
    return names


def _layer_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "class_name" in value and isinstance(value.get("config"), dict) and isinstance(value.get("name"), str):
            yield value["name"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _layer_names(item)


def _rename(value: Any, names: dict[str, str], key: str = "") -> Any:
    """Rename where Keras refers to layers: ``name``, and the first entry of a reference ``[layer, node, tensor]``."""
    if isinstance(value, str):
        return names.get(value, value) if key == "name" else value
    if isinstance(value, dict):
        return {name: _rename(item, names, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        if _is_reference(value):
            return [names.get(value[0], value[0]), *value[1:]]
        return [_rename(item, names) for item in value]
    return value


def _is_reference(value: list[Any] | tuple[Any, ...]) -> bool:
    return len(value) == 3 and isinstance(value[0], str) and all(type(item) is int for item in value[1:])


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
