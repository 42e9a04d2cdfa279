"""An observer that writes a table of the trials."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from automl import Observer, Params, hookimpl, param

if TYPE_CHECKING:
    from pathlib import Path

    from automl import RunStarted, TrialFinished

COLUMNS = ("trial", "status", "score", "best_epoch", "seconds", "parameters", "error")


class CsvObserver(Observer):
    """A row for each trial, in a file of the run's folder; it is there while the run goes on."""

    id = "acme.csv"

    class Params(Params):
        file: str = param("trials.csv", description="Name of the file.", identity=False, min_length=1)

    _path: Path | None = None

    @property
    def links(self) -> Mapping[str, str]:
        """The table, to be opened after the run."""
        return {"trials": str(self._path)} if self._path else {}

    @hookimpl
    def run_started(self, event: RunStarted) -> None:
        self._path = event.directory / self.params.file
        self._write(*COLUMNS, mode="w")

    @hookimpl
    def trial_finished(self, event: TrialFinished) -> None:
        trial = event.trial
        parameters = json.dumps({**trial.bindings, **trial.parameters})
        self._write(
            trial.name, trial.status, trial.score, trial.best_epoch, round(trial.seconds, 3), parameters, trial.error
        )

    def _write(self, *cells: object, mode: str = "a") -> None:
        if self._path is None:
            return  # it hears of a search without the run around it
        with self._path.open(mode, newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerow(cells)
