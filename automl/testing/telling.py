"""What the pytest of ``automl plugins test`` tells the process above it, as it happens.

A plugin of pytest. Each line that it writes to the file descriptor in `CHANNEL_VARIABLE` is a JSON object:
``collected`` with the tests, ``begun`` and ``ended`` with one. The process above ends a test that takes too long by
the signal `STOP`, which raises where the test is; a test that does not heed it is ended with its process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import pytest

CHANNEL_VARIABLE: Final = "AUTOML_TEST_CHANNEL"
DONE_VARIABLE: Final = "AUTOML_TESTS_DONE"
"""A JSON list of the tests that are not to be run again, by node id."""
CLASS_PREFIX: Final = "Test "
STOP: Final = signal.SIGUSR1 if hasattr(signal, "SIGUSR1") else None


class Teller:
    """Tells of tests; one for a run of pytest."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._is_running = False
        self._message = ""
        if STOP is not None:
            signal.signal(STOP, self._stop)

    def _tell(self, event: str, **told: Any) -> None:
        os.write(self._channel, f"{json.dumps({'event': event, **told})}\n".encode())

    def _stop(self, _: int, frame: FrameType | None) -> None:
        if self._is_running:
            pytest.fail(_place(frame), pytrace=False)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        done = set(json.loads(os.environ.get(DONE_VARIABLE, "[]")))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]
        self._tell("collected", tests=[[item.nodeid, _offer(item), item.name] for item in items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._outcome, self._message = "passed", ""
        self._tell("begun", test=nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        return (yield from self._stoppable())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        return (yield from self._stoppable())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        return (yield from self._stoppable())

    def _stoppable(self) -> Any:
        self._is_running = True
        try:
            return (yield)
        finally:
            self._is_running = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self._outcome, self._message = "failed", crash.message if crash else str(report.longrepr)
        elif report.skipped and self._outcome == "passed":
            self._outcome = "skipped"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            vars(sys).pop(name, None)  # what a failed test holds in its frames is to go
        self._tell("ended", test=nodeid, outcome=self._outcome, message=self._message)


def _offer(item: pytest.Item) -> str:
    kind = getattr(item, "cls", None)
    return kind.__name__.removeprefix(CLASS_PREFIX) if kind is not None else ""


def _place(frame: FrameType | None) -> str:
    return "" if frame is None else f"in {frame.f_code.co_name}, {frame.f_code.co_filename}:{frame.f_lineno}"


def pytest_configure(config: pytest.Config) -> None:
    """Register the teller where a process above listens."""
    if channel := os.environ.get(CHANNEL_VARIABLE):
        config.pluginmanager.register(Teller(int(channel)))
