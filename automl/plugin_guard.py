"""What a plugin's module must keep to; each breach sets that plugin aside, with its cause.

pluggy itself calls a misspelt hook never, one with a default argument without its argument, and says nothing.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import pluggy

from automl.errors import PluginError, did_you_mean
from automl.hookspecs import API, PROJECT, Announcements, Offers, families
from automl.plugin_sources import Plugin
from automl.records import Record

API_MARK = "AUTOML_API"
"""A module-level number: which `automl.hookspecs.API` the plugin was written for."""

_MARK: Final = f"{PROJECT}_impl"
_ORDERS: Final = ("wrapper", "hookwrapper", "tryfirst", "trylast")
_ALIKE: Final = 0.9
"""From this similarity on a name is taken for a misspelt hook: ``run_start`` is, ``run_started_at`` is not."""
_ALIKE_WITH_EVENT: Final = 0.6
"""The same for a function that takes an event, as only hooks and their helpers do."""


def check_api(module: Any) -> None:
    """Raise PluginError if the module was written for a newer API, before its hooks are looked at."""
    written_for = getattr(module, API_MARK, API)
    if not isinstance(written_for, int) or written_for > API:
        raise PluginError(
            f"it is written for API {written_for}, this is API {API}; mend: install a newer automl-pipelines"
        )


def check_hooks(manager: pluggy.PluginManager, module: Any) -> None:
    """Raise PluginError for a hook of a module that would never be called, or not as its author means it.

    That is one that is misspelt or has no ``@hookimpl``, has other arguments, is a coroutine, yields without being a
    wrapper or the other way round, or asks for an order among offers, which have none.
    """
    known = {name: owner for owner in (Offers, Announcements) for name in families(owner)}
    for name in dir(module):
        options = manager.parse_hookimpl_opts(module, name)
        if options is not None:
            _check_marked(name, getattr(module, name), options, known)
            continue
        function: Any = getattr(module, name, None)
        if name in known:
            if callable(function):
                raise PluginError(f"{name} is not marked as a hook; mend: put @hookimpl above it")
        elif _is_own_function(module, name, function) and (meant := _meant(name, function, known)) is not None:
            raise PluginError(_not_a_hook(name, meant))


def check_observer(kind: type) -> None:
    """Raise PluginError for a method of an observer that is meant to hear something and never would, or not rightly.

    Methods that a run calls are those named as an announcement, marked with ``@hookimpl`` or not.
    """
    known = dict.fromkeys(families(Announcements), Announcements)
    for name, function, options in methods_of(kind):
        if options is None and name not in known:
            meant = _meant(name, function, known)
            if meant is not None:
                raise PluginError(_not_a_hook(name, meant))
        else:
            _check_marked(name, function, options or {}, known)


def methods_of(kind: type) -> Iterator[tuple[str, Callable[..., Any], Mapping[str, Any] | None]]:
    """The public methods that a class adds to `object`: name, function without ``self``, options of ``@hookimpl``."""
    for name in dir(kind):
        if name.startswith("_"):
            continue
        static = inspect.getattr_static(kind, name)
        function = static.__func__ if isinstance(static, staticmethod | classmethod) else static
        if not inspect.isfunction(function):
            continue
        options = getattr(static, _MARK, None) or getattr(function, _MARK, None)
        bound = function if isinstance(static, staticmethod) else function.__get__(object())
        yield name, bound, options


def _is_own_function(module: Any, name: str, function: Any) -> bool:
    if name.startswith("_") or not inspect.isfunction(function):
        return False
    return function.__module__ == getattr(module, "__name__", None)


def _meant(name: str, function: Callable[..., Any], known: Collection[str]) -> str | None:
    """The hook that an unmarked function was meant to be, "" if that cannot be told; None if it looks like none."""
    stem = name.removeprefix("on_")
    hears = _takes_event(function)
    near = difflib.get_close_matches(stem, known, n=1, cutoff=_ALIKE_WITH_EVENT if hears else _ALIKE)
    if near:
        return near[0]
    return "" if hears and stem != name else None


def _takes_event(function: Callable[..., Any]) -> bool:
    """Whether its one argument is called ``event``, or annotated as one."""
    parameters = list(inspect.signature(function).parameters.values())
    if [parameter.name for parameter in parameters] == ["event"]:
        return True
    events = {hook.title().replace("_", "") for hook in families(Announcements)}
    return len(parameters) == 1 and str(parameters[0].annotation).strip("'\"").rpartition(".")[2] in events


def _not_a_hook(name: str, meant: str) -> str:
    hint = f"did you mean {meant!r}? " if meant else f"known are {', '.join(families(Announcements))}; "
    return f"{name} is no hook; {hint}mend: rename it, or begin its name with _ if it is a helper"


def _check_marked(
    name: str, function: Callable[..., Any], options: Mapping[str, Any], known: Mapping[str, type]
) -> None:
    """Check a function that is to be called as a hook."""
    hook = options.get("specname") or name
    if hook not in known:
        if options.get("optionalhook"):
            return  # it says itself that it is for other versions
        hint = did_you_mean(hook, known)
        raise PluginError(f"{hook} is no hook{f'; {hint}' if hint else ''}")
    given = [option for option in _ORDERS if options.get(option)]
    if known[hook] is Offers and given:
        raise PluginError(
            f"{hook} is marked with {given[0]}=True: each plugin is asked for its own offers, so there is neither an "
            "order nor a call around them; mend: @hookimpl without it"
        )
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise PluginError(f"{name} is async: hooks are called and not awaited; mend: def instead of async def")
    is_wrapper = "wrapper" in given or "hookwrapper" in given
    if is_wrapper and not inspect.isgeneratorfunction(function):
        raise PluginError(f"{name} is marked as a wrapper and has no yield; mend: yield once, or @hookimpl without it")
    if known[hook] is Announcements and inspect.isgeneratorfunction(function) and not is_wrapper:
        raise PluginError(f"{name} yields, so nothing in it would run; mend: @hookimpl(wrapper=True), or no yield")
    expected = _arguments(getattr(known[hook], hook))[1:]  # without self
    try:
        inspect.signature(function).bind(**dict.fromkeys(expected))
    except TypeError:
        found = ", ".join(_arguments(function))
        raise PluginError(f"{name}({found}): this hook is {hook}({', '.join(expected)})") from None


def _arguments(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters
    return [name for name, parameter in parameters.items() if parameter.default is parameter.empty]


def offered_by(module: Any) -> Iterator[tuple[str, Record]]:
    """What a module offers, as (family, record); raises PluginError for what is no record."""
    for hook in families(Offers):
        family = hook.removeprefix("automl_")
        for function in _implementations(module, hook):
            records: Any = function()
            if not isinstance(records, Iterable):
                raise PluginError(f"{hook} returned {type(records).__name__}, expected a list of Record")
            for record in records:
                if not isinstance(record, Record):
                    raise PluginError(f"{hook} returned a list with {type(record).__name__} in it, expected Record")
                yield family, record


def _implementations(module: Any, hook: str) -> Iterator[Callable[[], Any]]:
    """The functions of a module for a hook: that of its name, and those that ``specname`` sends there."""
    if hasattr(module, hook):
        yield getattr(module, hook)
    for name in dir(module):
        function: Any = getattr(module, name, None)
        options = getattr(function, _MARK, None) if inspect.isroutine(function) else None
        if isinstance(options, dict) and options.get("specname") == hook and name != hook:
            yield function


def check_id(record: Record, family: str, plugin: Plugin) -> None:
    """Raise PluginError unless a third party's id is its plugin's name, or begins with it and a dot."""
    own = record.id == plugin.name or record.id.startswith(f"{plugin.name}.")
    if not own and not plugin.is_built_in:
        raise PluginError(
            f"it offers {record.id!r} among the {family}; an id begins with its entry point's name; "
            f"mend: call it {plugin.name}.{record.id.rpartition('.')[2]}"
        )
