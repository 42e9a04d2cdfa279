"""Running a part of a pipeline, parts of it anew, and going on after a failure."""

from __future__ import annotations

import pytest
from toy_runs import PIPELINE, TUNED, ledger, stages

from automl import events
from automl.errors import SelectionError, StagesFailedError
from automl.selection import Selection

STAGES = ["data", "split", "filled", "codes", "goal", "search", "evaluate"]
BRANCHES = stages("""
  good: {use: toy.fill, in: split, columns: x}
  bad: {use: toy.refuses, in: split, columns: z}
  after_bad: {use: toy.scale, in: bad, columns: z}
  last: {use: toy.dummies, in: [good, after_bad]}
""")


def trained(observer) -> list[str]:
    return [event.trial.name for event in observer.of(events.TrialFinished) if not event.cached]


def test_to_stops_at_a_stage(run_toys) -> None:
    finished, _ = run_toys(selection=Selection(stop="codes"))
    assert finished.executed == ["data", "split", "filled", "codes"]
    assert (finished.bundle, finished.report, finished.search) == (None, None, None)
    whole, _ = run_toys()
    assert whole.executed == ["goal", "search", "evaluate"]


def test_to_a_stage_that_a_search_binds_is_refused_and_leaves_nothing(run_toys, tmp_path) -> None:
    with pytest.raises(SelectionError, match=r"--to codes: its value depends on filled.strategy.*mend: --to search"):
        run_toys(TUNED, selection=Selection(stop="codes"))
    assert not list((tmp_path / "work").glob("runs/*"))


def test_from_executes_a_stage_and_all_below_it_anew(run_toys) -> None:
    first, _ = run_toys()
    finished, observer = run_toys(selection=Selection(start="codes"))
    assert finished.executed == ["codes", "goal", "search", "evaluate"]
    assert len(trained(observer)) == 6
    assert ledger(finished.search) == ledger(first.search)


def test_from_refuses_where_something_above_it_would_run(run_toys) -> None:
    with pytest.raises(SelectionError, match="--from codes: data, split, filled would have to run first"):
        run_toys(selection=Selection(start="codes"))


def test_from_and_to_bound_a_part(run_toys) -> None:
    run_toys()
    finished, _ = run_toys(selection=Selection(start="filled", stop="goal"))
    assert finished.executed == ["filled", "codes", "goal"]
    with pytest.raises(SelectionError, match="--to filled does not come after --from goal"):
        run_toys(selection=Selection(start="goal", stop="filled"))


def test_force_executes_one_stage_and_stops_the_wave_where_it_comes_out_alike(run_toys) -> None:
    run_toys()
    finished, _ = run_toys(selection=Selection(force=("filled",)))
    assert finished.executed == ["filled"]


def test_force_replaces_the_value_of_a_stage_that_comes_out_different(run_toys) -> None:
    text = PIPELINE.replace("  codes:", "  noisy: {use: trouble.noisy, in: filled}\n  codes:").replace(
        "codes: {use: toy.dummies, in: filled}", "codes: {use: toy.dummies, in: noisy}"
    )
    run_toys(text=text)
    finished, _ = run_toys(text=text, selection=Selection(force=("noisy",)))
    assert finished.executed == ["noisy", "codes", "goal", "search", "evaluate"]
    again, _ = run_toys(text=text)
    assert again.executed == []
    assert again.bundle.read_bytes() == finished.bundle.read_bytes()


def test_a_forced_search_trains_its_trials_again(run_toys) -> None:
    first, _ = run_toys()
    finished, observer = run_toys(selection=Selection(force=("search",)))
    assert finished.executed[0] == "search"
    assert len(trained(observer)) == 6
    assert ledger(finished.search) == ledger(first.search)


@pytest.mark.parametrize("sets", [(), (TUNED,)], ids=["plain", "tuned"])
def test_fresh_executes_everything_anew_and_comes_to_the_same(run_toys, sets) -> None:
    first, _ = run_toys(*sets)
    finished, observer = run_toys(*sets, selection=Selection(fresh=True))
    assert finished.executed == STAGES
    assert len(trained(observer)) == 6
    assert finished.bundle.read_bytes() == first.bundle.read_bytes()


@pytest.mark.parametrize("selection", [Selection("fillde"), Selection(stop="fillde"), Selection(force=("fillde",))])
def test_a_name_that_is_no_stage_gets_a_suggestion(run_toys, tmp_path, selection) -> None:
    with pytest.raises(SelectionError, match=r"there is no stage 'fillde'; .*did you mean 'filled'"):
        run_toys(selection=selection)
    assert not list((tmp_path / "work").glob("runs/*"))


def test_a_failing_stage_stops_the_run_and_what_was_done_stays(run_toys) -> None:
    with pytest.raises(Exception, match="no luck today"):
        run_toys(text=BRANCHES)
    finished, _ = run_toys(text=BRANCHES, selection=Selection(stop="good"))
    assert finished.executed == []


def test_keep_going_carries_out_what_does_not_depend_on_a_failure(run_toys) -> None:
    text = BRANCHES.replace("last: {use: toy.dummies, in: [good, after_bad]}", "last: {use: toy.dummies, in: good}")
    with pytest.raises(StagesFailedError, match=r"1 of the stages failed.*\n  bad: .*no luck today") as caught:
        run_toys("stages.good.columns=numeric", text=text, selection=Selection(keep_going=True))
    assert list(caught.value.failures) == ["bad"]
    assert (caught.value.directory / "model.automl").exists()
    assert (caught.value.directory / "report.json").exists()


def test_keep_going_survives_branches_that_cannot_be_joined(run_toys) -> None:
    text = stages("""
  left: {use: toy.fill, in: split, columns: x}
  right: {use: toy.scale, in: split, columns: x}
  both: {use: toy.dummies, in: [left, right]}
  filled: {use: toy.fill, in: split}
  last: {use: toy.dummies, in: filled}
""")
    with pytest.raises(StagesFailedError, match="column 'x' was changed by two branches: 'left'") as caught:
        run_toys(text=text, selection=Selection(keep_going=True))
    assert list(caught.value.failures) == ["both"]
    assert (caught.value.directory / "model.automl").exists()


def test_independent_branches_run_side_by_side(run_toys, tmp_path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    text = stages(f"""
  filled: {{use: toy.fill, in: split}}
  left: {{use: trouble.meet, in: filled, columns: x, with: {{here: {a}, there: {b}}}}}
  right: {{use: trouble.meet, in: filled, columns: z, with: {{here: {b}, there: {a}}}}}
  last: {{use: toy.dummies, in: [left, right]}}
""")
    finished, _ = run_toys(text=text)  # one after the other would wait for ever
    assert finished.executed[:5] == ["data", "split", "filled", "left", "right"]


def test_a_plan_shows_what_a_selection_executes(run_toys, forecast_toys) -> None:
    run_toys()
    forecasts = forecast_toys(selection=Selection(force=("filled",)))
    assert forecasts["filled"].state == "run"
    assert forecasts["filled"].reason == "asked for"
    assert forecasts["codes"].state == "waits"
    assert forecasts["split"].state == "unchanged"
