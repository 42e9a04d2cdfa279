"""The battery of odd inputs, 14 to 33: what may stand in the columns, and what they may be called."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from odd_tables import CLASSES, N, cycle, table

from automl.errors import DataError

KINDS = {"numeric", "categorical", "boolean", "datetime", "text"}


def test_14_a_column_without_any_value_survives_and_is_told(bench) -> None:
    frame = table(empty=pd.Series([np.nan] * N))
    assert "'empty'" in bench.survives(frame).output
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_15_a_constant_column_survives(bench) -> None:
    frame = table(same=7.0, word="same")
    bench.survives(frame)
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_16_one_value_and_missing_survive(bench) -> None:
    frame = table(number=cycle(7.0, np.nan), word=cycle("same", None))
    bench.survives(frame)
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_17_infinite_cells_survive_as_missing_and_are_told(bench) -> None:
    frame = table()
    frame.loc[3, "a"] = np.inf
    assert "infinite" in bench.survives(frame).output
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_18_mixed_types_are_read_as_texts(bench) -> None:
    mixed = pd.Series(cycle("x", 1, 2.5, True), dtype=object)
    model = bench.in_memory(table(mixed=mixed))
    assert model.schema.kinds()["mixed"] == "categorical"
    assert len(model.predict(table(mixed=mixed))) == N


def test_19_a_name_that_stands_twice_is_refused(bench) -> None:
    frame = table()
    frame.columns = ["a", "a", "y"]
    with pytest.raises(DataError, match=r"'a'.*mend"):
        bench.in_memory(frame)
    assert "'a'" in bench.refuses("a,a,y\n1,2,3\n4,5,6\n")


def test_20_names_that_are_no_texts_and_levels_of_names_survive(bench) -> None:
    numbered = table().rename(columns={"a": 0, "b": 1})
    assert list(bench.in_memory(numbered).schema.names) == ["0", "1", "y"]
    levels = table()
    levels.columns = pd.MultiIndex.from_tuples([("a", "x"), ("b", "x"), ("y", "z")])
    assert list(bench.in_memory(levels, target="y.z").schema.names) == ["a.x", "b.x", "y.z"]


def test_20_names_that_become_one_are_refused(bench) -> None:
    frame = table().rename(columns={"a": 1, "b": "1"})
    with pytest.raises(DataError, match=r"'1'.*mend"):
        bench.in_memory(frame)


@pytest.mark.parametrize("name", ["größe", "[x]", "a < b", 'say "x"', "a:b,c", "{x}", "名前", "a > b"])
def test_21_names_of_any_letters_survive(bench, name: str) -> None:
    frame = table().rename(columns={"a": name})
    bench.survives(frame)
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_22_a_copy_of_the_target_is_a_loud_warning_and_an_error_if_strict(bench) -> None:
    frame = table()
    frame["again"] = frame["y"]
    assert "leak.copy_of_target" in bench.survives(frame).output
    done = bench.run(frame, "advice.strict=true")
    assert (done.exit_code, "copy of the target" in done.output) == (1, True) or done.exit_code == 2


def test_23_an_id_and_an_order_that_leaks_are_told(bench) -> None:
    frame = table(customer=[f"c{place:04d}" for place in range(N)])
    assert "leak.unique_id" in bench.survives(frame).output
    ordered = table().sort_values("y", ignore_index=True).assign(number=np.arange(N))
    assert "leak." in bench.survives(ordered, "name=ordered").output


def test_24_labels_that_differ_in_case_or_blanks_survive_with_a_warning(bench) -> None:
    assert "'Yes'" in bench.survives(table(y=cycle("yes", "Yes", "no")), *CLASSES).output


def test_25_the_usual_words_for_missing(bench) -> None:
    rows = [f"{word},{place % 7},{place % 7}.5" for place, word in enumerate(cycle("", "?", "NA", "N/A", "1", "2"))]
    rows += [f"{place % 3},{'-' if place == 5 else place % 7},{place % 7}.5" for place in range(30)]
    bench.survives("a,b,y\n" + "\n".join(rows), task="regression")
    assert bench.model.schema.kinds() == {"a": "numeric", "b": "numeric", "y": "numeric"}


def test_26_booleans_with_missing_survive(bench) -> None:
    frame = table(flag=pd.array(cycle(True, False, None), dtype="boolean"))
    bench.survives(frame, "stages.filled.columns=numeric", "stages.flags={use: impute.simple, in: filled}",
                   "stages.codes.in=flags")  # fmt: skip
    assert np.isfinite(bench.model.predict(frame).prediction).all()


@pytest.mark.parametrize(
    "dtype", ["Int64", "Float64", "string", "double[pyarrow]", "string[pyarrow]", "int64[pyarrow]"]
)
def test_27_nullable_and_arrow_dtypes_survive(bench, dtype: str) -> None:
    values = pd.Series(cycle(1, 2, None, 3)).astype(object).where(lambda s: s.notna(), pd.NA)
    odd = pd.Series(values.map(str, na_action="ignore") if "string" in dtype else values, dtype=dtype)
    model = bench.in_memory(table(odd=odd))
    assert len(model.predict(table(odd=odd))) == N


def test_28_dates_of_all_kinds_are_read(bench) -> None:
    plain = pd.Series(pd.date_range("2026-01-01", periods=N))
    zoned = plain.dt.tz_localize("Europe/Berlin")
    gaps = plain.mask(plain.index % 5 == 0)
    mixed = pd.Series([f"2026-01-01T00:00:00+0{place % 4}:00" for place in range(N)])
    early = pd.Series(["1066-10-14", *["2026-01-31"] * (N - 1)])
    frame = table(plain=plain, zoned=zoned, gaps=gaps, mixed=mixed, early=early)
    model = bench.in_memory(frame)
    assert {model.schema.kinds()[name] for name in ("plain", "zoned", "gaps", "mixed", "early")} == {"datetime"}
    assert len(model.predict(frame)) == N


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([datetime.timedelta(days=1)] * N),
        pd.Series(pd.period_range("2026-01", periods=N, freq="M")),
        pd.Series([1 + 2j] * N),
        pd.Series([[1, 2]] * N),
    ],
    ids=["timedelta", "Period", "complex", "list"],
)
def test_29_values_that_no_table_has_are_refused(bench, values: pd.Series) -> None:
    with pytest.raises(DataError, match=r"(?s)'odd'.*mend"):
        bench.in_memory(table(odd=values))


def test_29_decimals_are_numbers(bench) -> None:
    odd = pd.Series([decimal.Decimal(place) / 4 for place in range(N)])
    assert bench.in_memory(table(odd=odd)).schema.kinds()["odd"] == "numeric"


def test_30_levels_called_missing_and_nan_are_levels(bench) -> None:
    rows = "\n".join(f"{word},{place}.5" for place, word in enumerate(cycle("missing", "nan", "other")))
    bench.survives(f"word,y\n{rows}", "stages.scaled=null", "stages.search.in=codes")
    alone = [bench.model.predict(pd.DataFrame({"word": [w]})).prediction[0] for w in ("missing", "nan", "other")]
    assert len(set(alone)) == 3


def test_31_a_category_whose_every_row_is_distinct_survives(bench) -> None:
    frame = table(name=[f"name {place}" for place in range(N)])
    bench.survives(frame, kinds={"name": "categorical"})
    assert np.isfinite(bench.model.predict(frame).prediction).all()


def test_32_sparse_columns_survive(bench) -> None:
    sparse = pd.Series(pd.arrays.SparseArray(cycle(0.0, 0.0, 1.0)))
    model = bench.in_memory(table(flag=sparse))
    assert model.schema.kinds()["flag"] == "numeric"
    assert len(model.predict(table(flag=sparse))) == N


def test_33_a_column_from_1e_30_to_1e30_survives_yeo_johnson(bench) -> None:
    frame = table(wide=10.0 ** np.linspace(-30, 30, N))
    bench.survives(frame, "stages.shaped={use: power.yeo_johnson, in: codes}", "stages.scaled.in=shaped")
    assert np.isfinite(bench.model.predict(frame).prediction).all()
