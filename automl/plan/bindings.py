"""Tuned parameters: finding ``{tune: ...}`` in parameters and putting values in their place.

A binding's name is the stage's name and the path to the parameter: ``numbers.strategy``. A fold's is the splitter's
name and ``fold``: ``split.fold``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Bindings = Mapping[str, Any]


def is_tuned(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"tune"}


def find_tuned(value: Any, at: str) -> dict[str, Any]:
    """Name to domain, as written in the file, for every tuned value below ``at``."""
    if is_tuned(value):
        return {at: value["tune"]}
    found: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for name, item in value.items():
            found |= find_tuned(item, f"{at}.{name}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            found |= find_tuned(item, f"{at}[{place}]")
    return found


def bind(value: Any, at: str, bindings: Bindings) -> Any:
    """The parameters with every tuned value replaced. Raises KeyError for one that is not bound."""
    if is_tuned(value):
        return bindings[at]
    if isinstance(value, Mapping):
        return {name: bind(item, f"{at}.{name}", bindings) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [bind(item, f"{at}[{place}]", bindings) for place, item in enumerate(value)]
    return value
