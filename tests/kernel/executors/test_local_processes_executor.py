"""The executor that runs jobs in warm local processes: real processes, killed for real."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from automl.errors import AutoMLError
from automl.executors.engine_cache import EngineCache
from automl.executors.local_processes import LocalProcessesExecutor, LocalProcessesParams
from automl.executors.worker import PluginSet
from automl.plugins import Plugin
from automl.search.contracts import Executor, Job, Lost, Message, Progress, Raised, Returned
from automl.testing.executors import ExecutorContract, job, next_end, next_message, value_of, wait_for
from automl.testing.jobs import Unreadable

Start = Callable[..., LocalProcessesExecutor]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start local executors that are closed after the test."""
    started: list[LocalProcessesExecutor] = []

    def make(workers: int = 1, plugins: PluginSet | None = None, **params: Any) -> LocalProcessesExecutor:
        executor = LocalProcessesExecutor(LocalProcessesParams(workers=workers, **params))
        started.append(executor)
        if plugins is not None:
            executor.plugins = plugins
        executor.start()
        return executor

    yield make
    for executor in started:
        executor.close()


class TestLocal(ExecutorContract):
    def make_executor(self, workers: int) -> Executor:
        return LocalProcessesExecutor(LocalProcessesParams(workers=workers))


def meeting(folder: Path, name: str) -> dict[str, str]:
    """Options of the job ``meet``: it says that it is there, and goes on when ``name.go`` exists."""
    return {"here": str(folder / name), "there": str(folder / f"{name}.go")}


