"""The executor that runs jobs in a thread of this process."""

from __future__ import annotations

import os
import threading
import types

import numpy as np

from automl.executors.in_process import InProcessExecutor
from automl.executors.worker import PluginSet
from automl.plugins import Plugin, Registry
from automl.search.contracts import Executor
from automl.testing.executors import ExecutorContract, Make, job, next_end, value_of


class TestInProcess(ExecutorContract):
    def make_executor(self, workers: int) -> Executor:
        return InProcessExecutor()

    def test_it_has_one_worker_in_this_process(self, start: Make) -> None:
        executor = start(4)
        assert executor.workers == 1
        assert value_of(executor, "a", "identify")["pid"] == os.getpid()

    def test_results_are_not_copied(self, start: Make) -> None:
        payload = np.zeros(3)
        assert value_of(start(), "a", "echo", payload) is payload

    def test_jobs_see_the_registry_of_the_driver_itself(self) -> None:
        registry = Registry()
        registry.register(types.SimpleNamespace(), Plugin("acme", "acme", "automl-acme", "1.0"))
        executor = InProcessExecutor()
        executor.plugins = PluginSet.of(registry)
        executor.start()
        assert value_of(executor, "a", "plugin_lock") == {"acme": "automl-acme 1.0"}
        executor.close()

    def test_a_job_that_is_not_started_when_it_closes_never_is(self) -> None:
        executor = InProcessExecutor()
        executor.submit(job("a", "echo"))
        executor.close()
        assert executor.next(0) is None

    def test_no_thread_stays(self) -> None:
        executor = InProcessExecutor()
        executor.start()
        executor.submit(job("a", "echo"))
        next_end(executor)
        executor.close()
        assert "automl-in-process" not in {thread.name for thread in threading.enumerate()}
