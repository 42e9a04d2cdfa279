"""Hypermodels trained by ``fit``: what is scored is what is kept, and kept is what another process can load."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypermodel_networks import TrainingLoop, Weightless
from keras_samples import MULTICLASS, REGRESSION, make_rows, open_training, train

from automl import codec
from automl.dataset import Rows
from automl.errors import BundleError
from automl.learning import Epoch, Network, Task, Training, Trial
from automl.plugins import Registry
from automl_keras.fitted import NetworkFitted
from automl_keras.hypermodel import network_from_hypermodel

HERE = Path(__file__).parent
PREDICT = """
import importlib, sys, numpy as np, pandas as pd
from pathlib import Path
from automl import codec
from automl_keras.fitted import NetworkFitted
folder = Path(sys.argv[1])
fitted = NetworkFitted.from_state(codec.from_bytes((folder / "model").read_bytes()))
for module in fitted.modules():
    importlib.import_module(module)
np.save(folder / "predicted.npy", fitted.apply(pd.read_parquet(folder / "rows")).to_numpy())
"""


def network(name: str, epochwise: bool = True) -> type[Network]:
    return network_from_hypermodel(f"hypermodels_fit:{name}", f"fit.{name.lower()}", epochwise=epochwise)


def opened(
    kind: type[Network],
    values: dict[str, Any] | None = None,
    rows: Rows | None = None,
    epochs: int = 3,
    task: Task = REGRESSION,
) -> Training:
    learner = Registry.load(third_party=False).get("learners", kind.learner)
    trial = Trial(task, 7, epochs, until=epochs, network=kind(kind.Params.model_validate(values or {})))
    return learner().open(trial, make_rows(task, 90) if rows is None else rows, make_rows(task, 40, seed=1))


def shifted(n: int = 90, seed: int = 0) -> Rows:
    rows = make_rows(n=n, seed=seed)
    return Rows(rows.frame * 3 + 5, rows.target, None, rows.kinds)


def kept_as_scored(training: Training, last: Epoch) -> bool:
    """Whether the finished model, stored and loaded, predicts what the last epoch did, bit for bit."""
    fitted = NetworkFitted.from_state(codec.from_bytes(codec.to_bytes(training.finish().state())))
    return np.array_equal(fitted.apply(make_rows(n=40, seed=1).frame).to_numpy().ravel(), np.ravel(last.predicted))


# What layers compute by besides their weights


@pytest.mark.parametrize("name", ["Adapting", "build_adapted"])
def test_adapted_layers_are_kept_as_they_were_scored(name: str) -> None:
    training = opened(network(name), rows=shifted())
    assert kept_as_scored(training, training.epoch())
    again = opened(network(name), rows=shifted())
    again.restore(dict(training.state()))
    assert kept_as_scored(again, again.epoch())


@pytest.mark.parametrize("name", ["build_whole_numbers", "build_whole_numbers_own_loss", "build_mixed", "build_double"])
def test_inputs_and_layers_of_any_dtype_are_scored_and_kept(name: str) -> None:
    training = opened(network(name))
    assert kept_as_scored(training, train(training, 2)[-1])


# Averaged weights


def test_averaging_gives_one_model_however_epochs_run() -> None:
    ended = {}
    for mode in ("graph", "fit"):
        params = {"ema": 0.9, "precision": "float64", "optimizer": "sgd", "compile": mode}
        training = open_training(params=params, valid=make_rows(n=30, seed=5))
        losses = [epoch.metrics["valid_loss"] for epoch in train(training, 3)]
        assert training.mode == mode
        ended[mode] = losses, training.finish().weights
    np.testing.assert_allclose(ended["fit"][0], ended["graph"][0], rtol=1e-9)
    for found, expected in zip(ended["fit"][1], ended["graph"][1], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_epochs_of_an_own_fit_with_averages_are_those_of_one_call() -> None:
    kind = network("Averaged")
    first, second, whole = opened(kind), opened(kind), opened(kind)
    model, rows = whole._model, whole._train
    model.fit(rows.features, rows.target, batch_size=32, epochs=3, shuffle=False, verbose=0)

    first.epoch()
    second.restore(codec.from_bytes(codec.to_bytes(dict(first.state()))))
    assert kept_as_scored(second, train(second, 2)[-1])
    for found, expected in zip(second.finish().weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_averages_in_model_fit_leave_the_weights_that_go_on() -> None:
    training = opened(network("build_averaged"))
    last = train(training, 2)[-1]
    training.mark()
    assert kept_as_scored(training, last)
    live = training.state()["live"]
    assert any(not np.array_equal(a, b) for a, b in zip(live, training.finish().weights, strict=True))


@pytest.mark.parametrize(("name", "epochwise"), [("AveragedLoop", True), ("Averaged", False)])
def test_what_a_loop_or_a_whole_training_leaves_is_left(name: str, epochwise: bool) -> None:
    training = opened(network(name, epochwise))
    train(training, 2 if epochwise else 1)
    assert training.state()["live"] is None


# What fit is given


def test_the_hyperparameter_batch_size_holds_where_only_the_loss_is_own() -> None:
    training = opened(network("build_batched"), {"batch_size": 4}, epochs=1)
    training.epoch()
    assert int(training._model.optimizer.iterations.numpy()) == 23


def test_one_weight_for_all_rows_is_no_weight() -> None:
    rows = make_rows(n=90)
    constant = Rows(rows.frame, rows.target, pd.Series(0.1, index=rows.frame.index), rows.kinds)
    plain, weighted = (opened(Weightless, {"units": 2}, given).epoch() for given in (rows, constant))
    assert np.array_equal(plain.predicted, weighted.predicted)


def test_a_loop_with_its_own_batches_is_not_offered_one() -> None:
    values = {"units": 8, "batch_size": 16, "learning_rate": 0.01}
    training = opened(TrainingLoop, values, make_rows(MULTICLASS, 90), task=MULTICLASS)
    assert training._offered == {}


# Code that is not Keras' own


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "build_unregistered",
            r"^network '[\w.]*build_unregistered': it uses .*Unregistered, .* not registered; mend: register it",
        ),
        (
            "build_lambda",
            r"^network '[\w.]*build_lambda': it has a lambda function, .*mend: write a layer or a function with a name",
        ),
    ],
)
def test_code_that_could_not_be_kept_is_told_before_it_is_trained(name: str, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        opened(network(name))


def test_registered_code_is_found_by_a_process_that_has_built_nothing(tmp_path: Path) -> None:
    frame = make_rows(n=20, seed=3).frame
    frame.to_parquet(tmp_path / "rows")
    fitted = opened(network("build_registered")).finish()
    (tmp_path / "model").write_bytes(codec.to_bytes(fitted.state()))
    subprocess.run([sys.executable, "-c", PREDICT, str(tmp_path)], check=True, timeout=300, cwd=HERE)
    assert np.array_equal(np.load(tmp_path / "predicted.npy"), fitted.apply(frame).to_numpy())


def test_a_name_that_its_module_registers_no_more_is_told() -> None:
    fitted = opened(network("build_registered")).finish()
    module = "hypermodels_fit"
    assert fitted.registered == {"automl_fit_test>Twice": module, "automl_fit_test>cubed": module}
    assert list(fitted.modules()) == [module]
    gone = dataclasses.replace(
        fitted,
        architecture=fitted.architecture.replace("Twice", "Gone"),
        registered={"automl_fit_test>Gone": module},
    )
    with pytest.raises(BundleError, match=r"'automl_fit_test>Gone', and hypermodels_fit, .* no more; mend: install"):
        gone.apply(make_rows(n=3).frame)


@pytest.mark.parametrize(
    ("registered", "message"),
    [
        ({}, r"the stored network uses .*(Twice|cubed)"),
        (
            {"automl_fit_test>Twice": "elsewhere", "automl_fit_test>cubed": "hypermodels_fit"},
            "hypermodels_fit registers",
        ),
    ],
)
def test_code_of_other_modules_than_those_declared_is_refused(registered: dict[str, str], message: str) -> None:
    fitted = opened(network("build_registered")).finish()
    with pytest.raises(BundleError, match=message):
        dataclasses.replace(fitted, registered=registered).apply(make_rows(n=3).frame)


def test_models_from_before_modules_were_kept_load() -> None:
    training = opened(network("build_mixed"))
    last = training.epoch()
    state = training.finish().state()
    assert state.pop("registered") == {}
    found = NetworkFitted.from_state(state).apply(make_rows(n=40, seed=1).frame)
    assert np.array_equal(found.to_numpy().ravel(), np.ravel(last.predicted))
