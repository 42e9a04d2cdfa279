"""What is unchanged executes nothing; what changed executes with a reason; the wave stops where it comes out alike."""

from __future__ import annotations

import types
from pathlib import Path

import pytest
from toy_runs import BUDGET, FOLDS, PIPELINE, TUNED, ledger, make_registry

from automl import events
from automl import run as runs
from automl.hookspecs import hookimpl
from automl.pipeline_file import loads
from automl.plugins import Plugin
from automl.records import Record
from automl.testing.observers import RecordingObserver

STAGES = ["data", "split", "filled", "codes", "goal", "search", "evaluate"]


def started(observer) -> dict[str, str]:
    return {event.stage: event.why for event in observer.of(events.StageStarted)}


def cached(observer) -> list[str]:
    return [event.stage for event in observer.of(events.StageCached)]


def trained(observer) -> list[str]:
    return [event.trial.name for event in observer.of(events.TrialFinished) if not event.cached]


def test_the_first_run_executes_every_stage_in_order(run_toys) -> None:
    finished, observer = run_toys()
    assert finished.executed == STAGES
    assert finished.cached == []
    assert list(started(observer)) == STAGES
    assert set(started(observer).values()) == {"first time"}
    assert cached(observer) == []


def test_running_again_executes_nothing_and_says_so_of_each_stage(run_toys) -> None:
    first, _ = run_toys()
    second, observer = run_toys()
    assert second.executed == []
    assert second.cached == STAGES
    assert started(observer) == {}
    assert cached(observer) == STAGES
    assert trained(observer) == []
    assert observer.of(events.SearchStarted) == []
    assert ledger(first.search) == ledger(second.search)
    assert first.bundle.read_bytes() == second.bundle.read_bytes()


@pytest.mark.parametrize("sets", [(TUNED,), (FOLDS,)], ids=["tuned", "folds"])
def test_stages_below_a_search_that_was_found_are_told_before_it(run_toys, sets) -> None:
    run_toys(*sets)
    second, observer = run_toys(*sets)
    assert second.executed == []
    told = cached(observer)
    assert len(told) == len(set(told))
    assert list(dict.fromkeys(name.split(" [")[0] for name in told)) == STAGES


@pytest.mark.parametrize(
    ("change", "executed", "stage", "why"),
    [
        ("data.with.rows=90", STAGES, "data", "data.rows: 120 -> 90; the data changed"),
        ("seed=4", [name for name in STAGES if name != "data"], "split", "seed: 3 -> 4"),
        ("stages.split.with.test=0.3", STAGES[1:], "split", "split.test: 0.25 -> 0.3"),
        ("stages.filled.with.plus=1", STAGES[2:], "filled", "filled.plus: 0.0 -> 1.0"),
        ("stages.search.with.patience=3", ["search", "evaluate"], "search", "search.patience: 10 -> 3"),
    ],
)
def test_a_changed_parameter_executes_its_descendants_alone(run_toys, change, executed, stage, why) -> None:
    run_toys()
    finished, observer = run_toys(change)
    assert finished.executed == [name for name in STAGES if name in executed]
    assert started(observer)[stage] == why
    assert finished.cached == [name for name in STAGES if name not in executed]
    assert cached(observer) == finished.cached


def test_a_descendant_says_which_input_came_out_different(run_toys) -> None:
    run_toys()
    _, observer = run_toys("stages.filled.with.plus=1")
    assert started(observer)["codes"] == "filled came out different"


def test_changing_back_executes_nothing(run_toys) -> None:
    run_toys()
    run_toys("stages.filled.with.plus=1")
    finished, _ = run_toys()
    assert finished.executed == []


def test_a_stage_that_comes_out_as_before_stops_the_wave(run_toys) -> None:
    """No value of z is missing, so a filler for z learns something else and changes nothing."""
    text = PIPELINE.replace("use: toy.fill, in: split", "use: toy.fill, in: split, columns: [x]")
    text = text.replace("codes: {", "z: {use: toy.fill, in: filled, columns: [z]}\n  codes: {").replace(
        "use: toy.dummies, in: filled", "use: toy.dummies, in: z"
    )
    run_toys(text=text)
    finished, observer = run_toys("stages.z.with.plus=1", text=text)
    # the model holds the filler's state, so it is evaluated again; the trials stand
    assert finished.executed == ["z", "evaluate"]
    assert trained(observer) == []


def test_a_stage_renamed_is_the_same_stage(run_toys) -> None:
    run_toys()
    text = PIPELINE.replace("filled:", "imputed:").replace("in: filled", "in: imputed")
    finished, _ = run_toys(text=text)
    assert finished.executed == []


def test_the_executor_is_no_part_of_a_result(run_toys) -> None:
    run_toys()
    finished, _ = run_toys("run.executor={use: local, with: {workers: 1}}")
    assert finished.executed == []


