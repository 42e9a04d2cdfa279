"""Light records: what a plugin offers, by id, without importing its code."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from automl.errors import MissingExtraError, PluginError
from automl.hookspecs import API


@dataclass(frozen=True)
class Record:
    """One offer of a plugin.

    Attributes:
        id: the name in pipeline files, unique in its family.
        code: where the class is, ``package.module:Class``; imported on first use.
        summary: one line for listings.
        requires: importable modules of the engines that it needs beyond the base installation.
        extra: the extra of the distribution that brings them.
        suffixes: for readers, the file suffixes that choose it, e.g. ``(".csv", ".tsv")``.
        distribution: what the plugin was installed as; the registry fills it in, and the mend of a missing engine
            names it.
    """

    id: str
    code: str
    summary: str
    requires: tuple[str, ...] = ()
    extra: str | None = None
    suffixes: tuple[str, ...] = ()
    distribution: str = "automl-pipelines"

    def load(self) -> Any:
        """The class itself. Raises MissingExtraError if its engine is not installed, PluginError if it is broken."""
        return _load(self)

    def load_to_describe(self) -> Any:
        """The class, to tell of it: what it needs to run it does not need for that. Raises what `load` raises."""
        try:
            return _load(dataclasses.replace(self, requires=()))
        except PluginError:
            return self.load()


@functools.cache
def _load(record: Record) -> Any:
    for engine in record.requires:
        if importlib.util.find_spec(engine) is None:
            raise MissingExtraError(record.id, engine, record.extra, record.distribution)
    module, _, name = record.code.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{record.id}: cannot import {record.code}: {type(error).__name__}: {error}") from error
    if getattr(found, "id", record.id) != record.id:
        raise PluginError(f"{record.code} calls itself {found.id!r}, but is offered as {record.id!r}")
    if getattr(found, "api", API) > API:
        raise PluginError(
            f"{record.id} is written for API {found.api}, this is API {API}; mend: install a newer automl-pipelines"
        )
    return found
