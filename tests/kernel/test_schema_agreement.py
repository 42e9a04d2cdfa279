"""The JSON schema and the parser agree on structure, types, names and ranges."""

from __future__ import annotations

import copy
import functools
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schema_bounds import numbers
from schema_files import FILES, KEYS, ODD, changed, complaints, disagreement, spots

from automl.pipeline_file.writing import dump
from automl.plugins import Registry
from automl.schema import build_schema

_ORDER = ("stages", "levels", "with", "order")


# Functions rather than fixtures: Hypothesis prints the arguments of what fails, and a schema has a megabyte.
@functools.cache
def registry() -> Registry:
    return Registry.load()


@functools.cache
def schema() -> dict[str, Any]:
    return build_schema(registry())


@functools.cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(schema())


def assert_agreement(document: Any) -> None:
    assert disagreement(document, registry(), validator()) is None, dump(document)


@pytest.mark.parametrize("name", FILES)
def test_whole_files(name: str) -> None:
    assert complaints(FILES[name], registry()) == []
    assert [error.message for error in validator().iter_errors(FILES[name])] == []


@st.composite
def broken_files(draw: st.DrawFn) -> Any:
    """A good file with a value exchanged, taken out, called otherwise, or added."""
    document = FILES[draw(st.sampled_from(sorted(FILES)))]
    path = draw(st.sampled_from(list(spots(document))))
    how = draw(st.sampled_from(["change", "change", "change", "drop", "rename", "add"]))
    key, value = draw(st.sampled_from(KEYS)), copy.deepcopy(draw(st.sampled_from(ODD)))

    def change(holder: Any, step: Any) -> None:
        if how == "drop":
            del holder[step]
        elif how == "rename" and isinstance(holder, dict):
            holder[key] = holder.pop(step)
        elif how == "add" and isinstance(holder, dict):
            holder[key] = value
        else:
            holder[step] = value

    return changed(document, path, change)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=broken_files())
def test_broken_files(document: Any) -> None:
    assert_agreement(document)


def test_tune_is_never_the_name_of_a_column() -> None:
    """``order`` is a mapping from columns of any name, and ``{tune: ...}`` in its place a search."""
    for order in ({"tune": ["s", "m"]}, {"tune": [{"size": ["s", "m"]}]}, {"tune": ["s"], "size": ["s", "m"]}):
        assert_agreement(
            changed(FILES["targets"], _ORDER, lambda holder, key, order=order: holder.update({key: order}))
        )


@st.composite
def numbers_around(draw: st.DrawFn, bounds: tuple[float, ...]) -> Any:
    """A number at a bound, next to it, or anywhere up to one beyond it; whole and not."""
    low, high = min(bounds) - 1, max(bounds) + 1
    sharp = [bound + step for bound in bounds for step in (-1, 0, 1)]
    sharp += [math.nextafter(bound, end) for bound in bounds for end in (low, high)]
    return draw(
        st.sampled_from(sharp) | st.integers(math.floor(low), math.ceil(high)) | st.floats(float(low), float(high))
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_numbers_in_and_out_of_range(data: st.DataObject) -> None:
    known = {number.name: number for number in numbers(schema(), registry())}
    one = known[data.draw(st.sampled_from(sorted(known)), "number")]
    values = sorted(data.draw(st.lists(numbers_around(one.bounds), min_size=2, max_size=2), "values"))
    forms: list[Any] = [values[0]]
    notation: list[Any] = [values, {"choice": values}, {"float": values}, {"int": values}]
    if one.tunable:
        forms += [{"tune": form} for form in notation]
    if one.is_dimension:
        forms += notation
    document = one.written(data.draw(st.sampled_from(forms), "written"))
    assert_agreement(document)


def test_numbers_of_every_family_are_tried() -> None:
    names = {number.name for number in numbers(schema(), registry())}
    assert {"seed", "split.random.test", "encode.one_hot.min_frequency", "local.workers", "hyperband.factor"} <= names
    assert {"search.network.patience", "evaluate.report.bootstrap", "space.mlp.depth", "space.mlp.dropout"} <= names
    assert len(names) > 50


def test_references_are_taken_anywhere() -> None:
    for document in (FILES["folds"], FILES["targets"]):
        for path in spots(document):
            if path[0] not in ("vars", "version"):
                referring = changed(document, path, lambda holder, step: holder.__setitem__(step, "${vars.q}"))
                wrong = [error.message for error in validator().iter_errors(referring)]
                assert not wrong, (path, wrong)


def test_a_file_that_extends_another_may_be_partial() -> None:
    layer = {"extends": "base.yaml", "stages": {"search": {"with": {"budget": {"trials": 2}}, "gate": None}}}
    assert validator().is_valid(layer)
    assert not validator().is_valid({**layer, "stagse": {}})
    assert not validator().is_valid({**layer, "stages": {"search": {"wiht": {}}}})


def test_descriptions_defaults_and_ranges_are_told() -> None:
    test = schema()["$defs"]["components.split.random"]["properties"]["test"]
    assert test["description"] == "Share of rows kept back for the last score."
    assert test["default"] == 0.2
    assert {"type": "number", "minimum": 0, "exclusiveMaximum": 1} in test["anyOf"]
    assert schema()["properties"]["seed"]["description"]
    silenced = schema()["$defs"]["advice"]["properties"]["silence"]["anyOf"][0]["anyOf"]
    assert {"leak.unique_id", "split.stratified.empty_bins"} <= {option.get("const") for option in silenced}
