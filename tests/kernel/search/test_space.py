"""Search spaces: the notation, and what is drawn from it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.space import Choice, Float, Int, nested, parse_domain, parse_space

quantiles = st.floats(0, 1, exclude_max=True)

RAW = {
    "depth": {"int": [1, 5]},
    "rate": {"float": [1e-4, 1e-2], "log": True},
    "batch": 64,
    "optimizer": {
        "one_of": {
            "adam": {"learning_rate": {"float": [1e-4, 1e-2], "log": True}},
            "sgd": {
                "learning_rate": {"float": [1e-3, 1e-1]},
                "momentum": 0.9,
                "schedule": {"one_of": {"constant": None, "cosine": {"cycles": {"int": [1, 3]}}}},
            },
        }
    },
}


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(1, 50), quantiles)
def test_integers_keep_to_their_range_and_step(low: int, width: int, step: int, u: float) -> None:
    domain = parse_domain({"int": [low, low + width], "step": step}, "x")
    value = domain.sample(u)
    assert isinstance(value, int)
    assert domain.contains(value)
    assert (value - low) % step == 0


@given(st.integers(1, 1000), st.integers(0, 1000), quantiles)
def test_logarithmic_integers_keep_to_their_range(low: int, width: int, u: float) -> None:
    domain = Int(low, low + width, log=True)
    assert domain.contains(domain.sample(u))


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.booleans(), quantiles, st.floats(1e-3, 1e3))
def test_reals_keep_to_their_range(low: float, width: float, stepped: bool, u: float, step: float) -> None:
    domain = Float(low, low + width, step=step if stepped else None)
    assert domain.contains(domain.sample(u))


@given(st.floats(1e-9, 1e3), st.floats(1, 1e9), quantiles)
def test_logarithmic_reals_keep_to_their_range(low: float, factor: float, u: float) -> None:
    domain = Float(low, low * factor, log=True)
    assert domain.contains(domain.sample(u))


def test_every_integer_is_about_as_likely() -> None:
    counts = Counter(Int(3, 7).sample(i / 10_000) for i in range(10_000))
    assert counts == dict.fromkeys(range(3, 8), 2000)


def test_logarithmic_integers_are_about_uniform_in_the_logarithm() -> None:
    domain = Int(1, 1024, log=True)
    octaves = Counter(domain.sample(i / 100_000).bit_length() for i in range(100_000))
    for octave in range(5, 11):  # rounding blurs the lower ones
        assert octaves[octave] == pytest.approx(100_000 / 11, rel=0.05)
    assert domain.sample(0.0) == 1
    assert domain.sample(0.9999999) == 1024


def test_a_step_reaches_the_upper_end() -> None:
    assert Float(0.1, 0.7, step=0.1).sample(0.999999) == 0.7
    assert Int(16, 64, step=16).sample(0.999999) == 64


@given(st.integers(0, 2**32 - 1), st.integers(1, 10_000))
def test_a_draw_holds_what_is_active_and_nothing_else(seed: int, number: int) -> None:
    space = parse_space(RAW)
    values = space.sample(seed, number)
    assert list(values) == [dimension.name for dimension in space.active(values)]
    for dimension in space.active(values):
        assert dimension.domain.contains(values[dimension.name])
    complete = space.complete(values)
    assert complete["batch"] == 64
    assert ("optimizer.sgd.momentum" in complete) == (values["optimizer"] == "sgd")
    parameters = nested(complete)
    assert set(parameters) == {"depth", "rate", "batch", "optimizer"}
    assert list(parameters["optimizer"]) == [values["optimizer"]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 10_000))
def test_another_dimension_changes_the_draws_of_no_other(seed: int, number: int) -> None:
    fewer = parse_space({name: spec for name, spec in RAW.items() if name != "depth"})
    with_depth, without = parse_space(RAW).sample(seed, number), fewer.sample(seed, number)
    assert {name: value for name, value in with_depth.items() if name != "depth"} == without


def test_all_choices_are_drawn() -> None:
    space = parse_space(RAW)
    drawn = [space.sample(1, number) for number in range(200)]
    assert {values["optimizer"] for values in drawn} == {"adam", "sgd"}
    assert {values.get("optimizer.sgd.schedule") for values in drawn} == {None, "constant", "cosine"}


def test_a_choice_without_dimensions_of_its_own_stays_a_word() -> None:
    values = {"optimizer": "sgd", "optimizer.sgd.schedule": "constant", "optimizer.sgd.momentum": 0.9}
    assert nested(values) == {"optimizer": {"sgd": {"schedule": "constant", "momentum": 0.9}}}
    assert nested({"optimizer": "adam"}) == {"optimizer": "adam"}


def test_values_are_fixed_lists_are_choices_and_one_choice_is_fixed() -> None:
    space = parse_space({"a": 3, "b": [1, 2], "c": ["x"], "d": {"choice": [None, True]}})
    assert [dimension.name for dimension in space.dimensions] == ["b", "d"]
    assert [dimension.name for dimension in space.fixed] == ["a", "c"]
    assert space.dimensions[1].domain == Choice((None, True))
    assert space.describe() == {"b": "one of 1, 2", "d": "one of None, True"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"int": [5, 1]}, "x: the range is upside down: 5 is above 1"),
        ({"int": [1.5, 2]}, "x: int takes whole numbers"),
        ({"int": [1]}, r"x: int takes \[low, high\]"),
        ({"int": "many"}, r"x: int takes \[low, high\]"),
        ({"float": [True, 2]}, r"x: float takes \[low, high\]"),
        ({"float": [0, 1], "log": True}, "x: a log range begins above 0"),
        ({"float": [0, float("inf")]}, "x: float takes finite bounds"),
        ({"float": [1, 2], "log": True, "step": 0.1}, "x: log and step do not go together"),
        ({"float": [1, 2], "step": 0}, "x: step is a number above 0"),
        ({"int": [1, 2], "step": 0.5}, "x: step is a whole number above 0"),
        ({"int": [1, 2], "step": "two"}, "x: step is a whole number above 0"),
        ({"int": [1, 2], "stop": 3}, "x: unknown key 'stop'; a range takes log and step"),
        ({"int": [1, 2], "float": [1, 2]}, "x: expected one of int, float, choice, one_of"),
        ({"between": [1, 2]}, "x: expected one of int, float, choice, one_of"),
        ({"choice": []}, "x: choice takes a list of values"),
        ({"choice": "abc"}, "x: choice takes a list of values"),
        ({"choice": [1, 2], "log": True}, "x: log and step belong to a range"),
        ({"one_of": ["a", "b"]}, "x: one_of takes a mapping"),
        ({"one_of": {}}, "x: one_of takes a mapping"),
        ({"one_of": {"a": 3}}, r"x\.a: expected its own dimensions as a mapping"),
        ({"one_of": {"a": {"y": {"int": [2, 1]}}}}, r"x\.a\.y: the range is upside down"),
    ],
)
def test_a_wrong_dimension_is_named_with_what_is_wrong(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_space({"x": spec})