@pytest.mark.parametrize("split", ["stages.split.use=toy.holdout", FOLDS], ids=["holdout", "folds"])
def test_raising_trials_trains_the_new_ones_only(run_toys, split: str) -> None:
    first, _ = run_toys(split)
    finished, observer = run_toys(split, f"{BUDGET}.trials=9")
    assert trained(observer) == ["t7", "t8", "t9"]
    assert [event.trial.name for event in observer.of(events.TrialFinished) if event.cached] == [
        f"t{number}" for number in range(1, 7)
    ]
    assert ledger(finished.search)[:6] == ledger(first.search)
    assert set(finished.executed) == {"search", "evaluate"}


def test_another_task_for_the_same_rows_is_searched_anew(run_toys) -> None:
    """The table comes out alike under `binary` and `multiclass`; the search's result does not."""
    text = PIPELINE.replace("data: {use: toy.table,", "data: {use: toy.table, with: {task: binary},")
    text = text.replace("  goal: {use: toy.standard_target, in: codes}\n", "").replace("in: goal", "in: codes")
    text = text.replace("objective: toy.error", "objective: toy.brier").replace(
        "network: toy.net", "network: toy.still"
    )
    text = text.replace("      space: {rate: {float: [0.01, 0.5], log: true}}\n", "")
    first, _ = run_toys("data.task=binary", text=text)
    second, _ = run_toys("data.task=multiclass", text=text)
    assert first.search.task.kind == "binary"
    assert second.search.task.kind == "multiclass"


@pytest.mark.parametrize(
    "change",
    [
        "seed=3",
        "seed=4",
        "data.with.rows=90",
        "stages.filled.with.plus=1",
        TUNED,
        FOLDS,
        "stages.search.with.patience=3",
        "stages.evaluate=null",
    ],
)
def test_a_plan_says_what_the_run_then_does(run_toys, forecast_toys, change: str) -> None:
    run_toys()
    forecast = forecast_toys(change)
    finished, observer = run_toys(change)
    assert set(forecast) == {*finished.executed, *finished.cached}
    why = started(observer)
    for stage, row in forecast.items():
        if row.state == "unchanged":
            assert stage in finished.cached
        if row.state == "run":
            assert stage in finished.executed
            assert why[stage] == row.reason


METRIC = """
import toy
class Wrong(toy.Error):
    id = "wrong.error"
"""


def test_another_version_of_what_a_search_uses_searches_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong_metric.py").write_text(METRIC)
    monkeypatch.syspath_prepend(tmp_path)
    offers = types.ModuleType("offers")
    offers.automl_metrics = hookimpl(lambda: [Record("wrong.error", "wrong_metric:Wrong", "An error.")])

    def run(version: str):
        registry = make_registry()
        registry.register(offers, Plugin("wrong", "wrong_metric", "automl-wrong", version))
        observer = RecordingObserver()
        declaration = loads(PIPELINE, registry, sets=["stages.search.with.objective=wrong.error"])
        result = runs.run(declaration, registry, workspace=tmp_path / "work", observers=[observer])
        return result.finished, observer

    run("1.0")
    again, _ = run("1.0")
    assert again.executed == []
    finished, observer = run("2.0")
    assert finished.executed == ["search", "evaluate"]
    assert started(observer)["search"] == "metrics wrong.error: automl-wrong 1.0 -> 2.0"
    assert len(trained(observer)) == 6


def test_a_plan_of_a_file_that_never_ran_executes_and_leaves_nothing(forecast_toys, tmp_path) -> None:
    forecast = forecast_toys()
    assert forecast["data"].state == "run"
    assert forecast["data"].reason == "first time"
    assert {row.state for name, row in forecast.items() if name != "data"} == {"waits"}
    assert forecast["split"].reason == "for data; executes unless it comes out as before"
    assert not (tmp_path / "work").exists()


def test_a_plan_names_the_binding_of_a_tuned_stage(run_toys, forecast_toys) -> None:
    run_toys(TUNED)
    forecast = forecast_toys(TUNED)
    assert forecast["filled"].state == "tuned"
    assert forecast["codes"].reason == "bound in the search by filled.strategy"
    assert forecast["search"].state == "unchanged"
    assert forecast["evaluate"].state == "unchanged"


@pytest.mark.parametrize("sets", [(TUNED,), (FOLDS,)], ids=["tuned", "folds"])
def test_a_renamed_stage_with_bindings_of_its_own_runs(run_toys, sets: tuple[str, ...]) -> None:
    run_toys(*sets)
    old, new = ("filled", "gaps") if sets == (TUNED,) else ("split", "parts")
    renamed = PIPELINE.replace(f"  {old}:", f"  {new}:").replace(f"in: {old}}}", f"in: {new}}}")
    finished, _ = run_toys(*(change.replace(f"stages.{old}.", f"stages.{new}.") for change in sets), text=renamed)
    assert finished.search.trials
