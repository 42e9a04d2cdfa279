"""keras-tuner's hypermodels: the space that is found, what is trained, and what is told if it cannot be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypermodel_networks as offered
import numpy as np
import pandas as pd
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows

import automl
from automl import run as runs
from automl.errors import AutoMLError, ConstraintError, PlanError, PluginError, SearchError, StageError
from automl.learning import Network, Task, Training, Trial
from automl.model import SearchResult
from automl.pipeline_file import load
from automl.plugins import Plugin, Registry
from automl.search.configuration import ModelSpace
from automl.search.domains import Choice, Float, Int, Ordered
from automl_keras.fitted import NetworkFitted
from automl_keras.hypermodel_space import dimension_name, hyperparameter_name

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry.load(third_party=False)
    found.register(offered, Plugin("hyper", "hypermodel_networks", "automl-hyper", "1.0"))
    assert not found.set_aside
    return found


def conditions(network: type[Network]) -> dict[str, list[str]]:
    return {d.name: [str(c) for c in d.conditions] for d in network.space()}


# The space


def test_nothing_is_imported_before_the_space_is_asked_for() -> None:
    code = (
        "import sys, hypermodel_networks as n; from automl.plugins import Registry;"
        "assert n.GettingStarted.learner == 'keras_hypermodel';"
        "assert not {'tensorflow', 'keras', 'keras_tuner', 'hypermodels'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE)


def test_a_loop_over_layers_is_found_with_all_of_them() -> None:
    domains = {d.name: d.domain for d in offered.GettingStarted.space()}
    assert domains == {
        "num_layers": Int(1, 3),
        "units_0": Int(4, 16, step=4),
        "units_1": Int(4, 16, step=4),
        "units_2": Int(4, 16, step=4),
        "activation": Choice(("relu", "tanh")),
        "dropout": Choice((False, True)),
        "lr": Float(1e-3, 1e-1, log=True),
    }


def test_conditional_scopes_nest_and_take_several_values() -> None:
    space = offered.Conditional.space()
    assert conditions(offered.Conditional) == {
        "model_type": [],
        "activation": ["model_type is mlp or deep"],
        "units": ["model_type is mlp"],
        "norm": ["model_type is deep"],
        "norm%2Emomentum": ["model_type is deep", "norm is batch"],
        "units%#2": ["model_type is deep"],
        "l2": ["model_type is linear"],
    }
    domains = {d.name: d.domain for d in space}
    assert domains["units"] == Ordered((4, 8, 16, 32))
    assert domains["units%#2"] == Int(2, 8)
    assert [d.name for d in space.fixed] == ["kind"]
    # linear; mlp: 2 activations x 4; deep: 2 x 7 x (none, or batch x 5 momenta)
    assert space.combinations() == (1 + 2 * 4 + 2 * 7 * (1 + 5), 1)


def test_what_fit_asks_for_is_found() -> None:
    assert set(conditions(offered.TuneTraining)) == {"units", "shuffle", "batch_size"}
    assert set(conditions(offered.TrainingLoop)) == {"units", "batch_size", "learning_rate"}


@pytest.mark.parametrize("name", ["a.b", "50%", "%2E", "a%.b", "plain", "a/b c"])
def test_names_are_escaped_reversibly(name: str) -> None:
    for count in (1, 2, 13):
        assert "." not in dimension_name(name, count)
        assert hyperparameter_name(dimension_name(name, count)) == name


def test_a_declared_space_overrides_and_fixes_by_name(registry: Registry) -> None:
    declared = {"model_type": ["mlp", "deep"], "norm": "none", "units": 8, "batch_size": 64}
    model = ModelSpace("hyper.conditional", declared, {}, {}, registry)
    assert [d.name for d in model.space] == ["model_type", "activation", "units%#2"]
    values = model.space.complete(model.space.read({"model_type": "mlp"}))
    assert values == {"model_type": "mlp", "activation": "tanh", "units": 8, "kind": "table", "batch_size": 64}
    learner, network = model.parameters(values)
    assert learner == {"batch_size": 64}
    assert network["units"] == 8
    with pytest.raises(PlanError, match="has no dimension 'unit'; did you mean 'units'"):
        ModelSpace("hyper.conditional", {"unit": 8}, {}, {}, registry)


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        (offered.Nothing, PlanError, r"build\(hp\) returned int, expected a keras.Model"),
        (offered.SaidEpochwise, PlanError, r"its fit makes its own optimizer.*epochwise=False"),
        (offered.Missing, PluginError, "cannot make hypermodels:build_missing"),
    ],
)
def test_a_hypermodel_that_cannot_be_searched_is_told(
    network: type[Network], error: type[AutoMLError], message: str
) -> None:
    with pytest.raises(error, match=message):
        network.space()


# One training


def open_training(
    kind: type[Network], task: Task, values: dict[str, Any], epochs: int = 4, weighted: bool = False, **more: Any
) -> Training:
    found = Registry.load(third_party=False)
    learner = found.get("learners", kind.learner)
    network = kind(kind.Params.model_validate(values))
    trial = Trial(task, 7, epochs, until=epochs, network=network, **more)
    return learner().open(trial, make_rows(task, 90, weighted=weighted), make_rows(task, 40, seed=1, weighted=weighted))


CASES = {
    "compiled": (offered.GettingStarted, MULTICLASS, {"num_layers": 1, "units_0": 8, "lr": 0.03, "dropout": True}),
    "schedule": (offered.Conditional, BINARY, {"model_type": "linear", "l2": 0.01}),
    "own_loss": (offered.OwnLoss, REGRESSION, {"units": 4}),
    "own_fit": (offered.TuneTraining, REGRESSION, {"units": 8, "shuffle": True, "batch_size": 32}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_training_goes_on_from_its_state_as_if_never_stopped(case: str) -> None:
    kind, task, values = CASES[case]
    through = open_training(kind, task, values)
    straight = [through.epoch() for _ in range(3)]
    first = open_training(kind, task, values)
    first.epoch()
    first.mark()
    state = dict(first.state())
    second = open_training(kind, task, values)
    second.restore(state)
    for expected in straight[1:]:
        found = second.epoch()
        np.testing.assert_allclose(found.predicted, expected.predicted, rtol=1e-5, atol=1e-6)
    fitted = second.finish()
    again = NetworkFitted.from_state(fitted.state())
    frame = make_rows(task, 20, seed=3).frame
    pd.testing.assert_frame_equal(again.apply(frame), fitted.apply(frame))


@pytest.mark.parametrize("case", CASES)
def test_weights_of_rows_change_what_is_learned(case: str) -> None:
    kind, task, values = CASES[case]
    plain, weighted = (open_training(kind, task, values, weighted=given).epoch() for given in (False, True))
    assert not np.array_equal(plain.predicted, weighted.predicted)


def test_weights_that_fit_does_not_take_are_told() -> None:
    values = {"units": 2}
    assert open_training(offered.Weightless, REGRESSION, values).epoch().predicted is not None
    with pytest.raises(StageError, match="rows have weights, and its fit takes no sample_weight; mend: add"):
        open_training(offered.Weightless, REGRESSION, values, weighted=True).epoch()


def test_learning_rate_and_decay_compile_nothing_anew() -> None:
    kind, task, values = CASES["compiled"]
    one, other = open_training(kind, task, values), open_training(kind, task, {**values, "lr": 0.001})
    assert one._program is other._program  # type: ignore[attr-defined]
    assert one.epoch().metrics["learning_rate"] == pytest.approx(0.03)
    assert other.epoch().metrics["learning_rate"] == pytest.approx(0.001)


def test_probabilities_and_logits_are_read_as_they_are() -> None:
    for kind, task, values in (CASES["compiled"], CASES["schedule"]):
        predicted = open_training(kind, task, values).epoch().predicted
        assert predicted is not None
        assert predicted.shape == (40, task.outputs)
        np.testing.assert_allclose(predicted.sum(axis=1), 1.0, atol=1e-6)
    loop = open_training(offered.TrainingLoop, MULTICLASS, {"units": 8, "batch_size": 16, "learning_rate": 0.01})
    predicted = loop.epoch().predicted
    assert predicted is not None
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0, atol=1e-6)


def test_a_loss_keeps_the_number_that_its_configuration_forgets() -> None:
    import hypermodels
    import keras
    import keras_tuner

    from automl_keras.hypermodel_compiled import StockLoss

    hp = keras_tuner.HyperParameters()
    forgetful = hypermodels.build_huber(hp).loss
    spec = StockLoss.of(forgetful)
    target, outputs = np.array([[9.0]]), np.array([[1.0]])
    assert spec is None or float(spec.build({}, "sum")(target, outputs)) == float(forgetful(target, outputs))
    assert StockLoss.of(keras.losses.MeanSquaredError()) is not None


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (offered.ManyOutputs, r"puts out \(None, 7\), expected \(None, 1\) for a regression task of y"),
        (offered.UnknownLoss, "the loss 'mean_sqared_error', which is none of Keras'"),
        (offered.Uncompiled, r"is not compiled, so there is neither an optimizer nor a loss"),
    ],
)
def test_a_model_that_does_not_fit_is_told(kind: type[Network], message: str) -> None:
    with pytest.raises(StageError, match=message):
        open_training(kind, REGRESSION, {"units": 2})


def test_the_bound_on_parameters_holds() -> None:
    with pytest.raises(ConstraintError, match="learns 49 numbers"):
        open_training(offered.TuneTraining, REGRESSION, {"units": 8}, most_parameters=10)


# Searches

PIPELINE = """
version: 1
name: hyper
seed: 5
data: {{path: table.csv, target: y, roles: {roles}}}
stages:
  split: {split}
  scaled: {{use: scale.standard, in: split, columns: numeric}}
  search:
    use: search.network
    in: scaled
    with:
      network: {network}
      tuner: {tuner}
      budget: {{trials: {trials}, epochs: 4}}
      baselines: []
      final: {final}
