"""One writer at a time; the lock says who, waits if it is told to, and dies with its process."""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import writing

from automl.errors import StoreError
from automl.store import Store


@pytest.fixture
def writer(tmp_path: Path):
    process = subprocess.Popen([sys.executable, writing.__file__, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_refused_and_told_who_writes(writer, tmp_path: Path) -> None:
    expected = rf"{tmp_path} is in use by process {writer.pid} on {platform.node()} \(writing\.py .*\) since 20"
    with (
        pytest.raises(StoreError, match=expected + r".*; mend: wait until it ends \(--wait\)"),
        Store(tmp_path).locked(),
    ):
        pass
    with pytest.raises(StoreError, match=expected + r".*, after 0\.3 s of waiting;"), Store(tmp_path).locked(wait=0.3):
        pass


def test_a_writer_that_waits_says_for_whom_and_gets_its_turn(writer, tmp_path: Path) -> None:
    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        writer.send_signal(signal.SIGKILL)

    with Store(tmp_path).locked(wait=math.inf, tell=tell):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    assert len(told) == 1
    assert told[0].startswith(f"waiting for process {writer.pid} on {platform.node()} (writing.py")
    assert told[0].endswith(f", which writes {tmp_path}")


def test_the_lock_of_a_dead_process_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "host": "elsewhere", "since": "2020-01-01", "command": "automl run x"}')
    for _ in range(2):
        with Store(tmp_path).locked():
            assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    assert (tmp_path / "lock").read_text() == ""


def test_a_name_that_cannot_be_read_is_no_obstacle_either(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff[1]")
    with Store(tmp_path).locked():
        (tmp_path / "lock").write_text("[1]")
        with pytest.raises(StoreError, match="in use by a process that did not say its name"), Store(tmp_path).locked():
            pass


def test_threads_of_the_writer_write_side_by_side(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        threads = [
            threading.Thread(target=lambda: [writing.put_table(store, number) for number in range(4)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert list(store.faults()) == []
    assert sorted(key for key, _ in store.records()) == sorted(writing.key(number) for number in range(4))
    assert list((tmp_path / "tmp").iterdir()) == []
