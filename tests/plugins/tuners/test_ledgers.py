"""One ledger for every tuner: whatever runs its trials, however often it was interrupted, wherever it is cut."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_runs import PIPELINE, ledger, start

from automl import events
from automl.events import RunFinished
from automl.hookspecs import hookimpl
from automl.observer import Observer
from automl.pipeline_file import loads
from automl.plugins import Registry

TUNERS: dict[str, dict[str, Any]] = {
    "random": {},
    "grid": {"resolution": 6, "shuffle": True},
    "sobol": {},
    "hyperband": {},
    "bayesian": {"initial_points": 5},
    "optuna.tpe": {"n_startup_trials": 3, "pruner": {"median": {"n_startup_trials": 2}}},
    "optuna.cmaes": {"population_size": 4, "pruner": {"successive_halving": {"min_resource": 2}}},
    "optuna.qmc": {"pruner": {"hyperband": {"min_resource": 1}}},
    "optuna.gp": {"n_startup_trials": 3, "pruner": {"median": {"n_startup_trials": 2}}},
}
TRIALS = 10
SETTINGS = (
    "stages.filled.with.strategy={tune: [mean, median]}",
    "stages.search.with.in_flight=4",
    f"stages.search.with.budget={{trials: {TRIALS}, epochs: 9}}",
    "stages.search.with.space={rate: {float: [0.001, 0.9], log: true}}",
    "stages.search.with.start_with=[{rate: 0.2}]",
)
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(currentThread|getName)\(\) is deprecated:DeprecationWarning:keras_tuner"
)


@pytest.fixture(params=TUNERS)
def tuner(request: pytest.FixtureRequest) -> str:
    """The setting that makes a search use this tuner."""
    if request.param == "optuna.gp":
        pytest.importorskip("torch", reason="torch is an extra of its own")
    return f"stages.search.with.tuner={json.dumps({'use': request.param, 'with': TUNERS[request.param]})}"


def kept(finished: RunFinished) -> list[dict[str, Any]]:
    assert finished.search is not None
    return ledger(finished.search)


@pytest.mark.slow
def test_workers_leave_no_trace_in_the_ledger(run_toys: Callable[..., RunFinished], tuner: str) -> None:
    """One worker, the driver's own process, and two and four processes."""
    here = kept(run_toys(tuner, *SETTINGS, workspace="here"))
    assert len(here) == TRIALS
    for workers in (2, 4):
        executor = f"run.executor={{use: local, with: {{workers: {workers}}}}}"
        assert kept(run_toys(tuner, *SETTINGS, executor, workspace=f"with {workers}")) == here


def test_a_shorter_search_is_a_prefix(run_toys: Callable[..., RunFinished], tuner: str) -> None:
    whole = kept(run_toys(tuner, *SETTINGS, workspace="whole"))
    for trials in (3, 7):
        fewer = f"stages.search.with.budget.trials={trials}"
        assert kept(run_toys(tuner, *SETTINGS, fewer, workspace=f"only {trials}")) == whole[:trials]


class Interrupts(Observer):
    """Ctrl-C, once so many trials were told."""

    id = "interrupts"

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    @hookimpl
    def trial_finished(self, event: events.TrialFinished) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [TRIALS // 2])
def test_an_interrupted_search_goes_on_to_the_same_ledger(
    run_toys: Callable[..., RunFinished], tuner: str, after: int
) -> None:
    whole = kept(run_toys(tuner, *SETTINGS, workspace="whole"))
    with pytest.raises(KeyboardInterrupt):
        run_toys(tuner, *SETTINGS, workspace="broken", observers=[Interrupts(after)])
    assert kept(run_toys(tuner, *SETTINGS, workspace="broken")) == whole


@pytest.mark.slow
def test_a_killed_search_goes_on_to_the_same_ledger_and_trains_nothing_twice(
    run_toys: Callable[..., RunFinished],
    registry: Registry,
    tuner: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SIGKILL, with two workers at work, once four trials were told."""
    whole = kept(run_toys(tuner, *SETTINGS, workspace="whole"))
    file, workspace = tmp_path / "pipeline.yaml", tmp_path / "killed"
    workers = "run.executor={use: local, with: {workers: 2}}"
    file.write_text(loads(PIPELINE, registry, sets=[tuner, *SETTINGS, workers]).text)
    process = start(file, workspace, (), TOY_DELAY="0.03")  # keras-tuner's warnings are its own
    while len(told := told_in(workspace)) < 4:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.kill()
    process.communicate()

    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    assert kept(run_toys(tuner, *SETTINGS, workers, workspace="killed")) == whole
    assert len(log.read_text().splitlines()) <= TRIALS - len(told)


def told_in(workspace: Path) -> list[str]:
    """Names of the trials of which a run has told; whole lines alone."""
    lines = [
        line for log in workspace.glob("runs/*/events.jsonl") for line in log.read_text().splitlines(keepends=True)
    ]
    heard = [json.loads(line) for line in lines if line.endswith("\n")]
    return [event["name"] for event in heard if event["event"] == "trial_finished"]


def test_guesses_and_trials_of_an_earlier_search_are_learned_and_not_repeated(
    run_toys: Callable[..., RunFinished], tuner: str
) -> None:
    first = run_toys(tuner, *SETTINGS, workspace="work")
    warm = run_toys(tuner, *SETTINGS, f"stages.search.with.warm_start={first.run_id}", workspace="work")
    assert kept(warm)[0]["parameters"] == {"rate": 0.2}
    tried = [[(t["parameters"], t["bindings"]) for t in kept(run) if t["continues"] is None] for run in (first, warm)]
    assert not [trial for trial in tried[1][1:] if trial in tried[0]]
