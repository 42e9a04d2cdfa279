"""Every metric is held to scikit-learn's definition; what that leaves undefined is NaN."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import METRICS
from sklearn import metrics as reference

from automl.learning import Metric
from automl.plugins import Registry

ROWS = 400


def _labels(predicted: np.ndarray) -> np.ndarray:
    return predicted.argmax(axis=1)


REGRESSION = {
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "r2": reference.r2_score,
    "mape": reference.mean_absolute_percentage_error,
    "medae": reference.median_absolute_error,
}
BINARY = {
    "accuracy": lambda t, p, **w: reference.accuracy_score(t, _labels(p), **w),
    "balanced_accuracy": lambda t, p, **w: reference.balanced_accuracy_score(t, _labels(p), **w),
    "roc_auc": lambda t, p, **w: reference.roc_auc_score(t, p[:, 1], **w),
    "pr_auc": lambda t, p, **w: reference.average_precision_score(t, p[:, 1], **w),
    "log_loss": lambda t, p, **w: reference.log_loss(t, p, labels=[0, 1], **w),
    "brier": lambda t, p, **w: reference.brier_score_loss(t, p[:, 1], **w),
    "f1": lambda t, p, **w: reference.f1_score(t, _labels(p), **w),
    "precision": lambda t, p, **w: reference.precision_score(t, _labels(p), **w),
    "recall": lambda t, p, **w: reference.recall_score(t, _labels(p), **w),
    "mcc": lambda t, p, **w: reference.matthews_corrcoef(t, _labels(p), **w),
}
MULTICLASS = {
    "accuracy": BINARY["accuracy"],
    "balanced_accuracy": BINARY["balanced_accuracy"],
    "roc_auc": lambda t, p, **w: reference.roc_auc_score(t, p, multi_class="ovr", average="macro", **w),
    "log_loss": lambda t, p, **w: reference.log_loss(t, p, labels=range(p.shape[1]), **w),
    "f1": lambda t, p, **w: reference.f1_score(t, _labels(p), average="macro", **w),
    "precision": lambda t, p, **w: reference.precision_score(t, _labels(p), average="macro", zero_division=0, **w),
    "recall": lambda t, p, **w: reference.recall_score(t, _labels(p), average="macro", zero_division=0, **w),
    "mcc": BINARY["mcc"],
}


def _numbers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.gamma(2.0, 3.0, ROWS)
    return truth, truth + rng.normal(size=ROWS)


def _classes(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, ROWS)
    evidence = rng.normal(size=(ROWS, classes)) + 1.5 * np.eye(classes)[truth]
    # Two decimals make ties, which rankings must treat alike.
    evidence = np.exp(evidence.round(1))
    return truth, evidence / evidence.sum(axis=1, keepdims=True)


def _weights(seed: int, kind: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed + 1000)
    return {"none": {}, "real": {"w": rng.random(ROWS)}, "whole": {"w": rng.integers(0, 4, ROWS).astype(float)}}[kind]


def _compare(metric: str, expected: float, truth: np.ndarray, predicted: np.ndarray, w: np.ndarray | None) -> None:
    assert METRICS[metric]().score(truth, predicted, w) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("weights", ["none", "real", "whole"])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("metric", REGRESSION)
def test_regression_is_scikit_learns(metric: str, seed: int, weights: str) -> None:
    truth, predicted = _numbers(seed)
    w = _weights(seed, weights).get("w")
    _compare(metric, REGRESSION[metric](truth, predicted, sample_weight=w), truth, predicted, w)


@pytest.mark.parametrize("weights", ["none", "real", "whole"])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("metric", BINARY)
def test_binary_is_scikit_learns(metric: str, seed: int, weights: str) -> None:
    truth, predicted = _classes(seed, 2)
    w = _weights(seed, weights).get("w")
    _compare(metric, BINARY[metric](truth, predicted, sample_weight=w), truth, predicted, w)


@pytest.mark.parametrize("weights", ["none", "real", "whole"])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("metric", MULTICLASS)
def test_multiclass_is_scikit_learns(metric: str, seed: int, weights: str) -> None:
    truth, predicted = _classes(seed, 5)
    w = _weights(seed, weights).get("w")
    _compare(metric, MULTICLASS[metric](truth, predicted, sample_weight=w), truth, predicted, w)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.id)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_prediction_that_is_not_finite_scores_nan(metric: type[Metric], bad: float) -> None:
    truth, predicted = _numbers(0) if "regression" in metric.tasks else _classes(0, 2)
    predicted = predicted.copy()
    predicted[3] = bad
    assert math.isnan(metric().score(truth, predicted))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.id)
def test_no_rows_and_no_weight_score_nan(metric: type[Metric]) -> None:
    truth, predicted = _numbers(0) if "regression" in metric.tasks else _classes(0, 2)
    assert math.isnan(metric().score(truth[:0], predicted[:0]))
    assert math.isnan(metric().score(truth, predicted, np.zeros(ROWS)))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.id)
def test_better_predictions_score_better(metric: type[Metric]) -> None:
    if "regression" in metric.tasks:
        truth, worse = _numbers(0)
        better = (truth + worse) / 2
    else:
        truth, worse = _classes(0, 2)
        better = (np.eye(2)[truth] + worse) / 2
    gain = metric().score(truth, better) - metric().score(truth, worse)
    assert gain > 0 if metric.greater_is_better else gain < 0


@pytest.mark.parametrize(
    ("metric", "classes"),
    [(m, classes) for m in METRICS.values() for kind, classes in (("binary", 2), ("multiclass", 3)) if kind in m.tasks],
)
def test_a_row_of_an_unseen_class_never_helps(metric: type[Metric], classes: int) -> None:
    """Whatever is predicted for it; a ranking that put it last would otherwise be rewarded."""
    truth, predicted = _classes(0, classes)
    known = metric().score(truth, predicted)
    for guess in np.eye(classes):
        with_unseen = metric().score(np.append(truth, -1), np.vstack([predicted, guess]))
        assert with_unseen <= known if metric.greater_is_better else with_unseen >= known


def test_an_unseen_class_costs_the_clipped_log_loss() -> None:
    truth, predicted = np.array([0, -1]), np.array([[1.0, 0.0], [1.0, 0.0]])
    assert METRICS["log_loss"]().score(truth, predicted) == pytest.approx(-math.log(np.finfo(float).eps) / 2)
    assert METRICS["brier"]().score(truth, predicted) == 0.5
    assert METRICS["accuracy"]().score(truth, predicted) == 0.5


@pytest.mark.parametrize("metric", ["roc_auc", "mcc"])
def test_one_true_class_only_is_undefined(metric: str) -> None:
    _, predicted = _classes(0, 2)
    assert math.isnan(METRICS[metric]().score(np.zeros(ROWS, dtype=np.int64), predicted))


def test_precision_and_recall_need_a_positive() -> None:
    negatives = np.zeros(3, dtype=np.int64)
    certain = np.tile([1.0, 0.0], (3, 1))
    assert math.isnan(METRICS["pr_auc"]().score(negatives, certain))
    assert math.isnan(METRICS["f1"]().score(negatives, certain))


def test_a_class_that_is_missing_from_the_rows_leaves_the_other_areas() -> None:
    truth, predicted = _classes(0, 3)
    kept = truth != 2
    areas = [reference.roc_auc_score(truth[kept] == k, predicted[kept, k]) for k in (0, 1)]
    assert METRICS["roc_auc"]().score(truth[kept], predicted[kept]) == pytest.approx(np.mean(areas))


def test_a_constant_target_has_no_r2_and_a_zero_no_percentage() -> None:
    truth = np.full(5, 2.0)
    assert math.isnan(METRICS["r2"]().score(truth, truth + 1))
    assert math.isnan(METRICS["mape"]().score(np.array([0.0, 1.0]), np.array([1.0, 1.0])))


def test_an_overflow_is_nan_and_not_a_warning() -> None:
    assert math.isnan(METRICS["rmse"]().score(np.array([0.0, 1.0]), np.array([1e200, 1.0])))


def test_records_and_classes_agree() -> None:
    registry = Registry.load()
    offered = {o.record.id: o.record for o in registry.offers() if o.plugin.name == "report" and o.family == "metrics"}
    assert set(offered) == set(METRICS)
    for name, record in offered.items():
        assert record.load() is METRICS[name]


def test_importing_the_metrics_loads_no_engine() -> None:
    code = (
        "import sys, automl_report, automl_report.metrics, automl_report.stage;"
        "print([m for m in ('pandas', 'sklearn', 'scipy', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(METRICS)))
def test_what_is_called_undefined_is_nan_whatever_is_predicted(data: st.DataObject, name: str) -> None:
    """And what is not can be scored: by the truth itself, or by probabilities that no class lacks."""
    metric, n = METRICS[name](), data.draw(st.integers(1, 6))
    weight = data.draw(st.none() | st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=n, max_size=n))
    weights = None if weight is None else np.array(weight)
    if "regression" in metric.tasks:
        truth = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.1, 3.0]), min_size=n, max_size=n)))
        predictions = [truth, truth + 1.0]
    else:
        classes = 3 if "multiclass" in metric.tasks else 2
        truth = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
        predictions = [np.eye(classes)[truth] * 0.8 + 0.2 / classes, np.full((n, classes), 1.0 / classes)]
    reason = metric.undefined(truth, weights)
    scores = [metric.score(truth, predicted, weights) for predicted in predictions]
    assert bool(reason) == all(np.isnan(scores)), (reason, scores)


def test_a_row_of_weight_0_is_no_row() -> None:
    truth, predicted = np.array([0.0, 2.0, 4.0]), np.array([9.0, 2.0, 5.0])
    weight = np.array([0.0, 1.0, 1.0])
    for name in ("mape", "rmse", "mae", "medae", "r2"):
        metric = METRICS[name]()
        assert metric.score(truth, predicted, weight) == metric.score(truth[1:], predicted[1:], weight[1:])
    assert METRICS["mape"]().undefined(truth, weight) is None
    assert METRICS["mape"]().undefined(truth) == "1 of 3 true values are 0, and it divides by them"
