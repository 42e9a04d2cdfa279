"""Drivers of local processes: scripts without a guard, console scripts, Ctrl-C, and a driver that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automl.testing.executors import wait_for

_GIVE_UP = 120

_PRELUDE = """\
import colorsys  # stands for an engine that the script loads
from automl.executors.local_processes import LocalProcessesExecutor, LocalProcessesParams
from automl.search.contracts import Job

def started(workers):
    executor = LocalProcessesExecutor(LocalProcessesParams(workers=workers))
    executor.start()
    return executor

def submit(executor, name, function, payload=None):
    executor.submit(Job(name, f"automl.testing.jobs:{function}", payload))
"""

_MODULES = """
executor = started(1)
submit(executor, "a", "modules")
names = executor.next().value
executor.close()
print("ran once", sorted({"colorsys", "acme_cli", "acme_cli.__main__"} & set(names)))
"""


def drive(arguments: list[str], folder: Path) -> str:
    """What a driver prints; it must end well, say nothing on stderr, and warn of nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "always::ResourceWarning", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_GIVE_UP,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def popen(script: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_the_entry_of_a_worker_loads_nothing_that_reads_the_thread_variables(tmp_path: Path) -> None:
    code = "import sys, automl.executors.worker_process; print({'numpy', 'pandas', 'pyarrow'} & set(sys.modules))"
    assert drive(["-c", code], tmp_path) == "set()\n"


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_PRELUDE + _MODULES)
    assert drive(["train.py"], tmp_path) == "ran once []\n"


@pytest.mark.parametrize("arguments", [["-m", "acme_cli"], ["bin/acme"]])
def test_workers_do_not_load_the_command_line(tmp_path: Path, arguments: list[str]) -> None:
    package = tmp_path / "acme_cli"
    package.mkdir()
    (tmp_path / "bin").mkdir()
    body = "".join(f"    {line}\n" for line in _MODULES.strip().splitlines())
    (package / "__init__.py").write_text(f"{_PRELUDE}\ndef main():\n{body}")
    (package / "__main__.py").write_text("from acme_cli import main\nmain()\n")
    (tmp_path / "bin" / "acme").write_text(
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nfrom acme_cli import main\n"
        "if __name__ == '__main__':\n    sys.exit(main())\n"
    )
    assert drive(arguments, tmp_path) == "ran once []\n"


def test_a_driver_that_forgets_to_close_ends_all_the_same(tmp_path: Path) -> None:
    body = '\nexecutor = started(2)\nsubmit(executor, "a", "report_until_stopped")\nprint(executor.next())\n'
    (tmp_path / "train.py").write_text(_PRELUDE + body)
    assert drive(["train.py"], tmp_path) == "Progress(job='a', payload={'step': 1})\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_ctrl_c_is_the_drivers_to_decide(tmp_path: Path) -> None:
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    body = f"""
import pathlib, signal
signal.signal(signal.SIGINT, lambda *_: pathlib.Path({there!r}).touch())
executor = started(1)
submit(executor, "a", "meet", {{"here": {here!r}, "there": {there!r}}})
print(executor.next())
executor.close()
"""
    (tmp_path / "train.py").write_text(_PRELUDE + body)
    with popen(tmp_path / "train.py") as driver:
        pid = wait_for(Path(here))
        os.killpg(driver.pid, signal.SIGINT)
        out, err = driver.communicate(timeout=_GIVE_UP)
    assert (out, err) == (f"Returned(job='a', value={pid})\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("function", ["echo", "meet", "report_until_stopped"])
def test_a_driver_that_is_killed_leaves_no_orphan(tmp_path: Path, function: str) -> None:
    here = str(tmp_path / "here")
    body = f"""
executor = started(2)
submit(executor, "first", "echo")
submit(executor, "second", "echo")
while executor.next() is not None:
    pass
submit(executor, "a", {function!r}, {{"here": {here!r}, "there": {here + ".never"!r}}})
print(executor.next(1), flush=True)
executor.next() or signal.pause()
""".replace("signal.pause()", "__import__('signal').pause()")
    (tmp_path / "train.py").write_text(_PRELUDE + body)
    with popen(tmp_path / "train.py") as driver:
        assert driver.stdout is not None
        driver.stdout.readline()
        driver.kill()
        # Workers hold the driver's stdout: it comes to its end when the last of them is gone.
        _, err = driver.communicate(timeout=_GIVE_UP)
    assert err == ""
