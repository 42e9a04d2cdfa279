"""What the closing summary says."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from cli_view_events import FOLDER, STAGES, finished, report, result, trial

from automl.cli.figures import clock, duration, figure, outcome, parameters
from automl.cli.summary import print_summary, sections, summary
from automl.events import RunFinished
from automl.learning import Task

BASELINES = (
    trial("baseline.constant", 1.15),
    trial("baseline.linear", 0.75),
    trial("baseline.hist_gradient_boosting", 0.48),
)


def section(run: RunFinished, label: str) -> list[str]:
    return [line.text for line in dict(sections(run, {}))[label]]


def compared(own: float, greater_is_better: bool = False, **baselines: float) -> list[str]:
    search = result(trial("t1", own), objective="score", greater_is_better=greater_is_better)
    scores = report({"score": own}, **{name: {"score": value} for name, value in baselines.items()})
    return section(finished(search, evaluation=scores), "Compared")


def test_the_whole_summary() -> None:
    search = result(
        *BASELINES,
        trial("t1", 0.5004, bindings={"numbers.strategy": "median"}),
        trial("t2", None, "StageError: NaN"),
        stopped_by="time",
    )
    run = finished(
        search,
        evaluation=report(
            {"mae": 0.3555, "rmse": 0.5188},
            constant={"rmse": 1.1533, "mae": 0.9},
            linear={"rmse": 0.7301, "mae": 0.5},
            hist_gradient_boosting={"rmse": 0.4755, "mae": 0.3},
        ),
        executed=("search", "evaluate"),
        cached=("data", "split"),
        gates_missed=("gate rmse <= 0.50: the test score is 0.5188",),
    )
    assert summary(run, {"mlflow": "mlflow ui"}).plain == (
        """
Done       in 3 min 12 s; 2 stages executed (search, evaluate), 2 unchanged

Best       t1 (mlp), best of 2 trials (1 failed); the time was up
           depth 3, optimizer adamw (learning_rate 0.00213, amsgrad no),
             activation gelu
           with numbers.strategy median

Scores     validation  rmse 0.5004
           test        rmse 0.5188, mae 0.3555

Compared   rmse on the test rows; lower is better
           the network             0.5188
           hist_gradient_boosting  0.4755  the network is 9.1 % worse
           linear                  0.7301  the network is 28.9 % better
           constant                1.153   the network is 55.0 % better
           hist_gradient_boosting predicts better than the network. More trials
             or time may turn this; until then, prefer hist_gradient_boosting.

Missed     gate rmse <= 0.50: the test score is 0.5188

Files      model   /data/.automl/runs/r1/model.automl
           report  /data/.automl/runs/r1/report.html
           run     /data/.automl/runs/r1
           mlflow  mlflow ui

