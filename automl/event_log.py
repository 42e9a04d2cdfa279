"""The event log: every event of a run as one JSON line in its folder."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

from automl import events
from automl.announcer import hook_name
from automl.hookspecs import Announcements, families


class EventLog:
    """Writes ``events.jsonl``; each line has ``event``, ``at`` (Unix time) and the event's plain fields."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "events.jsonl"

    def write(self, event: Any) -> None:
        line = {"event": hook_name(type(event).__name__), "at": round(time.time(), 3), **_plain_fields(event)}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def __getattr__(self, name: str) -> Any:
        if name not in families(Announcements):
            raise AttributeError(name)
        return self.write


_LEFT_OUT = {"declaration", "evaluation", "search", "result"}
"""Large values that lie in files of their own beside the log."""


def _plain_fields(event: Any) -> dict[str, Any]:
    if isinstance(event, events.TrialFinished):
        return {"stage": event.stage, "cached": event.cached, **event.trial.to_state(), "history": None}
    return {
        field.name: getattr(event, field.name) for field in dataclasses.fields(event) if field.name not in _LEFT_OUT
    }
