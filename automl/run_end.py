"""What a run tells: to its own log first, then to observers; and what it leaves when it does not come to its end."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automl import events
from automl.errors import AutoMLError, OutputError
from automl.event_log import EventLog
from automl.run_records import State, ledger_name, write_ledger, write_record
from automl.secret import without_passwords
from automl.writing import write_text

if TYPE_CHECKING:
    from automl.model import TrialRecord
    from automl.plan.materialize import Plan

TRACEBACK: Final = "traceback.txt"
"""The file in the folder of a run that failed which holds the whole cause."""


class Told:
    """Called with every event of a run. The log comes first, so that it tells the truth whatever an observer does."""

    def __init__(self, directory: Path, announce: Callable[[Any], None]) -> None:
        self._directory = directory
        self._log = EventLog(directory)
        self._announce = announce
        self._trials: dict[str, list[TrialRecord]] = {}

    def __call__(self, event: Any) -> None:
        """Raises OutputError if the log cannot be written: a run that leaves no trace is none."""
        if isinstance(event, events.TrialFinished):
            self._trials.setdefault(event.stage, []).append(event.trial)
        self._log.write(event)
        self._announce(event)

    def end(self, error: BaseException, plan: Plan, seconds: float) -> None:
        """Tell how a run ended that did not come to its end, and leave what is known of it.

        What was finished is in the store already. Nothing here hides ``error``, which the caller raises again: where
        the disk is full, the files are missing and observers hear of the end all the same.
        """
        name, run_id = plan.declaration.name, self._directory.name
        event: events.RunFailed | events.RunInterrupted
        if isinstance(error, Exception):
            text = without_passwords(f"{type(error).__name__}: {error}")
            event = events.RunFailed(run_id, name, self._directory, text, seconds)
        else:
            cause = str(error) or type(error).__name__
            event = events.RunInterrupted(run_id, name, self._directory, cause, seconds)
        with contextlib.suppress(OutputError):
            self._log.write(event)
        with contextlib.suppress(OutputError):
            self._leave(error, plan)
        self._announce(event)

    def _leave(self, error: BaseException, plan: Plan) -> None:
        searches = [node.name for node in plan.graph.nodes.values() if node.kind == "search"]
        for stage, trials in self._trials.items():
            path = self._directory / ledger_name(f"{stage}." if len(searches) > 1 else "")
            if not path.exists():
                write_ledger(path, trials)
        state: State = "failed" if isinstance(error, Exception) else "interrupted"
        write_record(self._directory, plan, plan.told, state=state)
        if state == "failed":
            path = self._directory / TRACEBACK
            write_text(path, without_passwords("".join(traceback.format_exception(error))))
            if not isinstance(error, AutoMLError):
                error.add_note(f"its whole cause lies in {path}")
