"""A plugin's metric as objective, in ``metrics:``, in a gate and in every report; and one that goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from toy import Table
from toy_runs import make_registry

from automl import Pipeline
from automl.cli.summary import summary
from automl.errors import PipelineFileError, StageError
from automl.events import RunFinished
from automl.hookspecs import hookimpl
from automl.learning import Metric, TaskKind
from automl.plugin_sources import Plugin
from automl.plugins import Registry
from automl.records import Record

AUTOML_API = 1
BOTH: frozenset[TaskKind] = frozenset({"regression", "binary"})


class Closeness(Metric):
    """How near predictions come, at most 1"""

    id: ClassVar[str] = "own.closeness"
    greater_is_better: ClassVar[bool] = True
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({"regression"})

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float(np.average(np.exp(-np.abs(truth - predicted)), weights=weight))


class Loud(Closeness):
    """Raises wherever it is asked"""

    id: ClassVar[str] = "own.loud"

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        raise RuntimeError("no such thing as a score")


class Nothing(Closeness):
    """Is not a number"""

    id: ClassVar[str] = "own.nothing"

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        return float("nan")


class Many(Closeness):
    """Gives an array"""

    id: ClassVar[str] = "own.many"

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> Any:
        return np.abs(truth - predicted)


class Spoiler(Closeness):
    """Writes into what it is given"""

    id: ClassVar[str] = "own.spoiler"

    def score(self, truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None = None) -> float:
        truth[:] = 0.0
        return 0.0


class Share(Closeness):
    """Only of two classes"""

    id: ClassVar[str] = "own.share"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({"binary"})


class Unmade(Closeness):
    """Cannot be made"""

    id: ClassVar[str] = "own.unmade"

    def __init__(self) -> None:
        raise ValueError("not today")


GOOD, BAD = (Closeness, Share), (Loud, Nothing, Many, Spoiler, Unmade)


class Offered:
    """The plugin, with some of the metrics."""

    AUTOML_API = 1

    def __init__(self, *metrics: type[Metric]) -> None:
        self._metrics = metrics

    @hookimpl
    def automl_metrics(self) -> list[Record]:
        return [Record(metric.id, f"{__name__}:{metric.__name__}", "own") for metric in self._metrics]


def registry_with(*metrics: type[Metric]) -> Registry:
    registry = make_registry()
    registry.register(Offered(*metrics), Plugin("own", __name__, "own", "1.0"))
    assert not registry.set_aside, registry.set_aside
    return registry


def pipeline(
    registry: Registry, *, objective: str | None = None, gate: dict[str, str] | None = None, **report: Any
) -> Pipeline:
    search: dict[str, Any] = {"network": "toy.net", "budget": {"trials": 2, "epochs": 3}, "baselines": ["toy.mean"]}
    return (
        Pipeline("measured", data=Table(Table.Params()).read(), target="y", seed=3, registry=registry)
        .stage("split", "toy.holdout", after="data")
        .stage("filled", "toy.fill", after="split")
        .stage("codes", "toy.dummies", after="filled")
        .stage("search", "search.network", after="codes", objective=objective, **search)
        .stage("evaluate", "evaluate.report", after="search", gate=gate, **{"bootstrap": 5, **report})
        .executor("in_process")
    )


def run(pipe: Pipeline, work: Path) -> RunFinished:
    return pipe.run(workspace=work).finished


def test_as_objective_in_metrics_in_a_gate_and_in_the_report(tmp_path: Path) -> None:
    registry = registry_with(*GOOD)
    found = run(
        pipeline(registry, objective="own.closeness", gate={"own.closeness": "> 0.99"}, metrics=["mae"]), tmp_path
    )
    assert found.search is not None
    assert found.evaluation is not None
    assert found.report is not None
    scored = [t.score for t in found.search.trials if not t.is_baseline]
    winner = next(t for t in found.search.trials if t.name == found.search.winner)
    assert winner.score == max(scored)  # greater is better
    assert set(found.evaluation.metrics) == {"own.closeness", "mae"}
    assert len(found.gates_missed) == 1
    assert found.gates_missed[0].startswith("gate own.closeness > 0.99: the test score is ")
    page = found.report.read_text()
    assert "own.closeness" in page
    assert "How near predictions come, at most 1" in page
    assert found.evaluation.document["metrics"]["own.closeness"]["greater_is_better"] is True


def test_without_metrics_all_that_the_task_has_are_reported_whoever_offers_them(tmp_path: Path) -> None:
    found = run(pipeline(registry_with(*GOOD)), tmp_path)
    assert found.evaluation is not None
    assert {"rmse", "mae", "own.closeness"} <= set(found.evaluation.metrics)
    assert "own.share" not in found.evaluation.metrics  # of two classes
    assert not found.evaluation.warnings


def test_a_gates_metric_is_scored_whatever_is_asked_for(tmp_path: Path) -> None:
    found = run(pipeline(registry_with(*GOOD), gate={"own.closeness": "> 0"}, metrics=["mae"]), tmp_path)
    assert found.evaluation is not None
    assert found.gates_missed == []
    assert "own.closeness" in found.evaluation.metrics


def test_metrics_that_go_wrong_cost_their_own_cells_and_are_told(tmp_path: Path) -> None:
    sound = run(pipeline(registry_with(*GOOD)), tmp_path / "sound")
    found = run(pipeline(registry_with(*GOOD, *BAD)), tmp_path / "odd")
    assert found.evaluation is not None
    assert sound.evaluation is not None
    for name, score in sound.evaluation.metrics.items():
        assert found.evaluation.metrics[name] == score
    for name in ("own.loud", "own.nothing", "own.many", "own.spoiler"):
        assert np.isnan(found.evaluation.metrics[name])
    said = "\n".join(found.evaluation.warnings)
    assert "metric 'own.loud' of plugin 'own' (own 1.0): score raised RuntimeError: no such thing as a score" in said
    assert "metric 'own.nothing' of plugin 'own' (own 1.0) is undefined on these test rows" in said
    assert "metric 'own.many' of plugin 'own' (own 1.0): score returned ndarray of shape" in said
    assert "metric 'own.spoiler' of plugin 'own' (own 1.0): score raised ValueError" in said
    assert "metric 'own.unmade' of plugin 'own' (own 1.0): making it raised ValueError: not today" in said
    assert "own.loud" in str(summary(found, {})).partition("Warnings")[2]
    assert found.report is not None
    page = found.report.read_text()
    assert "no such thing as a score" in page
    document = json.loads(found.report.with_suffix(".json").read_text())
    winner = document["winner"]["name"]
    assert document["scores"][winner]["own.loud"] == {"value": None, "low": None, "high": None}


def test_one_that_was_asked_for_by_name_and_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"metric 'own.unmade' of plugin 'own' .*: making it raised ValueError"):
        run(pipeline(registry_with(*GOOD, *BAD), metrics=["own.unmade"]), tmp_path)


@pytest.mark.parametrize("place", ["objective", "metrics", "gate"])
def test_a_misspelt_one_is_told_where_it_stands(place: str) -> None:
    given: dict[str, Any] = {
        "objective": {"objective": "own.closenes"},
        "metrics": {"metrics": ["own.closenes"]},
        "gate": {"gate": {"own.closenes": "> 0"}},
    }[place]
    with pytest.raises(PipelineFileError, match=r"did you mean 'own.closeness'"):
        pipeline(registry_with(*GOOD), **given).check()


def test_one_of_another_task_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(PipelineFileError, match=r"own\.share"):
        run(pipeline(registry_with(*GOOD), metrics=["own.share"]), tmp_path)
