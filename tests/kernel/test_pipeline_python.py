"""Pipelines in Python say what files say."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import automl
from automl import Pipeline, choice, integer, one_of, real, tune
from automl.errors import PipelineFileError, PlanError
from automl.pipeline_file import loads


def toys(registry, **data) -> Pipeline:
    return (
        Pipeline("toys", data={"use": "toy.table", **data}, target="y", seed=3, registry=registry)
        .stage("split", "toy.holdout", after="data")
        .stage("filled", "toy.fill", after="split", strategy=tune(["mean", "median"]))
        .stage("codes", "toy.dummies", after="filled")
        .stage(
            "search",
            "search.network",
            after="codes",
            network="toy.net",
            objective="toy.error",
            budget={"trials": 2, "epochs": 3},
            baselines=[],
            space={"rate": real(0.01, 0.5, log=True)},
        )
        .stage("evaluate", "toy.evaluate", after="search")
        .executor("in_process")
    )


def test_it_declares_what_a_file_declares(registry):
    pipeline = toys(registry)
    found = pipeline.check()
    assert list(found.stages) == ["split", "filled", "codes", "search", "evaluate"]
    assert found.stages["filled"].params == {"strategy": {"tune": ["mean", "median"]}}
    assert found == loads(pipeline.to_yaml(), registry)
    assert repr(pipeline) == "<Pipeline 'toys': split -> filled -> codes -> search -> evaluate>"


def test_it_runs(registry, tmp_path):
    result = toys(registry).run(workspace=tmp_path / "work")
    assert result.finished.bundle.exists()


def test_adding_leaves_the_first_one_as_it_is(registry):
    first = toys(registry)
    text = first.to_yaml()
    assert first.track("x") != first
    assert first.to_yaml() == text


def test_equal_is_what_declares_the_same(registry, tmp_path):
    file = tmp_path / "file.yaml"
    file.write_text(toys(registry).to_yaml().replace("rate:", "rate: ").replace("- mean", "-   mean"))
    assert Pipeline.load(file, registry=registry) == toys(registry)
    assert Pipeline.load(file, sets=["seed=4"], registry=registry) != toys(registry)
    assert toys(registry) == toys(registry, **{"with": {}})


def test_mistakes_are_told_as_in_a_file(registry):
    with pytest.raises(PipelineFileError, match="did you mean 'strategy'"):
        toys(registry).stage("filled", "toy.fill", after="split", strateg="mean").check()


def test_what_no_file_can_hold_is_refused(registry):
    with pytest.raises(PlanError, match="stage 'filled', with, plus: a pipeline holds text"):
        toys(registry).stage("filled", "toy.fill", after="split", plus=object())


def test_domains_are_the_notation_of_the_file():
    assert integer(1, 5, step=2) == {"int": [1, 5], "step": 2}
    assert real(1e-4, 1.0, log=True) == {"float": [1e-4, 1.0], "log": True}
    assert tune(choice("a", "b")) == {"tune": {"choice": ["a", "b"]}}
    assert one_of({"a": {"x": integer(1, 2)}}) == {"one_of": {"a": {"x": {"int": [1, 2]}}}}
    assert automl.tune is tune


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["1e-3", "0o7", "no", "null", "~", "<<", "2024-01-01", "012", ".5", "- x", "a: b", "#"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), VALUES, max_size=3), seed=st.integers(0, 99))
def test_text_and_pipeline_round_trip(values, seed, tmp_path):
    pipeline = Pipeline("any", data={"path": "x.csv", "with": values}, target=["a", "b"], seed=seed).stage(
        "one", tune(["x.a", "x.b"]), after=("data",), with_=values, time="10m"
    )
    file = tmp_path / "any.yaml"
    file.write_text(pipeline.to_yaml(), encoding="utf-8")
    again = Pipeline.load(file)
    assert again == pipeline
    assert again.to_yaml() == pipeline.to_yaml()


STAGES = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.sampled_from(["numeric", ["x", "z"], {"kind": "numeric", "except": ["x"]}]),
        "retry": st.fixed_dictionaries({"attempts": st.integers(1, 100)}),
        "time": st.sampled_from(["90s", "1.5h", 30, 0.5]),
    },
)
CHOSEN = st.sampled_from(
    [
        ("toy.fill", {}),
        ("toy.fill", {"strategy": "median", "plus": 0.5}),
        ("toy.fill", {"strategy": tune("auto"), "plus": tune(real(0, 1))}),
        (tune(["toy.fill", "toy.scale"]), {"toy.fill": {"plus": tune([0.0, 1.0])}}),
    ]
)
DATA = st.fixed_dictionaries(
    {"use": st.just("toy.table")},
    optional={
        "with": st.fixed_dictionaries({"rows": st.integers(10, 99)}),
        "kinds": st.just({"z": "numeric"}),
        "roles": st.sampled_from([{"ignore": "colour"}, {"weight": "z"}]),
        "missing": st.just(["?", "no"]),
        "retry": st.just({"attempts": 2}),
        "time": st.sampled_from(["2m", 5]),
    },
)


@st.composite
def pipelines(draw, registry) -> Pipeline:
    """Pipelines that are right, of everything that a file can say."""
    target = draw(st.sampled_from(["y", ["y"], ["y", "z"]]))
    data = draw(DATA.filter(lambda data: data.get("roles") != {"weight": "z"} or target != ["y", "z"]))
    made = Pipeline("any", data=data, target=target, seed=draw(st.integers(0, 99)), registry=registry)
    use, parameters = draw(CHOSEN)
    made = made.stage("split", draw(st.sampled_from(["toy.holdout", "toy.folds"])), after="data")
    made = made.stage("filled", use, after="split", with_=parameters, **draw(STAGES))
    made = made.stage(
        "search",
        "search.network",
        after=draw(st.sampled_from(["filled", ["filled"]])),
        with_={
            "network": "toy.net",
            "budget": draw(st.sampled_from([{"trials": 2}, {"time": "9s", "epochs": 3}])),
            "space": {"rate": draw(st.sampled_from([0.5, [0.1, 0.2], real(0.1, 1.0, log=True), choice(0.1, 0.3)]))},
            "order": draw(st.sampled_from(["fixed", "arrival"])),
            "final": draw(st.sampled_from(["best", "refit"])),
        },
        resources=draw(st.sampled_from([None, {"cpu": 2}, {"gpu": 0.5, "memory": "2GB"}])),
    )
    made = made.stage("end", "toy.evaluate", after="search", gate=draw(st.sampled_from([None, {"toy.error": "<= 3"}])))
    if draw(st.booleans()):
        made = made.executor("local", workers=draw(st.integers(1, 4)))
    if draw(st.booleans()):
        made = made.track("mlflow", experiment="any")
    if draw(st.booleans()):
        made = made.advice(silence=["leak.unique_id"], strict=draw(st.booleans()))
    return made.store(scratch="1GB", size=10**10) if draw(st.booleans()) else made


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_file_can_say_round_trips(data, registry, tmp_path):
    pipeline = data.draw(pipelines(registry))
    file = tmp_path / "any.yaml"
    file.write_text(pipeline.to_yaml(), encoding="utf-8")
    again = Pipeline.load(file, registry=registry)
    assert again == pipeline
    assert again.to_yaml() == pipeline.to_yaml()
    assert again.check(header=False) == pipeline.check(header=False)


def test_advice_and_the_store_can_be_told(registry):
    pipeline = toys(registry).advice(silence="leak.unique_id").advice(strict=True).store(scratch="1GB").store(size=5)
    found = pipeline.check()
    assert (found.advice.silence, found.advice.strict) == (("leak.unique_id",), True)
    assert (found.scratch, found.store_size) == (10**9, 5)
    assert found.executor.use == "in_process"
    assert pipeline != toys(registry)
