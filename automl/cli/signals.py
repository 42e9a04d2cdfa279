"""Ctrl-C and the signals that ask a process to end: the first ends the call in order, the second at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

import click

_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_ONE_WISH: Final = 0.5
"""Signals that follow within so many seconds are one and the same wish: ``make`` and ``npm`` pass Ctrl-C on."""


class Interruption(KeyboardInterrupt):
    """Raised in the main thread by a signal; its text is the signal's name."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell gives for a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number


class Signals:
    """Inside the block a signal raises `Interruption`.

    Signals that this process was started to ignore (``nohup``, a job in the background) stay ignored.

    Attributes:
        first: the one that has arrived; None before.
    """

    def __init__(self) -> None:
        self.first: Interruption | None = None
        self._arrived = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                before = signal.getsignal(number)
                if before is not signal.SIG_IGN and before is not None:
                    self._before[number] = before
                    signal.signal(number, self._arrive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.first is not None:
            return  # the process ends, and a further signal ends it at once
        for number, before in self._before.items():
            signal.signal(number, before)

    def _arrive(self, number: int, _: FrameType | None) -> None:
        if self.first is None:
            self.first, self._arrived = Interruption(number), time.monotonic()
            raise self.first
        if time.monotonic() - self._arrived > _ONE_WISH:
            os._exit(self.first.exit_code)

    def leave(self, error: KeyboardInterrupt) -> NoReturn:
        """End the process in order: say what happened, wait for no thread that is still at work."""
        stopped = self.first or error
        cause = str(stopped) if str(stopped) not in ("", "SIGINT") else "Ctrl-C"
        notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
        code = self.first.exit_code if self.first else 128 + signal.SIGINT
        tell(f"interrupted ({cause}){notes}")
        if self.first is not None and threading.active_count() > 1:
            os._exit(code)  # a stage or a tuner at work in a thread would hold the process until it is done
        if self.first is not None:
            for number in self._before:  # the interpreter would give them their defaults while it shuts down
                signal.signal(number, signal.SIG_IGN)
        sys.exit(code)


def tell(sentence: str) -> None:
    """Say it on standard error, if anybody is left to read it, after all that was said before."""
    try:
        sys.stdout.flush()
        click.echo(sentence, err=True)
        sys.stderr.flush()
    except (OSError, ValueError):  # the terminal is gone, or the pipe's reader is
        return
