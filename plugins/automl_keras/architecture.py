"""A network's architecture as text, without what a trial draws at random or turns up and down.

Two trials that differ in nothing but initial weights, seeds, dropout rates and penalties have the same dialled text,
and so share compiled code.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from automl.errors import BundleError, StageError

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from automl_keras.other_versions import Defaults

_DIALS: Final[dict[Any, tuple[str, tuple[str, ...]]]] = {
    ("keras.layers", "Dropout"): ("DialledDropout", ("rate",)),
    ("keras.layers", "AlphaDropout"): ("DialledAlphaDropout", ("rate",)),
    ("keras.layers", "Activation"): ("PlainSwish", ()),
    ("keras.regularizers", "L1"): ("DialledL1L2", ("l1",)),
    ("keras.regularizers", "L2"): ("DialledL1L2", ("l2",)),
    ("keras.regularizers", "L1L2"): ("DialledL1L2", ("l1", "l2")),
}
"""Stock classes, what stands in for them, and which of their numbers it reads from dials; 0 is no dial."""

_ZEROS: Final[dict[str, Any]] = {
    "module": "keras.initializers",
    "class_name": "Zeros",
    "config": {},
    "registered_name": None,
}


@dataclass(frozen=True)
class Architecture:
    """One architecture, described twice, and the numbers that tell it from others of its signature.

    Attributes:
        text: Keras' configuration as JSON, without what the model was compiled with: initializers and seeds replaced
            by zero, layers and models numbered from the first (Keras numbers those that their author left unnamed
            through all models of a process).
        dialled: the same with the numbers of stock layers, where they are not 0, replaced by numbered dials: the
            rates of dropout and alpha dropout, the strengths of L1 and L2.
        numbers: what these dials stand at, in order.
    """

    text: str
    dialled: str
    numbers: tuple[float, ...]


def architecture(model: keras.Model, network: str | None = None) -> Architecture:
    """The model's architecture.

    Args:
        model: functional or sequential.
        network: id of the network that built it, for messages; else the model's own name stands there.

    Raises:
        StageError: it cannot be described: a layer lacks ``get_config``.
        BundleError: it holds code that is neither Keras' own nor registered, so that it could not be kept.
    """
    import keras

    name = model.name if network is None else network
    try:
        with _not_compiled(list(_models(model))):
            document = keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise StageError(
            f"network {name!r} cannot be written as a configuration: {error}; "
            "mend: use a functional keras.Model, or give its layers get_config and register them"
        ) from error
    plain = _without_chance(_rename(document, _plain_names(document)))
    try:
        _refuse_foreign(plain, {*keras.saving.get_custom_objects()})
    except BundleError as error:
        raise BundleError(f"network {name!r}: {str(error).replace('the stored network', 'it')}") from error
    numbers: list[float] = []
    dialled = _dialled(plain, numbers)
    return Architecture(_json(plain), _json(dialled), tuple(numbers))


def registered_in(text: str) -> dict[str, str]:
    """The names in ``text`` that code is registered by with Keras, each with the module that registered it.

    Without what a script run by itself registered: another process cannot import it.
    """
    import keras

    custom = keras.saving.get_custom_objects()
    used = sorted({*_strings(json.loads(text))} & custom.keys())
    modules = {name: getattr(custom[name], "__module__", "__main__") for name in used}
    return {name: module for name, module in modules.items() if module != "__main__"}


def rebuild(text: str, dials: Sequence[tf.Variable] | None = None) -> keras.Model:
    """The model that a text of our own describes, its weights zero; a dialled text reads its numbers from ``dials``.

    Raises BundleError at code that is neither Keras' own nor registered, and at lambdas.
    """
    import keras

    readers: dict[str, Any] = {}
    if dials is not None:
        from automl_keras import dialled_layers

        readers = dialled_layers.readers(dials)
    document = json.loads(text)
    _refuse_foreign(document, {*keras.saving.get_custom_objects(), *readers})
    return _made(document, readers)


def restore(
    text: str,
    registered: Mapping[str, str],
    defaults: Defaults,
    weights: Sequence[np.ndarray],
    inputs: int,
    outputs: int,
) -> keras.Model:
    """The model of a file, with its weights; see `automl_keras.stored_networks` for what it may be.

    Args:
        text: the configuration.
        registered: where names are registered that are not Keras' own (see `registered_in`).
        defaults: parameters that the network's maker left alone (see `automl_keras.other_versions`).
        weights: in the order of ``model.weights``.
        inputs: how many columns it is given.
        outputs: how many it gives.

    Raises:
        BundleError: it names what it may not, or its parts do not fit each other.
    """
    from automl_keras import stored_networks
    from automl_keras.other_versions import leave_out_unknown

    document = stored_networks.read(text, registered)
    with rebuilding():
        leave_out_unknown(document, defaults)
    with rebuilding():
        stored_networks.check_sizes(document, weights, inputs, outputs)
        model = _made(document, {})
        model.set_weights(weights)
        finalize(model)
    return model


@contextlib.contextmanager
def rebuilding() -> Iterator[None]:
    """Whatever Keras or TensorFlow raises at a configuration that is not its own is a file that does not fit."""
    try:
        yield
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"the stored network cannot be rebuilt: {_told(error)}") from error


def _told(error: Exception) -> str:
    """What Keras means, without the configurations that it repeats around it."""
    causes = re.findall(r"Exception encountered: (.+)", str(error))
    told = causes[-1] if causes else next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {told[:300]}"


def _made(document: Mapping[str, Any], readers: Mapping[str, Any]) -> keras.Model:
    import keras

    try:
        return keras.saving.deserialize_keras_object(document, custom_objects=readers, safe_mode=True)
    except (TypeError, ValueError) as error:
        raise BundleError(f"the stored network cannot be rebuilt: {_told(error)}") from error


def finalize(model: keras.Model) -> None:
    """To be called once weights were set: some layers (`keras.layers.Normalization`) compute by copies of theirs.

    Layers without weights are left alone: theirs is no state that could have been set.
    """
    for layer in finalized(model):
        layer.finalize_state()


def finalized(model: keras.Model) -> list[Any]:
    """The layers that `finalize` has something to do for."""
    return [layer for layer in model._flatten_layers() if hasattr(layer, "finalize_state") and layer.weights]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


@contextlib.contextmanager
def _not_compiled(models: Sequence[keras.Model]) -> Iterator[None]:
    """Keras writes down what a compiled model was compiled with, numbered names included, or fails to."""
    compiled = [model.compiled for model in models]
    try:
        for model in models:
            model.compiled = False
        yield
    finally:
        for model, was in zip(models, compiled, strict=True):
            model.compiled = was


def _models(model: keras.Model) -> Iterator[keras.Model]:
    """The model, and those among its layers."""
    import keras

    yield model
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _models(layer)


def _json(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _dialled(value: Any, numbers: list[float]) -> Any:
    """The document with stock numbers replaced by dials; what they were is appended to ``numbers``."""
    if isinstance(value, list):
        return [_dialled(item, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    kind, names = _DIALS.get((value.get("module"), value.get("class_name")), (None, ()))
    if kind is None or not _replaceable(value["config"]):
        return {name: _dialled(item, numbers) for name, item in value.items()}
    config = dict(value["config"])
    dials = {}
    for name in names:
        number = config.pop(name)
        if number:
            dials[name] = len(numbers)
            numbers.append(float(number))
    if names and not dials:
        return value
    config["dials"] = dials
    here = {"module": "automl_keras.dialled_layers", "class_name": kind, "registered_name": f"automl_keras>{kind}"}
    return {**value, **here, "config": config}


def _replaceable(config: dict[str, Any]) -> bool:
    """Of dropout what has no noise shape, of activations silu, which Keras also writes swish; penalties always."""
    return config.get("noise_shape") is None and config.get("activation", "silu") in ("silu", "swish")


def _plain_names(document: Any) -> dict[str, str]:
    """The name of each layer or model to the same with a number that counts its namesakes in this document only."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for name in _names(document):
        if name not in names:
            stem = re.sub(r"(_\d+)+$", "", name)
            counts[stem] = counts.get(stem, 0) + 1
            names[name] = f"{stem}_{counts[stem]}"
    return names


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (place["name"] for place in _named(value))
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _names(item)


