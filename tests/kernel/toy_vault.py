"""A plugin whose parameters are secret: an observer's, and a searcher's."""

from __future__ import annotations

import sys
from typing import Any

from automl.executors.worker import Worker
from automl.hookspecs import hookimpl
from automl.observer import Observer
from automl.params import Params, Secret, param
from automl.records import Record
from automl.search.random_search import RandomSearch


class LogParams(Params):
    password: Secret | None = param(None, description="What nobody may see.")
    level: int = param(3, ge=0, description="How much is told.")


class VaultLog(Observer):
    """An observer with a password."""

    id = "vault.log"
    Params = LogParams


class SearchParams(Params):
    token: Secret | None = param(None, description="What the service asks for.")
    rounds: int = param(1, ge=1, description="How often.")


class VaultSearch(RandomSearch):
    """A random search that has to log in."""

    id = "vault.search"
    Params = SearchParams


def loud(payload: Any, worker: Worker) -> str:
    """A job that prints what it was given."""
    print("password:", payload, flush=True)
    print("password:", payload, file=sys.stderr)
    return "done"


@hookimpl
def automl_observers() -> list[Record]:
    return [Record("vault.log", f"{__name__}:VaultLog", VaultLog.summary())]


@hookimpl
def automl_searchers() -> list[Record]:
    return [Record("vault.search", f"{__name__}:VaultSearch", VaultSearch.summary())]
