"""The event log: every event of a run as one JSON line in its folder."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import time
from pathlib import Path
from typing import Any

from automl import events
from automl.announcer import hook_name
from automl.secret import without_hidden, without_hidden_values
from automl.writing import explained


class EventLog:
    """Writes ``events.jsonl``; each line has ``event``, ``at`` (Unix time) and the event's plain fields.

    A line that a full disk or a kill cut short is no event; what is written after it begins a line of its own.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "events.jsonl"

    def write(self, event: Any) -> None:
        """Raises OutputError."""
        line = {"event": hook_name(type(event).__name__), "at": round(time.time(), 3), **_plain_fields(event)}
        text = without_hidden(json.dumps(line, default=str)) + "\n"
        with explained(self._path), self._path.open("ab+", buffering=0) as stream:
            if stream.seek(0, os.SEEK_END) and stream.seek(-1, os.SEEK_END) >= 0 and stream.read(1) != b"\n":
                text = f"\n{text}"
            data = text.encode()
            if stream.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_LEFT_OUT = {"declaration", "evaluation", "search", "result"}
"""Large values that lie in files of their own beside the log."""


def _plain_fields(event: Any) -> dict[str, Any]:
    if isinstance(event, events.TrialFinished):
        state = event.trial.to_state()
        shown = {part: without_hidden_values(state[part]) for part in ("parameters", "bindings")}
        return {"stage": event.stage, "cached": event.cached, **state, **shown, "history": None}
    return {
        field.name: getattr(event, field.name) for field in dataclasses.fields(event) if field.name not in _LEFT_OUT
    }