run: {{executor: {{use: in_process}}}}
track: []
"""

ONE_SPLIT = {
    "split": "{use: split.random, in: data, with: {test: 0.2, valid: 0.3}}",
    "final": "best",
    "roles": "{}",
}
FOLDS = {
    "split": "{use: split.kfold, in: data, with: {test: 0.2, folds: 2}}",
    "final": "refit",
    "roles": "{weight: w}",
}
"""Of weighted rows; the last training is on all of them and has nothing to validate on."""


def searched(
    registry: Registry,
    network: str,
    task: Task,
    tuner: str,
    folder: Path,
    trials: int = 3,
    splitting: Mapping[str, str] = ONE_SPLIT,
) -> tuple[SearchResult, pd.DataFrame, pd.DataFrame]:
    """The search's result, and the finished model's predictions for raw rows, with these rows."""
    rows = make_rows(task, 120, weighted=splitting is FOLDS)
    table = rows.frame.assign(y=rows.target)
    weights = {} if rows.weight is None else {"w": rows.weight}
    table.assign(**weights).to_csv(folder / "table.csv", index=False)
    (folder / "pipeline.yaml").write_text(PIPELINE.format(network=network, tuner=tuner, trials=trials, **splitting))
    declared = load(folder / "pipeline.yaml", registry)
    finished = runs.run(declared, registry, workspace=folder / ".automl").finished
    assert finished.search is not None
    raw = table.drop(columns="y")
    return finished.search, automl.load(str(finished.bundle)).predict(raw), raw


EXAMPLES = [
    ("hyper.getting_started", MULTICLASS, "hyperband", FOLDS),
    ("hyper.tune_training", REGRESSION, "bayesian", ONE_SPLIT),
    ("hyper.training_loop", MULTICLASS, "random", FOLDS),
    ("hyper.training_loop", MULTICLASS, "random", ONE_SPLIT),
    ("hyper.conditional", BINARY, "hyperband", ONE_SPLIT),
]


@pytest.mark.parametrize(("network", "task", "tuner", "splitting"), EXAMPLES)
def test_keras_tuners_examples_run_in_a_search(
    network: str,
    task: Task,
    tuner: str,
    splitting: Mapping[str, str],
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result, predicted, raw = searched(registry, network, task, tuner, tmp_path, splitting=splitting)
    assert [trial.status for trial in result.trials] == ["finished"] * 3, [trial.error for trial in result.trials]
    assert all(trial.score is not None and np.isfinite(trial.score) for trial in result.trials)
    assert len(predicted) == len(raw)
    assert not predicted.isna().any().any()


def test_a_trial_that_raises_fails_and_the_search_goes_on(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result, _, _ = searched(registry, "hyper.choosy", REGRESSION, "random", tmp_path, trials=6)
    failed = [trial for trial in result.trials if trial.status == "failed"]
    assert len(result.trials) == 6
    assert 0 < len(failed) < 6
    assert all(trial.parameters["broken"] and "cannot be broken" in str(trial.error) for trial in failed)


def test_outputs_of_another_task_fail_the_search(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SearchError, match=r"all 3 trials failed; the first: t1: .*puts out \(None, 7\)"):
        searched(registry, "hyper.many_outputs", REGRESSION, "random", tmp_path)
