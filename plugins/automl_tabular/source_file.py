"""Files that readers read: that they exist, what they hash to, and that their column names can be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from automl.errors import DataError, did_you_mean
from automl.fingerprint import file_fingerprint


def existing_file(path: str) -> Path:
    """The file itself; raises DataError, with the nearest name in its folder, where there is none."""
    file = Path(path)
    if file.is_dir():
        raise DataError(f"{path}: expected a file, found a folder; mend: name one file in it")
    if not file.exists():
        beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
        hint = did_you_mean(file.name, beside)
        raise DataError(
            f"{path}: there is no such file; mend: check the name; it counts from the working folder"
            + (f"; in {file.parent} {hint}" if hint else "")
        )
    return file


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
