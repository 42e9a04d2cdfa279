"""Levels of dates, of float32 and of booleans are the same from a frame, from Parquet and from CSV."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cell_runs import bundle, predicted, toy_folder, train
from toy_folder import automl

from automl.errors import CellError
from automl.input_schema import infer_schema
from automl.input_schema.moments import moment
from automl.pipeline_file.declaration import DataDeclaration, Use
from automl.predictor import Predictor

AMOUNTS = [10.0, 90.0, -40.0]
BERLIN = "Europe/Berlin"
TIMES = [pd.Timestamp("2026-01-31 00:00"), pd.Timestamp("2026-01-31 10:30"), pd.Timestamp("2026-02-01 10:30:00.250")]


def table(levels: list[Any], dtype: Any) -> pd.DataFrame:
    place = np.random.default_rng(4).integers(0, len(levels), size=220)
    cells = pd.Series([levels[at] for at in place], dtype=dtype)
    return pd.DataFrame({"lot": cells, "y": [AMOUNTS[at] for at in place]})


def by_every_door(model: Predictor, rows: pd.DataFrame) -> None:
    """The three levels predict their amounts, together and alone, from a frame and from files."""
    expected = [AMOUNTS[at] for at in range(len(rows))]
    for found in (rows, rows.iloc[::-1], *(rows.iloc[[at]] for at in range(len(rows)))):
        wanted = [expected[at] for at in found.index]
        assert np.allclose(model.predict(found)["prediction"], wanted, atol=0.5)
        found.to_csv("door.csv", index=False)
        assert np.allclose(predicted(Path("door.csv").read_text())["prediction"].astype(float), wanted, atol=0.5)
        found.to_parquet("door.parquet", index=False)
        done = automl("predict", str(bundle()), "door.parquet", "-o", "out.parquet")
        assert done.exit_code == 0, done.output
        assert np.allclose(pd.read_parquet("out.parquet")["prediction"], wanted, atol=0.5)


@pytest.mark.parametrize("door", ["csv", "parquet"])
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_a_time_is_one_level_from_every_door(tmp_path: Path, door: str, zone: str | None) -> None:
    with toy_folder(tmp_path):
        levels = [time.tz_localize(zone) for time in TIMES]
        rows = table(levels, None)
        if door == "csv":
            rows.to_csv("t.csv", index=False)
        else:
            rows.to_parquet("t.parquet", index=False)
        model = train(f"{{path: t.{door}, target: y, task: regression, kinds: {{lot: categorical}}}}")
        by_every_door(model, pd.DataFrame({"lot": levels}))
        by_every_door(model, pd.DataFrame({"lot": pd.Series(levels, dtype="timestamp[us][pyarrow]")}) if zone is None
                      else pd.DataFrame({"lot": pd.Series(levels).dt.tz_convert("UTC")}))  # fmt: skip
        assert model.unseen_levels(pd.DataFrame({"lot": [levels[0], levels[0] + pd.Timedelta("1D")]})) != {}


@pytest.mark.parametrize("door", ["csv", "pickle"])
def test_singles_are_one_level_as_a_column_as_objects_and_as_texts(tmp_path: Path, door: str) -> None:
    with toy_folder(tmp_path):
        rows = table([0.1, 100000.1, 12345678.0], "float32")
        if door == "csv":
            rows.to_csv("t.csv", index=False)
            model = train("{path: t.csv, target: y, task: regression, kinds: {lot: categorical}}")
        else:
            rows.astype({"lot": object}).to_pickle("t.pickle")
            model = train(
                "{use: toy.pickled, with: {path: t.pickle}, target: y, task: regression, kinds: {lot: categorical}}"
            )
        single = pd.DataFrame({"lot": pd.Series([0.1, 100000.1, 12345678.0], dtype="float32")})
        by_every_door(model, single)
        plain = pd.DataFrame({"lot": [0.1, 100000.1, 12345678.0]})
        for rows in (plain, plain.astype("str"), *(single.astype(kind) for kind in (object, "float64", "Float32"))):
            for at in range(3):
                assert abs(model.predict(rows.iloc[[at]])["prediction"].iloc[0] - AMOUNTS[at]) < 0.5


def kind_of(cells: list[Any], dtype: Any = object) -> str:
    rows = pd.DataFrame({"c": pd.Series(cells, dtype=dtype), "y": np.arange(len(cells)) * 1.0})
    return infer_schema(rows, DataDeclaration(Use("memory.frame"), "y", task="regression")).kinds()["c"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([True, False, 1, 0], "boolean"),
        ([True, False, 1.0, None], "boolean"),
        ([True, False, "1", "false"], "boolean"),
        ([True, 0, 2], "categorical"),
        ([True, 0.5, 7], "categorical"),
        ([1, 0, 1, 0], "numeric"),
    ],
)
def test_booleans_beside_numbers_are_of_one_kind_as_objects_and_as_texts(cells: list[Any], kind: str) -> None:
    assert kind_of(cells * 5) == kind
    assert kind_of([None if cell is None else str(cell) for cell in cells * 5], "str") == kind


@pytest.mark.parametrize("door", ["csv", "pickle"])
def test_booleans_where_training_had_numbers_are_one_and_zero_from_every_door(tmp_path: Path, door: str) -> None:
    with toy_folder(tmp_path):
        rows = pd.DataFrame({"flag": [0, 1] * 60, "y": [-20.0, 30.0] * 60})
        rows.to_csv("t.csv", index=False)
        rows.to_pickle("t.pickle")
        source = "path: t.csv" if door == "csv" else "use: toy.pickled, with: {path: t.pickle}"
        model = train(f"{{{source}, target: y, task: regression}}")
        wanted = [30.0, -20.0]
        for cells in ([True, False], ["True", "FALSE"], [True, 0]):
            frame = pd.DataFrame({"flag": pd.Series(cells, dtype=object)})
            assert np.allclose(model.predict(frame)["prediction"], wanted, atol=1)
            assert np.allclose(predicted(frame.to_csv(index=False))["prediction"].astype(float), wanted, atol=1)


@pytest.mark.parametrize("cell", [True, "True", "TRUE"])
def test_a_truth_that_was_a_gap_among_numbers_is_one_from_every_door(cell: Any) -> None:
    rows = pd.DataFrame({"c": [*map(str, range(30)), "True"], "y": np.arange(31.0)})
    schema = infer_schema(rows, DataDeclaration(Use("read.csv"), "y", task="regression"), typed=False)
    assert schema.odd["c"] == ["True"]
    new = pd.DataFrame({"c": pd.Series([cell, 7], dtype=object)})
    if cell == "TRUE":  # nobody has said what it means
        with pytest.raises(CellError):
            schema.features(new)
    else:
        assert schema.features(new)["c"].tolist()[1:] == [7]
        assert np.isnan(schema.features(new)["c"][0])


def test_a_date_that_means_no_value_does_so_from_every_door() -> None:
    never = pd.Timestamp("1900-01-01")
    for kind in ("categorical", "datetime"):
        for cells in ([never, TIMES[0]], ["1900-01-01", "2026-01-31"], ["1900-01-01 00:00:00", "2026-01-31"]):
            rows = pd.DataFrame({"c": pd.Series(cells * 6), "y": np.arange(12.0)})
            data = DataDeclaration(
                Use("memory.frame"), "y", task="regression", kinds={"c": kind}, missing=("", "1900-01-01")
            )
            for column in (pd.Series([never, TIMES[0]]), pd.Series(["1900-01-01", "2026-01-31 00:00"])):
                read = infer_schema(rows, data).features(pd.DataFrame({"c": column}))["c"]
                assert read.isna().tolist() == [True, False]


@pytest.mark.parametrize("word", ["now", "today", "Now ", "TODAY"])
def test_a_word_is_not_the_date_of_the_day_on_which_it_is_read(word: str) -> None:
    dates = [str(pd.Timestamp("2020-01-01") + pd.Timedelta(days=day))[:10] for day in range(300)]
    assert kind_of([*dates, word], "str") == "categorical"
    rows = pd.DataFrame({"c": pd.Series(dates), "y": np.arange(300.0)})
    schema = infer_schema(rows, DataDeclaration(Use("memory.frame"), "y", task="regression"))
    assert schema.kinds()["c"] == "datetime"
    for dtype in ("str", "category", object):
        with pytest.raises(CellError, match=word.strip()):
            schema.features(pd.DataFrame({"c": pd.Series(["2020-01-01", word], dtype=dtype)}))
    new = schema.features(pd.DataFrame({"c": ["2020-01-01", "NaT", "NULL"]}))["c"]
    assert new.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 00:00:00.000", "2026-01-31"),
        ("2026-01-31T10:30", "2026-01-31 10:30:00"),
        ("2026-01-31 10:30:00.500000", "2026-01-31 10:30:00.5"),
        ("2026-01-31 10:30:00.123456789", "2026-01-31 10:30:00.123456789"),
        ("2026-01-31T10:30:00Z", "2026-01-31 10:30:00+00:00"),
        ("2026-01-31 00:00:00+01:00", "2026-01-30 23:00:00+00:00"),
        ("2026-01-31 00:00-0330", "2026-01-31 03:30:00+00:00"),
        ("2026-02-30", None),
        ("2026-01", None),
        ("20260131", None),
        ("2026-01-31 25:00", None),
        ("0001-01-01 00:00+14", None),
        ("٢٠٢٦-01-31", None),
    ],
)
def test_a_moment_has_one_spelling(text: str, level: str | None) -> None:
    assert moment(text) == level
    if level is not None:
        assert moment(level) == level
        naive = pd.Timestamp(text)
        assert pd.Timestamp(level) == naive
        assert moment(str(naive)) == level
        assert isinstance(naive, datetime.datetime)
