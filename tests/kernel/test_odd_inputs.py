"""Odd tables: what survives and what is refused before the first epoch; numbers are those of the battery."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl import events
from automl.errors import AutoMLError, DataError, PipelineFileError, PredictError
from automl.predictor import Predictor

ODD = """
version: 1
name: odd
seed: 1
data: {use: toy.pickled, with: {path: PATH}, target: y}
stages:
  split: {use: toy.holdout, in: data}
  filled: {use: toy.fill, in: split}
  flags: {use: toy.flags, in: filled}
  codes: {use: toy.dummies, in: flags}
  search:
    use: search.network
    in: codes
    with: {network: toy.still, objective: toy.error, budget: {trials: 1, epochs: 1}, baselines: []}
  evaluate: {use: toy.evaluate, in: search}
run: {executor: {use: in_process}}
"""
N = 60
BRIER = "stages.search.with.objective=toy.brier"


def table(**columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=N), "b": draw.choice(["u", "v", "w"], size=N)})
    columns.setdefault("y", draw.normal(size=N))
    return frame.assign(**columns)


def cycle(*values: Any) -> list[Any]:
    return [values[i % len(values)] for i in range(N)]


@pytest.fixture
def fit(run_toys, registry, tmp_path: Path) -> Callable[..., tuple[Predictor, Any]]:
    """Run the odd pipeline on a frame; gives the loaded model and what was heard."""

    def fit(frame: pd.DataFrame, *sets: str) -> tuple[Predictor, Any]:
        path = tmp_path / "frame.pickle"
        frame.to_pickle(path)
        finished, observer = run_toys(*sets, text=ODD.replace("PATH", str(path)))
        return Predictor.load(finished.bundle, registry), observer

    return fit


def schema_of(observer) -> dict[str, Any]:
    return next(dict(e.summary) for e in observer.of(events.StageFinished) if e.stage == "data")


# Targets


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (cycle(3.0), r"the target 'y' has 1 distinct value\(s\); there is nothing to predict"),
        (cycle("x"), r"the target 'y' has 1 distinct value\(s\)"),
        (cycle(None), r"the target 'y' has 0 distinct value\(s\)"),
        (
            [*cycle(1.0)[1:], np.inf] + np.arange(N) * 1.0,
            r"the target 'y' is infinite or beyond .* in 1 rows: row 59 holds inf .*mend",
        ),
        (
            np.append(np.arange(N - 1) * 1.0, 1e300),
            r"the target 'y' is infinite or beyond 3\.4e\+38.*in 1 rows: row 59 holds 1e\+300 .*mend",
        ),
        (cycle(0.5, 1.5, 2.5), "3 distinct numbers: amounts or classes.*mend: data: {task: regression}"),
    ],
    ids=["1 constant", "1 constant text", "3 all missing", "10 infinite", "10 1e300", "11 few numbers"],
)
def test_a_target_that_cannot_be_learned_is_refused(fit, y, message: str) -> None:
    with pytest.raises(DataError, match=f"(?s){message}"):
        fit(table(y=y))


def test_rows_without_a_target_are_dropped_and_counted(fit) -> None:
    y = np.arange(N) * 1.0
    y[:7] = np.nan
    _, observer = fit(table(y=y))
    summary = schema_of(observer)
    assert (summary["rows"], summary["rows_without_target"]) == (N - 7, 7)


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (cycle("true", "false"), {"true", "false"}),
        (cycle(True, False), {True, False}),
        (cycle(True, False, None), {True, False}),
        (cycle("a", 1, "1", 2), {"a", "1", "2"}),
        (cycle(0, 1), {0, 1}),
        (cycle(0.0, 1.0, np.nan), {0.0, 1.0}),
        (pd.Categorical(cycle("a", "b"), categories=["a", "b", "never"]), {"a", "b"}),
        (cycle("NA", "x", "?", "z"), {"x", "z"}),
        (cycle("nan", "missing", "None"), {"nan", "missing", "None"}),
    ],
    ids=[
        "7 words",
        "booleans",
        "booleans and gaps",
        "8 mixed",
        "numbers",
        "gaps",
        "9 unused level",
        "25 markers",
        "30",
    ],
)
def test_labels_of_a_classification_survive(fit, y, labels: set) -> None:
    frame = table(y=y)
    predictor, _ = fit(frame, BRIER)
    predicted = predictor.predict(frame.drop(columns="y"))
    assert set(predictor.schema.restore_labels(np.asarray(predictor.task.classes, dtype=object)).tolist()) == labels
    assert set(predicted["prediction"].tolist()) <= labels
    assert not any("never" in column for column in predicted.columns)


def test_a_thousand_classes_survive(fit) -> None:
    frame = pd.concat([table()] * 60, ignore_index=True)
    frame["y"] = [f"class {i % 1200}" for i in range(len(frame))]
    predictor, _ = fit(frame, BRIER)
    assert len(predictor.task.classes) > 1000


@pytest.mark.parametrize("y", [cycle("a", "b", "c"), cycle(1, 2, 3)])
def test_a_named_task_decides(fit, y) -> None:
    predictor, _ = fit(table(y=y), BRIER, "data.task=multiclass")
    assert predictor.task.kind == "multiclass"
    assert len(predictor.task.classes) == 3


def test_the_target_may_stand_anywhere(fit) -> None:
    frame = table()
    predictor, _ = fit(frame[["y", "b", "a"]])
    assert predictor.schema.required == ["b", "a"]


def test_a_target_that_is_not_there_or_has_another_role_is_refused(fit) -> None:
    with pytest.raises(PipelineFileError, match="there is no column 'z'"):
        fit(table(), "data.target=z")
    with pytest.raises(PipelineFileError, match="'y'"):
        fit(table(), "data.roles.id=[y]")


# Columns


def test_infinite_numbers_count_as_missing(fit) -> None:
    frame = table(a=np.where(np.arange(N) % 5 == 0, np.inf, 1.5))
    predictor, _ = fit(frame)
    with_gap = predictor.scores(frame.assign(a=np.nan))
    assert np.array_equal(predictor.scores(frame.assign(a=-np.inf)), with_gap)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (cycle(1, "x", 2.5), "categorical"),
        (cycle("1", "2.5", "-", "", "?", "NA", "N/A"), "numeric"),
        (cycle("a", "-", "b"), "categorical"),
        (cycle("  1 ", "2"), "numeric"),
        (cycle(True, False, None), "boolean"),
        (cycle("true", "FALSE", ""), "boolean"),
        (pd.array(cycle(True, False, None), dtype="boolean"), "boolean"),
        (pd.array(cycle(1, 2, None), dtype="Int64"), "numeric"),
        (pd.array(cycle(1.5, None), dtype="Float64"), "numeric"),
        (pd.array(cycle(1, None), dtype="int64[pyarrow]"), "numeric"),
        (pd.array(cycle(1.5, None), dtype="double[pyarrow]"), "numeric"),
        (pd.array(cycle("a", None, "b"), dtype="string[pyarrow]"), "categorical"),
        (pd.array(cycle("a", None, "b"), dtype="string[python]"), "categorical"),
        (pd.array(cycle("a", None, "b"), dtype="str"), "categorical"),
        (pd.array(cycle("1", None, "2"), dtype="str"), "numeric"),
        (pd.Series(cycle("a", pd.NA, "b"), dtype=object), "categorical"),
        (pd.Series(cycle(1, pd.NA, 2.5), dtype=object), "numeric"),
        (pd.Categorical(cycle("a", "b", None)), "categorical"),
        (pd.Categorical(cycle(1, 2, None)), "categorical"),
        ([decimal.Decimal(i) / 4 for i in range(N)], "numeric"),
        (cycle("nan", "missing", "x"), "categorical"),
        (np.arange(N).astype("uint8"), "numeric"),
        (np.arange(N).astype("float16"), "numeric"),
    ],
)
def test_columns_of_many_types_survive(fit, column, kind: str) -> None:
    frame = table(c=pd.Series(column))
    predictor, _ = fit(frame)
    assert predictor.schema.kinds()["c"] == kind
    assert len(predictor.predict(frame)) == N
    alone = pd.concat([predictor.predict(frame.iloc[[row]]) for row in range(9)])
    assert alone.equals(predictor.predict(frame).iloc[:9])


def test_a_dash_means_missing_only_among_numbers(fit) -> None:
    frame = table(c=cycle("a", "-"), d=cycle("1", "-"))
    predictor, _ = fit(frame)
    read = predictor.schema.features(frame)
    assert set(read["c"]) == {"a", "-"}
    assert read["d"].isna().sum() == N / 2


def test_missing_in_the_file_decides(fit) -> None:
    frame = table(c=cycle("a", "none", "NA"))
    predictor, _ = fit(frame, "data.missing=[none]")
    assert set(predictor.schema.features(frame)["c"].dropna()) == {"a", "NA"}


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (pd.to_timedelta(np.arange(N), unit="h"), "timedelta64"),
        (pd.period_range("2020-01", periods=N, freq="M"), "period"),
        (np.arange(N) * 1j, "complex128"),
        ([[i] for i in range(N)], "list"),
        ([{"k": i} for i in range(N)], "dict"),
        ([datetime.timedelta(i) for i in range(N)], "timedelta"),
    ],
)
def test_values_that_are_no_cells_are_refused_with_the_column_and_the_mend(fit, column, what: str) -> None:
    with pytest.raises(DataError, match=rf"(?s)column 'c' holds {what}.* values; expected .*mend: convert the column"):
        fit(table(c=pd.Series(column)))


def test_names_that_stand_twice_are_refused(fit) -> None:
    frame = table()
    frame.columns = ["a", "a", "y"]
    with pytest.raises(AutoMLError, match="'a'"):
        fit(frame)


def test_names_that_are_no_strings_survive(fit) -> None:
    frame = table().set_axis([0, 1.5, "y"], axis=1)
    predictor, _ = fit(frame)
    assert predictor.schema.required == ["0", "1.5"]
    assert len(predictor.predict(frame.drop(columns="y"))) == N


def test_names_in_levels_are_joined_with_a_dot(fit) -> None:
    frame = table()
    frame.columns = pd.MultiIndex.from_tuples([("in", "a"), ("in", "b"), ("out", "y")])
    predictor, _ = fit(frame, "data.target=out.y", "data.roles.id=[in.b]")
    assert predictor.schema.required == ["in.a"]
    predicted = predictor.predict(frame)
    assert list(predicted.columns) == ["in.b", "prediction"]
    assert predicted["in.b"].tolist() == frame[("in", "b")].tolist()


def test_names_that_become_the_same_text_are_refused(fit) -> None:
    frame = table().set_axis([1, "1", "y"], axis=1)
    with pytest.raises(AutoMLError, match="'1'"):
        fit(frame)


@pytest.mark.parametrize(
    "name", ["größe", "[x]", "a < b", 'say "x"', "a:b,c", "{x}", "ä.ö", "$array", "%row", "%%row", "row", " x "]
)
def test_names_of_any_letters_survive(fit, name: str) -> None:
    frame = table(**{name: cycle("a", "b"), f"{name}2": np.arange(N)})
    predictor, _ = fit(frame)
    assert set(predictor.schema.required) == {"a", "b", name, f"{name}2"}
    assert len(predictor.predict(frame)) == N
    assert not predictor.unseen_levels(frame)


# At predict time


@pytest.fixture
def trained(fit) -> tuple[Predictor, pd.DataFrame]:
    frame = table(c=cycle("1", "2", "3"), flag=cycle(True, False), who=[f"id{i}" for i in range(N)])
    frame["level"] = cycle("7", "8", "x")
    predictor, _ = fit(frame, "data.roles.id=[who]", "data.kinds.c=numeric")
    return predictor, frame


def test_a_level_never_seen_survives(trained) -> None:
    predictor, frame = trained
    assert len(predictor.predict(frame.assign(b="never seen"))) == N


def test_a_missing_column_is_named_with_the_nearest_one(trained) -> None:
    predictor, frame = trained
    with pytest.raises(
        PredictError, match=r"column 'level' is missing \(did you mean 'levl'\?\); expected 5 feature columns"
    ):
        predictor.predict(frame.rename(columns={"level": "levl"}))


def test_the_target_and_the_ids_may_be_absent_and_others_may_be_there(trained) -> None:
    predictor, frame = trained
    whole = predictor.predict(frame)
    without = predictor.predict(frame.drop(columns=["y", "who"]).assign(more=1, y2="x"))
    assert list(whole.columns) == ["who", "prediction"]
    assert list(without.columns) == ["prediction"]
    assert whole["prediction"].equals(without["prediction"])


def test_what_is_no_feature_is_not_looked_at(trained) -> None:
    predictor, frame = trained
    assert predictor.predict(frame.assign(y="unknown", who=3))["prediction"].equals(
        predictor.predict(frame)["prediction"]
    )


def test_the_order_of_columns_does_not_matter(trained) -> None:
    predictor, frame = trained
    assert predictor.predict(frame[frame.columns[::-1]]).equals(predictor.predict(frame))


@pytest.mark.parametrize("form", [lambda c: c.astype(int), lambda c: c.astype(float), lambda c: c.astype("Int64")])
def test_whole_numbers_may_come_as_int_float_or_text(trained, form) -> None:
    predictor, frame = trained
    levels = frame["level"].replace("x", "9")
    for changed in (frame.assign(c=form(frame["c"])), frame.assign(level=form(levels))):
        read = predictor.schema.features(changed)
        as_text = predictor.schema.features(frame.assign(level=levels) if changed["level"].dtype != "str" else frame)
        pd.testing.assert_frame_equal(read, as_text)


@pytest.mark.parametrize("flags", [[1, 0], [1.0, 0.0], ["True", "false"], ["1", "0"]])
def test_booleans_may_come_as_numbers_or_words(trained, flags: list) -> None:
    predictor, frame = trained
    assert predictor.schema.features(frame.assign(flag=cycle(*flags)))["flag"].tolist() == cycle(True, False)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("a", "high", "a number"),
        ("c", "3,5", "a number with the decimal sign '.'"),
        ("flag", "maybe", "true or false"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_row(trained, column: str, value: str, expected: str) -> None:
    predictor, frame = trained
    odd = frame[column].astype(object)
    odd.iloc[[4, 9]] = value
    shown = frame.assign(**{column: odd}).set_axis([f"row{i}" for i in range(N)])
    with pytest.raises(PredictError) as caught:
        predictor.predict(shown)
    assert str(caught.value).startswith(
        f"column {column!r}: row 'row4', the 5th of all, holds {value!r}, where {expected} was expected (2 such rows); "
        "mend: "
    )


def test_one_row_no_row_and_an_empty_row_survive(trained) -> None:
    predictor, frame = trained
    whole = predictor.predict(frame)
    assert predictor.predict(frame.iloc[[5]]).equals(whole.iloc[[5]])
    empty = predictor.predict(frame.iloc[:0])
    assert list(empty.columns) == list(whole.columns)
    assert (len(empty), empty["prediction"].dtype) == (0, whole["prediction"].dtype)
    nothing = pd.DataFrame({name: [None] for name in frame.columns})
    assert np.isfinite(predictor.predict(nothing)["prediction"]).all()


def test_rows_keep_their_order_and_index(trained) -> None:
    predictor, frame = trained
    shuffled = frame.sample(frac=1, random_state=2).set_axis(["same"] * N)
    predicted = predictor.predict(shuffled)
    assert predicted.index.equals(shuffled.index)
    assert predicted["who"].tolist() == shuffled["who"].tolist()


def test_a_name_that_stands_twice_is_refused(trained) -> None:
    predictor, frame = trained
    with pytest.raises(PredictError, match="'a' stands more than once"):
        predictor.predict(pd.concat([frame, frame[["a"]]], axis=1))
    with pytest.raises(PredictError, match="'5' stands more than once"):
        predictor.predict(
            frame.assign(**{"5": 1})
            .rename(columns={})
            .pipe(lambda f: pd.concat([f, pd.Series(1, f.index, name=5)], axis=1))
        )


def test_no_row_of_a_classification_gives_an_empty_table_of_the_same_columns(fit) -> None:
    frame = table(y=cycle(1, 2))
    predictor, _ = fit(frame)
    whole, none = predictor.predict(frame), predictor.predict(frame.iloc[:0])
    assert list(none.columns) == list(whole.columns) == ["prediction", "proba_1", "proba_2"]
    assert list(none.dtypes) == list(whole.dtypes)
