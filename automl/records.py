"""Light records: what a plugin offers, by id, without importing its code."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import Any

from automl.errors import MissingExtraError, PluginError


@dataclass(frozen=True)
class Record:
    """One offer of a plugin.

    Attributes:
        id: the name in pipeline files, unique in its family.
        code: where the class is, ``package.module:Class``; imported on first use.
        summary: one line for listings.
        extra: the extra of the distribution that brings the engine it needs, if any.
        suffixes: for readers, the file suffixes that choose it, e.g. ``(".csv", ".tsv")``.
    """

    id: str
    code: str
    summary: str
    extra: str | None = None
    suffixes: tuple[str, ...] = ()

    def load(self) -> Any:
        """The class itself. Raises MissingExtraError if its engine is not installed, PluginError if it is broken."""
        return _load(self)


@functools.cache
def _load(record: Record) -> Any:
    module, _, name = record.code.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if record.extra and error.name and not module.startswith(error.name):
            raise MissingExtraError(record.id, error.name, record.extra) from error
        raise PluginError(f"{record.id}: cannot import {record.code}: {error}") from error
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{record.id}: cannot import {record.code}: {error}") from error
    if getattr(found, "id", record.id) != record.id:
        raise PluginError(f"{record.code} calls itself {found.id!r}, but is offered as {record.id!r}")
    return found
