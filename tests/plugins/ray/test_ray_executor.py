"""The executor that runs jobs in the actors of a Ray cluster: real nodes of one machine, killed for real."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from ray_nodes import Nodes, Start
from ray_samples import HereOnly
from toy_runs import make_registry

from automl.errors import AutoMLError
from automl.executors.worker import PluginSet
from automl.learning import Task
from automl.plugins import Plugin
from automl.search.contracts import Executor, Job, Lost, Message, Progress, Raised, Resources, Returned
from automl.search.training import TrainingJob
from automl.testing.executors import ExecutorContract, job, next_end, next_message, value_of, wait_for
from automl.testing.jobs import Unreadable
from automl_ray.executor import RayExecutor, RayParams

_JOBS = "automl.testing.jobs"


@pytest.mark.slow
class TestRay(ExecutorContract):
    @pytest.fixture(autouse=True)
    def _on_the_cluster(self, nodes: Nodes) -> None:
        self.address = nodes.address

    def make_executor(self, workers: int) -> Executor:
        return RayExecutor(RayParams(address=self.address, workers=workers))


def meeting(folder: Path, name: str) -> dict[str, str]:
    """Options of the job ``meet``: it says that it is there, and goes on when ``name.go`` exists."""
    return {"here": str(folder / name), "there": str(folder / f"{name}.go")}


def wait_until_there(executor: Executor, path: Path) -> int:
    """Attend to the executor until a job ``meet`` has said that it is there; its process."""
    while not path.exists():
        assert executor.next(0.05) is None
    return int(wait_for(path))


def wait_until_gone(pid: int) -> None:
    give_up = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < give_up, f"process {pid} is still there"
        time.sleep(0.05)


# --- death


def test_a_worker_that_is_killed_costs_its_job_and_nothing_else(start: Start, tmp_path: Path) -> None:
    executor = start(workers=1)
    executor.submit(job("a", "meet", meeting(tmp_path, "a")))
    executor.submit(job("b", "identify"))
    executor.submit(job("c", "identify"))
    pid = wait_until_there(executor, tmp_path / "a")
    os.kill(pid, signal.SIGKILL)
    lost, *others = [next_message(executor) for _ in range(3)]
    assert isinstance(lost, Lost)
    assert lost.job == "a"
    assert lost.cause.startswith(f"its Ray worker (process {pid} on node ")
    assert "Worker unexpectedly exits" in lost.cause
    assert len(lost.cause) < 200
    assert [(type(end), end.job) for end in others] == [(Returned, "b"), (Returned, "c")]
    assert others[0].value["pid"] == others[1].value["pid"] != pid
    assert executor.next() is None


def test_a_job_that_is_killed_costs_its_worker_and_others_go_on(start: Start, tmp_path: Path) -> None:
    executor = start(workers=1)
    executor.submit(job("a", "meet", meeting(tmp_path, "a")))
    executor.submit(job("b", "identify"))
    executor.submit(job("c", "echo"))
    pid = wait_until_there(executor, tmp_path / "a")
    executor.kill("a")
    executor.kill("c")
    ends = {end.job: end for end in (next_message(executor) for _ in range(3))}
    assert isinstance(ends["a"], Lost)
    assert ends["a"].cause.startswith(f"its Ray worker (process {pid} on node ")
    assert ends["a"].cause.endswith(") was killed on request")
    assert isinstance(ends["b"], Returned)
    assert ends["b"].value["pid"] != pid
    assert isinstance(ends["c"], Raised)
    executor.kill("a")
    assert executor.next() is None
    wait_until_gone(pid)


@pytest.mark.slow
def test_every_job_ends_once_while_workers_die(start: Start) -> None:
    executor = start(workers=2)
    for number in range(6):
        executor.submit(job(f"die {number}", "crash", 1) if number % 3 == 0 else job(f"go {number}", "report", 2))
    heard: list[Message] = []
    while (message := executor.next()) is not None:
        heard.append(message)
    ends = [message for message in heard if not isinstance(message, Progress)]
    assert sorted(end.job for end in ends if isinstance(end, Lost)) == ["die 0", "die 3"]
    assert sorted(end.job for end in ends if isinstance(end, Returned)) == ["go 1", "go 2", "go 4", "go 5"]
    assert len(ends) == 6


def test_a_node_that_goes_costs_its_job_and_another_one_takes_the_next(
    start: Start, nodes: Nodes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    big = Resources(memory=10**13)  # fits on no other node
    with nodes.added(num_cpus=1, memory=10**13):
        executor = start(workers=1)
        executor.submit(Job("a", f"{_JOBS}:meet", meeting(tmp_path, "a"), resources=big))
        wait_until_there(executor, tmp_path / "a")
    lost = next_message(executor)
    assert isinstance(lost, Lost)
    assert lost.job == "a"
    executor.submit(Job("a", f"{_JOBS}:echo", 1, resources=big))
    give_up = time.monotonic() + 120
    while "GB of memory any more: trials wait until one has" not in caplog.text:
        assert executor.next(6) is None
        assert time.monotonic() < give_up
    with nodes.added(num_cpus=1, memory=10**13):
        assert next_message(executor) == Returned("a", 1)


# --- warm workers


def test_a_job_goes_to_the_free_worker_that_is_warm_for_it(start: Start, tmp_path: Path) -> None:
    executor = start(workers=2)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    executor.submit(job("a", "meet", {"here": a, "there": b}, affinity="a"))
    executor.submit(job("b", "meet", {"here": b, "there": a}, affinity="b"))
    warm = {end.job: end.value for end in (next_end(executor), next_end(executor)) if isinstance(end, Returned)}
    assert warm["a"] != warm["b"]
    for number, name in enumerate("babab"):
        executor.submit(job(f"{number}", "identify", affinity=name))
        end = next_end(executor)
        assert isinstance(end, Returned)
        assert end.value["pid"] == warm[name]


def test_a_worker_that_has_grown_is_replaced(start: Start) -> None:
    executor = start(workers=1, recycle_above="600MB")
    first = value_of(executor, "a", "hold", 50_000_000)
    assert value_of(executor, "b", "hold", 600_000_000) == first
    assert value_of(executor, "c", "identify")["pid"] != first
    wait_until_gone(first)


# --- resources


@pytest.mark.parametrize(
    ("threads", "resources", "asked"),
    [
        (1000, Resources(), "1000 CPUs, 0 GPUs and 0 GB of memory"),
        (1, Resources(gpu=3), "1 CPUs, 3 GPUs and 0 GB of memory"),
        (1, Resources(memory=10**16), "1 CPUs, 0 GPUs and 1e+07 GB of memory"),
    ],
)
def test_what_no_node_has_is_refused_before_anything_waits(
    start: Start, threads: int, resources: Resources, asked: str
) -> None:
    executor = start()
    with pytest.raises(AutoMLError, match=r"the biggest of its \d nodes has 4 CPUs, 2 GPUs and .* mend: ") as refused:
        executor.submit(Job("a", f"{_JOBS}:echo", None, threads, resources))
    assert f"no node of the Ray cluster can hold a trial that asks for {asked};" in str(refused.value)
    assert executor.next() is None


def test_two_trials_share_a_gpu_and_a_third_gets_another(start: Start, tmp_path: Path) -> None:
    executor = start(workers=3)
    half = Resources(gpu=0.5)
    for name in "abc":
        executor.submit(Job(name, f"{_JOBS}:meet", meeting(tmp_path, name), resources=half))
    pids = [wait_until_there(executor, tmp_path / name) for name in "abc"]
    seen = [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids]
    assert all(b"TF_FORCE_GPU_ALLOW_GROWTH=true" in environment for environment in seen)
    for name in "abc":
        (tmp_path / f"{name}.go").touch()
        next_end(executor)
    for name in "def":
        executor.submit(Job(name, f"{_JOBS}:identify", None, resources=half))
    found = [next_end(executor) for _ in "def"]
    devices = {end.value["pid"]: end.value["environment"]["CUDA_VISIBLE_DEVICES"] for end in found}
    assert set(devices) <= set(pids)  # they stay warm
    assert set(devices.values()) <= {"0", "1"}


def test_a_trial_without_a_gpu_is_shown_none(start: Start) -> None:
    environment = value_of(start(workers=1), "a", "identify")["environment"]
    assert environment.get("CUDA_VISIBLE_DEVICES", "") == ""
    assert "TF_FORCE_GPU_ALLOW_GROWTH" not in environment


@pytest.mark.slow
def test_a_job_with_other_demands_gets_a_new_worker_and_the_same_ones_a_warm_one(start: Start) -> None:
    executor = start(workers=1)
    found = [value_of(executor, f"job {n}", "identify", threads=n) for n in (1, 1, 4, 4)]
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        assert [one["environment"][name] for one in found] == ["1", "1", "4", "4"]
    assert found[0]["pid"] == found[1]["pid"] != found[2]["pid"] == found[3]["pid"]


@pytest.mark.slow
def test_workers_that_idle_make_room_for_a_job_that_needs_all(start: Start, tmp_path: Path) -> None:
    executor = start(workers=4)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    executor.submit(job("a", "meet", {"here": a, "there": b}))
    executor.submit(job("b", "meet", {"here": b, "there": a}))
    assert {next_end(executor).job, next_end(executor).job} == {"a", "b"}
    assert value_of(executor, "c", "echo", 3, threads=4) == 3


def test_by_default_there_are_as_many_workers_as_the_nodes_hold(start: Start) -> None:
    assert start().workers == 4
    assert start(threads=3).workers == 1
    assert RayParams(workers=2, threads=2, address="auto").identity() == {}


# --- what travels


def test_a_trial_trains_on_rows_that_its_machine_does_not_have(start: Start) -> None:
    executor = start(workers=1)
    executor.close()
    executor.plugins = PluginSet.of(make_registry())
    executor.start()
    rows = HereOnly("rows of this process", os.getpid())
    training = TrainingJob(
        rows, Task("regression", "y"), "toy.descent", {"rate": 0.1}, None, {}, "toy.error", seed=1, horizon=3, epochs=3
    )
    sent = Job("a", "automl.search.training:train_pack", (training,), data={rows.fingerprint: rows.read})
    executor.submit(sent)
    message = next_end(executor)
    assert isinstance(message, Returned), message
    assert message.value[0]["epochs"] == 3


@pytest.mark.parametrize(
    ("function", "payload", "cause"),
    [
        ("echo", Unreadable(), "payload cannot be read by the worker: ValueError: it was made to be unreadable"),
        ("unsendable", None, "AutoMLError: the job's result cannot travel to the driver: "),
        ("unreadable", None, "the driver cannot read what the job sent: ValueError('it was made to be unreadable')"),
    ],
)
def test_what_cannot_travel_fails_the_job(start: Start, function: str, payload: object, cause: str) -> None:
    executor = start(workers=1)
    executor.submit(job("a", function, payload))
    message = next_message(executor)
    assert isinstance(message, Raised)
    assert cause in message.error
    assert value_of(executor, "b", "echo", 1) == 1


def test_a_payload_that_cannot_travel_is_refused_at_once(start: Start) -> None:
    executor = start(workers=1)
    with pytest.raises(AutoMLError, match=r"job 'a' cannot travel to a worker process: .*lambda"):
        executor.submit(job("a", "echo", lambda: None))
    assert executor.next() is None


def test_a_worker_with_other_plugins_refuses_and_shows_both_lists(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "automl_test_changed.py"
    module.write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    executor = RayExecutor(RayParams(address=nodes.address, workers=1))
    executor.plugins = PluginSet(extra=(Plugin("acme", "automl_test_changed", "automl-acme", "1.0"),))
    executor.start()
    try:
        module.write_text("raise OSError('the licence has run out')")
        executor.submit(job("a", "plugin_lock"))
        message = next_message(executor)
    finally:
        executor.close()
        sys.modules.pop("automl_test_changed")
    assert isinstance(message, Raised)
    assert message.error.startswith("PluginError: this worker has other plugins than the driver driver: acme = ")
    assert "worker: " in message.error
    assert "the licence has run out" in message.error
    assert "mend: install the same versions" in message.error


# --- the cluster


def test_close_ends_workers_that_hear_nothing(start: Start, tmp_path: Path) -> None:
    executor = start(workers=1)
    executor.submit(job("a", "meet", meeting(tmp_path, "a")))
    pid = wait_until_there(executor, tmp_path / "a")
    executor.close()
    wait_until_gone(pid)


def test_a_ray_that_was_there_is_used_and_left(nodes: Nodes, start: Start) -> None:
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    ray.init(address=nodes.address, log_to_driver=False)
    try:
        executor = start(address=None, workers=1)
        assert value_of(executor, "a", "echo", 1) == 1
        executor.close()
        assert ray.is_initialized()
    finally:
        ray.shutdown()
        signal.signal(signal.SIGTERM, handler)
    start(workers=1).close()
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is handler


def test_an_address_where_no_cluster_is_says_so_and_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = RayExecutor(RayParams(address="not an address"))
    with pytest.raises(AutoMLError, match=r"run.executor: no Ray cluster answers at 'not an address': .* mend: start"):
        executor.start()
    executor.close()
