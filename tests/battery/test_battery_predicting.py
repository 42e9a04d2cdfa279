"""The battery of odd inputs, 47 to 55: rows to predict."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from distributions import write_metadata
from odd_tables import N, cycle, table
from toy_folder import automl

from automl.errors import BundleError, PredictError
from automl.plugins import Registry
from automl.predictor import Predictor


@pytest.fixture
def model(bench) -> Predictor:
    bench.survives(table(), "stages.evaluate=null")
    return bench.model


def predict(bench, frame: pd.DataFrame) -> Result:
    """``automl predict`` on these rows as CSV."""
    frame.to_csv(bench.folder / "new.csv", index=False)
    return automl("predict", str(bench.bundle), "new.csv")


def test_47_an_unseen_level_survives_and_is_told(bench, model: Predictor) -> None:
    done = predict(bench, table().assign(b="never seen"))
    assert done.exit_code == 0
    assert "60 cells of 'b' hold levels that training did not have" in done.stderr


ENCODERS = {
    "acme.one_hot": ", with: {handle_unknown: ignore}",
    "acme.ordinal": ", with: {handle_unknown: use_encoded_value, unknown_value: -1}",
    "acme.means": "",
    "toy.dummies": "",
}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_47_unseen_levels_are_counted_whoever_encodes(bench, encoder: str) -> None:
    write_metadata(bench.folder.parent / "site", "acme-encoders", "1.0", {"acme": "adapted_encoders"})
    codes = f"stages.codes={{use: {encoder}, in: filled, columns: categorical{ENCODERS[encoder]}}}"
    bench.survives(table(), "stages.evaluate=null", codes)
    done = predict(bench, table(b=cycle("never seen", "u", "v", None)))
    assert done.exit_code == 0, done.output
    assert "15 cells of 'b' hold levels that training did not have: 'never seen' (15)" in done.stderr
    assert "levels" not in predict(bench, table()).stderr


def test_48_missing_columns_are_all_named(bench, model: Predictor) -> None:
    done = predict(bench, table()[["y"]])
    assert done.exit_code == 1
    assert "'a'" in done.stderr
    assert "'b'" in done.stderr


def test_49_extra_columns_survive(model: Predictor) -> None:
    assert model.predict(table(extra=1)).equals(model.predict(table()))


def test_50_the_order_of_columns_does_not_matter(model: Predictor) -> None:
    assert model.predict(table()[["y", "b", "a"]]).equals(model.predict(table()))


def test_51_numbers_may_come_as_whole_ones_or_as_texts(bench, model: Predictor) -> None:
    whole = table(a=np.arange(N))
    assert model.predict(whole).equals(model.predict(whole.astype({"a": "float64"})))
    assert model.predict(whole).equals(model.predict(whole.astype({"a": str})))
    wrong = whole.astype({"a": object})
    wrong.loc[7, "a"] = "seven"
    with pytest.raises(PredictError, match=r"'a'.*'seven'"):
        model.predict(wrong)
    done = predict(bench, wrong)
    assert done.exit_code == 1
    assert "line 9" in done.stderr  # the header is line 1
    assert "'seven'" in done.stderr


def test_52_one_row_and_no_row_survive(bench, model: Predictor) -> None:
    assert model.predict(table().head(1)).prediction[0] == model.predict(table()).prediction[0]
    assert len(model.predict(table().head(0))) == 0
    assert predict(bench, table().head(0)).stdout.strip() == "prediction"


def test_53_a_row_without_any_value_survives(model: Predictor) -> None:
    empty = pd.DataFrame({"a": [np.nan], "b": [None]})
    assert np.isfinite(model.predict(empty).prediction).all()


def test_54_an_infinite_cell_that_is_new_counts_as_missing(model: Predictor) -> None:
    rows = pd.DataFrame({"a": [np.inf, np.nan], "b": ["u", "u"]})
    first, second = model.predict(rows).prediction
    assert first == second


def test_55_a_fresh_process_in_another_folder_predicts_the_same(bench, model: Predictor, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    shutil.copy(bench.bundle, away / "model.automl")
    table().to_csv(away / "rows.csv", index=False)
    program = (
        f"import sys; sys.path[:0] = {[str(tmp_path / 'site'), *sys.path]!r}; from automl.cli import main; "
        "sys.argv = ['automl', 'predict', 'model.automl', 'rows.csv']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=away, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (away / "out.csv").write_text(done.stdout)
    here = model.predict(pd.read_csv(away / "rows.csv")).prediction
    assert np.array_equal(pd.read_csv(away / "out.csv").prediction, here)


@pytest.mark.parametrize("spoil", [lambda b: b[: len(b) // 2], lambda b: b[:100] + b"xx" + b[102:], lambda b: b""])
def test_55_a_bundle_cut_short_or_changed_is_refused(bench, model: Predictor, spoil) -> None:
    other = bench.folder / "spoilt.automl"
    other.write_bytes(spoil(bench.bundle.read_bytes()))
    with pytest.raises(BundleError):
        Predictor.load(other, Registry.load())
