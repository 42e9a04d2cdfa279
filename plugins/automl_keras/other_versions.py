"""A stored network under another version of Keras, which may know fewer parameters of a layer than its maker's did.

Keras writes every parameter of a layer into its configuration, those that were left alone as well, and refuses one that
it does not know. A parameter that came later and stands at its default does nothing, so it may be left out.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

Defaults = Mapping[str, Mapping[str, Any]]
"""By class, the parameters that a configuration gives their defaults."""

_PLAIN: Final = (bool, int, float, str, type(None))


def defaults_in(text: str) -> dict[str, dict[str, Any]]:
    """The defaults, in this version of Keras, of the parameters in ``text`` that stand at them; by class.

    Args:
        text: a network's configuration as JSON.
    """
    found: dict[str, dict[str, Any]] = {}
    for value in _objects(json.loads(text)):
        known = _parameters(value)
        for key, given in value["config"].items():
            default = known.get(key, inspect.Parameter.empty)
            if isinstance(default, _PLAIN) and _same(given, default):
                found.setdefault(_called(value), {})[key] = default
    return found


def leave_out_unknown(document: Any, defaults: Defaults) -> None:
    """Take out of a configuration what this version of Keras does not know and its maker's had at the default.

    Args:
        document: the configuration; changed in place. Its names have been checked.
        defaults: what `defaults_in` told where the network was made.
    """
    for value in _objects(document):
        known = _parameters(value)
        for key, default in defaults.get(_called(value), {}).items():
            if known and key not in known and _same(value["config"].get(key, inspect.Parameter.empty), default):
                del value["config"][key]


def _called(value: Mapping[str, Any]) -> str:
    return str(value.get("registered_name") or value["class_name"])


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The descriptions of layers, regularisers and the like in a configuration, outer ones first."""
    if isinstance(value, dict):
        if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters of the described class, each with its default; none if it is not Keras' own and not registered."""
    import keras

    kind = keras.saving.get_registered_object(str(value.get("registered_name")))
    if kind is None and str(value.get("module")).split(".")[0] == "keras":
        place: Any = keras
        for part in [*str(value["module"]).split(".")[1:], value["class_name"]]:
            place = getattr(place, part, None)
        kind = place
    return _of_class(kind) if isinstance(kind, type) else {}


@functools.cache
def _of_class(kind: type) -> Mapping[str, Any]:
    """Parameters of a class and, as far as it hands on what it does not name, of those that it derives from."""
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        found = {parameter.name: parameter.default for parameter in parameters} | found
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found
