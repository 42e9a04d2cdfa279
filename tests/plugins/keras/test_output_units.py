"""A network whose last activation bounds its outputs: trained in a unit that they reach, or refused with the reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import hypermodels_outputs as made
import numpy as np
import pandas as pd
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, train

from automl.dataset import Rows
from automl.errors import StageError
from automl.learning import Network, NetworkSpec, Task, Training, Trial
from automl_keras.hypermodel_learner import HypermodelLearner
from automl_keras.learner import KerasLearner
from automl_keras.output_ranges import output_ranges
from automl_keras.targets import TargetCode

PAIR = Task("regression", "a", more_targets=("b",))
FAST = {"learning_rate": 3e-2, "compile": "graph"}


def ending(end: Any, test_id: str = "test.ending") -> Network:
    """A hidden layer, then a dense layer with the activation ``end``, or whatever ``end(signal)`` makes."""

    class Ending(Network):
        id = test_id

        def build(self, spec: NetworkSpec):
            import keras

            inputs = keras.Input((spec.inputs,))
            hidden = keras.layers.Dense(16, "relu")(inputs)
            width = 1 if spec.task.kind == "binary" else spec.task.outputs
            if callable(end):
                return keras.Model(inputs, end(keras, hidden))
            return keras.Model(inputs, keras.layers.Dense(width, end)(hidden))

    return Ending()


def regression(shift: Callable[[pd.Series], pd.Series]) -> Rows:
    rows = make_rows(n=300)
    return dataclasses.replace(rows, target=shift(rows.target))


def explained(training: Training, rows: Rows, epochs: int = 25) -> float:
    train(training, epochs)
    predicted = training.finish().apply(rows.frame)["prediction"]
    return float(1.0 - ((predicted - rows.target) ** 2).mean() / rows.target.var(ddof=0))


POSITIVE = regression(lambda y: y - y.min())
ENDS = {
    "softplus": ("softplus", POSITIVE),
    "relu": ("relu", POSITIVE),
    "sigmoid": ("sigmoid", regression(lambda y: 50.0 * y)),
    "sigmoid_as_it_is": ("sigmoid", regression(lambda y: (y - y.min()) / (y.max() - y.min()))),
    "tanh": ("tanh", regression(lambda y: y)),
    "never_positive": ("log_sigmoid", regression(lambda y: y - y.max())),
    "elu": ("elu", regression(lambda y: y)),
    "layer": (lambda k, x: k.layers.Activation("softplus")(k.layers.Dense(1)(x)), POSITIVE),
    "rescaled": (lambda k, x: k.layers.Rescaling(9.0)(k.layers.Dense(1, "sigmoid")(x)), POSITIVE),
    "operation": (lambda k, x: k.ops.exp(k.layers.Dense(1)(x)), regression(lambda y: y - y.min() + 1.0)),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_target_is_learned_in_a_unit_that_the_outputs_reach(case: str) -> None:
    end, rows = ENDS[case]
    assert explained(open_training(network=ending(end), train=rows, params=FAST), rows) > 0.8


def test_so_it_is_in_model_fit() -> None:
    training = open_training(network=ending("softplus"), train=POSITIVE, params={**FAST, "compile": "fit"})
    assert explained(training, POSITIVE, 8) > 0.7
    assert (training.finish().apply(POSITIVE.frame)["prediction"] >= 0.0).all()


def test_each_of_several_targets_has_a_unit_of_its_own() -> None:
    """One output is never negative, the other anything."""
    rows = make_rows(n=300)
    target = pd.DataFrame({"a": rows.target - rows.target.min(), "b": -rows.target})
    pair = dataclasses.replace(rows, target=target)

    def two(k, x):
        return k.layers.Concatenate()([k.layers.Dense(1, "softplus")(x), k.layers.Dense(1)(x)])

    training = open_training(PAIR, network=ending(two), train=pair, params=FAST)
    train(training, 25)
    predicted = training.finish().apply(rows.frame).to_numpy()
    left = ((predicted - target.to_numpy()) ** 2).mean(axis=0) / target.to_numpy().var(axis=0)
    assert (left < 0.2).all()
    below = dataclasses.replace(rows, target=target[["b", "a"]].set_axis(["a", "b"], axis=1))
    with pytest.raises(StageError, match="never below 0, but target 'a' goes down to"):
        open_training(PAIR, network=ending(two), train=below)


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("softplus", r"'test.ending' ends in softplus, whose outputs are never below 0, but target 'y' goes down to -"),
        ("exponential", "ends in exponential, whose outputs are never below 0"),
        ("softmax", "ends in softmax, whose outputs are shares of 1, but target 'y'"),
        ("log_sigmoid", "never above 0, but target 'y' goes up to"),
    ],
)
def test_a_target_that_no_unit_brings_into_reach_is_refused_before_training(end: str, says: str) -> None:
    with pytest.raises(StageError, match=f"{says}.*mend: leave the activation"):
        open_training(network=ending(end), train=regression(lambda y: y - 1000.0))


@pytest.mark.parametrize(("task", "end"), [(BINARY, "sigmoid"), (MULTICLASS, "softmax")], ids=["binary", "multiclass"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_probabilities_are_trained_as_such(task: Task, end: str, smoothing: float) -> None:
    rows = make_rows(task, 300)
    training = open_training(task, network=ending(end), train=rows, params={**FAST, "label_smoothing": smoothing})
    train(training, 15)
    predicted = training.finish().apply(rows.frame).to_numpy()
    assert (predicted.argmax(axis=1) == task.codes(rows.target)).mean() > 0.8
    assert predicted.max() > 0.9  # a sigmoid of a sigmoid ends at 0.73
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize(("task", "end"), [(BINARY, "relu"), (BINARY, "tanh"), (MULTICLASS, "sigmoid")])
def test_what_are_neither_logits_nor_probabilities_is_refused(task: Task, end: str) -> None:
    with pytest.raises(StageError, match=rf"ends in {end}, .*neither logits nor probabilities of a {task.kind} task"):
        open_training(task, network=ending(end))


def test_ranges_come_from_the_layers_not_from_their_names() -> None:
    """Layers of an author's own, with weights that begin at zero."""
    for layer, low, high in ((made.OwnPositive, 0.0, np.inf), (made.OwnLinear, -np.inf, np.inf)):
        model = ending(lambda _, x, layer=layer: layer()(x)).build(NetworkSpec(4, REGRESSION, 0))
        (found,) = output_ranges(model)
        assert (found.low, found.high) == (low, high)


