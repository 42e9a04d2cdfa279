"""A parameter that is one of several named things: what a file may write for it, and what comes of that."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automl.alternatives import Alternatives
from automl.described import described
from automl.params import Params, param
from automl.search.configuration import in_words
from automl.search.space import nested, parse_space


class Adam(Params):
    rate: float = param(0.001, description="Step size.", gt=0.0)
    log: str = param("log.txt", description="Where it writes.", identity=False)


class Sgd(Params):
    momentum: float = param(0.9, description="Share of the last step.", ge=0.0, lt=1.0)


class Optimizer(Alternatives):
    """How the weights follow the gradients."""

    adam: Adam | None = param(None, description="Adam.")
    sgd: Sgd | None = param(None, description="Gradient descent.")


class Learner(Params):
    optimizer: Optimizer = param(Optimizer(adam=Adam()), description="Which optimizer.")


@pytest.mark.parametrize(
    "written", ["sgd", {"sgd": None}, {"sgd": {}}, {"sgd": {"momentum": 0.9}}, {"sgd": Sgd()}, Optimizer(sgd=Sgd())]
)
def test_a_name_or_a_mapping_with_one_key_is_the_choice(written: Any) -> None:
    params = Learner(optimizer=written)
    assert params.optimizer.name == "sgd"
    assert params.optimizer.chosen == Sgd(momentum=0.9)
    assert params.model_dump() == {"optimizer": {"sgd": {"momentum": 0.9}}}
    assert Learner.model_validate(params.model_dump()) == params
    assert Learner.model_validate_json(params.model_dump_json()) == params


def test_the_default_is_a_choice_with_its_own_defaults_and_what_is_no_identity_stays_out() -> None:
    assert Learner().optimizer.chosen.rate == 0.001
    assert Learner().identity() == {"optimizer": {"adam": {"rate": 0.001}}}
    assert Learner(optimizer={"adam": {"log": "other.txt"}}).identity() == Learner().identity()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("adamm", r"no 'adamm' here; did you mean 'adam'"),
        ("lion", r"no 'lion' here; expected one of adam, sgd"),
        ({"adam": {}, "sgd": {}}, "expected one name, or a mapping with one name as its key, found {'adam': {}"),
        ({}, "expected one name, or a mapping with one name as its key, found {}"),
        (None, "expected one name, or a mapping with one name as its key, found None"),
        ({"sgd": {"momentum": 1.0}}, r"optimizer.sgd.momentum\n  Input should be less than 1"),
        ({"sgd": {"rate": 1.0}}, r"optimizer.sgd.rate\n  Extra inputs are not permitted"),
        ({"sgd": 3}, r"optimizer.sgd\n"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected_and_where(written: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Learner(optimizer=written)


def test_the_schema_takes_a_name_or_a_mapping_with_one_key() -> None:
    schema = Learner.model_json_schema()
    names, mapping = schema["$defs"]["Optimizer"]["anyOf"]
    assert names == {"enum": ["adam", "sgd"]}
    assert (mapping["minProperties"], mapping["maxProperties"]) == (1, 1)
    assert set(mapping["properties"]) == {"adam", "sgd"}
    assert mapping["additionalProperties"] is False


def test_it_is_described_with_the_parameters_of_each() -> None:
    rows = {row.name: row for row in described(Learner)}
    assert list(rows) == [
        "optimizer", "optimizer.adam", "optimizer.adam.rate", "optimizer.adam.log", "optimizer.sgd",
        "optimizer.sgd.momentum",
    ]  # fmt: skip
    assert rows["optimizer"].type == "adam, sgd or mapping"
    assert rows["optimizer.sgd"].meaning == "Gradient descent."


def test_a_search_space_with_one_of_leads_to_it() -> None:
    space = parse_space({"optimizer": {"one_of": {"adam": {}, "sgd": {"momentum": {"float": [0.5, 0.9]}}}}})
    for values in space.probes():
        params = Learner.model_validate(nested(values))
        assert params.optimizer.name == values["optimizer"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"adam": {"raet": 1.0}}, "'optimizer.adam.raet'; expected one of rate, log; did you mean 'rate'?"),
        ({"sgd": {"rate": 1.0}}, "'optimizer.sgd.rate'; expected one of momentum"),
    ],
)
def test_an_unknown_parameter_of_a_choice_in_a_space_is_told(written: Any, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Learner(optimizer=written)
    (error,) = caught.value.errors(include_url=False)
    assert in_words(error, Learner) == f"there is no parameter {says}"
