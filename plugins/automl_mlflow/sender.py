"""Sends a run's outbox in a thread of its own, so that a tracker that is away costs a run next to nothing."""

from __future__ import annotations

import threading
import time
from typing import Final

from automl_mlflow.location import Location
from automl_mlflow.outbox import Outbox
from automl_mlflow.sending import Sending
from automl_mlflow.tracker import Activity, Tracker
from automl_mlflow.wording import in_words

PATIENCE: Final = 10.0
"""Seconds that a run waits, in all, for a tracker that does nothing."""

_NEW_STORE: Final = 120.0
"""The same while MLflow makes the tables of a new database in a file, which takes it many seconds."""


class Sender:
    """One run's connection: it connects and sends in the background.

    Attributes:
        lost: why nothing more will be sent, in words; None as long as there is hope.
        tracker: the connection, once there is one.
    """

    def __init__(self, location: Location, experiment: str, outbox: Outbox) -> None:
        self.lost: str | None = None
        self.tracker: Tracker | None = None
        self._outbox = outbox
        self._activity = Activity()
        self._waited = 0.0
        self._patience = _NEW_STORE if location.is_new_file() else PATIENCE
        self._thread = threading.Thread(
            target=self._work, args=(location, experiment), name="automl-mlflow", daemon=True
        )
        self._thread.start()

    def settle(self) -> None:
        """Wait until all is sent, or it is certain or likely enough that nothing more will be; then see ``lost``."""
        while self.lost is None and self._outbox.waiting:
            heard, began = self._activity.heard, time.monotonic()
            self._thread.join(0.02)
            stalled = self._activity.heard == heard and not self._activity.busy
            self._waited = self._waited + time.monotonic() - began if stalled else 0.0
            if self._waited > self._patience and self.lost is None:
                self.lost = f"it has not answered for {self._patience:g} seconds"

    def _work(self, location: Location, experiment: str) -> None:
        try:
            self.tracker = Tracker.connect(location, experiment, self._activity)
            self._activity.hear()
            self._patience = PATIENCE
            sending = Sending.of(self.tracker, self._outbox)
            while self.lost is None:
                entry = self._outbox.next()
                sending.send(entry)
                self._outbox.mark()
                self._activity.hear()
                if entry["kind"] == "end":
                    return
        except Exception as error:  # noqa: BLE001 - MLflow raises of all kinds; what it raises is told once, in words
            self.lost = in_words(error)
