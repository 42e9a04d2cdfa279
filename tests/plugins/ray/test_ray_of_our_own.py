"""A Ray that the executor starts for itself: quick to use, guarded, and gone with all its processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

_DRIVER = """
import json, os, signal
import ray  # sets variables of its own when it is imported
from automl.search.contracts import Job
from automl_ray.executor import RayExecutor, RayParams

def settings():
    return {name: value for name, value in os.environ.items() if name.startswith("RAY_")}

before, handler = settings(), signal.getsignal(signal.SIGTERM)
executor = RayExecutor(RayParams(workers=1))
executor.start()
executor.submit(Job("a", "automl.testing.jobs:identify", None))
found = executor.next().value["environment"]
executor.close()
assert settings() == before, settings()
assert signal.getsignal(signal.SIGTERM) is handler
shown = [found["RAY_AUTH_MODE"], len(found["RAY_AUTH_TOKEN"]), found["RAY_USAGE_STATS_ENABLED"]]
print(json.dumps([*shown, found["CUDA_VISIBLE_DEVICES"], os.environ["CUDA_VISIBLE_DEVICES"]]))
"""


def test_it_is_guarded_shows_no_gpu_and_nothing_of_it_stays(tmp_path: Path, monkeypatch) -> None:
    home = Path(tempfile.mkdtemp(prefix="r-"))  # not tmp_path: the paths of sockets must be short
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")  # what the driver sees, no trial has asked for
    monkeypatch.setenv("TMPDIR", str(home))
    monkeypatch.setenv("HOME", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", _DRIVER],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout, done.returncode) == ('["token", 64, "0", "", "0"]\n', 0), done.stderr
    assert [path for path in Path("/proc").glob("[0-9]*") if str(home) in command_line(path)] == []
    assert list(home.iterdir()) == []
    assert list(tmp_path.iterdir()) == []
    home.rmdir()


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:  # it has just ended
        return ""