def test_outputs_that_are_all_zero_are_equal_shares() -> None:
    """As Keras 3.15 makes by a sparsemax of equal logits; gaps stay gaps."""
    code = TargetCode("multiclass", ("a", "b", "c"), outputs="probabilities")
    decoded = code.decode(np.array([[0.0, 0.0, 0.0], [0.0, 5.5, 5.5], [np.nan, 1.0, 0.0]]))
    np.testing.assert_allclose(decoded[:2], [[1 / 3] * 3, [0.0, 0.5, 0.5]])
    assert np.isnan(decoded[2, 0])


# Hypermodels


def hypermodel(name: str, task: Task, rows: Rows | None = None) -> Training:
    network = getattr(made, name)()
    rows = make_rows(task, 200) if rows is None else rows
    return HypermodelLearner().open(Trial(task, 7, 20, until=20, network=network), rows, None)


def scores(training: Training, task: Task) -> np.ndarray:
    train(training, 10)
    return training.finish().apply(make_rows(task, 200).frame).to_numpy()


@pytest.mark.parametrize("name", ["Sigmoids", "SigmoidLogits", "SoftplusShares"])
def test_probabilities_of_several_classes_are_normalised_as_the_loss_does(name: str) -> None:
    predicted = scores(hypermodel(name, MULTICLASS), MULTICLASS)
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0, atol=1e-12)
    assert predicted.min() >= 0.0
    assert (predicted.argmax(axis=1) == MULTICLASS.codes(make_rows(MULTICLASS, 200).target)).mean() > 0.7


def test_logits_of_one_sigmoid_a_class_are_no_logits_of_a_softmax() -> None:
    with_logits = scores(hypermodel("SigmoidLogits", MULTICLASS), MULTICLASS)
    np.testing.assert_allclose(with_logits, scores(hypermodel("Sigmoids", MULTICLASS), MULTICLASS), atol=0.02)


@pytest.mark.parametrize(
    ("name", "task", "says"),
    [
        ("LinearNoLogits", MULTICLASS, "ends in linear, whose outputs are any numbers.*makes no probabilities of them"),
        ("LinearSquares", MULTICLASS, "meansquarederror makes no probabilities of them; mend: softmax"),
        ("SoftmaxAsLogits", MULTICLASS, "ends in softmax, .*takes logits.*mend: leave the activation"),
        ("OneLinear", BINARY, "ends in linear, .*makes no probabilities of them; mend: sigmoid"),
    ],
)
def test_what_gives_no_probabilities_is_refused(name: str, task: Task, says: str) -> None:
    with pytest.raises(StageError, match=says):
        hypermodel(name, task)


def test_a_bounded_hypermodel_is_fitted_into_its_bounds_or_left_as_it_is() -> None:
    rows = regression(lambda y: 50.0 * y)
    assert explained(hypermodel("OneSigmoid", REGRESSION, rows), rows, 20) > 0.7
    with pytest.raises(StageError, match="whose outputs are never below 0, but target 'y' goes down to"):
        hypermodel("OneSoftplus", REGRESSION, regression(lambda y: y - 1000.0))


def test_a_model_that_is_connected_by_code_is_told() -> None:
    class Coded(Network):
        id = "test.coded"

        def build(self, spec: NetworkSpec):
            return made.Coded()

    with pytest.raises(StageError, match=r"'test.coded' is a Coded, whose layers are connected by code.*mend: build a"):
        KerasLearner().open(Trial(REGRESSION, 0, epochs=1, until=1, network=Coded()), make_rows(), None)
