"""Whether a state is what the fields of its class say: what a `Fitted` keeps is read back from files of anyone."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import NoneType, SimpleNamespace, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from automl.errors import StageError

if TYPE_CHECKING:
    from automl.components import Fitted

_LISTS: Final = (list, tuple, Sequence, Iterable)
_MAPPINGS: Final = (dict, Mapping)
_PLAIN: Final[Mapping[Any, Callable[[Any], bool]]] = {
    bool: lambda value: isinstance(value, bool | np.bool_),
    int: lambda value: isinstance(value, int | np.integer) and not isinstance(value, bool),
    float: lambda value: isinstance(value, int | float | np.number) and not isinstance(value, bool),
    str: lambda value: isinstance(value, str),
    None: lambda value: value is None,
    NoneType: lambda value: value is None,
    np.ndarray: lambda value: isinstance(value, np.ndarray),
}


def state_fault(kind: type[Fitted], state: Mapping[str, Any]) -> str | None:
    """The first field of a state, before or after the codec, that is not of the type that its annotation names.

    Annotations of plain values, arrays, lists, mappings and choices of these are looked at; what else there is counts
    as fitting, and so does every state of a class that reads or writes it in its own way.
    """
    owner: Any = kind  # to mypy a class that compares by value cannot be looked up in a cache
    for name, hint in _hints(owner).items():
        if name in state and not _fits(state[name], hint):
            return f"{name} is {_shown(state[name])}, and not {_spelled(hint)}"
    return None


def refuse_false_state(kind: type[Fitted], state: Mapping[str, Any]) -> None:
    """Raise StageError for a field of another type than its annotation names: opening the model would refuse it."""
    if (fault := state_fault(kind, state)) is not None:
        raise StageError(f"of what {kind.__name__} keeps, {fault}; mend: annotate the field as what it keeps")


@functools.cache
def _hints(kind: type[Fitted]) -> dict[str, Any]:
    from automl.components import Fitted

    own = getattr(kind.from_state, "__func__", None) is not Fitted.__dict__["from_state"].__func__
    if own or kind.state is not Fitted.state or not dataclasses.is_dataclass(kind):
        return {}
    found: dict[str, Any] = {}
    for where in reversed(kind.__mro__):
        for name, annotation in vars(where).get("__annotations__", {}).items():
            found[name] = _resolved(name, annotation, where)
    return {field.name: found[field.name] for field in dataclasses.fields(kind) if field.init}


def _resolved(name: str, annotation: Any, where: type) -> Any:
    """What an annotation names; anything where its module imports the name for type checkers alone."""
    alone: Any = SimpleNamespace(__annotations__={name: annotation})
    module = sys.modules.get(where.__module__)
    try:
        return get_type_hints(alone, {"np": np, **vars(module)} if module else {})[name]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Any


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _fits(value, inner[0])
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    kind = origin or hint
    if kind in _LISTS:
        return isinstance(value, list | tuple) and _all_fit(value, _items(kind, inner), inner)
    if kind in _MAPPINGS:
        return isinstance(value, Mapping) and all(_all_fit(value.values(), each, ()) for each in inner[1:])
    if isinstance(kind, type) and issubclass(kind, AbstractSet):
        return True  # the codec keeps none: its author makes one of something else
    return kind not in _PLAIN or _PLAIN[kind](value)


def _items(kind: Any, inner: tuple[Any, ...]) -> Any:
    """What each item is; None where nothing is said of items, or each place has a type of its own."""
    if kind is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return None
    return inner[0] if inner else None


def _all_fit(values: Iterable[Any], hint: Any, places: tuple[Any, ...]) -> bool:
    if hint is not None:
        return all(_fits(value, hint) for value in values)
    found = list(values)
    return not places or (len(found) == len(places) and all(map(_fits, found, places)))


def _shown(value: Any) -> str:
    text = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _spelled(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
