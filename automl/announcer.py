"""Hands events to observers as pluggy does, each shielded from what the others raise."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

import pluggy

from automl.attribution import STRANGERS_ERRORS, whose
from automl.errors import AutoMLError
from automl.hookspecs import PROJECT, Announcements, families, hookimpl
from automl.plugin_guard import methods_of
from automl.plugins import Registry
from automl.secret import without_passwords

_log = logging.getLogger(__name__)

_Found = tuple[str, Callable[..., Any], Mapping[str, Any]]
"""An implementation: its hook, the function, and the options of its mark."""


class Announcer:
    """Called with an event; finds its hook by the event's class name and calls every implementation of it.

    pluggy orders and calls them: ``tryfirst`` before all others, ``trylast`` after them, wrappers around them. Else the
    event log comes first, then observers in the order in which they are given, then plugins, the last loaded first. An
    implementation that raises is reported and passed over: a tracker that is down must not cost a night's search. It is
    told with a traceback the first time that it fails at a hook, an `AutoMLError` in its own words alone. A wrapper
    that fails is as if it were not there.
    """

    def __init__(self, registry: Registry, observers: Iterable[Any]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Announcements)
        self._reported: set[tuple[str, str]] = set()
        plugins = {plugin.name: str(plugin) for plugin in registry.plugins}
        for name, _ in registry.manager.list_name_plugin():
            self._register(plugins.get(name, f"plugin {name!r}"), _of_plugin(registry.manager, name))
        for observer in reversed(list(observers)):  # pluggy calls the last one first
            self._register(whose(type(observer), "observer"), _of_observer(observer))

    def __call__(self, event: Any) -> None:
        hook = getattr(self._manager.hook, hook_name(type(event).__name__), None)
        if hook is not None:
            hook(event=event)

    def _register(self, who: str, implementations: Iterable[_Found]) -> None:
        """Let pluggy have shielded copies of someone's implementations."""
        shielded = _Shielded()
        for number, (hook, function, options) in enumerate(implementations):
            is_wrapper = options.get("wrapper") or options.get("hookwrapper")
            copy = self._around(who, hook, function) if is_wrapper else self._plain(who, hook, function)
            mark = hookimpl(
                specname=hook,
                wrapper=bool(options.get("wrapper")),
                hookwrapper=bool(options.get("hookwrapper")),
                tryfirst=bool(options.get("tryfirst")),
                trylast=bool(options.get("trylast")),
            )
            setattr(shielded, f"{hook}_{number}", mark(copy))
        self._manager.register(shielded, f"{who} {id(shielded)}")

    def _plain(self, who: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def hear(event: Any) -> Any:
            try:
                return function(event=event)
            except STRANGERS_ERRORS:
                self._report(who, hook)
                return None

        return hear

    def _around(self, who: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def hear(event: Any) -> Generator[None, Any, Any]:
            try:
                wrapper = function(event=event)
                next(wrapper)
            except StopIteration:
                self._report(who, hook, "it is a wrapper and did not yield")
                return (yield)
            except STRANGERS_ERRORS:
                self._report(who, hook)
                return (yield)
            try:
                result = yield
            except BaseException as error:
                # An interruption: the only kind that gets here. A wrapper may clean up, and does not end it.
                with contextlib.suppress(StopIteration):
                    wrapper.throw(error)
                raise
            try:
                wrapper.send(result)
                wrapper.close()
            except StopIteration as end:
                return end.value
            except STRANGERS_ERRORS:
                self._report(who, hook)
            else:
                self._report(who, hook, "it is a wrapper and yielded twice")
            return result

        return hear

    def _report(self, who: str, hook: str, cause: str | None = None) -> None:
        """Say what went wrong: ``cause``, or else the error that is being handled."""
        again = (who, hook) in self._reported
        self._reported.add((who, hook))
        error = sys.exception() if cause is None else None
        worded = isinstance(error, AutoMLError)  # it says all that a person can use
        text = without_passwords(str(error)) if worded else f"{who} failed at {hook}{f': {cause}' if cause else ''}"
        _log.log(logging.DEBUG if again else logging.ERROR, text, exc_info=error is not None and not worded)


class _Shielded:
    """What pluggy is given in the place of an observer or a plugin: its implementations are attributes."""


def _of_plugin(manager: pluggy.PluginManager, name: str) -> Iterator[_Found]:
    for hook in families(Announcements):
        for found in getattr(manager.hook, hook).get_hookimpls():
            if found.plugin_name == name:
                yield hook, found.function, found.opts


def _of_observer(observer: Any) -> Iterator[_Found]:
    """Methods named as an announcement, marked or not, and those that are sent to one by ``specname``."""
    marks = {name: options for name, _, options in methods_of(type(observer)) if options}
    for hook in families(Announcements):
        function = getattr(observer, hook, None)
        if callable(function) and not marks.get(hook, {}).get("specname"):
            yield hook, function, marks.get(hook, {})
    for name, options in marks.items():
        if options.get("specname") in families(Announcements):
            yield options["specname"], getattr(observer, name), options


def hook_name(event: str) -> str:
    """``TrialFinished`` as ``trial_finished``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()