def _named(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Where a layer, an operation or a model has its name: in its configuration, and in a functional model beside it.

    Nowhere in what is none of them: a dtype's or an initializer's configuration may have a name too.
    """
    config = value.get("config")
    if "class_name" not in value or not isinstance(config, dict):
        return []
    if "name" not in value and not {"trainable", "batch_shape"} & config.keys():
        return []
    return [place for place in (value, config) if isinstance(place.get("name"), str)]


def _rename(value: Any, names: dict[str, str]) -> Any:
    """Rename layers where they stand, and in the first entry of each reference ``[layer, node, tensor]`` to them."""
    if isinstance(value, dict):
        renamed = {key: _rename(item, names) for key, item in value.items()}
        for place in _named(renamed):
            place["name"] = names[place["name"]]
        return renamed
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
        if value.get("class_name") == "__lambda__":
            raise BundleError(
                "the stored network has a lambda function, and code is not kept with a model; mend: write a layer or a "
                "function with a name, and register it (keras.saving.register_keras_serializable)"
            )
        module = value.get("module")
        if isinstance(module, str) and "class_name" in value:
            own = module == "builtins" or module.split(".")[0] == "keras"
            if not own and value.get("registered_name") not in registered:
                raise BundleError(
                    f"the stored network uses {module}.{value['class_name']}, which is not Keras' own and not "
                    "registered; mend: register it (keras.saving.register_keras_serializable), and install the plugin "
                    "that offers the network"
                )
        for item in value.values():
            _refuse_foreign(item, registered)
