"""Where values come from, and what a key means."""

from __future__ import annotations

import pytest
from toy_parts import GOOD

from automl.errors import AutoMLError
from automl.pipeline_file import trace
from automl.pipeline_file.explained import explain_key


@pytest.fixture
def traced(folder, registry):
    """A declaration and the origin of each value, by key."""
    (folder / "base.yaml").write_text(GOOD)
    (folder / "main.yaml").write_text("extends: base.yaml\nname: mine\nvars: {q: 0.1}\n")

    def run(profile=None, sets=()):
        declaration, values = trace("main.yaml", registry, profile=profile, sets=sets)
        return declaration, {value.key: value for value in values}

    return run


def test_each_layer_is_named(traced):
    _, found = traced("smoke", ['stages.split.with.test="${vars.q}"', "seed=7"])
    assert str(found["name"]) == "main.yaml:2"
    assert str(found["data.target"]) == "base.yaml:7 (extends)"
    assert str(found["data.path"]) == "base.yaml:6 (extends), ${vars.table}"
    assert found["data.path"].value == "houses.csv"
    assert (found["stages.search.with.budget.trials"].value, found["stages.search.with.budget.trials"].layer) == (
        3,
        "profile smoke",
    )
    assert (found["seed"].source, found["seed"].value) == ("--set seed=7", 7)
    assert (found["stages.split.with.test"].value, found["stages.split.with.test"].reference) == (0.1, "${vars.q}")


def test_defaults_are_told_with_whose_they_are(traced):
    _, found = traced()
    assert str(found["stages.split.with.valid"]).startswith("default of split.random (")
    assert found["stages.split.with.valid"].value == 0.2
    assert str(found["advice.strict"]) == "default of the file format"
    assert "stages.search.with.space.depth" not in found


@pytest.fixture
def explain(traced, registry):
    def run(key, **options):
        declaration, found = traced(**options)
        return explain_key(key, declaration, list(found.values()), registry)

    return run


def test_a_parameter_is_explained(explain):
    found = explain("stages.numbers.with.strategy")
    assert (found.reader, found.about.meaning) == ("impute.simple", "what to put in")
    assert found.about.type == "mean, median, most_frequent, constant"
    assert (found.about.default, found.about.tuned) == ("mean", "[mean, median]")
    assert [str(value) for value in found.values] == ["base.yaml:11 (extends)"]
    assert found.invalidates == ("numbers", "codes", "scaled", "search", "evaluate")


@pytest.mark.parametrize(
    ("key", "invalidated"),
    [
        ("run.executor.with.workers", ()),
        ("name", ()),
        ("stages.evaluate.gate.rmse", ()),
        ("stages.search.retry.attempts", ()),
        ("stages.search.with.budget.trials", ("search", "evaluate")),
        ("data.target", ("data", "split", "numbers", "codes", "scaled", "search", "evaluate")),
        ("data.path", ("data", "split", "numbers", "codes", "scaled", "search", "evaluate")),
        ("stages.codes.columns", ("codes", "scaled", "search", "evaluate")),
        ("stages.search.with.tuner.with.startup", ("search", "evaluate")),
    ],
)
def test_what_a_change_would_make_anew(explain, key, invalidated):
    assert explain(key).invalidates == invalidated


def test_a_key_that_nobody_reads_gets_a_suggestion(explain):
    with pytest.raises(AutoMLError, match=r"did you mean 'stages.split.with.test'"):
        explain("stages.split.with.tset")
