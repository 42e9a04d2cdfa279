"""The folder in which workers share compiled code: what is kept, what goes, and the engine itself at work on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automl.executors.engine_cache import EngineCache, is_whole, open_engine_cache
from automl.executors.local_processes import LocalProcessesExecutor, LocalProcessesParams
from automl.executors.worker import PluginSet
from automl.search.contracts import Executor, Job, Returned
from automl.testing.executors import next_end, value_of

_TRAIN = "engine_samples:train"


def entry(folder: Path, name: str, size: int, used: int) -> Path:
    """A whole entry of this many bytes (below 16,000), last used at this time."""
    path = folder / f"xla_compile_cache__{name}.pb"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = size - 3
    path.write_bytes(bytes([0x0A, body & 127 | 128, body >> 7]) + bytes(body))  # one field, of `body` bytes
    os.utime(path, (used, used))
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineCache:
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    return EngineCache(tmp_path / "cache")


def test_what_was_not_used_for_longest_goes_first(cache: EngineCache) -> None:
    old = entry(cache.root / "tensorflow-1-a" / "threads-1", "1", 1000, used=100)
    read = entry(cache.root / "tensorflow-1-a" / "threads-1", "2", 1000, used=50)
    os.utime(read, (300, 50))  # read later than it was written
    new = entry(cache.root / "tensorflow-2-b" / "threads-2", "1", 1000, used=200)
    cache.tidy(2500)
    assert [path.exists() for path in (old, read, new)] == [False, True, True]
    assert read.stat().st_atime == 300  # looking at it was no use of it
    cache.tidy(1500)
    assert [path.exists() for path in (read, new)] == [True, False]
    cache.tidy(10)
    assert not read.exists()


def test_nothing_else_in_the_folder_goes(cache: EngineCache) -> None:
    mine = [cache.root / "thesis.pb", cache.root / "tensorflow-1-a" / "notes", entry(cache.root / "other", "1", 999, 1)]
    for path in mine[:2]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 999)
    cache.tidy(1)
    assert all(path.exists() for path in mine)


@pytest.mark.parametrize("damage", [b"", b"\0" * 999, b"\x0a", b"\x0a\xff", b"\x0a\x05abcd", b"\x0f\x05abcde"])
def test_a_damaged_entry_goes(cache: EngineCache, damage: bytes) -> None:
    path = entry(cache.root / "tensorflow-1-a" / "threads-1", "1", 1000, used=100)
    assert is_whole(path)
    path.write_bytes(damage)
    cache.tidy(10**9)
    assert not path.exists()


def test_the_fields_of_an_entry_may_be_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "entry.pb"
    path.write_bytes(b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1d" + bytes(4) + b"\x22\x03abc")
    assert is_whole(path)


def test_auto_is_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = open_engine_cache("auto", 1)
    assert found is not None
    assert tmp_path in found.root.parents
    assert found.root.stat().st_mode & 0o077 == 0


def test_workers_with_other_threads_flags_or_engines_share_nothing(
    cache: EngineCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache.folder(1)
    if folder is None:
        pytest.skip("TensorFlow is not installed")
    assert cache.root in folder.parents
    assert folder == EngineCache(cache.root).folder(1) != cache.folder(2)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert folder != cache.folder(1)


def test_flags_of_the_caller_stay_in_force(cache: EngineCache, monkeypatch: pytest.MonkeyPatch) -> None:
    if cache.folder(1) is None:
        pytest.skip("TensorFlow is not installed")
    flag = f'--tf_xla_persistent_cache_directory="{cache.folder(1)}"'
    assert cache.environment(1) == {"TF_XLA_FLAGS": flag}
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    assert cache.environment(1) == {"TF_XLA_FLAGS": f"--tf_xla_auto_jit=2 {flag}"}
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/mine")
    assert cache.environment(1) == {}


def test_a_cache_that_cannot_be_used_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    assert open_engine_cache(str(tmp_path / "file"), 10**9) is None
    assert f"engine_cache: {tmp_path / 'file'} cannot be used, so it is left out: " in caplog.text
    executor = LocalProcessesExecutor(LocalProcessesParams(workers=1, engine_cache=str(tmp_path / "file")))
    executor.start()
    try:
        assert value_of(executor, "a", "echo", 1) == 1
    finally:
        executor.close()


# --- the engine


def trained(place: str, jobs: int, width: int = 24) -> list[float]:
    """Train in so many fresh workers at once; the last loss of each."""
    executor: Executor = LocalProcessesExecutor(LocalProcessesParams(workers=jobs, engine_cache=place))
    executor.plugins = PluginSet()
    executor.start()
    try:
        for number in range(jobs):
            executor.submit(Job(f"{number}", _TRAIN, width))
        ends = [next_end(executor) for _ in range(jobs)]
        assert all(isinstance(end, Returned) for end in ends), ends
        return [end.value["loss"] for end in ends if isinstance(end, Returned)]
    finally:
        executor.close()


@pytest.mark.slow
def test_fresh_processes_share_what_was_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "the user's"))  # a path with a blank
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    first = trained("auto", 2)  # both write the same entry
    folder = EngineCache.at("auto").folder(1)
    assert folder is not None
    entries = sorted(folder.iterdir())
    assert entries
    assert all(path.suffix == ".pb" and is_whole(path) for path in entries)
    written = [path.stat().st_mtime_ns for path in entries]
    again = trained("auto", 2)
    assert sorted(folder.iterdir()) == entries
    assert [path.stat().st_mtime_ns for path in entries] == written
    assert {*first, *again} == {first[0]}

    whole = entries[0].read_bytes()
    entries[0].write_bytes(whole[: len(whole) // 2])  # TensorFlow itself would fail, and go on failing
    assert trained("auto", 1) == first[:1]
    assert entries[0].stat().st_size == len(whole)


@pytest.mark.slow
def test_a_worker_uses_no_more_than_the_threads_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    executor = LocalProcessesExecutor(LocalProcessesParams(workers=1))
    executor.start()
    try:
        executor.submit(Job("a", _TRAIN, 256))
        message = next_end(executor)
    finally:
        executor.close()
    assert isinstance(message, Returned), message
    assert message.value["cores"] < 1.1  # a bound from above, which no load of the machine can break
