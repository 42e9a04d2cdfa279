"""The contract suite of metrics; inherit it and say how to make one.

::

    class TestMine(MetricContract):
        def make_metric(self) -> Metric:
            return MyMetric()
"""

from __future__ import annotations

import math
from typing import Any, Final, get_args

import numpy as np
import pytest

from automl.learning import Metric, TaskKind

_ROWS: Final = 60
_CLASSES: Final = {"binary": 2, "multiclass": 3}
_CLOSE: Final = 1e-9


class MetricContract:
    """What every metric does, for each kind of task that it declares.

    An author supplies ``make_metric``. Truths are numbers from 1 to 9, or class codes; predictions lie close to them.
    """

    def make_metric(self) -> Metric:
        raise NotImplementedError

    @pytest.fixture(params=get_args(TaskKind))
    def kind(self, request: pytest.FixtureRequest) -> str:
        """Each kind of task that the metric declares."""
        kind: str = request.param
        if kind not in self.make_metric().tasks:
            pytest.skip("it declares no such tasks")
        return kind

    def test_it_declares_what_it_is(self) -> None:
        metric = self.make_metric()
        assert isinstance(metric.id, str), "id is the name in pipeline files"
        assert isinstance(metric.greater_is_better, bool), "greater_is_better is True or False"
        unknown = set(metric.tasks) - set(get_args(TaskKind))
        assert metric.tasks, "tasks names the kinds of task that it is defined for"
        assert not unknown, f"tasks names {sorted(unknown)}; known are {get_args(TaskKind)}"

    def test_plain_rows_have_a_finite_score(self, kind: str) -> None:
        found = self.make_metric().score(*rows(kind))
        assert_is_float(found)
        assert math.isfinite(found), f"{_ROWS} rows with every class, and no score: {found}"

    def test_better_predictions_score_better(self, kind: str) -> None:
        metric, (truth, close) = self.make_metric(), rows(kind)
        far = close[np.random.default_rng(5).permutation(len(close))]
        better, worse = metric.score(truth, close), metric.score(truth, far)
        if metric.greater_is_better:
            assert better > worse, f"greater_is_better, and close predictions score {better}, shuffled ones {worse}"
        else:
            assert better < worse, f"smaller is better, and close predictions score {better}, shuffled ones {worse}"

    def test_the_same_rows_have_the_same_score(self, kind: str) -> None:
        assert self.make_metric().score(*rows(kind)) == self.make_metric().score(*rows(kind))

    def test_the_order_of_rows_does_not_matter(self, kind: str) -> None:
        truth, predicted = rows(kind)
        metric, order = self.make_metric(), np.random.default_rng(1).permutation(_ROWS)
        np.testing.assert_allclose(
            metric.score(truth[order], predicted[order]), metric.score(truth, predicted), rtol=_CLOSE
        )

    def test_equal_weights_are_no_weights(self, kind: str) -> None:
        truth, predicted = rows(kind)
        metric = self.make_metric()
        found = metric.score(truth, predicted, np.full(_ROWS, 0.5))
        assert_is_float(found)
        np.testing.assert_allclose(found, metric.score(truth, predicted), rtol=_CLOSE)

    def test_weights_are_taken(self, kind: str) -> None:
        truth, predicted = rows(kind)
        weight = np.linspace(0.0, 2.0, _ROWS)
        weight.flags.writeable = False
        found = self.make_metric().score(truth, predicted, weight)
        assert_is_float(found)
        assert math.isfinite(found), f"with weights there is no score: {found}"

    def test_rows_stay_as_they_are_and_may_be_read_only(self, kind: str) -> None:
        truth, predicted = rows(kind)
        for array in (truth, predicted):
            array.flags.writeable = False
        self.make_metric().score(truth, predicted)

    def test_one_row_has_a_score_or_none(self, kind: str) -> None:
        truth, predicted = rows(kind)
        assert_is_float(self.make_metric().score(truth[:1], predicted[:1]))

    def test_one_class_has_a_score_or_none(self, kind: str) -> None:
        truth, predicted = rows(kind)
        assert_is_float(self.make_metric().score(np.full_like(truth, truth[0]), predicted))

    def test_a_class_that_was_never_trained_on_is_taken(self, kind: str) -> None:
        if kind not in _CLASSES:
            pytest.skip("a regression has no classes")
        truth, predicted = rows(kind)
        truth[::7] = -1
        assert_is_float(self.make_metric().score(truth, predicted))

    def test_a_reason_for_no_score_is_text_and_plain_rows_have_none(self, kind: str) -> None:
        truth, _ = rows(kind)
        metric = self.make_metric()
        assert metric.undefined(truth) is None, f"plain rows are refused: {metric.undefined(truth)}"
        reason = metric.undefined(np.full_like(truth, truth[0]))
        assert reason is None or (isinstance(reason, str) and reason), f"undefined gave {reason!r}, expected a reason"


def rows(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """True values [rows], and predictions that lie close: float64 [rows], or probabilities [rows, classes]."""
    draw = np.random.default_rng(3)
    if kind not in _CLASSES:
        truth = draw.uniform(1.0, 9.0, _ROWS)
        return truth, truth + draw.normal(0.0, 0.3, _ROWS)
    classes = _CLASSES[kind]
    codes = np.arange(_ROWS, dtype=np.int64) % classes
    scores = draw.uniform(0.1, 0.5, (_ROWS, classes))
    scores[np.arange(_ROWS), codes] += 1.0
    return codes, scores / scores.sum(axis=1, keepdims=True)


def assert_is_float(found: Any) -> None:
    """A number, be it NaN; no array, not even one of one element."""
    told = f"{type(found).__name__} of shape {np.shape(found)}" if np.ndim(found) else type(found).__name__
    assert not np.ndim(found), f"score returned {told}, expected a float"
    assert isinstance(found, float | int | np.floating), f"score returned {told}, expected a float"
