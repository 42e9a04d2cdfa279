"""What a frame calls a category is one, whatever its categories are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_runs import make_registry

from automl import Pipeline
from automl.input_schema import infer_kind
from automl.predictor import Predictor


@pytest.mark.parametrize(
    "column",
    [
        pd.Categorical([1, 2, 1]),
        pd.Categorical([1, 2, 1], ordered=True),
        pd.Categorical([1.5, 2.5, None]),
        pd.Categorical(["1", "2", "1"]),
        pd.Categorical(["a", "b", "a"]),
        pd.Categorical([True, False, True]),
        pd.array(["1", "2", "1"], dtype="string[pyarrow]").astype("category"),
        pd.cut([1.0, 2.0, 3.0], 2),
    ],
)
def test_every_category_is_categorical(column: Any) -> None:
    assert infer_kind(pd.Series(column)) == "categorical"


def test_a_region_of_whole_numbers_becomes_levels_and_any_spelling_of_one_predicts_alike(tmp_path) -> None:
    amounts = {1: 10.0, 2: 50.0, 3: -20.0, 4: 0.0}
    region = np.random.default_rng(2).choice(list(amounts), size=120)
    table = pd.DataFrame({"region": region, "y": [amounts[key] for key in region]}).astype({"region": "category"})
    pipeline = (
        Pipeline("p", data={"path": table, "task": "regression"}, target="y", registry=make_registry())
        .stage("split", "toy.holdout", after="data")
        .stage("codes", "toy.dummies", after="split")
        .stage(
            "search", "search.network", after="codes", network="toy.net", objective="toy.error",
            budget={"trials": 1, "epochs": 400}, baselines=[], space={"rate": {"float": [0.3, 0.31]}},
        )
        .executor("in_process")
    )  # fmt: skip
    model = Predictor.load(pipeline.run(workspace=tmp_path).finished.bundle, make_registry())
    assert model.schema.kinds() == {"region": "categorical", "y": "numeric"}
    for column in (pd.Categorical([1, 2, 3, 4]), [1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0], ["1", "2", "3", "4"]):
        new = pd.DataFrame({"region": column})
        assert np.allclose(model.predict(new)["prediction"], list(amounts.values()), atol=0.5)
        assert np.allclose(model.predict(new.iloc[[1]])["prediction"], [50.0], atol=0.5)
