"""How a call ends that went wrong: one sentence, an exit code, and no traceback unless ``--debug`` asks for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator
from typing import NoReturn

import click

from automl.cli.calls import FAILED, WRONG
from automl.cli.signals import Signals, tell
from automl.errors import AutoMLError, NoSuchFileError, NoSuchRunError, PipelineFileError, PluginError, SelectionError
from automl.secret import without_passwords

_PIPES = (errno.EPIPE, errno.ESHUTDOWN)


def speak_plainly() -> None:
    """Let no letter end a call that the terminal cannot show: it is written as ``\\xe9``, and into files as UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
        if encoding == "utf8" or not hasattr(stream, "reconfigure"):
            continue
        if stream is sys.stdout and encoding == "ascii" and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # what reads ASCII reads it alike
        else:
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def errors_told(signals: Signals, *, is_debugged: bool = False) -> Iterator[None]:
    """End the process with a message for every error but click's own, and for Ctrl-C and signals."""
    try:
        yield
    except KeyboardInterrupt as stop:
        signals.leave(stop)
    except PipelineFileError as error:
        _fail(f"{error}\n\n{len(error.problems)} problem(s) found.", WRONG, error, is_debugged)
    except (NoSuchFileError, NoSuchRunError, PluginError, SelectionError) as error:
        _fail(f"error: {error}", WRONG, error, is_debugged)
    except AutoMLError as error:
        _fail(f"error: {error}", FAILED, error, is_debugged)
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        if error.errno in _PIPES:
            _leave_pipe()
        _fail(f"error: {_of_the_system(error)}", FAILED, error, is_debugged)
    except MemoryError as error:
        _fail(f"error: {_of_memory(error)}", FAILED, error, is_debugged)
    except RecursionError as error:
        _fail("error: something is nested too deeply to be read; mend: fewer levels", FAILED, error, is_debugged)
    except Exception as error:  # noqa: BLE001 - this is where a person is spared a traceback
        _fail(f"error: {_of_a_defect(error)}", FAILED, error, is_debugged)


def _of_the_system(error: OSError) -> str:
    names = " and ".join(str(name) for name in (error.filename, error.filename2) if name is not None)
    cause = error.strerror or str(error) or type(error).__name__
    where = f"{names}: {cause}" if names else cause
    return (
        f"{where}; mend: see to that file, folder or disk, and run again (automl --debug ... shows where it happened)"
    )


def _of_memory(error: MemoryError) -> str:
    asked = f" ({error})" if str(error) else ""
    return (
        f"the memory ran out{asked}; mend: fewer rows, fewer workers (run.executor.with.workers), or a larger machine"
    )


def _of_a_defect(error: Exception) -> str:
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    return (
        f"{cause}; this is a defect of automl or of a plugin, not of your call{notes}; mend: automl --debug ... shows "
        "where it happened, for a report"
    )


def _fail(message: str, code: int, error: BaseException, is_debugged: bool) -> NoReturn:
    if is_debugged:
        tell(without_passwords("".join(traceback.format_exception(error))))
    notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ())) if isinstance(error, AutoMLError) else ""
    tell(without_passwords(message + notes))
    sys.exit(code)


def _leave_pipe() -> NoReturn:
    """Whoever read our output has read enough (``| head``): that is no failure of ours, and nothing more is said."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())
    sys.exit(FAILED)
