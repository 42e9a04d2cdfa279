"""Whose an error is: what a stranger's code raises is told with its component and the plugin that brought it.

Every seam at which the kernel calls a component goes through `named_errors`, so that a trial's failure in the ledger
and a run's last message say where to look.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from automl.errors import AutoMLError, StageError, ValueLostError

T = TypeVar("T")

STRANGERS_ERRORS: Final = (Exception, SystemExit)
"""What counts as an error of a component; one that calls ``sys.exit`` must not end the run without a word."""

_SINGULAR: Final = {
    "components": "component",
    "searchers": "tuner",
    "advice": "rule",
}
_owners: weakref.WeakKeyDictionary[type, tuple[str, bool]] = weakref.WeakKeyDictionary()
"""What a class is called in errors, and whether it is built in; noted when a plugin's record is loaded."""


def note_owner(component: Any, family: str, name: str, plugin: str, *, built_in: bool) -> None:
    """Remember which plugin brought a class. ``plugin`` is the plugin as errors name it."""
    if isinstance(component, type):
        kind = _SINGULAR.get(family, family.removesuffix("s"))
        _owners[component] = f"{kind} {name!r} of {plugin}", built_in


def whose(component: type, kind: str = "component") -> str:
    """A class as errors name it: ``network 'acme.gated' of plugin 'acme' (automl-acme 1.2)``.

    Args:
        component: the class; what it derives from counts too, for a part that was made of an offered one.
        kind: what to call it where no plugin brought it.
    """
    for base in component.__mro__:
        if base in _owners:
            return _owners[base][0]
    name = getattr(component, "id", None)
    return f"{kind} {name!r}" if isinstance(name, str) else f"{kind} {component.__name__}"


@contextlib.contextmanager
def named_errors(component: type, doing: str, kind: str = "component") -> Iterator[None]:
    """Name the component, and its plugin, in whatever is raised within.

    An error that is raised on purpose keeps its class, and that of a built-in component its words as well. Anything
    else becomes a StageError that says what the component was ``doing``. An error that was named once is left alone.
    """
    try:
        yield
    except ValueLostError:
        raise  # the store's own affair
    except AutoMLError as error:
        _name(error, component, kind)
        raise
    except STRANGERS_ERRORS as error:
        text = f": {error}" if str(error) else ""
        named = StageError(f"{whose(component, kind)}: {doing} raised {type(error).__name__}{text}")
        named.is_named = True
        raise named from error


def _name(error: AutoMLError, component: type, kind: str) -> None:
    built_in = any(base in _owners and _owners[base][1] for base in component.__mro__[:1])
    if built_in or error.is_named:
        return
    who, text = whose(component, kind), str(error)
    short = who.partition(" of plugin ")[0]
    error.args = (f"{who}{text.removeprefix(short)}" if text.startswith(short) else f"{who}: {text}", *error.args[1:])
    error.is_named = True


def naming(component: type, doing: str, call: Callable[..., T], kind: str = "component") -> Callable[..., T]:
    """``call`` with `named_errors` around it."""

    @functools.wraps(call)
    def named(*args: Any, **kwargs: Any) -> T:
        with named_errors(component, doing, kind):
            return call(*args, **kwargs)

    return named
