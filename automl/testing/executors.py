"""The contract suite of executors; inherit it and say how to make one.

::

    class TestMine(ExecutorContract):
        def make_executor(self, workers: int) -> Executor:
            return MyExecutor(MyExecutor.Params(workers=workers))
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.executors.worker import PluginSet
from automl.plugins import Registry
from automl.search.contracts import Executor, Job, Lost, Message, Progress, Raised, Returned

Make = Callable[[int], Executor]

_GIVE_UP = 120.0
"""Seconds without a message after which a test fails instead of waiting for ever; no test measures time."""


def job(name: str, function: str, payload: Any = None, threads: int = 1, affinity: str | None = None) -> Job:
    """A job that calls one of `automl.testing.jobs`."""
    return Job(name, f"automl.testing.jobs:{function}", payload, threads, affinity=affinity)


def next_message(executor: Executor) -> Message:
    """The next message of any kind."""
    message = executor.next(_GIVE_UP)
    assert message is not None, "a job is under way, and no message came"
    return message


def next_end(executor: Executor) -> Message:
    """The next message that ends a job."""
    while isinstance(message := next_message(executor), Progress):
        pass
    return message


def value_of(executor: Executor, name: str, function: str, payload: Any = None, threads: int = 1) -> Any:
    """Run one job of `automl.testing.jobs` by itself; its result."""
    executor.submit(job(name, function, payload, threads))
    message = next_end(executor)
    assert isinstance(message, Returned), message
    assert message.job == name
    return message.value


def wait_for(path: Path) -> str:
    """The text of a file that a job writes, as soon as it is there."""
    give_up = time.monotonic() + _GIVE_UP
    while not path.exists():
        assert time.monotonic() < give_up, f"no job wrote {path}"
        time.sleep(0.01)
    return path.read_text(encoding="utf-8")


class ExecutorContract:
    """What every executor does; ``make_executor`` returns a new one that was not started."""

    def make_executor(self, workers: int) -> Executor:
        raise NotImplementedError

    @pytest.fixture
    def start(self) -> Iterator[Make]:
        """Start executors that are closed after the test."""
        started: list[Executor] = []

        def make(workers: int = 1) -> Executor:
            executor = self.make_executor(workers)
            started.append(executor)
            executor.start()
            return executor

        yield make
        for executor in started:
            executor.close()

    def test_it_has_at_least_one_worker(self, start: Make) -> None:
        assert start(1).workers == 1
        assert type(self.make_executor(1))().workers >= 1

    def test_it_returns_what_the_job_returned(self, start: Make) -> None:
        payload = {"x": [1, 2.5, None], "name": "été"}
        assert value_of(start(1), "a", "echo", payload) == payload

    def test_it_has_no_message_when_nothing_is_under_way(self, start: Make) -> None:
        executor = start(1)
        assert executor.next() is None
        value_of(executor, "a", "echo")
        assert executor.next() is None

    def test_it_gives_up_waiting_at_the_timeout(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        here, there = tmp_path / "here", tmp_path / "there"
        executor.submit(job("a", "meet", {"here": str(here), "there": str(there)}))
        assert executor.next(0) is None
        assert executor.next(0.01) is None
        there.touch()
        assert isinstance(next_end(executor), Returned)

    def test_a_job_that_raises_says_so_in_one_line_and_in_full(self, start: Make) -> None:
        executor = start(1)
        executor.submit(job("a", "fail", "no such\ncolumn"))
        message = next_message(executor)
        assert isinstance(message, Raised)
        assert (message.job, message.error) == ("a", "ValueError: no such column")
        assert "Traceback" in message.detail
        assert "jobs.py" in message.detail
        assert value_of(executor, "b", "echo", 1) == 1

    def test_a_job_that_leaves_ends_itself_and_not_its_worker(self, start: Make) -> None:
        executor = start(1)
        executor.submit(job("a", "leave", 3))
        message = next_message(executor)
        assert isinstance(message, Raised)
        assert message.error == "SystemExit: 3"
        assert value_of(executor, "b", "echo", 1) == 1

    @pytest.mark.parametrize(
        ("function", "cause"),
        [
            ("automl.no_such_module:job", "ModuleNotFoundError: No module named 'automl.no_such_module'"),
            ("automl.testing.jobs:no_such_job", "AttributeError: module 'automl.testing.jobs' has no attribute"),
            ("not a function", "ValueError: invalid format: 'not a function'"),
        ],
    )
    def test_a_job_that_cannot_be_found_raises(self, start: Make, function: str, cause: str) -> None:
        executor = start(1)
        executor.submit(Job("a", function, None))
        message = next_message(executor)
        assert isinstance(message, Raised)
        assert message.error.startswith(cause)

    def test_jobs_start_in_the_order_in_which_they_were_submitted(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        names = [f"job {number}" for number in range(20)]
        for name in names:
            executor.submit(job(name, "note", {"path": str(tmp_path / "order"), "text": name}))
        assert [next_end(executor).job for _ in names] == names
        assert (tmp_path / "order").read_text(encoding="utf-8").splitlines() == names

    def test_no_job_is_overtaken_more_than_three_times(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        there = tmp_path / "there"
        executor.submit(job("a0", "meet", {"here": str(tmp_path / "here"), "there": str(there)}, affinity="a"))
        names = ["b0", "b1", *(f"a{number}" for number in range(1, 8))]
        for name in names:
            executor.submit(job(name, "note", {"path": str(tmp_path / "order"), "text": name}, affinity=name[0]))
        there.touch()
        assert {next_end(executor).job for _ in range(9)} | {next_end(executor).job} == {"a0", *names}
        order = (tmp_path / "order").read_text(encoding="utf-8").splitlines()
        assert [name for name in order if name[0] == "a"] == names[2:]
        assert [name for name in order if name[0] == "b"] == names[:2]
        assert order.index("b0") <= 3

    def test_progress_comes_before_the_end_and_in_order(self, start: Make) -> None:
        executor = start(1)
        executor.submit(job("a", "report", 3))
        steps = [Progress("a", {"step": step}) for step in (1, 2, 3)]
        assert [next_message(executor) for _ in range(4)] == [*steps, Returned("a", [False, False, False])]

    def test_a_running_job_hears_that_it_should_stop(self, start: Make) -> None:
        executor = start(1)
        executor.submit(job("a", "report_until_stopped"))
        assert next_message(executor) == Progress("a", {"step": 1})
        executor.stop("a")
        message = next_end(executor)
        assert isinstance(message, Returned)
        assert message.value >= 1
        assert executor.next() is None

    def test_a_queued_job_that_is_stopped_never_begins(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        there = tmp_path / "there"
        executor.submit(job("a", "meet", {"here": str(tmp_path / "here"), "there": str(there)}))
        executor.submit(job("b", "note", {"path": str(tmp_path / "note"), "text": "b"}))
        executor.stop("b")
        there.touch()
        ends = {end.job: end for end in (next_end(executor), next_end(executor))}
        assert isinstance(ends["a"], Returned)
        assert isinstance(ends["b"], Raised)
        assert executor.next() is None
        assert not (tmp_path / "note").exists()

    def test_a_stop_that_comes_late_has_no_effect(self, start: Make) -> None:
        executor = start(1)
        value_of(executor, "a", "echo")
        executor.stop("a")
        assert value_of(executor, "a", "report", 1) == [False]

    def test_a_job_that_never_reports_can_be_killed(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        if value_of(executor, "where", "identify")["pid"] == os.getpid():
            pytest.skip("its worker is no process of its own")
        for attempt in ("first", "second", "third", "fourth"):  # more than starts may fail in a row
            here = tmp_path / attempt
            executor.submit(job("a", "meet", {"here": str(here), "there": str(tmp_path / "never")}))
            while not here.exists():
                assert executor.next(0.05) is None
            executor.kill("a")
            message = next_message(executor)
            assert isinstance(message, Lost)
            assert message.job == "a"
            assert message.cause.endswith("was killed on request")
            assert executor.next(0) is None
        assert value_of(executor, "b", "echo", 1) == 1

    def test_a_job_that_hears_ends_once_when_it_is_killed_and_others_go_on(self, start: Make) -> None:
        executor = start(2)
        executor.submit(job("a", "report_until_stopped"))
        assert next_message(executor) == Progress("a", {"step": 1})
        for name in ("b", "c"):
            executor.submit(job(name, "report", 2))
        executor.kill("a")
        ends = {end.job: end for end in (next_end(executor), next_end(executor), next_end(executor))}
        assert isinstance(ends["a"], Lost | Returned)
        assert isinstance(ends["b"], Returned)
        assert isinstance(ends["c"], Returned)
        assert executor.next() is None

    def test_a_queued_job_that_is_killed_never_begins(self, start: Make, tmp_path: Path) -> None:
        executor = start(1)
        there = tmp_path / "there"
        executor.submit(job("a", "meet", {"here": str(tmp_path / "here"), "there": str(there)}))
        executor.submit(job("b", "note", {"path": str(tmp_path / "note"), "text": "b"}))
        executor.kill("b")
        there.touch()
        ends = {end.job: end for end in (next_end(executor), next_end(executor))}
        assert isinstance(ends["a"], Returned)
        assert isinstance(ends["b"], Raised)
        assert not (tmp_path / "note").exists()

    def test_killing_what_has_ended_or_never_was_has_no_effect(self, start: Make) -> None:
        executor = start(1)
        assert value_of(executor, "a", "count", "calls") == 1
        executor.kill("a")
        executor.kill("never submitted")
        assert executor.next() is None
        assert value_of(executor, "b", "count", "calls") == 2

    def test_memory_outlives_the_job(self, start: Make) -> None:
        executor = start(1)
        assert [value_of(executor, f"job {n}", "count", "calls") for n in (1, 2, 3)] == [1, 2, 3]

    def test_jobs_know_their_threads(self, start: Make) -> None:
        executor = start(1)
        assert value_of(executor, "a", "identify", threads=1)["threads"] == 1
        assert value_of(executor, "b", "identify", threads=2)["threads"] == 2

    def test_large_payloads_and_results_pass(self, start: Make) -> None:
        executor = start(2)
        payload = np.ones(4_000_000)  # 32 MB, in both directions at once
        for name in ("a", "b", "c"):
            executor.submit(job(f"sum {name}", "total", payload))
            executor.submit(job(f"make {name}", "arrays", {"number": 4, "size": 1_000_000}))
        ends = [next_end(executor) for _ in range(6)]
        for end in ends:
            assert isinstance(end, Returned)
            if end.job.startswith("sum"):
                assert end.value == 4_000_000.0
            else:
                assert [array[-1] for array in end.value.values()] == [999_999.0 + i for i in range(4)]

    def test_data_is_carried_as_it_was_read_or_left_to_the_job(self, start: Make) -> None:
        executor = start(1)
        reads: list[int] = []

        def read() -> dict[str, Any]:
            reads.append(1)
            return {"x": np.arange(5.0), "names": ["a", "b"]}

        found = []
        for name in ("a", "b", "c"):
            executor.submit(Job(name, "automl.testing.jobs:carried", "rows", data={"rows": read}))
            message = next_end(executor)
            assert isinstance(message, Returned), message
            found.append(message.value)
        if not reads:
            assert found == [None, None, None]
            return
        assert len(reads) == 1
        for data in found:
            assert data["x"].tolist() == [0, 1, 2, 3, 4]
            assert data["names"] == ["a", "b"]

    def test_workers_run_side_by_side(self, start: Make, tmp_path: Path) -> None:
        executor = start(2)
        if executor.workers < 2:
            pytest.skip("it has one worker")
        a, b = str(tmp_path / "a"), str(tmp_path / "b")
        executor.submit(job("a", "meet", {"here": a, "there": b}))  # each waits for the other
        executor.submit(job("b", "meet", {"here": b, "there": a}))
        assert {next_end(executor).job, next_end(executor).job} == {"a", "b"}

    def test_workers_have_the_plugins_of_the_driver(self) -> None:
        executor = self.make_executor(1)
        registry = Registry.load(blocked=["mlflow"])
        executor.plugins = PluginSet.of(registry)
        executor.start()
        try:
            assert value_of(executor, "a", "plugin_lock") == registry.lock()
        finally:
            executor.close()

    def test_it_closes_under_load(self, tmp_path: Path) -> None:
        executor = self.make_executor(1)
        executor.start()
        executor.submit(job("a", "report_until_stopped"))
        executor.submit(job("b", "note", {"path": str(tmp_path / "never"), "text": "b"}))
        next_message(executor)
        executor.close()
        assert not (tmp_path / "never").exists()

    def test_it_closes_when_idle(self) -> None:
        executor = self.make_executor(1)
        executor.start()
        executor.close()
