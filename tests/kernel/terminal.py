"""The real command in a process of its own, in a folder where the toys are installed, and signals at known moments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from distributions import write_metadata

HERE = Path(__file__).parent
TOYS = {"toy": "toy", "trouble": "toy_trouble", "asking": "toy_search", "odd": "toy_odd", "stuck": "toy_stuck"}
_PATIENCE = 90.0


def toy_environment(tmp_path: Path) -> dict[str, str]:
    """Environment variables under which a Python process has the toys as an installed distribution."""
    site = tmp_path / "site"
    if not site.exists():
        write_metadata(site, "automl-toys", "1.0", TOYS)
    paths = [str(site), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


class Call:
    """``automl WORDS`` under way.

    Attributes:
        folder: the working folder.
        process: the process, a group of its own, as a terminal starts it.
    """

    def __init__(
        self, folder: Path, *words: str, program: Sequence[str] = ("-m", "automl"), **environment: str
    ) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, *program, *words],
            cwd=folder,
            env=os.environ | toy_environment(folder.parent) | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def events(self) -> list[dict[str, Any]]:
        """What all runs of the folder have told so far, whole lines alone."""
        logs = sorted(self.folder.glob(".automl/runs/*/events.jsonl"))
        whole = [line for log in logs for line in log.read_text().splitlines(keepends=True) if line.endswith("}\n")]
        return [json.loads(line) for line in whole]

    def wait_for(self, holds: Callable[[], object]) -> None:
        """Wait until the condition holds; fails if the process ends before, or never comes to it."""
        give_up = time.monotonic() + _PATIENCE
        while not holds():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < give_up, "it never came to that"
            time.sleep(0.005)

    def wait_for_event(self, name: str, **fields: Any) -> None:
        self.wait_for(
            lambda: any(
                event["event"] == name and all(event[key] == value for key, value in fields.items())
                for event in self.events()
            )
        )

    def wait_for_nobody(self) -> None:
        """Wait until no process of its group is there; fails if one stays."""
        give_up = time.monotonic() + _PATIENCE
        while self.members():
            assert time.monotonic() < give_up, f"left behind: {self.members()}"
            time.sleep(0.02)

    def send(self, number: int) -> None:
        """Send a signal as a terminal does: to the whole group, workers included."""
        os.killpg(self.process.pid, number)

    def end(self) -> tuple[int, str, str]:
        """Wait for the end: exit code, standard output, standard error."""
        out, err = self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode, out, err

    def members(self) -> list[int]:
        """The processes of its group that are there."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] != "Z":
                found.append(int(status.parent.name))
        return found


def automl(folder: Path, *words: str) -> str:
    """What a call prints that goes well."""
    code, out, err = Call(folder, *words).end()
    assert code == 0, err
    return out