def is_gone(pid: int) -> bool:
    """True if there is no such process, not even a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# --- death


def test_a_worker_that_is_killed_costs_its_job_and_nothing_else(start: Start, tmp_path: Path) -> None:
    executor = start(1)
    executor.submit(job("a", "meet", meeting(tmp_path, "a")))
    executor.submit(job("b", "identify"))
    executor.submit(job("c", "identify"))
    assert executor.next(0) is None
    while not (tmp_path / "a").exists():
        assert executor.next(0.05) is None
    pid = int(wait_for(tmp_path / "a"))
    os.kill(pid, signal.SIGKILL)
    ends = [next_message(executor) for _ in range(3)]
    cause = "its worker process was killed by SIGKILL (the system kills so when memory runs out)"
    assert ends[0] == Lost("a", cause)
    assert [(type(end), end.job) for end in ends[1:]] == [(Returned, "b"), (Returned, "c")]
    assert ends[1].value["pid"] == ends[2].value["pid"] != pid
    assert executor.next() is None
    assert is_gone(pid)


@pytest.mark.parametrize(
    ("function", "payload", "cause"),
    [
        ("crash", 7, "its worker process ended with exit code 7"),
        ("crash", 0, "its worker process ended with exit code 0"),
        ("kill", signal.SIGABRT, "its worker process was killed by SIGABRT"),
        ("kill", signal.SIGRTMIN + 1, f"its worker process was killed by signal {signal.SIGRTMIN + 1}"),
    ],
)
def test_a_lost_job_says_how_its_worker_ended(start: Start, function: str, payload: int, cause: str) -> None:
    executor = start(1)
    executor.submit(job("a", function, int(payload)))
    assert next_message(executor) == Lost("a", cause)
    assert value_of(executor, "a", "echo", 1) == 1


def test_a_module_that_exits_while_it_is_imported_costs_one_job(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "automl_test_exits.py").write_text("import os\nos._exit(9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    executor = start(1)
    executor.submit(job("a", "echo"))
    executor.submit(job("b", "echo"))
    assert isinstance(next_end(executor), Returned)
    assert isinstance(next_end(executor), Returned)
    executor.submit(Job("c", "automl_test_exits:job", None))
    assert next_message(executor) == Lost("c", "its worker process ended with exit code 9")


def test_a_worker_that_dies_idle_is_replaced_unheard(start: Start) -> None:
    executor = start(1)
    pid = value_of(executor, "a", "identify")["pid"]
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # until it is dead, and still to be reaped
    assert value_of(executor, "b", "identify")["pid"] != pid
    assert is_gone(pid)


def test_every_job_ends_once_while_workers_die(start: Start) -> None:
    executor = start(2)
    for number in range(12):
        executor.submit(job(f"die {number}", "crash", 1) if number % 3 == 0 else job(f"go {number}", "report", 2))
    heard: list[Message] = []
    while (message := executor.next()) is not None:
        heard.append(message)
    ends = [message for message in heard if not isinstance(message, Progress)]
    assert sorted(end.job for end in ends if isinstance(end, Lost)) == sorted(f"die {n}" for n in range(0, 12, 3))
    assert sorted(end.job for end in ends if isinstance(end, Returned)) == sorted(f"go {n}" for n in range(12) if n % 3)
    assert len(ends) == 12


def test_workers_that_cannot_start_are_an_error_and_no_endless_loop(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    value_of(start(1), "a", "echo")  # the helper process of multiprocessing must start in sound surroundings
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(5)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    executor = start(2)
    executor.submit(job("b", "echo"))
    with pytest.raises(AutoMLError, match="3 in a row ended before they were ready, the last one ended with exit code"):
        executor.next()
    with pytest.raises(AutoMLError, match="cannot start workers"):
        executor.next()


def test_a_job_that_nothing_else_reaches_can_be_killed(start: Start) -> None:
    executor = start(1)
    pid = value_of(executor, "a", "identify")["pid"]
    executor.submit(job("b", "seize"))
    assert next_message(executor) == Progress("b", {})
    executor.kill("b")
    assert next_message(executor) == Lost("b", "its worker process was killed on request")
    assert is_gone(pid)


def test_a_kill_that_comes_after_the_end_throws_no_result_away(start: Start, tmp_path: Path) -> None:
    executor = start(2)
    executor.submit(job("a", "note", {"path": str(tmp_path / "a"), "text": "done"}))
    while not (tmp_path / "a").exists():
        executor.submit(job("look", "echo"))
        assert next_end(executor).job in {"look", "a"}
    executor.kill("a")
    heard = []
    while (message := executor.next()) is not None:
        heard.append(message)
    assert not [message for message in heard if isinstance(message, Lost)]


# --- warm workers


def test_a_worker_takes_the_job_that_it_is_warm_for_first(start: Start, tmp_path: Path) -> None:
    executor = start(1)
    executor.submit(job("a", "meet", meeting(tmp_path, "a"), affinity="x"))
    for name in ("y1", "x1", "none", "x2", "x3", "x4", "y2", "x5"):
        affinity = None if name == "none" else name[0]
        executor.submit(job(name, "note", {"path": str(tmp_path / "order"), "text": name}, affinity=affinity))
    (tmp_path / "a.go").touch()
    while executor.next() is not None:
        pass
    order = (tmp_path / "order").read_text(encoding="utf-8").split()
    assert order == ["x1", "x2", "x3", "y1", "x4", "none", "y2", "x5"]


def test_a_job_goes_to_the_free_worker_that_is_warm_for_it(start: Start, tmp_path: Path) -> None:
    executor = start(2)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    executor.submit(job("a", "meet", {"here": a, "there": b}, affinity="a"))
    executor.submit(job("b", "meet", {"here": b, "there": a}, affinity="b"))
    warm = {end.job: end.value for end in (next_end(executor), next_end(executor)) if isinstance(end, Returned)}
    assert warm["a"] != warm["b"]
    for number, name in enumerate("bababbaa"):
        executor.submit(job(f"{number}", "identify", affinity=name))
        end = next_end(executor)
        assert isinstance(end, Returned)
        assert end.value["pid"] == warm[name]


def test_a_job_does_not_wait_for_a_busy_worker_that_is_warm_for_it(start: Start, tmp_path: Path) -> None:
    executor = start(2)
    executor.submit(job("a", "meet", meeting(tmp_path, "a"), affinity="x"))
    executor.submit(job("b", "echo", 1, affinity="x"))
    assert next_end(executor) == Returned("b", 1)
    (tmp_path / "a.go").touch()
    assert next_end(executor).job == "a"


# --- memory


def next_pid(executor: Executor, old: int) -> int:
    """Give the worker jobs until another process does them, as it comes up in the background."""
    for number in range(100_000):
        pid = value_of(executor, f"look {number}", "identify")["pid"]
        if pid != old:
            return int(pid)
    raise AssertionError("the worker was not replaced")


def test_a_worker_that_has_grown_is_replaced_while_it_goes_on(start: Start) -> None:
    executor = start(1, recycle_above="400MB")
    first = value_of(executor, "a", "hold", 50_000_000)
    assert value_of(executor, "b", "hold", 50_000_000) == first
    assert len([child for child in multiprocessing.active_children() if child.name == "automl-worker"]) == 1
    assert value_of(executor, "c", "hold", 400_000_000) == first
    second = next_pid(executor, first)
    assert is_gone(first)
    assert value_of(executor, "d", "count", "calls") == 1
    assert value_of(executor, "e", "identify")["pid"] == second


def test_no_more_jobs_run_than_there_are_workers_while_one_is_replaced(start: Start, tmp_path: Path) -> None:
    executor = start(1, recycle_above="400MB")
    value_of(executor, "a", "hold", 400_000_000)
    executor.submit(job("b", "meet", meeting(tmp_path, "b")))
    executor.submit(job("c", "note", {"path": str(tmp_path / "c"), "text": "c"}))
    while not (tmp_path / "b").exists():
        assert executor.next(0.05) is None
    assert executor.next(2) is None  # the fresh one is ready about now
    assert not (tmp_path / "c").exists()
    (tmp_path / "b.go").touch()
    assert [next_end(executor).job, next_end(executor).job] == ["b", "c"]


def test_a_fresh_worker_that_dies_before_its_time_is_replaced_too(start: Start) -> None:
    executor = start(1, recycle_above="400MB")
    first = value_of(executor, "a", "hold", 400_000_000)
    fresh = {child.pid for child in multiprocessing.active_children() if child.name == "automl-worker"} - {first}
    for pid in fresh:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    assert next_pid(executor, first) not in fresh


def test_close_ends_a_worker_that_waits_to_relieve_another(start: Start) -> None:
    executor = start(1, recycle_above="400MB")
    value_of(executor, "a", "hold", 400_000_000)
    executor.close()
    assert "automl-worker" not in {process.name for process in multiprocessing.active_children()}


# --- what travels


def test_a_payload_that_cannot_travel_is_refused_at_once(start: Start) -> None:
    executor = start(1)
    with pytest.raises(AutoMLError, match=r"job 'a' cannot travel to a worker process: .*lambda.*; mend: pass plain"):
        executor.submit(job("a", "echo", lambda: None))
    assert executor.next() is None


def test_a_payload_that_the_worker_cannot_read_fails_the_job(start: Start) -> None:
    executor = start(1)
    executor.submit(job("a", "echo", Unreadable()))
    message = next_message(executor)
    assert isinstance(message, Raised)
    assert "payload cannot be read by the worker: ValueError: it was made to be unreadable" in message.error
    assert value_of(executor, "b", "echo", 1) == 1


def test_a_result_that_cannot_travel_fails_the_job(start: Start) -> None:
    executor = start(1)
    executor.submit(job("a", "unsendable"))
    message = next_message(executor)
    assert isinstance(message, Raised)
    assert message.error.startswith("AutoMLError: the job's result cannot travel to the driver: ")
    assert "generator" in message.error
    assert value_of(executor, "b", "echo", 1) == 1


def test_a_result_that_the_driver_cannot_read_fails_the_job(start: Start) -> None:
    executor = start(1)
    executor.submit(job("a", "unreadable"))
    message = next_message(executor)
    assert isinstance(message, Raised)
    assert (message.job, "it was made to be unreadable" in message.error) == ("a", True)
    assert value_of(executor, "b", "echo", 1) == 1


# --- surroundings


def test_workers_are_children_with_an_environment_of_their_own(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    found = value_of(start(1, engine_cache=str(tmp_path)), "a", "identify")
    assert found["parent"] == os.getpid()
    environment = found["environment"]
    for name in ("OMP", "OPENBLAS", "MKL"):
        assert environment[f"{name}_NUM_THREADS"] == "1"
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["TF_NUM_INTEROP_THREADS"] == "1"
    assert environment["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert EngineCache(tmp_path).environment(1).items() <= environment.items()
    assert os.environ["OMP_NUM_THREADS"] == "5"


def test_what_the_caller_set_for_the_engine_stays(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    environment = value_of(start(1, engine_cache=str(tmp_path)), "a", "identify")["environment"]
    assert environment["TF_CPP_MIN_LOG_LEVEL"] == "1"
    assert environment["TF_XLA_FLAGS"].startswith("--tf_xla_auto_jit=2")


def test_a_job_with_other_threads_gets_a_new_process_and_the_same_ones_a_warm_one(start: Start) -> None:
    executor = start(1, threads=1)
    found = [value_of(executor, f"job {n}", "identify", threads=n) for n in (1, 1, 2, 2)]
    assert [one["environment"]["OMP_NUM_THREADS"] for one in found] == ["1", "1", "2", "2"]
    assert found[0]["pid"] == found[1]["pid"] != found[2]["pid"] == found[3]["pid"]


def test_workers_import_neither_engines_nor_the_command_line(start: Start) -> None:
    loaded = value_of(start(1), "a", "modules")
    assert "automl.testing.jobs" in loaded
    heavy = {"tensorflow", "keras", "sklearn", "scipy", "optuna", "mlflow", "automl.cli"}
    assert not heavy & set(loaded)


def test_the_number_of_workers_follows_the_cpus() -> None:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert LocalProcessesExecutor().workers == cpus
    assert LocalProcessesExecutor(LocalProcessesParams(threads=cpus)).workers == 1
    assert LocalProcessesExecutor(LocalProcessesParams(threads=10_000)).workers == 1
    assert LocalProcessesExecutor(LocalProcessesParams(workers=3, threads=2)).workers == 3


def test_parameters_are_checked_and_decide_no_result() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        LocalProcessesParams(workers=0)
    assert LocalProcessesParams(workers=2, threads=2, engine_cache="x").identity() == {}


# --- plugins


def test_a_plugin_without_entry_point_is_there_if_it_can_be_imported(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "automl_test_acme.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = PluginSet(extra=(Plugin("acme", "automl_test_acme", "automl-acme", "1.0"),))
    lock = value_of(start(1, plugins=plugins), "a", "plugin_lock")
    assert lock["acme"] == "automl-acme 1.0"
    assert lock == plugins.registry.lock()
    sys.modules.pop("automl_test_acme")


def test_a_worker_with_other_plugins_refuses_and_shows_both_lists(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "automl_test_changed.py"
    module.write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = PluginSet(extra=(Plugin("acme", "automl_test_changed", "automl-acme", "1.0"),))
    executor = start(1, plugins=plugins)
    module.write_text("raise OSError('the licence has run out')")
    executor.submit(job("a", "plugin_lock"))
    message = next_message(executor)
    assert isinstance(message, Raised)
    assert message.error.startswith("PluginError: this worker has other plugins than the driver driver: acme = ")
    assert "worker: " in message.error
    assert "plugin 'acme' (automl-acme 1.0) is set aside: OSError: the licence has run out" in message.error
    assert "mend: install the same versions" in message.error
    sys.modules.pop("automl_test_changed")


# --- the end


def test_close_ends_workers_that_hear_nothing(start: Start, tmp_path: Path) -> None:
    executor = start(2)
    executor.submit(job("a", "meet", meeting(tmp_path, "a")))
    executor.submit(job("b", "meet", meeting(tmp_path, "b")))
    executor.submit(job("c", "meet", meeting(tmp_path, "c")))
    while not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
        assert executor.next(0.05) is None
    executor.close()
    assert all(is_gone(int(wait_for(tmp_path / name))) for name in "ab")
    assert not (tmp_path / "c").exists()


def test_close_kills_a_worker_that_nothing_else_reaches(start: Start) -> None:
    executor = start(1)
    pid = value_of(executor, "a", "identify")["pid"]
    executor.submit(job("b", "seize"))
    assert next_message(executor) == Progress("b", {})
    executor.close()
    assert is_gone(pid)


def test_close_leaves_no_process_and_no_open_file() -> None:
    def open_and_close() -> list[int]:
        executor = LocalProcessesExecutor(LocalProcessesParams(workers=2))
        executor.start()
        pids = [value_of(executor, f"job {n}", "identify")["pid"] for n in range(3)]
        executor.close()
        return pids

    open_and_close()  # the helper process of multiprocessing stays, once
    before = sorted(Path("/proc/self/fd").iterdir())
    assert all(is_gone(pid) for pid in open_and_close())
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    assert "automl-worker" not in {process.name for process in multiprocessing.active_children()}
