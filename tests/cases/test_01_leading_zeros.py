"""Codes with leading zeros are levels, in CSV, Parquet and frames; other digits are numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cell_runs import predicted, toy_folder, train

from automl.input_schema import infer_kind

AMOUNTS = {"0100": 0.0, "100": 50.0, "2200": 20.0, "3300": 30.0}


def branches() -> pd.DataFrame:
    branch = np.random.default_rng(1).choice(list(AMOUNTS), size=160)
    return pd.DataFrame({"branch": branch, "y": [AMOUNTS[code] for code in branch]})


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_code_that_differs_by_its_zero_only_is_another_level(tmp_path: Path, suffix: str) -> None:
    with toy_folder(tmp_path):
        table = branches()
        table.to_csv("t.csv", index=False)
        table.to_parquet("t.parquet", index=False)
        model = train(f"{{path: t.{suffix}, target: y, task: regression}}")
        assert model.schema.kinds()["branch"] == "categorical"
        new = pd.DataFrame({"branch": list(AMOUNTS)})
        assert np.allclose(model.predict(new)["prediction"], list(AMOUNTS.values()), atol=0.5)
        told = predicted(new.to_csv(index=False))
        assert np.allclose(told["prediction"].astype(float), list(AMOUNTS.values()), atol=0.5)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["0100", "100"], "categorical"),
        (["-007", "1"], "categorical"),
        (["00", "1"], "categorical"),
        (["0", "0.5", "-0.25", "10"], "numeric"),
        (["100", "2200"], "numeric"),
        (["1e5", "1.10"], "numeric"),
    ],
)
@pytest.mark.parametrize("dtype", ["str", "object", "string[pyarrow]"])
def test_what_is_a_code_and_what_a_number(cells: list[str], kind: str, dtype: str) -> None:
    assert infer_kind(pd.Series(cells, dtype=dtype)) == kind
