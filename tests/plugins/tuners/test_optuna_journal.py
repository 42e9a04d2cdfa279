"""The observer ``optuna_journal``: what Optuna and its dashboard read of our searches."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from automl import events
from automl.model import TrialRecord
from automl.search.space import parse_space
from automl.testing.announcements import search_result
from automl.testing.observer_contract import announce
from automl_tuners.journal import OptunaJournal

SPACE = parse_space(
    {
        "filled.strategy": ["mean", "median"],
        "depth": {"int": [1, 6], "step": 2},
        "width": {"int": [16, 64], "log": True, "buckets": 3},
        "norm": [None, True, "batch", [1, 2]],
        "units": 7,
        "optimizer": {"one_of": {"adam": {}, "sgd": {"rate": {"float": [1e-3, 1.0], "log": True}}}},
    }
)
SGD = {"depth": 3, "width": 32, "norm": [1, 2], "units": 7, "optimizer": "sgd", "optimizer.sgd.rate": 0.01}
ADAM = {"depth": 1, "width": 64, "norm": None, "units": 7, "optimizer": "adam"}
HISTORY = [
    {"epoch": 1.0, "score": 0.9, "loss": 3.0},
    {"epoch": 2.0, "score": float("nan")},
    {"epoch": 3.0, "score": 0.4},
]
MEDIAN = {"filled.strategy": "median"}


def record(name: str, status: Any, parameters: Mapping[str, Any], score: float | None, **more: Any) -> TrialRecord:
    number = int(name.removeprefix("t"))
    return TrialRecord(name, number, "keras", "mlp", status, parameters, MEDIAN, score, **more)


TRIALS = [
    record("t1", "finished", SGD, 0.4, history=HISTORY, best_epoch=3, epochs=3, seconds=2.0),
    record("t2", "pruned", ADAM, 0.9, history=HISTORY[:1], best_epoch=1, epochs=1),
    record("t3", "failed", ADAM, None, error="the loss is NaN"),
    record("t4", "failed", SGD, None, error="too large", excess=0.5),
]
BASELINE = TrialRecord("baseline.linear", 0, "baseline.linear", None, "finished", {}, {}, 0.8)


def told(folder: Path, *, greater_is_better: bool = False) -> list[Any]:
    result = dataclasses.replace(search_result(), trials=[BASELINE, *TRIALS], greater_is_better=greater_is_better)
    started = events.SearchStarted("search", "rmse", greater_is_better, "random", 4, 3, None, SPACE.describe(), 1)
    started = dataclasses.replace(started, dimensions=SPACE.to_state())
    return [
        events.RunStarted("r1", "houses", folder, "version: 1", ["search"], 42),
        started,
        *(events.TrialFinished("search", trial, False) for trial in (BASELINE, *TRIALS)),
        events.SearchFinished("search", result, 1.0),
    ]


def load(path: Path, name: str = "houses/r1/search") -> optuna.Study:
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    return optuna.load_study(study_name=name, storage=optuna.storages.JournalStorage(backend))


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    path = tmp_path / "logs" / "optuna.log"
    announce(OptunaJournal(OptunaJournal.Params(path=str(path))), told(tmp_path))
    return load(path)


def test_trials_have_their_states_and_scores(study: optuna.Study) -> None:
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.FAIL]
    assert [trial.state for trial in study.trials] == states
    assert [trial.value for trial in study.trials] == [0.4, 0.9, None, None]
    assert study.best_trial.user_attrs["name"] == "t1"


def test_parameters_read_as_a_person_writes_them(study: optuna.Study) -> None:
    assert study.trials[0].params == {
        "filled.strategy": "median",
        "depth": 3,
        "width": 32,
        "norm": "[1, 2]",
        "optimizer": "sgd",
        "optimizer.sgd.rate": 0.01,
    }
    assert study.trials[1].params == {
        "filled.strategy": "median", "depth": 1, "width": 64, "norm": None, "optimizer": "adam",
    }  # fmt: skip


def test_distributions_are_those_of_the_space_and_conditional_ones_are_there_where_active(study: optuna.Study) -> None:
    assert study.trials[0].distributions == {
        "filled.strategy": CategoricalDistribution(("mean", "median")),
        "depth": IntDistribution(1, 5, step=2),
        "width": CategoricalDistribution((16, 32, 64)),
        "norm": CategoricalDistribution((None, True, "batch", "[1, 2]")),
        "optimizer": CategoricalDistribution(("adam", "sgd")),
        "optimizer.sgd.rate": FloatDistribution(1e-3, 1.0, log=True),
    }
    assert "optimizer.sgd.rate" not in study.trials[1].distributions


def test_epochs_are_intermediate_values(study: optuna.Study) -> None:
    assert [trial.intermediate_values for trial in study.trials] == [{1: 0.9, 3: 0.4}, {1: 0.9}, {}, {}]


def test_the_rest_are_user_attributes(study: optuna.Study) -> None:
    first, _, failed, broken = (trial.user_attrs for trial in study.trials)
    assert first["epochs"] == 3
    assert first["best_epoch"] == 3
    assert first["bindings"] == MEDIAN
    assert first["units"] == 7
    assert failed["cause"] == "the loss is NaN"
    assert study.trials[3].constraints == {"excess": 0.5}
    assert broken["cause"] == "too large"
    assert study.trials[0].duration is not None
    assert study.trials[0].duration.total_seconds() == pytest.approx(2.0, abs=1e-3)


def test_the_study_says_what_it_is(study: optuna.Study) -> None:
    assert study.user_attrs == {
        "pipeline": "houses", "run": "r1", "stage": "search", "objective": "rmse", "seed": 42, "tuner": "random",
        "trials": 4, "epochs": 3, "seconds": None, "baseline: baseline.linear": 0.8, "winner": "t1",
        "stopped_by": "trials",
    }  # fmt: skip
    assert study.direction.name == "MINIMIZE"


def test_a_score_to_maximise_is_maximised(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    announce(OptunaJournal(OptunaJournal.Params(path=str(path))), told(tmp_path, greater_is_better=True))
    assert load(path).direction.name == "MAXIMIZE"


def test_trials_are_there_as_soon_as_they_are_told(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    observer = OptunaJournal(OptunaJournal.Params(path=str(path)))
    heard = told(tmp_path)
    announce(observer, heard[:2])
    for count, event in enumerate(heard[2:-1]):
        announce(observer, [event])
        assert len(load(path).trials) == count


def test_several_runs_share_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    for run in ("r1", "r2"):
        first, *rest = told(tmp_path)
        observer = OptunaJournal(OptunaJournal.Params(path=str(path)))
        announce(observer, [dataclasses.replace(first, run_id=run), *rest])
    assert [len(load(path, f"houses/{run}/search").trials) for run in ("r1", "r2")] == [4, 4]


def test_a_real_run_is_read_back(run_toys, tmp_path: Path) -> None:
    finished = run_toys(
        "track=[{use: optuna_journal, with: {path: logs/optuna.log}}]",
        "stages.filled.with.strategy={tune: [mean, median]}",
        "stages.search.with.tuner={use: optuna.tpe, with: {pruner: {median: {n_startup_trials: 2}}}}",
        "stages.search.with.budget={trials: 12, epochs: 8}",
        "stages.search.with.baselines=[toy.mean]",
    )
    study = load(tmp_path / "logs" / "optuna.log", f"toys/{finished.run_id}/search")
    trials = [trial for trial in finished.search.trials if not trial.is_baseline]
    assert [trial.user_attrs["name"] for trial in study.trials] == [trial.name for trial in trials]
    assert study.best_trial.user_attrs["name"] == finished.search.winner
    states = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    assert {trial.status for trial in trials} >= {"finished", "pruned"}
    for written, kept in zip(study.trials, trials, strict=True):
        assert written.state == states[kept.status]
        assert written.value == kept.score
        assert written.intermediate_values == {int(epoch["epoch"]): epoch["score"] for epoch in kept.history}
        assert written.params == {**kept.bindings, **kept.parameters}


def test_the_dashboard_serves_the_trials(tmp_path: Path, study: optuna.Study) -> None:
    dashboard = pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is for developers")
    application = dashboard.wsgi(study._storage)

    def get(path: str) -> Any:
        heard: list[str] = []
        environment = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "after=0", "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(), "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        }  # fmt: skip
        body = b"".join(application(environment, lambda status, headers, error=None: heard.append(status)))
        assert heard == ["200 OK"]
        return json.loads(body)

    (listed,) = get("/api/studies")["study_summaries"]
    assert listed["study_name"] == "houses/r1/search"
    trials = get(f"/api/studies/{listed['study_id']}")["trials"]
    assert [trial["state"] for trial in trials] == ["Complete", "Pruned", "Fail", "Fail"]
    assert {param["name"]: param["param_external_value"] for param in trials[0]["params"]}["optimizer"] == "sgd"
