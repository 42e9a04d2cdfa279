"""Codes that an Embedding has no row for are told, in training and in prediction; Keras would read another row."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypermodels_outputs as made
import numpy as np
import pandas as pd
import pytest
from keras_samples import REGRESSION, make_rows, open_training, train

from automl import codec
from automl.dataset import Rows
from automl.errors import PredictError, StageError
from automl.learning import Network, NetworkSpec, Trial
from automl_keras.fitted import NetworkFitted
from automl_keras.hypermodel_learner import HypermodelLearner
from automl_tabular.encode import OrdinalEncoder

LEVELS = 5


class Embedded(Network):
    """The last column is a code, in a model inside the model; the others are numbers."""

    id = "test.embedded"
    size = LEVELS

    def build(self, spec: NetworkSpec):
        import keras

        inputs = keras.Input((spec.inputs,))
        code = keras.Input((1,))
        looked = keras.Model(code, keras.layers.Flatten()(keras.layers.Embedding(self.size, 2, name="levels")(code)))
        joined = keras.layers.Concatenate()([inputs[:, :-1], looked(inputs[:, -1:])])
        return keras.Model(inputs, keras.layers.Dense(1)(joined))


class Roomy(Embedded):
    size = LEVELS + 1


def coded(codes: Any, n: int = 60) -> Rows:
    rows = make_rows(n=n)
    return dataclasses.replace(rows, frame=rows.frame.assign(c4=np.resize(np.asarray(codes, dtype=float), n)))


GOOD = coded(range(LEVELS))


@pytest.mark.parametrize("mode", ["xla", "graph", "fit"])
@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ([0, 1, -1], r"'c4' of the training rows gives .* the code -1 in row 11 \(20 such rows\), .*reserve"),
        ([0, 1, 7], r"the code 7 in row 11 .*its rows are 0 to 4: there is no such row; mend: .*at least 8"),
        ([0, 0.5], r"the code 0.5 in row 8 .*no whole number.*mend: leave the column out of scaling"),
    ],
    ids=["negative", "large", "scaled"],
)
def test_a_code_without_a_row_is_refused_before_training(mode: str, codes: list[float], says: str) -> None:
    with pytest.raises(StageError, match=says):
        open_training(network=Embedded(), train=coded(codes), params={"compile": mode})


def test_the_validation_rows_are_looked_at_too() -> None:
    with pytest.raises(StageError, match="column 'c4' of the validation rows gives"):
        open_training(network=Embedded(), train=GOOD, valid=coded([0, -1], n=10))


def test_prediction_names_column_and_row_and_a_gap_spoils_its_own_row_only() -> None:
    training = open_training(network=Embedded(), train=GOOD, valid=GOOD, params={"compile": "graph"})
    expected = train(training, 1)[-1].predicted
    fitted = NetworkFitted.from_state(codec.from_bytes(codec.to_bytes(training.finish().state())))
    whole = fitted.apply(GOOD.frame)
    np.testing.assert_array_equal(whole["prediction"], expected)
    unseen = GOOD.frame.copy()
    unseen.iloc[3, 3] = -1.0
    row = GOOD.frame.index[3]
    with pytest.raises(PredictError, match=rf"column 'c4' of these rows gives .* the code -1 in row {row}.*mend:"):
        fitted.apply(unseen)
    gaps = GOOD.frame.copy()
    gaps.iloc[3, 3] = np.nan
    predicted = fitted.apply(gaps)
    assert predicted.index[predicted["prediction"].isna()].tolist() == [row]
    pd.testing.assert_frame_equal(predicted.drop(row), whole.drop(row))
    assert fitted.apply(gaps.iloc[[3]])["prediction"].isna().all()


def test_the_mend_works() -> None:
    """Missing and unseen levels are 0 under ``reserve``, and the layer has a row for it."""
    rows = make_rows(n=60)
    text = pd.DataFrame({"c4": pd.Series([*"abcde", None] * 10, index=rows.frame.index, dtype="str")})
    encoder = OrdinalEncoder(OrdinalEncoder.Params(reserve=True)).fit(Rows(text, None, None, {"c4": "categorical"}))
    codes = encoder.apply(text)["c4"]
    assert codes.tolist()[:6] == [1.0, 2.0, 3.0, 4.0, 5.0, 0.0]
    training = open_training(network=Roomy(), train=coded(codes), params={"compile": "graph"})
    train(training, 1)
    fitted = training.finish()
    unseen = encoder.apply(text.assign(c4="never seen"))["c4"]
    assert fitted.apply(rows.frame.assign(c4=unseen))["prediction"].notna().all()


def test_a_hypermodel_is_looked_at_too() -> None:
    trial = Trial(REGRESSION, 7, 1, until=1, network=made.EmbeddedModel())
    with pytest.raises(StageError, match="column 'c4' of the training rows gives the layer 'codes' the code -1"):
        HypermodelLearner().open(trial, coded([0, -1]), None)
    training = HypermodelLearner().open(trial, GOOD, None)
    training.epoch()
    with pytest.raises(PredictError, match="column 'c4' of these rows gives"):
        training.finish().apply(coded([0, 9]).frame)
