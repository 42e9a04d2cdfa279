"""A file that a person named: that it is there, and if not, which one may be meant."""

from __future__ import annotations

from pathlib import Path

from automl.errors import NoSuchFileError, did_you_mean_file


def existing_file(path: str) -> Path:
    """The file itself; raises NoSuchFileError, with the nearest name in its folder, where there is none."""
    file = Path(path)
    if file.is_dir():
        raise NoSuchFileError(f"{path}: expected a file, found a folder; mend: name one file in it")
    if not file.exists():
        mend = did_you_mean_file(file) or "check the name; it counts from the working folder"
        raise NoSuchFileError(f"{path}: there is no such file; mend: {mend}")
    return file
