"""Search spaces: the notation, and what is drawn from it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.dimensions import Condition, Dimension
from automl.search.domains import Choice, Domain, Float, Int, Ordered, parse_domain
from automl.search.space import Space, nested, parse_space, spelled_out

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


DOMAINS = st.one_of(
    st.builds(lambda low, width, step: Int(low, low + width, step=step), *[st.integers(1, 9)] * 3),
    st.builds(lambda low, width: Int(low, low + width, log=True), *[st.integers(1, 99)] * 2),
    st.builds(lambda low, width: Float(low, low + width), *[st.floats(0.5, 9)] * 2),
    st.builds(lambda low, width: Float(low, low + width, step=width / 4), *[st.floats(0.5, 9)] * 2),
    st.builds(lambda values: Ordered(tuple(values)), st.lists(st.integers(-9, 9), min_size=2, unique=True)),
    st.builds(
        lambda values: Choice(tuple(values)),
        st.lists(st.sampled_from([None, True, False, 2.5, "a", "b"]), min_size=1, max_size=4, unique=True),
    ),
)


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Up to six dimensions, each under up to two conditions on values of earlier ones."""
    dimensions: list[Dimension] = []
    for place in range(draw(st.integers(1, 6))):
        conditions = []
        for parent in draw(st.lists(st.sampled_from(dimensions), max_size=2)) if dimensions else []:
            values = [parent.domain.sample(u) for u in draw(st.lists(quantiles, min_size=1, max_size=3))]
            conditions.append(Condition(parent.name, tuple(values)))
        dimensions.append(Dimension(f"d{place}", draw(DOMAINS), tuple(conditions)))
    return Space.of(dimensions)


@given(spaces())
def test_a_space_survives_json(space: Space) -> None:
    assert Space.from_state(json.loads(json.dumps(space.to_state()))) == space


@given(spaces(), st.integers(1, 99))
def test_a_draw_is_read_and_adopted_as_it_is(space: Space, number: int) -> None:
    values = space.sample(1, number)
    assert [dimension.name for dimension in space.active(values)] == list(values)
    assert space.read(values) == values
    complete = space.complete(values)
    assert space.read(complete) == values
    assert space.adopt(complete) == values
    assert space.adopt({**complete, "stranger": 1}) is None
    if complete:
        assert space.adopt({name: complete[name] for name in list(complete)[1:]}) is None


@given(spaces())
def test_combinations_are_counted_with_their_conditions(space: Space) -> None:
    def values(domain: Domain) -> list[Any]:
        return sorted({domain.sample(i / 200) for i in range(200)}, key=str) if domain.count else [domain.sample(0.5)]

    def walk(place: int, chosen: dict[str, Any]) -> int:
        if place == len(space):
            return 1
        dimension = space.dimensions[place]
        if not dimension.is_active(chosen):
            return walk(place + 1, chosen)
        if dimension.domain.count is None:
            return walk(place + 1, chosen)
        options = values(dimension.domain)
        assert len(options) == dimension.domain.count
        return sum(walk(place + 1, {**chosen, dimension.name: value}) for value in options)

    count, _ = space.combinations()
    if count <= 2000 and all((d.domain.count or 1) <= 40 for d in space) and not _asks_for_reals(space):
        assert walk(0, {}) == count


def _asks_for_reals(space: Space) -> bool:
    reals = {d.name for d in space if d.domain.count is None or (isinstance(d.domain, Int) and d.domain.log)}
    return any(condition.parent in reals for d in space for condition in d.conditions) or any(
        isinstance(d.domain, Int) and d.domain.log for d in space
    )


def test_probes_show_every_choice_and_both_ends() -> None:
    space = parse_space(RAW)
    shown = list(space.probes())
    for dimension in (*space.dimensions, *space.fixed):
        values = {assignment[dimension.name] for assignment in shown if dimension.name in assignment}
        assert set(dimension.domain.probes) <= values
    assert len(shown) <= 6
    for assignment in shown:
        assert all(d.name in assignment for d in space.active(assignment))


