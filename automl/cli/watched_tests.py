"""Tests in a process of their own, watched from here: each is told as it runs, and ended where it exceeds a limit."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.errors import PluginError
from automl.testing.telling import CHANNEL_VARIABLE, DONE_VARIABLE, STOP

_PYTEST: Final = "import sys, pytest; pytest.register_assert_rewrite('automl.testing'); sys.exit(pytest.main())"
"""The contracts are to tell what they compared; pytest does so for modules that it is told of before their import."""
_ENDED_WELL: Final = (0, 1, 5)
"""Exit codes of pytest: all passed, some failed, none was left to run."""
_BEAT: Final = 0.1
"""Seconds between two looks at a running test."""
_GRACE: Final = 3.0
"""Seconds that a test has to end by itself once it was told to."""
_START: Final = 120.0
"""Seconds that the start and the import of what is tested may take at least, whatever the limit of a test."""
_MOST_EXCEEDED: Final = 3
"""After so many tests of an offer that exceeded a limit the rest of its tests are not run."""


@dataclass(frozen=True)
class Limits:
    """What each test may take: ``seconds``, and ``memory`` in bytes of its process and all below it."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Case:
    """A test: which offer it is for (``components acme.center``), its name, and what came of it.

    ``outcome`` is ``passed``, ``failed``, ``skipped``, or ``left out`` where earlier tests exceeded too much.
    """

    id: str
    offer: str
    name: str
    outcome: str = ""
    message: str = ""
    exceeded: bool = False


@dataclass
class _Process:
    """A pytest at work."""

    popen: subprocess.Popen[bytes]
    channel: int
    half: bytes = b""
    running: str | None = None
    since: float = field(default_factory=time.monotonic)
    stopped: float | None = None
    """When the running test was told to end."""


