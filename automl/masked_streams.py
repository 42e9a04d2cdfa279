"""What nobody may see stays off the screen: whatever a command, a worker, a library or a warning prints
goes through here."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from automl.secret import without_secrets


class _MaskedStream:
    """A text stream that hides what is to be hidden; in everything else it is the stream that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(without_secrets(text) if isinstance(text, str) else text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)


def mask_streams() -> None:
    """From now on, standard output and standard error of this process show ``***`` in place of secrets."""
    sys.stdout, sys.stderr = (cast("TextIO", _MaskedStream(stream)) for stream in (sys.stdout, sys.stderr))


@contextlib.contextmanager
def masked_streams() -> Iterator[None]:
    """Within it, standard output and standard error show ``***`` in place of secrets."""
    before = sys.stdout, sys.stderr
    mask_streams()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