Next       automl predict /data/.automl/runs/r1/model.automl new_rows.csv
"""
    )


def test_an_unchanged_run_says_so() -> None:
    run = finished(None, executed=(), cached=STAGES, seconds=0.4)
    assert section(run, "Done") == ["in 0.4 s; nothing executed: all 4 stages unchanged"]


def test_a_run_without_a_search_has_no_model_to_speak_of() -> None:
    run = finished(None, bundle=None, report=None)
    assert [label for label, _ in sections(run, {})] == ["Done", "Files"]


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (0.90, 0.80, ["other        0.8000  the network is 12.5 % better", "the network beats every baseline."]),
        (0.80, 0.90, ["other        0.9000  the network is 11.1 % worse"]),
        (0.9001, 0.9, ["other        0.9000  the network is as good"]),
        (0.905, 0.9, ["other        0.9000  the network is 0.6 % better"]),
        (0.9, -0.001, ["other        -0.001000  the network is far better", "the network beats every baseline."]),
        (0.9, 0.0, ["other        0"]),
        (0.9, math.nan, ["other        nan"]),
    ],
)
def test_comparison_where_higher_is_better(own: float, other: float, said: list[str]) -> None:
    lines = compared(own, greater_is_better=True, other=other)
    assert lines[0] == "score on the test rows; higher is better"
    assert lines[2 : 2 + len(said)] == said


def test_a_near_tie_is_not_called_a_victory() -> None:
    assert compared(0.4999, linear=0.5)[-1] == ("the network and linear are about equal; linear is the simpler one.")


def test_without_evaluation_the_validation_rows_are_compared() -> None:
    lines = section(finished(result(*BASELINES, trial("t1", 0.4))), "Compared")
    assert lines[0] == "rmse on the validation rows; lower is better"
    assert lines[2] == "hist_gradient_boosting  0.4800  the network is 16.7 % better"


def test_a_baseline_that_won_for_want_of_networks_is_not_called_a_network() -> None:
    search = result(*BASELINES, trial("t1", None, "NaN"), winner="baseline.hist_gradient_boosting")
    assert section(finished(search), "Best") == [
        "hist_gradient_boosting (baseline.hist_gradient_boosting), a baseline; 1 trial (1 failed)",
        "No network could be trained: the model is a baseline.",
    ]
    assert section(finished(search), "Compared")[1:] == [
        "hist_gradient_boosting  0.4800",
        "linear                  0.7500  hist_gradient_boosting is 36.0 % better",
        "constant                1.150   hist_gradient_boosting is 58.3 % better",
        "hist_gradient_boosting is the best of the baselines.",
    ]


@pytest.mark.parametrize(
    ("own", "said"), [(0.9, "linear predicts better than constant."), (0.5, "constant and linear are about equal.")]
)
def test_of_a_baseline_it_is_never_said_that_it_beats_every_baseline(own: float, said: str) -> None:
    search = result(trial("baseline.constant", own), trial("t1", None, "NaN"), winner="baseline.constant")
    evaluated = report({"rmse": own}, other={"rmse": math.nan}, linear={"rmse": 0.5})
    lines = section(finished(search, evaluation=evaluated), "Compared")
    assert lines[-1] == said
    assert not any("beats" in line for line in lines)


def test_the_positive_class_and_warnings_of_the_report_are_said() -> None:
    search = replace(result(trial("t1", 0.4)), task=Task("binary", "grade", ("9", "10")))
    evaluated = replace(report({"rmse": 0.5}), warnings=["metric 'own.loud' of plugin 'own' raised"])
    run = finished(search, evaluation=evaluated)
    assert section(run, "Scores")[0] == "positive    10"
    assert section(run, "Warnings") == ["metric 'own.loud' of plugin 'own' raised"]


def test_paths_below_the_working_folder_are_relative_and_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    run = finished(None, bundle=Path("/data/my runs/model.automl"))
    assert section(run, "Next") == ["automl predict 'data/my runs/model.automl' new_rows.csv"]
    assert section(run, "Files")[2] == f"run     {str(FOLDER)[1:]}"


def test_a_pipe_gets_no_codes_and_no_broken_path() -> None:
    stream = io.StringIO()
    long = Path("/data") / ("x" * 120) / "model.automl"
    print_summary(finished(None, bundle=long), {}, stream)
    assert "\x1b" not in stream.getvalue()
    assert f"automl predict {long} new_rows.csv\n" in stream.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.52134, "0.5213"),
        (-0.5, "-0.5000"),
        (48.123, "48.12"),
        (48123.4, "48,123"),
        (0.0, "0"),
        (0.00012345, "0.0001234"),
        (1.2e-9, "1.200e-09"),
        (math.inf, "inf"),
    ],
)
def test_figure(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"), (185, "3 min 5 s"), (4320, "1 h 12 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (59.9, "00:59"), (3723, "1:02:03")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_outcome_leaves_out_what_is_not_a_figure() -> None:
    assert outcome({"rows": 1200, "rmse": 0.5, "winner": "t1", "ok": True, "kinds": {"a": 1}}) == (
        "1,200 rows, rmse 0.5000, winner t1"
    )


def test_parameters_read_as_they_nest() -> None:
    values = {"o": "sgd", "o.sgd.rate": 0.123456, "o.sgd.decay": "power", "o.sgd.decay.power.c": 1, "n": None}
    assert parameters(values) == "o sgd (rate 0.1235, decay power (c 1)), n none"
