"""With a decimal comma a point is no decimal sign: it stands between thousands where the file says so, else refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cell_runs import PIPELINE, bundle, predicted, toy_folder, train
from toy_folder import automl

from automl.errors import PredictError
from automl.notation import Notation

INCOMES = np.random.default_rng(5).integers(500, 9000, size=120)


def german(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def write(target_grouped: bool = False) -> None:
    rows = pd.DataFrame(
        {"income": [german(n) for n in INCOMES], "price": [str(n / 2).replace(".", ",") for n in INCOMES]}
    )
    if target_grouped:
        rows["income"], rows["price"] = rows["price"], rows["income"]
    rows.to_csv("t.csv", sep=";", index=False)


@pytest.mark.parametrize("grouped", ["income", "price"])
def test_points_under_a_decimal_comma_are_refused_with_a_key_that_works(tmp_path: Path, grouped: str) -> None:
    with toy_folder(tmp_path):
        write(target_grouped=grouped == "price")
        data = "{path: t.csv, target: price, task: regression, with: {separator: ';', decimal: ','}}"
        Path("cells.yaml").write_text(PIPELINE.replace("DATA", data))
        for call in (["run", "cells.yaml"], ["check", "cells.yaml", "--data"]):
            done = automl(*call)
            assert done.exit_code != 0
            said = " ".join(done.output.split())
            assert f"column '{grouped}': line 2 holds '{german(INCOMES[0])}'" in said
            assert 'data: {with: {thousands: "."}}, or' in said
        model = train(data.replace("decimal: ','", "decimal: ',', thousands: '.'"))
        assert dict(model.schema.kinds()) == {"income": "numeric", "price": "numeric"}


def test_new_rows_are_read_as_the_training_table_and_what_is_no_number_there_is_named(tmp_path: Path) -> None:
    with toy_folder(tmp_path):
        write()
        model = train(
            "{path: t.csv, target: price, task: regression, with: {separator: ';', decimal: ',', thousands: '.'}}"
        )
        right = model.predict(pd.DataFrame({"income": [1599.0, 987.5]}))["prediction"]
        assert np.allclose(right, [799.5, 493.75], rtol=0.01)
        told = predicted("income\n1.599\n987,5\n")
        assert np.allclose(told["prediction"].astype(float), right)
        assert np.array_equal(model.predict(pd.DataFrame({"income": ["1.599", "987,5"]}))["prediction"], right)
        plain = model.predict(pd.DataFrame({"income": ["1599.0", "987.5"]}), notation=Notation())["prediction"]
        assert np.array_equal(plain, right)
        with pytest.raises(
            PredictError, match=r"column 'income': row 1 holds '1\.59', where a number with the decimal sign ','"
        ):
            model.predict(pd.DataFrame({"income": ["1.599", "1.59"]}))
        Path("bad.csv").write_text("income\n1.599\n98.75\n")
        failed = automl("predict", str(bundle()), "bad.csv")
        assert failed.exit_code == 1
        assert "column 'income': line 3 holds '98.75'" in failed.output


def test_only_whole_groups_of_three_digits_are_thousands() -> None:
    german_notation = Notation(",", ".")
    assert [german_notation.plain(text) for text in ("1.599", "1.599.000,5", "599", "-1.599", "0,5")] == [
        "1599", "1599000.5", "599", "-1599", "0.5",
    ]  # fmt: skip
    assert [german_notation.plain(text) for text in ("1.59", "1.5990", "15.99,1", "1..599", "0.599.1", "007")] == [
        None
    ] * 6
    assert Notation(".", "'").plain("1'599.5") == "1599.5"
    assert Notation(",", "\u202f").plain("1\u202f599,5") == "1599.5"
    assert Notation(",").plain("1.599") is None
