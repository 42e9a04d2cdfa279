"""Learning rates step by step, against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from automl_keras.schedules import RatePlan, ScheduleChoice

STEPS, EPOCHS = 20, 10
HORIZON = STEPS * EPOCHS


def plan(written: object, warmup: float = 0.0) -> RatePlan:
    return RatePlan(0.5, ScheduleChoice.model_validate(written).chosen, warmup, STEPS, EPOCHS)


def all_rates(rates: RatePlan) -> np.ndarray:
    return np.concatenate([rates.rates(epoch) for epoch in range(EPOCHS)])


@pytest.mark.parametrize(
    ("written", "formula"),
    [
        ("constant", lambda t: 1.0),
        ({"exponential": {"period": 0.5}}, lambda t: 0.1 ** (t / 100)),
        ({"power": {"period": 0.1, "power": 2.0}}, lambda t: 1 / (1 + t / 20) ** 2),
        ({"cosine": {"floor": 0.2}}, lambda t: 0.2 + 0.8 * (1 + math.cos(math.pi * t / HORIZON)) / 2),
        ("performance", lambda t: 1.0),
    ],
)
def test_rates_follow_the_formula(written, formula):
    rates = all_rates(plan(written))
    assert rates.dtype == np.float32
    np.testing.assert_allclose(rates, [0.5 * formula(t) for t in range(HORIZON)], rtol=1e-6)
    assert plan(written).momenta(0) is None


def test_one_cycle_goes_up_down_and_far_down_and_momentum_mirrors_it():
    one_cycle = plan({"one_cycle": {"start": 0.1, "last": 0.1}})
    rates, momenta = all_rates(one_cycle), np.concatenate([one_cycle.momenta(e) for e in range(EPOCHS)])
    half = 90  # (1 - 0.1) * 200 / 2
    np.testing.assert_allclose(rates[[0, 45, half, 180]], [0.05, 0.275, 0.5, 0.05], rtol=1e-6)
    assert rates.argmax() == half
    assert rates[-1] < 0.05 * 0.06
    np.testing.assert_allclose(momenta[[0, 45, half, 180, 199]], [0.95, 0.90, 0.85, 0.95, 0.95], rtol=1e-6)


def test_beyond_the_horizon_the_last_rate_stays():
    assert plan({"cosine": {"floor": 0.2}}).rates(EPOCHS + 3) == pytest.approx(0.1)
    assert plan("one_cycle").rates(EPOCHS + 3) == pytest.approx(0.5 * 1e-4)


def test_warm_up_rises_linearly_before_the_schedule_begins():
    rates = all_rates(plan("exponential", warmup=0.25))
    np.testing.assert_allclose(rates[:50], 0.5 * np.arange(1, 51) / 50, rtol=1e-6)
    np.testing.assert_allclose(rates[50:], 0.5 * 0.1 ** (np.arange(150) / 150), rtol=1e-6)


def test_performance_lowers_the_rate_on_a_plateau_and_continues_from_its_state():
    rates = plan({"performance": {"factor": 0.1, "patience": 2, "floor": 0.05}})
    rates.observe(1.0)
    rates.observe(0.5)
    rates.observe(0.6)
    assert rates.rates(3)[0] == pytest.approx(0.5)
    later = plan({"performance": {"factor": 0.1, "patience": 2, "floor": 0.05}})
    later.restore(rates.state())
    for same in (rates, later):
        same.observe(math.nan)
        assert same.rates(4)[0] == pytest.approx(0.05)
        same.observe(0.6)
        same.observe(0.6)
        assert same.rates(6)[0] == pytest.approx(0.025)
