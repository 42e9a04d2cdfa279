"""Files that are written whole or not at all: under another name, forced to the disk, then renamed into place."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from automl.errors import OutputError
from automl.secret import without_hidden

_log = logging.getLogger(__name__)
_HALF = ".half-"
"""What the name of a file begins with that is not whole yet; a killed process may leave one behind."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MENDS = {
    errno.EROFS: "choose a folder that can be written to",
    errno.EACCES: "choose a folder that you may write to, or change its permissions",
    errno.EPERM: "choose a folder that you may write to, or change its permissions",
    errno.ENOTDIR: "a part of this path is a file; choose another one",
    errno.EEXIST: "a part of this path is a file; choose another one",
    errno.EISDIR: "this is a folder; name a file in it",
    errno.ENOENT: "make the folder, or choose another one",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 text, secrets masked. Raises OutputError; then the file is as it was before."""
    with whole(path) as half:
        half.write_text(without_hidden(text), encoding="utf-8")


def write_text_once(path: Path, text: str, others: Iterable[Path]) -> None:
    """As `write_text`; where one of ``others`` holds the same text, the file is a hard link to it.

    Files are replaced here and never changed in place, so that a link stays what it was. A file system that has no
    hard links, or none across two of them, gets a copy. Raises OutputError.
    """
    data = text.encode("utf-8")
    with whole(path) as half:
        same = next((other for other in others if _holds(other, data)), None)
        if same is not None:
            try:
                os.link(same, half)
            except OSError as error:
                _log.debug("%s is copied: %s", path, error)
            else:
                return
        half.write_bytes(data)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False  # somebody else's file, or one that is gone by now


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Hand out the path of a new file beside ``path``, and put it in its place when the block is done.

    A reader sees the old file or the new one. A link stays a link: what it points to is replaced. What is no plain
    file (``/dev/stdout``, a named pipe) is handed out as it is.

    Args:
        path: the file to be written; its folder must exist.

    Raises:
        OutputError: it cannot be written; says why and how to go on. The file is as it was before.
    """
    with explained(path):
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file() and not target.is_dir():
            yield target
            return
        half = _half_of(target)
        try:
            yield half
            _force(half)
            if target.exists():
                shutil.copymode(target, half)
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


def check_writable(path: Path) -> None:
    """Raise OutputError if `whole` could not write this file now; nothing is left, and the file is as it was."""
    with explained(path):
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():
            return
        probe = _half_of(target)
        try:
            probe.touch()
            if len(os.fsencode(target.name)) > os.pathconf(target.parent, "PC_NAME_MAX"):
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        finally:
            probe.unlink(missing_ok=True)


def _half_of(target: Path) -> Path:
    return target.with_name(f"{_HALF}{uuid.uuid4().hex}{target.suffix[:20]}")


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Hand out a new folder beside ``path``, which must not be there, and rename it when the block is done.

    Raises:
        OutputError: it cannot be written; then nothing is left.
    """
    half = path.with_name(f"{_HALF}{uuid.uuid4().hex}")
    with explained(path):
        try:
            half.mkdir(parents=True)
            yield half
            half.rename(path)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise


def is_half(path: Path) -> bool:
    """Whether this is what a killed process left of a file."""
    return path.name.startswith(_HALF)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says of a path that cannot be written into an OutputError that says how to go on."""
    try:
        yield
    except OSError as error:
        raise OutputError(unwritable(path, error)) from error


@contextlib.contextmanager
def explained_anywhere(workspace: Path) -> Iterator[None]:
    """The same for whatever is written within: the system's error names the file, or it lies in the workspace.

    Any other error of the system (no more processes, a file that cannot be read) goes on as it is.
    """
    try:
        yield
    except OSError as error:
        if (told := as_output_error(error, workspace)) is error:
            raise
        raise told from error


def as_output_error(error: Exception, workspace: Path) -> Exception:
    """An error of the system about writing as an OutputError; any other as it is."""
    if not isinstance(error, OSError) or (error.errno not in _FULL and error.errno not in _MENDS):
        return error
    return OutputError(unwritable(Path(error.filename2 or error.filename or workspace), error))


def unwritable(path: Path, error: OSError) -> str:
    """What hinders writing, in a sentence."""
    cause = error.strerror or str(error)
    if error.errno in _FULL:
        mend = "free some space (automl cache gc --max-size SIZE), or work on a larger disk, and run again"
    else:
        mend = _MENDS.get(error.errno or 0, "see to the disk, or choose another folder, and run again")
    return f"{path} cannot be written: {cause}; mend: {mend}"


def _force(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
