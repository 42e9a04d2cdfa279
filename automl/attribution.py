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


def is_built_in(component: type) -> bool:
    """Whether a class came with the engine; a stranger's class that derives from one did not."""
    return component in _owners and _owners[component][1]


def stage_called(name: str, component: type) -> str:
    """A stage as errors name it: ``stages.scaled (scale.standard)``, or with the plugin that brought its component.

    Args:
        name: the stage's name in the file.
        component: what it uses.
    """
    if is_built_in(component):
        return f"stages.{name} ({getattr(component, 'id', component.__name__)})"
    return f"stages.{name}: {whose(component)}"


@contextlib.contextmanager
def named_errors(
    component: type, doing: str, kind: str = "component", *, beside: type | None = None, only_strangers: bool = False
) -> Iterator[None]:
    """Name the component, and its plugin, in whatever is raised within.

    An error that is raised on purpose keeps its class, and that of a built-in component its words as well. Anything
    else becomes a StageError that says what the component was ``doing``. An error that was named once is left alone.

    Args:
        component: the class whose code runs.
        doing: what is called: ``build``.
        kind: what to call a component that no plugin brought.
        beside: a second class whose code may run within: the network that a learner trains.
        only_strangers: a built-in component's error keeps its class, and so its traceback: where so much runs within
            that it would be a defect of the engine.
    """
    try:
        yield
    except ValueLostError:
        raise  # the store's own affair
    except AutoMLError as error:
        _name(error, component, kind)
        if beside is not None:
            _name(error, beside, kind, only_in_full=True)
        raise
    except STRANGERS_ERRORS as error:
        if only_strangers and is_built_in(component):
            raise
        text = f": {error}" if str(error) else ""
        who = whose(component, kind) + (f", for {whose(beside)}" if beside else "")
        named = StageError(f"{who}: {doing} raised {type(error).__name__}{text}")
        named.is_named = True
        raise named from error


def _name(error: AutoMLError, component: type, kind: str, *, only_in_full: bool = False) -> None:
    """Put a stranger's component in front of an error's words; ``only_in_full``: where it stands there by its id."""
    if error.is_named or is_built_in(component):
        return
    who, text = whose(component, kind), str(error)
    short = who.partition(" of plugin ")[0]
    if text.startswith(short):
        text = who + text.removeprefix(short)
    elif only_in_full:
        return
    else:
        text = f"{who}: {text}"
    error.args = (text, *error.args[1:])
    error.is_named = True


def shield(component: Any, *methods: str, kind: str = "component") -> Any:
    """The component itself, whose ``methods`` name it in what they raise from now on."""
    for method in methods:
        setattr(component, method, naming(type(component), method, getattr(component, method), kind))
    return component


def naming(component: type, doing: str, call: Callable[..., T], kind: str = "component") -> Callable[..., T]:
    """``call`` with `named_errors` around it."""

    @functools.wraps(call)
    def named(*args: Any, **kwargs: Any) -> T:
        with named_errors(component, doing, kind):
            return call(*args, **kwargs)

    return named
