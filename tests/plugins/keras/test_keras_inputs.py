"""Rows and combinations that cannot be trained on are told before the first epoch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train

from automl.dataset import Rows
from automl.errors import StageError
from automl.learning import Network, NetworkSpec, Task, Trial
from automl_keras.learner import KerasLearner


def with_value(value: float) -> Rows:
    rows = make_rows()
    frame = rows.frame.copy()
    frame.iloc[3, 2] = value
    return dataclasses.replace(rows, frame=frame)


@pytest.mark.parametrize(
    ("value", "says"), [(np.nan, "1 missing values"), (np.inf, "infinite values"), (1e300, "beyond float32")]
)
@pytest.mark.parametrize("part", ["training", "validation"])
def test_a_value_that_is_no_finite_number_names_its_column_and_the_mend(value, says, part):
    rows = {"train": with_value(value)} if part == "training" else {"valid": with_value(value)}
    with pytest.raises(StageError, match=f"column 'c3' has .*{says}.* in the {part} rows.*mend:"):
        open_training(**rows)


def test_a_column_of_labels_is_refused():
    rows = make_rows()
    kinds = {**rows.kinds, "c2": "categorical"}
    labels = Rows(rows.frame.assign(c2="x"), rows.target, None, kinds)
    with pytest.raises(StageError, match="'c2' is categorical"):
        open_training(train=labels)


def test_no_rows_and_no_columns_are_refused():
    rows = make_rows()
    with pytest.raises(StageError, match="0 training rows"):
        open_training(train=Rows(rows.frame.iloc[:0], rows.target.iloc[:0], None, rows.kinds))
    with pytest.raises(StageError, match="0 feature columns"):
        open_training(train=Rows(rows.frame[[]], rows.target, None, {}))


def test_a_target_that_is_not_finite_is_refused():
    rows = make_rows()
    target = rows.target.copy()
    target.iloc[0] = np.nan
    with pytest.raises(StageError, match="target 'y' has 1 missing"):
        open_training(train=dataclasses.replace(rows, target=target))


def test_a_label_of_no_class_is_refused():
    with pytest.raises(StageError, match="has the label 'c', expected one of"):
        open_training(Task("multiclass", "y", ("a", "b", "d")), train=make_rows(MULTICLASS))


@pytest.mark.parametrize("weight", [-1.0, np.nan, 0.0])
def test_weights_that_mean_nothing_are_refused(weight):
    rows = make_rows()
    weights = pd.Series(weight, index=rows.frame.index)
    with pytest.raises(StageError, match="weights of the training rows"):
        open_training(train=dataclasses.replace(rows, weight=weights))


@pytest.mark.parametrize(("task", "loss"), [(REGRESSION, "cross_entropy"), (BINARY, "mse"), (MULTICLASS, "huber")])
def test_a_loss_of_another_task_is_refused(task, loss):
    with pytest.raises(StageError, match=r"does not fit a .* task; mend: loss: auto, or "):
        open_training(task, params={"loss": loss})


def test_no_network_is_refused():
    with pytest.raises(StageError, match="was given no network"):
        KerasLearner().open(Trial(REGRESSION, 0, epochs=1, until=1), make_rows(), None)


class TwoOutputs(Network):
    id = "test.two_outputs"

    def build(self, spec: NetworkSpec):
        import keras

        inputs = keras.Input((spec.inputs,))
        return keras.Model(inputs, keras.layers.Dense(2)(inputs))


def test_a_network_of_another_shape_is_refused():
    with pytest.raises(StageError, match=r"'test.two_outputs' maps \(None, 4\) to \(None, 2\)"):
        open_training(network=TwoOutputs())


@pytest.mark.parametrize("n", [1, 2, 33])
def test_few_rows_train(n):
    training = open_training(train=make_rows(n=n), network=small(batch_norm=True), params={"compile": "graph"})
    assert np.isfinite(train(training, 2)[-1].metrics["loss"])


def test_a_constant_target_is_predicted():
    rows = make_rows()
    constant = dataclasses.replace(rows, target=pd.Series(1e6, index=rows.frame.index))
    training = open_training(train=constant, params={"learning_rate": 1e-2})
    train(training, 6)
    np.testing.assert_allclose(training.finish().apply(rows.frame)["prediction"], 1e6, atol=2.0)
