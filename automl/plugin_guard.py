"""What a plugin's module must keep to; each breach sets that plugin aside, with its cause."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import pluggy

from automl.errors import PluginError, did_you_mean
from automl.hookspecs import API, Announcements, Offers, families
from automl.plugin_sources import Plugin
from automl.records import Record

API_MARK = "AUTOML_API"
"""A module-level number: which `automl.hookspecs.API` the plugin was written for."""


def check_api(module: Any) -> None:
    """Raise PluginError if the module was written for a newer API, before its hooks are looked at."""
    written_for = getattr(module, API_MARK, API)
    if not isinstance(written_for, int) or written_for > API:
        raise PluginError(
            f"it is written for API {written_for}, this is API {API}; mend: install a newer automl-pipelines"
        )


def check_hooks(manager: pluggy.PluginManager, module: Any) -> None:
    """Raise PluginError for a misspelt hook, one without ``@hookimpl``, or one with other arguments.

    pluggy itself would call none of them, or call them with fewer arguments, and say nothing.
    """
    known = {name: owner for owner in (Offers, Announcements) for name in families(owner)}
    for name in dir(module):
        marked = manager.parse_hookimpl_opts(module, name) is not None
        if not marked and name not in known:
            continue
        function = getattr(module, name)
        if name not in known:
            hint = did_you_mean(name, known)
            raise PluginError(f"{name} is no hook{f'; {hint}' if hint else ''}")
        if not marked:
            if callable(function):
                raise PluginError(f"{name} is not marked as a hook; mend: put @hookimpl above it")
            continue
        found = _arguments(function)
        expected = _arguments(getattr(known[name], name))[1:]  # without self
        if found != expected:
            raise PluginError(f"{name}({', '.join(found)}): this hook is {name}({', '.join(expected)})")


def _arguments(function: Any) -> list[str]:
    parameters = inspect.signature(function).parameters
    return [name for name, parameter in parameters.items() if parameter.default is parameter.empty]


def offered_by(module: Any) -> Iterator[tuple[str, Record]]:
    """What a module offers, as (family, record); raises PluginError for what is no record."""
    for hook in families(Offers):
        family = hook.removeprefix("automl_")
        records: Any = getattr(module, hook, tuple)()
        if not isinstance(records, Iterable):
            raise PluginError(f"{hook} returned {type(records).__name__}, expected a list of Record")
        for record in records:
            if not isinstance(record, Record):
                raise PluginError(f"{hook} returned a list with {type(record).__name__} in it, expected Record")
            yield family, record


def check_id(record: Record, family: str, plugin: Plugin) -> None:
    """Raise PluginError unless a third party's id is its plugin's name, or begins with it and a dot."""
    own = record.id == plugin.name or record.id.startswith(f"{plugin.name}.")
    if not own and not plugin.is_built_in:
        raise PluginError(
            f"it offers {record.id!r} among the {family}; an id begins with its entry point's name; "
            f"mend: call it {plugin.name}.{record.id.rpartition('.')[2]}"
        )
