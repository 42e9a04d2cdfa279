"""``automl doctor``: what it looks at, and that it exits with 1 if something is broken."""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from distributions import HEAD, install

Doctor = Callable[..., tuple[int, dict[str, list[dict[str, Any]]]]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def call(site: Path, work: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = os.environ | {"PYTHONPATH": str(site)} | environment
        command = [sys.executable, "-m", "automl", *words]
        return subprocess.run(command, cwd=work, env=given, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def doctor(call: Callable[..., subprocess.CompletedProcess[str]]) -> Doctor:
    """The exit code, and the diagnoses by what they are about."""

    def run(*words: str, **environment: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
        done = call(*words, "doctor", "--json", **environment)
        found: dict[str, list[dict[str, Any]]] = {}
        for diagnosis in json.loads(done.stdout):
            found.setdefault(diagnosis["about"], []).append(diagnosis)
        return done.returncode, found

    return run


def test_all_is_well(doctor: Doctor, work: Path) -> None:
    code, found = doctor()
    assert code == 0
    assert found["python"][0]["text"].startswith(platform.python_version())
    assert found["processors"][0]["text"].endswith(f"of {os.cpu_count()}")
    assert found["memory"][0]["text"].split()[1] == "GB"
    assert f"numpy {importlib.metadata.version('numpy')}" in found["libraries"][0]["text"]
    assert f"keras {importlib.metadata.version('keras')}" in found["engines"][0]["text"]
    assert f"tabular: automl-pipelines {importlib.metadata.version('automl-pipelines')}" in [
        plugin["text"] for plugin in found["plugin"]
    ]
    assert found["store"][0]["text"].startswith("none yet")
    assert found["writing"][0]["text"] == f"{work} can be written to"
    assert found["disk"][0]["text"].endswith(" left")
    assert not list(work.iterdir()), "the doctor left something behind"


def test_it_is_told_for_people_too(call: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = call("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "all is well"


def test_it_imports_no_engine(site: Path, work: Path) -> None:
    code = (
        "import sys\nfrom automl.cli import main\n"
        "try: main(['doctor', '--json'])\nexcept SystemExit: pass\n"
        "print(*[name for name in ('tensorflow', 'keras', 'ray', 'mlflow', 'optuna') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=work, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "", done.stdout


def test_a_plugin_that_is_set_aside_is_broken(doctor: Doctor, site: Path) -> None:
    install(site, "import no_such_engine")
    code, found = doctor()
    assert code == 1
    (broken,) = [plugin for plugin in found["plugin"] if plugin["state"] == "broken"]
    assert broken["text"].startswith("plugin 'acme' (automl-acme 1.2) is set aside: ModuleNotFoundError")
    assert broken["mend"].endswith("automl --no-plugins=acme")
    code, found = doctor("--no-plugins=acme")
    assert code == 0
    assert "acme: left out by --no-plugins" in [plugin["text"] for plugin in found["plugin"]]


def test_a_missing_extra_comes_with_the_line_that_mends(doctor: Doctor, site: Path) -> None:
    record = "Record('acme.net', 'a:B', 'A net.', requires=('no_such_engine',), extra='fast')"
    install(site, f"{HEAD}@hookimpl\ndef automl_networks():\n    return [{record}]")
    code, found = doctor()
    assert code == 0, "an extra is optional"
    (extra,) = [extra for extra in found["extra"] if "no_such_engine" in extra["text"]]
    assert extra["text"] == "no_such_engine is not installed: acme.net cannot be used"
    assert (extra["state"], extra["mend"]) == ("note", "pip install 'automl-acme[fast]'")


def test_a_store_of_a_newer_format_is_broken(doctor: Doctor, work: Path) -> None:
    store = work / ".automl" / "store"
    store.mkdir(parents=True)
    (store / "FORMAT").write_text("99\n")
    code, found = doctor()
    assert code == 1
    assert "has format 99" in found["store"][0]["text"]


def test_who_writes_the_store_is_told(doctor: Doctor, work: Path) -> None:
    store = work / ".automl" / "store"
    store.mkdir(parents=True)
    (store / "FORMAT").write_text("1\n")
    with (store / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, found = doctor()
    assert code == 0
    assert found["store"][0]["text"].startswith(".automl/store: format 1 (the next run brings it to ")
    assert "is in use by a process that did not say its name" in found["store"][1]["text"]
    assert (store / "FORMAT").read_text() == "1\n", "the doctor migrated the store"


def test_gpus_are_what_the_driver_shows(doctor: Doctor, tmp_path: Path) -> None:
    """By a stand-in for ``nvidia-smi``, as this machine may have no GPU; TensorFlow is asked for real."""
    tools = tmp_path / "tools"
    tools.mkdir()
    tool = tools / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA Imaginary 1, 81559 MiB, 580.1'\n")
    tool.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    code, found = doctor(PATH=path, CUDA_VISIBLE_DEVICES="")
    assert code == 0
    assert found["gpu"][0] == {
        "about": "gpu", "state": "ok", "text": "NVIDIA Imaginary 1, 81559 MiB, 580.1", "mend": None,
    }  # fmt: skip
    assert (found["gpu"][1]["state"], found["gpu"][1]["text"]) == ("note", "TensorFlow sees 0 of 1")
    assert "automl-pipelines[gpu]" in found["gpu"][1]["mend"]
    tool.write_text("#!/bin/sh\necho 'no devices were found' >&2; exit 6\n")
    _, found = doctor(PATH=path)
    assert (found["gpu"][0]["state"], found["gpu"][0]["text"]) == (
        "note",
        "none: nvidia-smi says no devices were found",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_broken(doctor: Doctor, work: Path) -> None:
    work.chmod(0o555)
    try:
        code, found = doctor()
    finally:
        work.chmod(0o755)
    assert code == 1
    assert "cannot be written to: Permission denied" in found["writing"][0]["text"]
