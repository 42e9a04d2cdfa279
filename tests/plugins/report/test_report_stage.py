"""What `evaluate.report` finds: scores, comparisons and the words for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_samples import METRICS, context
from sklearn import metrics as reference

from automl import codec
from automl.errors import StageError
from automl.learning import TaskKind
from automl.model import Model, Report, TrialRecord
from automl.plugins import Registry
from automl_report.judgement import Score, judge
from automl_report.stage import ReportStage

Make = Callable[..., Model]
KINDS: list[TaskKind] = ["regression", "binary", "multiclass"]


def _run(model: Model, seed: int = 1, **params: Any) -> Report:
    return ReportStage(ReportStage.Params.model_validate({"bootstrap": 40, **params}), seed).run(model, context())


def test_it_is_offered() -> None:
    assert Registry.load().get("components", "evaluate.report") is ReportStage


@pytest.mark.parametrize("kind", KINDS)
def test_all_metrics_of_the_task_for_the_winner_and_every_baseline(made_model: Make, kind: TaskKind) -> None:
    report = _run(made_model(kind))
    assert set(report.metrics) == {name for name, metric in METRICS.items() if kind in metric.tasks}
    assert set(report.baselines) == {"baseline.constant", "baseline.linear", "baseline.hist_gradient_boosting"}
    for scores in report.baselines.values():
        assert set(scores) == set(report.metrics)


def test_scores_are_those_of_the_test_rows_in_the_targets_unit(made_model: Make) -> None:
    model = made_model("regression")
    predicted = model.predictor.predict(model.test.drop(columns="price"))["prediction"]
    expected = reference.root_mean_squared_error(model.test["price"], predicted)
    assert _run(model).metrics["rmse"] == pytest.approx(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_hold_the_score_and_are_decided_by_the_seed(made_model: Make, kind: TaskKind) -> None:
    model = made_model(kind)
    document = _run(model).document
    assert document == _run(model).document
    assert document["scores"] != _run(model, seed=2).document["scores"]
    objective, winner = document["objective"]["metric"], document["winner"]["name"]
    score = document["scores"][winner][objective]
    assert score["low"] < score["value"] < score["high"]


def _rmse_interval(model: Model) -> Score:
    judgement = judge(model, [METRICS["rmse"]()], 200, seed=1)
    return judgement.scores[judgement.winner]["rmse"]


def test_an_interval_covers_the_true_error_about_as_often_as_it_says(made_model: Make) -> None:
    """The winner's weights are the true ones and the noise has variance 1, so that the true rmse is 1."""
    scores = [_rmse_interval(made_model("regression", seed=seed, winner_noise=0.0, trials=3)) for seed in range(60)]
    assert sum(score.low <= 1.0 <= score.high for score in scores) >= 50


def test_many_rows_shrink_the_interval_as_all_of_them_would(made_model: Make) -> None:
    """Beyond 20,000 rows fewer are drawn than there are; the width must still be that of all rows."""
    score = _rmse_interval(made_model("regression", rows=160_000, winner_noise=0.0, trials=3))
    by_theory = 2 * 1.96 / np.sqrt(2 * 80_000)
    assert score.high - score.low == pytest.approx(by_theory, rel=0.25)


def test_without_bootstrap_there_are_no_intervals(made_model: Make) -> None:
    document = _run(made_model("binary"), bootstrap=0).document
    assert all(s["low"] is None and s["high"] is None for row in document["scores"].values() for s in row.values())


def test_chosen_metrics_come_with_the_objective(made_model: Make) -> None:
    assert list(_run(made_model("regression"), metrics=["mae"]).metrics) == ["rmse", "mae"]


def test_an_unknown_metric_is_refused_with_a_suggestion() -> None:
    ((path, message),) = ReportStage.check(ReportStage.Params(metrics=("mae", "rsme")), context().registry)
    assert path == ("metrics", 1)
    assert "'rsme'" in message
    assert "did you mean 'rmse'" in message


def test_a_metric_of_another_task_is_refused(made_model: Make) -> None:
    with pytest.raises(StageError, match="'rmse' is not among those of a binary task; mend: choose from roc_auc"):
        _run(made_model("binary"), metrics=["rmse"])


def test_no_test_rows_is_an_error_that_says_what_to_do(made_model: Make) -> None:
    model = made_model("regression")
    with pytest.raises(StageError, match=r"no test rows.*mend: a split with a larger test part"):
        _run(replace(model, test=model.test.head(0)))


def test_test_rows_without_a_target_are_left_out(made_model: Make) -> None:
    model = made_model("binary")
    holed = model.test.copy()
    holed.loc[holed.index[:10], "price"] = None
    assert _run(replace(model, test=holed)).document["rows"]["test"] == len(model.test) - 10


def test_a_class_that_training_never_had_counts_as_wrong_and_is_told(made_model: Make) -> None:
    model = made_model("multiclass")
    foreign = model.test.copy()
    foreign["price"] = foreign["price"].where(np.arange(len(foreign)) >= 30, "never seen")
    report = _run(replace(model, test=foreign))
    assert report.metrics["accuracy"] <= 0.9
    assert "30 test rows carry classes that no training row had: always counted as wrong." in report.document["remarks"]
    assert report.document["curves"]["confusion"]["truth"][-1] == "(not in training)"
    assert sum(report.document["curves"]["confusion"]["counts"][-1]) == 30


class _Nowhere:
    """A model that diverged."""

    def predict(self, raw: pd.DataFrame, replayed: object = None) -> pd.DataFrame:
        return pd.DataFrame({"prediction": np.full(len(raw), np.nan)}, index=raw.index)


