"""Frames as people have them: an index that is a column, doubled rows, odd names, mixed types."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_runs import make_registry

from automl import Pipeline
from automl.errors import DataError, PredictError
from automl.events import AdviceGiven
from automl.frames import HeldFrame
from automl.predictor import Predictor
from automl.testing.observers import RecordingObserver

REGISTRY = make_registry()


def fit(table: pd.DataFrame, work: Path, target: str = "y") -> tuple[Predictor, RecordingObserver]:
    observer = RecordingObserver()
    pipeline = (
        Pipeline("p", data=table, target=target, registry=REGISTRY)
        .stage("split", "toy.holdout", after="data")
        .stage("filled", "impute.simple", after="split")
        .stage("codes", "encode.one_hot", after="filled")
        .stage(
            "search", "search.network", after="codes", network="toy.net", objective="toy.error",
            budget={"trials": 1, "epochs": 5}, baselines=[], space={"rate": {"float": [0.01, 0.02]}},
        )
        .executor("in_process")
    )  # fmt: skip
    finished = pipeline.run(workspace=work, observers=[observer]).finished
    return Predictor.load(finished.bundle, REGISTRY), observer


def rows(n: int = 60) -> pd.DataFrame:
    draw = np.random.default_rng(6)
    return pd.DataFrame({"customer": [f"c{i}" for i in range(n)], "x": draw.normal(size=n), "y": draw.normal(size=n)})


def test_an_index_that_repeats_a_column_is_left_out_and_one_that_contradicts_it_is_refused() -> None:
    table = rows().set_index("customer", drop=False)
    assert HeldFrame(table).header().columns == ("customer", "x", "y")
    assert HeldFrame(table) == HeldFrame(rows())
    several = table.assign(part="a").set_index(["part", "x"], drop=False)
    assert HeldFrame(several).header().columns == ("customer", "x", "y", "part")
    wrong = table.assign(customer=table["customer"].to_numpy()[::-1])
    with pytest.raises(DataError, match=r"index and a column that are both called 'customer'.*mend: ") as caught:
        HeldFrame(wrong)
    assert "frame.reset_index(level='customer', drop=True)" in str(caught.value)
    assert HeldFrame(wrong.reset_index(level="customer", drop=True)).header().columns == ("customer", "x", "y")
    assert HeldFrame(wrong.rename_axis(index={"customer": "other"})).header().columns[0] == "other"


def test_an_error_names_the_cell_that_it_is_about_in_a_doubled_index(tmp_path: Path) -> None:
    table = rows().assign(flag=lambda f: f["x"] > 0).drop(columns="customer")
    model, _ = fit(table, tmp_path)
    good = pd.DataFrame({"x": ["1.5", "2.5"], "flag": ["true", "0"]})
    for column, cell in (("x", "oops"), ("flag", "perhaps")):
        bad = good.assign(**{column: [cell, good[column][1]]})
        with pytest.raises(PredictError, match=rf"column '{column}': row 0, the 3rd of all, holds '{cell}'"):
            model.predict(pd.concat([good, bad]))
    doubled = model.predict(pd.concat([good, good]))
    assert doubled.index.tolist() == [0, 1, 0, 1]
    assert doubled["prediction"].to_numpy()[:2].tolist() == model.predict(good)["prediction"].tolist()


def test_names_that_are_no_texts_are_joined_and_turned_into_texts(tmp_path: Path) -> None:
    table = rows().drop(columns="customer")
    wide = table.set_axis(pd.MultiIndex.from_tuples([("in", 1), ("out", "y")]), axis=1)
    model, _ = fit(wide, tmp_path / "wide", "out.y")
    assert model.schema.required == ["in.1"]
    counted = table.set_axis([0, 7], axis=1)
    numbered, _ = fit(counted, tmp_path / "counted", "7")
    assert numbered.schema.required == ["0"]
    assert numbered.predict(counted)["prediction"].tolist() == model.predict(wide)["prediction"].tolist()
    with pytest.raises(DataError, match=r"two columns 'a\.b', \('a', 'b'\) and \('a\.b', ''\)|two columns '1'"):
        HeldFrame(table.set_axis([1, "1"], axis=1))


def test_a_column_of_several_types_is_read_as_texts_and_said_aloud(tmp_path: Path) -> None:
    mixed = pd.Series([[1, "x", 2.5, True][i % 4] for i in range(60)], dtype=object)
    model, heard = fit(rows().drop(columns="customer").assign(c=mixed, d=[Decimal(i % 7) for i in range(60)]), tmp_path)
    assert model.schema.kinds()["c"] == "categorical"
    assert model.schema.kinds()["d"] == "numeric"
    (told,) = [event for event in heard.of(AdviceGiven) if event.name == "data.mixed_types"]
    assert "column 'c' holds values of several types: booleans, numbers, texts" in told.text
    one = model.predict(pd.DataFrame({"x": [0.5], "c": ["1"], "d": [3]}))
    assert one.equals(model.predict(pd.DataFrame({"x": [0.5], "c": [1.0], "d": ["3.0"]})))


def test_content_tells_frames_apart_whatever_holds_it() -> None:
    columns = [[1, "1"], ["1", "1"], [1, 1], [1.0, 1], [True, 1], [None, 1], [Decimal(1), 1], [10**30, 1], [10**31, 1]]
    held = [HeldFrame(pd.DataFrame({"a": pd.Series(column, dtype=object)})) for column in columns]
    assert len({frame.fingerprint for frame in held}) == len(columns)
    assert held[0] == HeldFrame(pd.DataFrame({"a": pd.Series([1, "1"], dtype=object)}))
    number, text = (HeldFrame(pd.DataFrame({"a": pd.Categorical(levels)})) for levels in ([1, 2], ["1", "2"]))
    assert number != text
