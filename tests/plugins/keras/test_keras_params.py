"""What a file may write for networks and the learner, read without any engine."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from automl.params import tuning_range
from automl.search.space import nested, parse_space
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP, Linear
from automl_keras.optimizers import OptimizerChoice
from automl_keras.schedules import ScheduleChoice

LIGHT = """
import sys
import automl_keras
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP, Linear
KerasLearner.Params(optimizer={"adamw": {"weight_decay": 1e-3}}, schedule="one_cycle").identity()
MLP.Params(widths=[8]), Linear.Params(), KerasLearner.Params.model_json_schema()
heavy = {"tensorflow", "keras", "pandas", "sklearn", "scipy", "optuna", "mlflow", "plotly"} & set(sys.modules)
assert not heavy, heavy
"""


def test_importing_the_components_imports_no_engine():
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=120)


@pytest.mark.parametrize("written", ["adamw", {"adamw": None}, {"adamw": {}}, {"adamw": {"weight_decay": 0.01}}])
def test_an_optimizer_is_a_name_or_a_mapping_with_one_key(written):
    params = KerasLearner.Params(optimizer=written)
    assert params.optimizer.name == "adamw"
    assert params.identity()["optimizer"]["adamw"]["weight_decay"] == 0.01
    assert KerasLearner.Params.model_validate(params.model_dump()) == params


def test_equal_optimizers_have_equal_identities_however_they_are_written():
    assert KerasLearner.Params().identity() == KerasLearner.Params(optimizer="adam", schedule="constant").identity()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("adamx", "did you mean 'adamax'"),
        ({"adam": {}, "sgd": {}}, "a mapping with one name as its key"),
        (3, "expected one name"),
        ({"adam": {"weight_decay": 0.1}}, "optimizer.adam.weight_decay\n  Extra inputs are not permitted"),
        ({"sgd": {"momentum": 1.0}}, "optimizer.sgd.momentum\n  Input should be less than 1"),
        ({"adam": {"learning_rate": -1}}, "optimizer.adam.learning_rate\n  Input should be greater than 0"),
    ],
)
def test_a_wrong_optimizer_says_what_was_expected_and_where(written, says):
    with pytest.raises(ValidationError) as caught:
        KerasLearner.Params(optimizer=written)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"depth": 0}, {"depth": 11}, {"activation": "rely"}, {"widths": []}, {"dropout": 1.0}, {"units": 3}]
)
def test_an_mlp_out_of_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        MLP.Params.model_validate(wrong)


def test_layers_follow_depth_and_width_or_the_list():
    assert MLP.Params(depth=3, width=10).layers() == (10, 10, 10)
    assert MLP.Params(depth=3, width=10, shape="pyramid").layers() == (10, 5, 2)
    assert MLP.Params(depth=3, widths=[7, 9]).layers() == (7, 9)


@pytest.mark.parametrize("kind", [OptimizerChoice, ScheduleChoice, MLP.Params, Linear.Params, KerasLearner.Params])
def test_every_parameter_is_described(kind):
    assert all(field.description for field in kind.model_fields.values())


@pytest.mark.parametrize("choice", [OptimizerChoice, ScheduleChoice])
def test_the_schema_offers_names_and_mappings(choice):
    schema = choice.model_json_schema()
    assert schema["anyOf"][0]["enum"] == list(choice.model_fields)
    for name in choice.model_fields:
        parameters = type(choice.model_validate(name).chosen)
        assert all(field.description for field in parameters.model_fields.values())


def test_the_default_space_gives_legal_parameters():
    """A search without a ``space`` tries every parameter that declares a range."""
    ranges = {
        params: {name: rng for name in params.model_fields if (rng := tuning_range(params, name)) is not None}
        for params in (MLP.Params, KerasLearner.Params)
    }
    assert not set(ranges[MLP.Params]) & set(KerasLearner.Params.model_fields)
    for params, raw in ranges.items():
        space = parse_space(raw)
        for number in range(50):
            params.model_validate(nested(space.complete(space.sample(1, number))))
    assert set(ranges[MLP.Params]) == {"depth", "width", "activation", "dropout", "batch_norm"}
    assert set(ranges[KerasLearner.Params]) == {"optimizer", "learning_rate", "schedule", "batch_size"}


@pytest.mark.parametrize("name", list(OptimizerChoice.model_fields))
def test_every_range_of_an_optimizer_is_legal(name):
    kind = type(OptimizerChoice.model_validate(name).chosen)
    raw = {field: tuning_range(kind, field) for field in kind.model_fields}
    space = parse_space(raw)
    for number in range(50):
        kind.model_validate(space.sample(3, number))
