"""Files that readers read: that they exist, what they hash to, and that their column names can be used."""

from __future__ import annotations

from collections.abc import Sequence

from automl.errors import DataError
from automl.fingerprint import file_fingerprint
from automl.named_file import existing_file


def fingerprint(path: str) -> str:
    """Content hash of the file's bytes; raises DataError where it cannot be read."""
    file = existing_file(path)
    try:
        return file_fingerprint(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def check_names(path: str, names: Sequence[str]) -> None:
    """Raises DataError for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            places = [place for place, other in enumerate(names, 1) if other == name]
            raise DataError(f"{path}: the column name {name!r} stands at places {places}; mend: rename all but one")
        seen.add(name)