class WatchedTests:
    """Runs a module of tests and tells of each.

    Args:
        module: what pytest collects.
        environment: variables that the module wants.
        limits: of each test.
        begun: called with each test as it begins.
        ended: called with each test as it ends.
    """

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        limits: Limits,
        begun: Callable[[Case], None],
        ended: Callable[[Case], None],
    ) -> None:
        self._module, self._environment, self._limits = module, environment, limits
        self._begun, self._ended = begun, ended
        self._cases: dict[str, Case] = {}

    def run(self) -> list[Case]:
        """Run all tests; after one that had to be killed the rest runs in a new process.

        Raises:
            PluginError: pytest failed, or the module could not even be imported within the limits.
        """
        with tempfile.TemporaryDirectory() as scratch:
            while self._is_interrupted(Path(scratch)):
                pass
        return list(self._cases.values())

    def _is_interrupted(self, scratch: Path) -> bool:
        """Run what was not run yet; True if its process was killed before the end."""
        with (scratch / "output").open("w+b") as output, self._pytest(scratch, output) as process:
            if self._watch(process):
                return True
            code = process.popen.wait()
            if process.running is not None:
                self._end(process.running, "failed", f"it ended its process, with exit code {code}")
                return True
            if code not in _ENDED_WELL or not self._cases:
                output.seek(0)
                raise PluginError(f"pytest ended with {code}:\n{output.read().decode(errors='replace')}")
        return False

    @contextlib.contextmanager
    def _pytest(self, scratch: Path, output: Any) -> Iterator[_Process]:
        settings = scratch / "pytest.ini"
        settings.write_text("[pytest]\n")  # nobody else's settings
        words = ["--pyargs", self._module, "-c", str(settings), "--rootdir", str(scratch), "-q"]
        words += ["-p", "automl.testing.telling", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]
        ear, mouth = os.pipe()
        told = {
            CHANNEL_VARIABLE: str(mouth),
            DONE_VARIABLE: json.dumps([case.id for case in self._cases.values() if case.outcome]),
        }
        try:
            popen = subprocess.Popen(  # noqa: S603 - our own interpreter, and a module that was found installed
                [sys.executable, "-c", _PYTEST, *words],
                env={**os.environ, **self._environment, **told},
                stdout=output,
                stderr=output,
                pass_fds=[mouth],
            )
        finally:
            os.close(mouth)
        try:
            yield _Process(popen, ear)
        finally:
            _kill(popen)
            os.close(ear)

    def _watch(self, process: _Process) -> bool:
        """Hear of tests until the process says no more; True if it was killed for what a test took."""
        with selectors.DefaultSelector() as selector:
            selector.register(process.channel, selectors.EVENT_READ)
            while True:
                if selector.select(_BEAT):
                    heard = os.read(process.channel, 1 << 16)
                    if not heard:
                        return False
                    if self._hear(process, heard):
                        _kill(process.popen)
                        return True
                excess = self._excess(process)
                if excess is None:
                    continue
                _kill(process.popen)
                if process.running is None:
                    raise PluginError(f"what is tested could not be imported: it {excess}")
                self._end(process.running, "failed", f"it {excess}", exceeded=True)
                return True

    def _hear(self, process: _Process, heard: bytes) -> bool:
        """Take what the process says; True if tests that it would run next are left out by now."""
        left_out = False
        *lines, process.half = (process.half + heard).split(b"\n")
        for told in map(json.loads, lines):
            match told["event"]:
                case "collected":
                    for test, offer, name in told["tests"]:
                        self._cases.setdefault(test, Case(test, offer, _check_name(name, offer)))
                case "begun":
                    process.running, process.since, process.stopped = told["test"], time.monotonic(), None
                    self._begun(self._cases[told["test"]])
                case "ended":
                    stopped, process.running = process.stopped is not None, None
                    outcome, message = told["outcome"], told["message"]
                    if stopped:
                        outcome, message = "failed", f"it {self._too_long(message.removeprefix('Failed: '))}"
                    left_out = self._end(told["test"], outcome, message, exceeded=stopped) or left_out
        return left_out

    def _excess(self, process: _Process) -> str | None:
        """What the running test takes too much of, once its process has to be ended for it."""
        held = _memory_of_tree(process.popen.pid)
        if held > self._limits.memory:
            limit = f"{self._limits.memory / 1e9:g} GB"
            larger = f"--memory {2 * self._limits.memory / 1e9:g}GB"
            return f"held more than {limit} of memory ({held / 1e9:.3g} GB); mend: bound what it keeps, or {larger}"
        now = time.monotonic()
        if process.running is None:
            return self._too_long() if now - process.since > max(_START, self._limits.seconds) else None
        if now - process.since <= self._limits.seconds:
            return None
        if process.stopped is None and STOP is not None:
            process.stopped = now
            process.popen.send_signal(STOP)
        return self._too_long() if process.stopped is None or now - process.stopped > _GRACE else None

    def _too_long(self, place: str = "") -> str:
        where = f" ({place})" if place else ""
        longer = f"--timeout {2 * self._limits.seconds:g}s"
        return f"ran for more than {self._limits.seconds:g} s{where}; mend: let it end sooner, or {longer}"

    def _end(self, test: str, outcome: str, message: str = "", *, exceeded: bool = False) -> bool:
        """Note what came of a test; True if the rest of its offer's tests is left out for it."""
        old = self._cases[test]
        self._cases[test] = case = Case(old.id, old.offer, old.name, outcome, message, exceeded)
        self._ended(case)
        if exceeded and sum(each.exceeded for each in self._of(case.offer)) == _MOST_EXCEEDED:
            for left in self._of(case.offer):
                if not left.outcome:
                    self._cases[left.id] = Case(left.id, left.offer, left.name, "left out")
            return True
        return False

    def _of(self, offer: str) -> Sequence[Case]:
        return [case for case in self._cases.values() if case.offer == offer]


def _check_name(test: str, offer: str) -> str:
    """``test_stage[acme.center-0-import_is_light]`` as ``0-import_is_light``."""
    _, bracket, inner = test.partition("[")
    identity = offer.partition(" ")[2]
    return inner.removesuffix("]").removeprefix(f"{identity}-") if bracket and identity in inner else test


def _kill(popen: subprocess.Popen[bytes]) -> None:
    """End a process and all below it."""
    for pid in _tree(popen.pid) if popen.poll() is None else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    popen.wait()


def _memory_of_tree(pid: int) -> int:
    """Bytes that a process and those below it hold for themselves; 0 on a system that does not tell."""
    held = 0
    for each in _tree(pid):
        with contextlib.suppress(OSError, ValueError):
            resident, shared = Path(f"/proc/{each}/statm").read_text(encoding="ascii").split()[1:3]
            held += (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return held


def _tree(pid: int) -> list[int]:
    """A process and all below it; itself alone on a system that does not tell."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = (folder / "stat").read_text(encoding="ascii", errors="replace")
            below.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(folder.name))
    found = [pid]
    for each in found:
        found += below.get(each, [])
    return found
