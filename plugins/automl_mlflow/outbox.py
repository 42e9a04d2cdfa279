"""What a run has to tell the tracker, kept in the run's folder until the tracker has it.

A file of JSON lines: what is to be sent, in its order, and between them what was sent. Secrets are not in it.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.errors import PluginError
from automl.secret import without_hidden

FILE: Final = "tracking.jsonl"

Entry = Mapping[str, Any]
"""Plain values; ``kind`` is run, trial or end: see `automl_mlflow.sending`."""


@dataclass
class Sent:
    """How far sending got: the ids that MLflow gave, and how many entries it has."""

    run: str | None = None
    children: dict[str, str] = field(default_factory=dict)
    entries: int = 0


class Outbox:
    """Filled by the run's thread, emptied by the one that sends.

    Attributes:
        sent: how far sending got.
        trials: names of the trials that were put in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent = Sent()
        self.trials: set[str] = set()
        self._entries: list[Entry] = []
        self._changed = threading.Condition()

    @classmethod
    def read(cls, path: Path) -> Outbox:
        """What a run left. Raises PluginError if the file is no outbox; a last line that was cut short is left out."""
        found = cls(path)
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            for place, line in enumerate(lines):
                try:
                    found._take(json.loads(line))
                except json.JSONDecodeError:
                    if place < len(lines) - 1:
                        raise
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise PluginError(f"{path} does not say what is to be sent: {type(error).__name__}: {error}") from error
        return found

    def _take(self, line: Mapping[str, Any]) -> None:
        if line["kind"] != "sent":
            self._entries.append(line)
            return
        self.sent.run = line.get("run") or self.sent.run
        self.sent.children.update(line.get("children", {}))
        self.sent.entries = line["entries"]

    def add(self, kind: str, **values: Any) -> None:
        """Put an entry in. Raises OSError where it cannot be written."""
        entry = {"kind": kind, **values}
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()
            self._write(entry)

    def mark(self) -> None:
        """Note how far sending got."""
        with self._changed:
            self._write({"kind": "sent", "run": self.sent.run, "children": self.sent.children,
                         "entries": self.sent.entries})  # fmt: skip

    def next(self) -> Entry:
        """The first entry that is not sent; waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._entries) > self.sent.entries)
            return self._entries[self.sent.entries]

    @property
    def waiting(self) -> Sequence[Entry]:
        """Entries that are not sent."""
        with self._changed:
            return self._entries[self.sent.entries :]

    @property
    def first(self) -> Entry:
        """The entry that tells of the run; raises PluginError where there is none."""
        if not self._entries or self._entries[0]["kind"] != "run":
            raise PluginError(f"{self.path} does not say which run it is of")
        return self._entries[0]

    def remove(self) -> None:
        """Once all is sent there is nothing to keep."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def _write(self, line: Entry) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(without_hidden(json.dumps(line, default=str)) + "\n")


def outboxes(runs: Path) -> Iterator[Path]:
    """The outboxes in a folder of runs, the oldest run first."""
    yield from sorted(runs.glob(f"*/{FILE}"))
