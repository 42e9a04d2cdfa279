"""Where runs are tracked: the store's address, where its artifacts go, and how a person opens it."""

from __future__ import annotations

import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from automl.errors import PluginError
from automl.secret import Address, without_passwords

_SQLITE = "sqlite:///"
_SCHEMES = ("http", "https", "databricks", "databricks-uc", "uc")
_DATABASES = ("postgresql", "mysql", "mssql", "sqlite")
_PATIENCE_WITH_LOCKS = 3.0
"""Seconds that another program may hold the lock of a database in a file."""


@dataclass(frozen=True)
class Location:
    """``artifacts`` is the absolute URI for the artifacts of a new experiment; None lets the server decide.

    ``secret``: the address came from the environment, and is shown nowhere.
    """

    tracking_uri: str
    artifacts: str | None
    secret: bool = False

    def __str__(self) -> str:
        """For people: without what nobody may see."""
        return "the tracking server" if self.secret else without_passwords(self.tracking_uri)

    def page(self, experiment_id: str, run_id: str) -> str:
        """What to type, or the address to open, to see a run."""
        if self.secret:
            return f"experiment {experiment_id}, run {run_id} at the address in the environment"
        if self.tracking_uri.startswith(_SQLITE):
            return f"mlflow ui --backend-store-uri {_SQLITE}{_shortest(_database(self.tracking_uri))}"
        if self.tracking_uri.startswith(("http://", "https://")):
            return f"{self}/#/experiments/{experiment_id}/runs/{run_id}".replace("//#", "/#")
        return f"mlflow ui --backend-store-uri {self}"

    def is_new_file(self) -> bool:
        """Whether MLflow has to make a database in a file first."""
        database = self._file()
        return database is not None and (not database.exists() or not database.stat().st_size)

    def check(self) -> None:
        """Raise PluginError for a database in a file that is locked or damaged, within a few seconds.

        MLflow itself would try for half a minute.
        """
        database = self._file()
        if database is None or self.is_new_file():
            return
        try:
            connection = sqlite3.connect(database, timeout=_PATIENCE_WITH_LOCKS, isolation_level=None)
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise PluginError(_of_database(error)) from error

    def _file(self) -> Path | None:
        return _database(self.tracking_uri) if self.tracking_uri.startswith(_SQLITE) else None


def _of_database(error: sqlite3.Error) -> str:
    told = str(error)
    if "locked" in told:
        return "another program has locked the database"
    return f"the database is damaged or cannot be opened ({told})"


def locate(given: Address | None, workspace: Path) -> Location:
    """The given store, or that of ``MLFLOW_TRACKING_URI``, or else ``mlflow.db`` in the workspace.

    MLflow would put the artifacts of an SQLite store relative to whatever the working folder is; here they lie beside
    the database.

    Raises PluginError for an address that MLflow does not take.
    """
    uri = given.get_secret_value() if given else os.environ.get("MLFLOW_TRACKING_URI")
    address = Address(uri or f"{_SQLITE}{workspace.resolve() / 'mlflow.db'}", given.reference if given else None)
    if fault := unfit(address):
        raise PluginError(fault)
    uri, secret = address.get_secret_value(), address.reference is not None
    if not uri.startswith(_SQLITE):
        return Location(uri, None, secret)
    database = _database(uri).resolve()
    database.parent.mkdir(parents=True, exist_ok=True)
    return Location(f"{_SQLITE}{database}", database.with_name(f"{database.stem}-artifacts").as_uri(), secret)


def unfit(address: Address) -> str | None:
    """What is wrong with an address, and how to mend it; None if MLflow takes it."""
    uri = address.get_secret_value()
    scheme = urlsplit(uri).scheme if "://" in uri or uri.startswith("file:") else ""
    if scheme in _SCHEMES or scheme.split("+")[0] in _DATABASES or uri in ("databricks", "databricks-uc", "uc"):
        return None
    if not scheme or scheme == "file":
        folder = re.sub("^//+", "/", uri.removeprefix("file:")).rstrip("/")
        database = "<folder>/mlflow.db" if address.reference else f"{folder or '.'}/mlflow.db"
        return (
            f"MLflow keeps runs in a folder of files no more (found {address}); mend: a database in a file, "
            f"{_SQLITE}{database}"
        )
    return (
        f"MLflow has no store of the kind {scheme!r}; expected https://host, sqlite:///file.db, or the URL of a "
        "PostgreSQL, MySQL or SQL Server database; mend: correct the address"
    )


def _database(uri: str) -> Path:
    return Path(uri.removeprefix(_SQLITE))


def _shortest(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
