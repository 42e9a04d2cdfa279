"""Every number that a pipeline file may hold: where it stands, and the bounds that the JSON schema gives it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from automl.components import Splitter, Stage
from automl.plugins import Registry

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
BASE: dict[str, Any] = {
    "version": 1,
    "data": {"path": "a.csv", "target": "y"},
    "stages": {
        "split": {"use": "split.random", "in": "data"},
        "one": {"use": "passthrough", "in": "split"},
        "search": {"use": "search.network", "in": "one", "with": {"budget": {"trials": 2}}},
        "evaluate": {"use": "evaluate.report", "in": "search"},
    },
    "run": {},
}
_FORMAT = {
    ("file", "seed"): ("seed",),
    ("stage:RetrySection", "attempts"): ("stages", "search", "retry", "attempts"),
    ("stage:ResourcesSection", "cpu"): ("stages", "search", "resources", "cpu"),
    ("stage:ResourcesSection", "gpu"): ("stages", "search", "resources", "gpu"),
    ("stage:ResourcesSection", "memory"): ("stages", "search", "resources", "memory"),
    ("data:RetrySection", "attempts"): ("data", "retry", "attempts"),
    ("stage", "time"): ("stages", "search", "time"),
    ("data", "time"): ("data", "time"),
    ("run:StoreSection", "scratch"): ("run", "store", "scratch"),
    ("run:StoreSection", "size"): ("run", "store", "size"),
    ("components.search.network:Budget", "epochs"): ("stages", "search", "with", "budget", "epochs"),
    ("components.search.network:Budget", "time"): ("stages", "search", "with", "budget", "time"),
}
"""The format's own numbers, and those of a budget: name of the definition and key, to the place in `BASE`."""


@dataclasses.dataclass(frozen=True)
class Number:
    """A key that takes numbers.

    Attributes:
        name: who declares it, and the key.
        bounds: all that its schema, or one of its alternatives, compares with.
        tunable: ``{tune: ...}`` may stand there.
        is_dimension: it is a key of a space.
        written: a pipeline file with a given value there.
    """

    name: str
    bounds: tuple[float, ...]
    tunable: bool
    is_dimension: bool
    written: Callable[[Any], Any]


def numbers(schema: Mapping[str, Any], registry: Registry) -> list[Number]:
    """Every number of the format and of every component that is offered."""
    definitions = schema["$defs"]
    found = [
        Number(f"{owner}.{key}", _bounds(definitions[owner]["properties"][key], definitions), False, False, _at(path))
        for (owner, key), path in _FORMAT.items()
        if owner != "file"
    ]
    found.append(Number("seed", _bounds(schema["properties"]["seed"], definitions), False, False, _at(("seed",))))
    for family, place in _PLACES.items():
        for name in registry.ids(family):
            properties = definitions.get(f"{family}.{name}", {}).get("properties", {})
            for key, value in properties.items():
                path, around, tunable = place(name, registry)
                bounds = _bounds(value, definitions)
                if bounds:
                    found.append(Number(f"{name}.{key}", bounds, tunable, False, _at((*path, key), around)))
    for name in registry.ids("networks"):
        around = {("stages", "search", "with", "network"): name}
        for key, value in definitions[f"space.{name}"]["properties"].items():
            bounds = _bounds(value, definitions)
            if bounds:
                path = ("stages", "search", "with", "space", key)
                found.append(Number(f"space.{name}.{key}", bounds, False, True, _at(path, around)))
    return found


def _component(name: str, registry: Registry) -> tuple[tuple[str, ...], dict[Any, Any], bool]:
    component = registry.get("components", name)
    example = copy.deepcopy(component.examples()[0]) if component.examples() else {}
    stage, above = "one", "split"
    if issubclass(component, Splitter):
        stage, above = "split", "data"
    elif issubclass(component, Stage):
        stage, above = ("search", "one") if component.consumes == "open" else ("evaluate", "search")
        example = {}
    at = ("stages", stage)
    return (*at, "with"), {at: {"use": name, "in": above, "with": example}}, stage == "one"


_PLACES: dict[str, Callable[[str, Registry], tuple[tuple[Any, ...], dict[Any, Any], bool]]] = {
    "components": _component,
    "readers": lambda name, _: (("data", "with"), {("data", "use"): name}, False),
    "executors": lambda name, _: (("run", "executor", "with"), {("run", "executor"): {"use": name}}, False),
    "observers": lambda name, _: (("track", 0, "with"), {("track",): [{"use": name}]}, False),
    "searchers": lambda name, _: (
        ("stages", "search", "with", "tuner", "with"),
        {("stages", "search", "with", "tuner"): {"use": name}},
        False,
    ),
}


def _at(path: tuple[Any, ...], around: Mapping[tuple[Any, ...], Any] | None = None) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        made = copy.deepcopy(BASE)
        for where, what in {**(around or {}), path: value}.items():
            holder: Any = made
            for step in where[:-1]:
                holder = holder.setdefault(step, {}) if isinstance(holder, dict) else holder[step]
            holder[where[-1]] = copy.deepcopy(what)
        return made

    return write


def _bounds(schema: Any, definitions: Mapping[str, Any]) -> tuple[float, ...]:
    """Every bound of a value that stands by itself or in an alternative; not those inside lists and mappings."""
    return tuple(sorted(set(_all_bounds(schema, definitions))))


def _all_bounds(schema: Any, definitions: Mapping[str, Any]) -> Iterator[float]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    yield from (schema[word] for word in _BOUNDS if word in schema)
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _all_bounds(part, definitions)
