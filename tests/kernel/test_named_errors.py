"""What a plugin's part raises names the part and its plugin: in the ledger, and in a run's last message."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy
from distributions import HEAD
from toy_runs import PIPELINE, make_registry

from automl import hookimpl
from automl import run as runs
from automl.components import Fitted, Stage, Transform
from automl.errors import AutoMLError, DataError, PredictError, SearchError, StageError, UnfitDataError
from automl.executors.in_process import InProcessExecutor
from automl.learning import Metric, Network
from automl.observer import Observer
from automl.params import Params, param
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry
from automl.predictor import Predictor
from automl.presets import Preset
from automl.records import Record
from automl.search.contracts import Proposal
from automl.search.domains import parse_domain
from automl.search.random_search import RandomSearch

HERE = __name__
FAULT: dict[str, Callable[[], Any]] = {}
"""What a part of this module does where it is called: by its id and the method."""


def fault(component: Any, method: str, otherwise: Any = None) -> Any:
    act = FAULT.get(f"{component.id} {method}")
    return otherwise if act is None else act()


class Net(Network):
    """A network that may fail."""

    id = "acme.net"
    learner = "acme.learner"

    @classmethod
    def space(cls) -> Any:
        return fault(cls, "space")

    def build(self, spec: Any) -> Any:
        return fault(self, "build")


@dataclasses.dataclass(frozen=True)
class Learned(toy.LinearFitted):
    def apply(self, frame: Any) -> Any:
        return fault(Learner, "apply", super().apply(frame))


class Training(toy.DescentTraining):
    def epoch(self) -> Any:
        found = super().epoch()
        return fault(Learner, "epoch", found)

    def finish(self) -> Any:
        return Learned(**vars(super().finish()))


class Learner(toy.Descent):
    """A learner that builds its network."""

    id = "acme.learner"
    takes_network = True
    fitted = Learned

    def open(self, trial: Any, train: Any, valid: Any) -> Any:
        fault(self, "open")
        if trial.network is not None:
            trial.network.build(None)
        return Training(self.params, trial.seed, trial.task, train, valid)


class Score(toy.Error, Metric):
    """A metric that may fail."""

    id = "acme.score"

    def score(self, truth: Any, predicted: Any, weight: Any = None) -> Any:
        return fault(self, "score", super().score(truth, predicted, weight))


class Tuner(RandomSearch):
    """A searcher that may fail."""

    id = "acme.tuner"

    def start(self, brief: Any) -> None:
        fault(self, "start")
        super().start(brief)

    def ask(self, number: int) -> Any:
        return fault(self, "ask", super().ask(number))

    def tell(self, number: int, outcome: Any) -> None:
        fault(self, "tell")


class Table(toy.Table):
    """A reader that may fail."""

    id = "acme.table"

    def read(self) -> Any:
        return fault(self, "read", super().read())

    def fingerprint(self) -> str:
        return fault(self, "fingerprint", super().fingerprint())


class Parts(toy.Holdout):
    """A splitter that may fail."""

    id = "acme.parts"

    def split(self, data: Any) -> Any:
        return fault(self, "split", super().split(data))


@dataclasses.dataclass(frozen=True)
class Shifted(Fitted):
    by: float

    def apply(self, frame: Any) -> Any:
        return fault(Shift, "apply", frame + self.by)

    def kinds(self) -> Any:
        return fault(Shift, "kinds", {})

    def state(self) -> Any:
        return fault(Shift, "state", super().state())


class ShiftParams(Params):
    by: float = param(1.0, description="What is added.")


class Shift(Transform):
    """A transform that may fail."""

    id = "acme.shift"
    accepts = frozenset({"numeric"})
    fitted = Shifted
    Params = ShiftParams

    def fit(self, train: Any) -> Any:
        return fault(self, "fit", Shifted(self.params.by))


@dataclasses.dataclass(frozen=True)
class Aim(toy.AffineFitted):
    def inverse(self, values: Any) -> Any:
        return fault(Goal, "inverse", super().inverse(values))


class Goal(toy.StandardTarget):
    """A transform of the target that may fail."""

    id = "acme.goal"
    fitted = Aim

    def fit(self, train: Any) -> Any:
        return fault(self, "fit", Aim(**vars(super().fit(train))))


class Judge(toy.Evaluate, Stage):
    """A stage that may fail."""

    id = "acme.judge"

    def run(self, source: Any, context: Any) -> Any:
        fault(self, "run")
        return super().run(source, context)


class Worker(InProcessExecutor):
    """An executor that may fail."""

    id = "acme.worker"

    def submit(self, job: Any) -> None:
        fault(self, "submit")
        super().submit(job)


class Log(Observer):
    """An observer that may fail."""

    id = "acme.log"

    def __init__(self, params: Any = None, seed: int = 0) -> None:
        super().__init__(params, seed)
        fault(self, "making it")

    @property
    def links(self) -> Any:
        return fault(self, "links", {"log": "log.txt"})


class Quick(Preset):
    """A preset that fails."""

    id = "acme.quick"
    seconds = 1.0

    def draft(self, table: Any, means: Any) -> Any:
        raise KeyError("columns")


OFFERED = {
    "components": [Parts, Judge, Shift, Goal],
    "readers": [Table],
    "learners": [Learner],
    "networks": [Net],
    "metrics": [Score],
    "searchers": [Tuner],
    "executors": [Worker],
    "observers": [Log],
    "presets": [Quick],
}
TEXT = PIPELINE
for old, new in {
    "toy.table": "acme.table",
    "toy.holdout": "acme.parts",
    "network: toy.net": "network: acme.net",
    "tuner: random": "tuner: acme.tuner",
    "objective: toy.error": "objective: acme.score",
    "toy.evaluate": "acme.judge",
    "in_process": "acme.worker",
    "track: []": "track: [acme.log]",
    "trials: 6, epochs: 30": "trials: 1, epochs: 2",
}.items():
    TEXT = TEXT.replace(old, new)
SHIFTED = TEXT.replace(
    "goal: {use: toy.standard_target, in: codes}",
    "shifted: {use: acme.shift, in: codes, with: {by: 1}}\n  goal: {use: acme.goal, in: shifted}",
)
WHOSE = "of plugin 'acme' (automl-acme 1.2)"


def acme() -> types.ModuleType:
    made = types.ModuleType("acme")
    for family, kinds in OFFERED.items():
        records = [Record(kind.id, f"{HERE}:{kind.__name__}", "x", suffixes=(".acme",)) for kind in kinds]
        setattr(made, f"automl_{family}", hookimpl(lambda records=records: records))
    return made


@functools.cache
def acmes() -> Registry:
    registry = make_registry()
    registry.register(acme(), Plugin("acme", HERE, "automl-acme", "1.2"))
    assert registry.set_aside == []
    return registry


def run(folder: Path, text: str = TEXT) -> runs.RunResult:
    return runs.run(loads(text, acmes()), acmes(), workspace=folder)


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    def set_fault(where: str, act: Any) -> None:
        def raise_it() -> Any:
            if isinstance(act, BaseException):
                raise act
            return act

        monkeypatch.setitem(FAULT, where, raise_it)

    return set_fault


def trial_error(folder: Path) -> str:
    (ledger,) = folder.glob("runs/*/events.jsonl")
    told = [json.loads(line) for line in ledger.read_text().splitlines()]
    return next(event["error"] for event in told if event["event"] == "trial_finished")


FAILS_A_TRIAL = {
    "acme.net build": ("network 'acme.net'", "build"),
    "acme.score score": ("metric 'acme.score'", "score"),
    "acme.learner open": ("learner 'acme.learner'", "open"),
    "acme.learner epoch": ("learner 'acme.learner'", "epoch 1"),
}


@pytest.mark.parametrize("where", FAILS_A_TRIAL)
def test_a_failed_trial_names_the_part_and_its_plugin(where: str, tmp_path: Path, fail: Any) -> None:
    who, doing = FAILS_A_TRIAL[where]
    fail(where, ValueError("width is 0"))
    with pytest.raises(AutoMLError) as caught:
        run(tmp_path)
    beside = f", for network 'acme.net' {WHOSE}" if who.startswith("learner") else ""
    cause = f"StageError: {who} {WHOSE}{beside}: {doing} raised ValueError: width is 0"
    assert trial_error(tmp_path) == cause
    assert cause in str(caught.value)


@pytest.mark.parametrize("error", [StageError("no such width"), DataError("no such width")], ids=["stage", "data"])
def test_an_error_raised_on_purpose_keeps_its_class_and_is_named(error: Any, tmp_path: Path, fail: Any) -> None:
    fail("acme.net build", error)
    with pytest.raises(AutoMLError):
        run(tmp_path)
    assert trial_error(tmp_path) == f"{type(error).__name__}: network 'acme.net' {WHOSE}: no such width"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (np.array([1.0, 2.0]), "score returned ndarray of shape (2,), expected a float"),
        (np.array([1.0]), "score returned ndarray of shape (1,), expected a float"),
        ("good", "score returned str, expected a float"),
        (1j, "score returned complex, expected a float"),
    ],
)
def test_a_score_that_is_no_number_is_told(found: Any, told: str, tmp_path: Path, fail: Any) -> None:
    fail("acme.score score", found)
    with pytest.raises(AutoMLError):
        run(tmp_path)
    assert trial_error(tmp_path) == f"StageError: metric 'acme.score' {WHOSE}: {told}"


FAILS_THE_RUN = {
    "acme.tuner start": f"tuner 'acme.tuner' {WHOSE}: start raised",
    "acme.tuner ask": f"tuner 'acme.tuner' {WHOSE}: ask raised",
    "acme.tuner tell": f"tuner 'acme.tuner' {WHOSE}: tell raised",
    "acme.net space": f"network 'acme.net' {WHOSE}: space raised",
    "acme.table read": f"reader 'acme.table' {WHOSE}: read raised",
    "acme.table fingerprint": f"reader 'acme.table' {WHOSE}: fingerprint raised",
    "acme.judge run": f"component 'acme.judge' {WHOSE}: run raised",
    "acme.worker submit": f"executor 'acme.worker' {WHOSE}: submit raised",
    "acme.log making it": f"observer 'acme.log' {WHOSE}: making it raised",
}


@pytest.mark.parametrize("where", FAILS_THE_RUN)
def test_a_failed_run_names_the_part_and_its_plugin(where: str, tmp_path: Path, fail: Any) -> None:
    error = SystemExit(3) if where.endswith(("ask", "read")) else ValueError("width is 0")
    fail(where, error)
    with pytest.raises(StageError) as caught:
        run(tmp_path)
    assert str(caught.value) == f"{FAILS_THE_RUN[where]} {type(error).__name__}: {error}"


def test_a_splitter_that_fails_is_told_at_its_line(tmp_path: Path, fail: Any) -> None:
    fail("acme.parts split", SystemExit(3))
    with pytest.raises(UnfitDataError) as caught:
        run(tmp_path)
    assert f"<text>:7:10: component 'acme.parts' {WHOSE}: split raised SystemExit: 3 " in str(caught.value)


FAILS_A_TRANSFORM = {
    "acme.shift fit": ("shifted", "fit raised ValueError: width is 0"),
    "acme.shift apply": ("shifted", "apply raised ValueError: width is 0"),
    "acme.shift kinds": ("shifted", "kinds raised ValueError: width is 0"),
    "acme.shift state": ("shifted", "state raised ValueError: width is 0"),
    "acme.goal fit": ("goal", "fit raised ValueError: width is 0"),
}


@pytest.mark.parametrize("where", FAILS_A_TRANSFORM)
@pytest.mark.parametrize("tuned", [False, True], ids=["above the search", "in each trial"])
def test_a_transform_that_fails_names_its_stage_and_its_plugin(
    where: str, tuned: bool, tmp_path: Path, fail: Any
) -> None:
    stage, doing = FAILS_A_TRANSFORM[where]
    fail(where, ValueError("width is 0"))
    with pytest.raises(AutoMLError) as caught:
        run(tmp_path, SHIFTED.replace("by: 1", "by: {tune: [1, 2]}") if tuned else SHIFTED)
    assert f"stages.{stage}: component '{where.split()[0]}' {WHOSE}: {doing}" in str(caught.value)


@pytest.mark.parametrize("error", [StageError("no such width"), DataError("no such width")], ids=["stage", "data"])
def test_what_a_transform_raises_on_purpose_names_its_plugin(error: Any, tmp_path: Path, fail: Any) -> None:
    fail("acme.shift fit", error)
    with pytest.raises(type(error)) as caught:
        run(tmp_path, SHIFTED)
    assert str(caught.value) == f"stages.shifted: component 'acme.shift' {WHOSE}: no such width"


def test_a_target_that_cannot_be_turned_back_names_the_plugin(tmp_path: Path, fail: Any) -> None:
    fail("acme.goal inverse", ValueError("width is 0"))
    with pytest.raises(AutoMLError) as caught:
        run(tmp_path, SHIFTED)
    assert f"component 'acme.goal' {WHOSE}: inverse raised ValueError: width is 0" in trial_error(tmp_path)
    assert f"component 'acme.goal' {WHOSE}: inverse raised ValueError: width is 0" in str(caught.value)


FAILS_A_PREDICTION = {
    "acme.shift apply": "component 'acme.shift'",
    "acme.goal inverse": "component 'acme.goal'",
    "acme.learner apply": "learner 'acme.learner'",
}


@pytest.mark.parametrize("where", FAILS_A_PREDICTION)
def test_a_part_that_fails_at_a_prediction_names_its_plugin(where: str, tmp_path: Path, fail: Any) -> None:
    bundle = run(tmp_path, SHIFTED).finished.bundle
    assert bundle is not None
    predictor = Predictor.load(bundle, acmes())
    rows = toy.Table(toy.TableParams()).read()
    predictor.predict(rows)
    fail(where, KeyError("width"))
    with pytest.raises(PredictError) as caught:
        predictor.predict(rows)
    doing = where.split()[1]
    told = f"the model cannot predict these rows: {FAILS_A_PREDICTION[where]} {WHOSE}: {doing} raised KeyError: 'width'"
    assert str(caught.value) == told


def test_a_tuner_that_answers_something_else_is_told(tmp_path: Path, fail: Any) -> None:
    fail("acme.tuner ask", {"rate": 0.1})
    with pytest.raises(AutoMLError) as caught:
        run(tmp_path)
    assert str(caught.value) == (f"tuner 'acme.tuner' {WHOSE}: ask returned dict, expected a Proposal, WAIT or DONE")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"rate": 9.0}, "rate: expected log-uniform [0.01, 0.5], found 9.0"),
        ({"rate": "0.1"}, "rate: expected log-uniform [0.01, 0.5], found '0.1'"),
        ({}, "rate: expected log-uniform [0.01, 0.5], found no value"),
        ({"rate": 0.1, "rat": 0.2}, "rat: no dimension of this name is varied here; did you mean 'rate'?, found 0.2"),
    ],
)
def test_a_tuner_that_proposes_what_is_not_in_the_space_is_told(
    values: Any, told: str, tmp_path: Path, fail: Any
) -> None:
    fail("acme.tuner ask", Proposal(values))
    with pytest.raises(SearchError) as caught:
        run(tmp_path)
    domain = acmes_domain()
    told = told.replace("log-uniform [0.01, 0.5]", domain)
    assert str(caught.value) == f"tuner 'acme.tuner' {WHOSE}: ask proposed for trial 1 {told}"


def acmes_domain() -> str:
    return str(parse_domain({"float": [0.01, 0.5], "log": True}, "rate"))


def test_links_that_fail_cost_a_finished_run_nothing(
    tmp_path: Path, fail: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fail("acme.log links", OSError("the disk is away"))
    with caplog.at_level(logging.ERROR):
        result = run(tmp_path)
    assert result.links == {}
    assert result.finished.bundle is not None
    assert f"observer 'acme.log' {WHOSE} failed at links" in caplog.text


def test_without_a_fault_all_of_them_work(tmp_path: Path) -> None:
    assert run(tmp_path).links == {"log": "log.txt"}


COMMAND = """
import click

@click.command()
def acme():
    raise KeyError("price")
"""


def test_an_error_of_a_plugins_command_names_its_plugin(tmp_path: Path) -> None:
    offers = f"{HEAD}@hookimpl\ndef automl_commands():\n    return [Record('acme', 'acme_commands:acme', 'x')]"
    (tmp_path / "automl_acme.py").write_text(offers)
    (tmp_path / "acme_commands.py").write_text(COMMAND)
    command = [sys.executable, "-m", "automl", "--plugin-dir", ".", "acme"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.startswith("error: KeyError: 'price'; this is a defect of automl or of a plugin")
    assert "; raised by command 'acme' of plugin 'acme' (automl-acme 0+" in done.stderr
    told = subprocess.run([*command[:3], "--debug", *command[3:]], cwd=tmp_path, capture_output=True, text=True)
    assert "Traceback (most recent call last)" in told.stderr