def test_buckets_are_evenly_spaced_and_reach_both_ends() -> None:
    assert parse_domain({"int": [16, 256], "log": True, "buckets": 9}, "x") == Ordered(
        (16, 23, 32, 45, 64, 91, 128, 181, 256)
    )
    assert parse_domain({"int": [0, 10], "buckets": 3}, "x") == Ordered((0, 5, 10))
    assert parse_domain({"int": [1, 3], "buckets": 50}, "x") == Ordered((1, 2, 3))
    space = parse_space({"width": {"int": [16, 256], "log": True, "buckets": 9}})
    assert space.describe() == {"width": "one of 16, 23, 32, 45, 64, 91, 128, 181, 256, in order"}
    assert space.combinations() == (9, 0)
    assert {values["width"] for values in space.probes()} == {16, 256}


@given(st.integers(1, 500), st.integers(0, 5000), st.integers(2, 60), st.booleans())
def test_buckets_are_whole_ascending_and_within(low: int, width: int, number: int, log: bool) -> None:
    values = Ordered.buckets(low, low + width, number, log).values
    assert values[0] == low
    assert values[-1] == low + width
    assert all(isinstance(value, int) for value in values)
    assert len(values) <= number
    assert all(a < b for a, b in itertools.pairwise(values))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"int": [1, 9], "buckets": 1}, "x: buckets is a whole number of 2 or more, found 1"),
        ({"int": [1, 9], "buckets": 2.5}, "x: buckets is a whole number of 2 or more"),
        ({"int": [1, 9], "buckets": 3, "step": 2}, "x: buckets and step do not go together"),
        ({"float": [1, 9], "buckets": 3}, "x: unknown key 'buckets'"),
    ],
)
def test_wrong_buckets_are_named(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_space({"x": spec})


def test_a_condition_may_name_several_values_and_all_must_hold() -> None:
    space = Space.of(
        [
            Dimension("layers", Int(1, 3)),
            Dimension("norm", Choice(("batch", "none"))),
            Dimension("momentum", Float(0.1, 0.9), (Condition("layers", (2, 3)), Condition("norm", ("batch",)))),
            Dimension("deep", Choice(("a", "b")), (Condition("momentum", (0.5,)),)),
        ]
    )
    assert [d.name for d in space.active({"layers": 2, "norm": "batch", "momentum": 0.4})][-1] == "momentum"
    for values in ({"layers": 1, "norm": "batch"}, {"layers": 2, "norm": "none"}):
        assert len(space.active(values)) == 2
    assert [d.name for d in space.active({"layers": 3, "norm": "batch", "momentum": 0.5})][-1] == "deep"


def test_what_depends_on_something_fixed_is_settled() -> None:
    space = Space.of(
        [
            Dimension("a", Choice(("x", "y"))),
            Dimension("b", Choice(("only",)), (Condition("a", ("x",)),)),
            Dimension("kept", Int(1, 2), (Condition("b", ("only", "other")),)),
            Dimension("gone", Int(1, 2), (Condition("b", ("other",)),)),
            Dimension("below", Int(1, 2), (Condition("gone", (1,)),)),
        ]
    )
    assert [d.name for d in space] == ["a", "kept"]
    assert space.dimensions[1].conditions == (Condition("a", ("x",)),)
    assert space.complete({"a": "x", "kept": 1}) == {"a": "x", "kept": 1, "b": "only"}
    with pytest.raises(ValueError, match="late: it depends on 'later', which is no dimension before it"):
        Space.of([Dimension("late", Int(1, 2), (Condition("later", (1,)),)), Dimension("later", Int(1, 2))])


def test_a_guess_is_read_as_the_file_writes_it_and_completed() -> None:
    space = parse_space(RAW)
    guess = {"depth": 2, "optimizer": {"adam": {"learning_rate": 0.001}}}
    expected = {"depth": 2, "rate": 1e-3, "optimizer": "adam", "optimizer.adam.learning_rate": 0.001}
    assert space.read(guess) == pytest.approx(expected)
    assert space.read({"depth": 2, "optimizer": "adam", "optimizer.adam.learning_rate": 0.001}) == space.read(guess)
    assert (
        space.read({"optimizer": {"sgd": {"schedule": {"cosine": {"cycles": 3}}}}})[
            "optimizer.sgd.schedule.cosine.cycles"
        ]
        == 3
    )
    assert space.read({"batch": 64})["depth"] == 3
    assert isinstance(parse_space({"x": {"float": [0, 2]}}).read({"x": 1})["x"], float)


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ({"depth": 9}, "depth: expected int 1 to 5, found 9"),
        ({"depth": True}, "depth: expected int 1 to 5, found True"),
        ({"depht": 2}, "depht: no dimension of this name; did you mean 'depth'"),
        ({"optimizer": "adamw"}, "optimizer: expected one of adam, sgd, found 'adamw'"),
        ({"optimizer": {"adam": {"rate": 1}}}, "optimizer.adam.rate: no dimension of this name"),
        ({"optimizer": {"adam": {}, "sgd": {}}}, "optimizer: expected one choice with its own dimensions"),
        ({"optimizer": {"adam": 3}}, "optimizer.adam: expected its own dimensions as a mapping, found 3"),
        (
            {"optimizer": "adam", "optimizer.sgd.learning_rate": 0.01},
            "optimizer.sgd.learning_rate: it exists only where optimizer is sgd, found 0.01",
        ),
        ({"batch": 32}, "batch: expected 64, to which the space fixes it, found 32"),
    ],
)
def test_a_wrong_guess_is_told(guess: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_space(RAW).read(guess)


def test_another_searches_trial_is_adopted_only_if_it_fits() -> None:
    space = parse_space({"depth": {"int": [1, 5]}, "width": {"int": [16, 64], "step": 16}, "batch": 64})
    assert space.adopt({"depth": 2, "width": 32, "batch": 64}) == {"depth": 2, "width": 32}
    for values in (
        {"depth": 2, "width": 32},
        {"depth": 2, "width": 32, "batch": 32},
        {"depth": 6, "width": 32, "batch": 64},
        {"depth": 2, "width": 33, "batch": 64},
        {"depth": 2, "width": 32, "batch": 64, "dropout": 0.1},
    ):
        assert space.adopt(values) is None


@pytest.mark.parametrize(
    ("branch", "says"),
    [
        (False, "expected its own dimensions as a mapping, found False"),
        ({"a.b": [1, 2]}, "expected names without a dot"),
    ],
)
def test_what_a_branch_holds_is_a_mapping_of_plain_names(branch: object, says: str) -> None:
    with pytest.raises(ValueError, match=f"optimizer.adam: {says}"):
        parse_space({"optimizer": {"one_of": {"adam": branch, "sgd": {}}}})


def test_one_choice_alone_needs_no_one_of() -> None:
    """A space takes what the parameter itself takes, with dimensions inside."""
    alone = {
        "optimizer": {"adamw": {"rate": {"float": [0.1, 1.0]}, "inner": {"a": {"b": 1}}}},
        "depth": {"int": [1, 3]},
    }
    in_full = {
        "optimizer": {"one_of": {"adamw": {"rate": {"float": [0.1, 1.0]}, "inner": {"one_of": {"a": {"b": 1}}}}}},
        "depth": {"int": [1, 3]},
    }
    assert spelled_out(alone) == spelled_out(in_full) == in_full
    space = parse_space(spelled_out(alone))
    assert space.complete({"optimizer.adamw.rate": 0.5, "depth": 2})["optimizer"] == "adamw"
    for as_it_is in (
        {"x": {"int": [1, 2]}},
        {"x": [1, 2]},
        {"x": {"a": {}, "b": {}}},
        {"x": {"choice": [1]}},
        {"x": 1},
    ):
        assert spelled_out(as_it_is) == as_it_is