def test_a_predictor_without_finite_values_has_no_scores_and_the_page_is_written(made_model: Make) -> None:
    model = made_model("regression")
    report = _run(replace(model, baselines={**model.baselines, "baseline.linear": _Nowhere()}))
    assert all(np.isnan(score) for score in report.baselines["baseline.linear"].values())
    remark = "linear predicts 300 values beyond the finite numbers, so it has no scores."
    assert remark in report.document["remarks"]
    broken = _run(replace(model, predictor=_Nowhere()))
    assert "is undefined on these 300 test rows" in broken.document["verdict"]
    assert "</html>" in broken.html


class _Mislabelled:
    def predict(self, raw: pd.DataFrame, replayed: object = None) -> pd.DataFrame:
        return pd.DataFrame({"score": np.zeros(len(raw))}, index=raw.index)


def test_a_predictor_without_its_columns_is_named(made_model: Make) -> None:
    model = made_model("regression")
    with pytest.raises(StageError, match=r"'baseline.linear' was to return 300 rows with the columns \['prediction'\]"):
        _run(replace(model, baselines={"baseline.linear": _Mislabelled()}))


@pytest.mark.parametrize("kind", KINDS)
def test_the_document_is_json_and_survives_the_store(made_model: Make, kind: TaskKind) -> None:
    report = _run(made_model(kind))
    assert json.loads(json.dumps(report.document, allow_nan=False)) == report.document
    again = Report.from_state(codec.from_bytes(codec.to_bytes(report.to_state())))
    assert again.document == report.document
    assert again.html == report.html


def test_a_clear_lead_is_called_one(made_model: Make) -> None:
    document = _run(made_model("regression", winner_noise=0.0)).document
    assert "beats histogram boosting: rmse" in document["verdict"]
    assert document["verdict"].endswith("% less error.")
    assert document["comparison"]["advantage"] > 0
    assert document["comparison"]["decided"] is True


def test_a_defeat_is_called_one(made_model: Make) -> None:
    document = _run(made_model("regression", winner_noise=2.0)).document
    assert document["verdict"].startswith("Histogram boosting beats mlp (t")
    assert document["verdict"].endswith("% less error.")
    assert document["comparison"]["advantage"] < 0


def test_a_difference_within_chance_is_called_level(made_model: Make) -> None:
    model = made_model("binary")
    nearly = replace(model.predictor, weights=model.predictor.weights + 1e-3)  # type: ignore[type-var]
    document = _run(replace(model, baselines={"baseline.hist_gradient_boosting": nearly})).document
    assert "are level" in document["verdict"]


@pytest.mark.parametrize(
    "best", ["baseline.linear", "baseline.constant", "baseline.hist_gradient_boosting", "mine.own"]
)
def test_the_headline_compares_with_the_best_baseline_whichever_it_is(made_model: Make, best: str) -> None:
    model = made_model("regression", winner_noise=0.5)
    ideal = made_model("regression", winner_noise=0.0).predictor
    document = _run(replace(model, baselines={**model.baselines, best: ideal})).document
    assert document["comparison"]["baseline"] == best
    assert document["models"][best]["label"].lower() in document["verdict"].lower()
    assert document["comparison"]["advantage"] < 0


def test_trials_are_counted_without_the_baselines(made_model: Make) -> None:
    model = made_model("regression", trials=20)
    failed = [
        replace(t, status="failed", score=None) if t.name == "baseline.linear" else t for t in model.search.trials
    ]
    document = _run(replace(model, search=replace(model.search, trials=failed))).document
    assert document["search"]["trials"] == 20
    assert (document["search"]["failed"], document["search"]["baselines"]) == (1, 3)  # the fourth trial failed


def test_without_baselines_the_verdict_is_the_score(made_model: Make) -> None:
    document = _run(replace(made_model("regression"), baselines={})).document
    assert "reaches a test rmse of" in document["verdict"]
    assert document["comparison"] is None


def test_the_optimism_gap_is_validation_minus_test(made_model: Make) -> None:
    report = _run(made_model("regression"))
    gap = report.document["gap"]
    assert gap["difference"] == pytest.approx(gap["validation"] - report.metrics["rmse"])
    assert any("promised more than the test rows gave" in remark for remark in report.document["remarks"])


def test_the_leaderboard_has_twenty_trials_and_all_baselines(made_model: Make) -> None:
    model = made_model("regression", trials=40)
    board = _run(model).document["leaderboard"]
    baselines = [entry for entry in board if entry["name"].startswith("baseline.")]
    assert (len(board), len(baselines)) == (23, 3)
    scores = [entry["score"] for entry in board]
    assert scores == sorted(scores)
    assert board[-1]["place"] == 42, "the constant stands behind the 39 finished trials and two better baselines"


def test_a_search_that_only_baselines_survived_is_reported(made_model: Make) -> None:
    model = made_model("regression", trials=1)
    ledger: list[TrialRecord] = [t for t in model.search.trials if t.is_baseline]
    search = replace(model.search, trials=ledger, winner="baseline.linear")
    report = _run(replace(model, predictor=model.baselines["baseline.linear"], search=search))
    assert report.document["winner"]["name"] == "baseline.linear"
    assert "baseline.linear" not in report.baselines
    assert "</html>" in report.html


def test_a_hundred_classes_stay_readable(made_model: Make) -> None:
    report = _run(made_model("multiclass", classes=[f"c{i:03}" for i in range(100)], rows=4000), bootstrap=5)
    confusion = report.document["curves"]["confusion"]
    assert len(confusion["predicted"]) == 24
    assert confusion["predicted"][-1] == "77 others"
    assert sum(map(sum, confusion["counts"])) == 2000
