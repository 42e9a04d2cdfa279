"""Gates: bounds that test scores must keep."""

from __future__ import annotations

import math

import pytest

from automl.gates import Gate, missed_gates


@pytest.mark.parametrize(
    ("gate", "score", "met"),
    [
        ("<= 0.6", 0.6, True),
        ("< 0.6", 0.6, False),
        (">=-1e-3", -0.001, True),
        (" > .5 ", 0.4, False),
        ("< 1", math.nan, False),
    ],
)
def test_a_gate_compares(gate: str, score: float, met: bool) -> None:
    assert Gate.parse(gate).met(score) == met


@pytest.mark.parametrize("text", ["0.6", "== 0.6", "<= high", "<=", "<= 1 2"])
def test_a_gate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r'such as "<= 0\.60"; found'):
        Gate.parse(text)


def test_each_missed_gate_is_a_sentence_and_an_absent_score_meets_none() -> None:
    gates = {"rmse": "<= 0.5", "mae": "<= 9", "r2": ">= 0.9"}
    assert missed_gates(gates, {"rmse": 0.61234567, "mae": 3.0}) == [
        "gate rmse <= 0.5: the test score is 0.612346",
        "gate r2 >= 0.9: the evaluation gives no r2",
    ]
