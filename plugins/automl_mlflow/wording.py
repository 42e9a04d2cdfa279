"""What MLflow and what it stands on raise, in words for a person: no traceback, no address with a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from automl.errors import AutoMLError
from automl.secret import without_passwords

_LONGEST: Final = 200
_KNOWN: Final = (
    (r"database is locked", "another program has locked the database"),
    (r"file is not a database|malformed|not an? database|disk image", "the database is damaged"),
    (r"Connection refused|NewConnectionError|ConnectionRefused", "nothing answers there (connection refused)"),
    (r"timed out|Timeout|timeout", "it does not answer in time"),
    (r"Name or service not known|NameResolution|getaddrinfo|Temporary failure in name", "there is no such host"),
    (r"\b(401|403)\b|PERMISSION_DENIED|UNAUTHENTICATED", "it refuses access"),
    (r"readonly database|read-only|Permission denied", "it may not be written"),
    (r"No space left|disk is full|database or disk is full", "the disk is full"),
    (r"unable to open database file", "the database file cannot be opened"),
)


def in_words(error: BaseException) -> str:
    """Why the tracker could not be used, in a few words."""
    if isinstance(error, AutoMLError):
        return str(error)
    told = " ".join(str(each) for each in _chain(error))
    for pattern, words in _KNOWN:
        if re.search(pattern, told):
            return words
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return without_passwords(f"{type(error).__name__}: {first}"[:_LONGEST])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        here = here.__cause__ or here.__context__
