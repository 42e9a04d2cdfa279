"""Features that explain nearly all of the target, and dates under a random split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from advice_names import Examine, names, stages
from toy_written import registry_with_parts

SILENT = stages("  last: {use: toy.dummies, in: split}")
CLASSES = "stages.search.with.objective=toy.brier"
Column = Callable[[pd.DataFrame, np.random.Generator], object]


def told(examine: Examine, frame: pd.DataFrame, *sets: str) -> list[str]:
    return [finding.message for finding in examine(frame, *sets, text=SILENT).findings if "explains" in finding.name]


def noisy(share: float) -> Column:
    return lambda frame, draw: frame["y"] + draw.normal(size=len(frame)) * frame["y"].std() * (1 / share - 1) ** 0.5


@pytest.mark.parametrize(
    "column",
    [
        noisy(0.975),
        lambda frame, draw: np.exp(noisy(0.98)(frame, draw)),
        lambda frame, draw: pd.cut(frame["y"], 40).astype("str").where(draw.random(len(frame)) > 0.003, "other"),
        lambda frame, draw: pd.to_datetime("2020-01-01") + pd.to_timedelta(noisy(0.99)(frame, draw) * 1e4, unit="min"),
    ],
)
def test_a_feature_that_explains_a_number(examine: Examine, frame: pd.DataFrame, column: Column) -> None:
    large = pd.concat([frame] * 10, ignore_index=True)
    draw = np.random.default_rng(1)
    large["y"] += draw.normal(size=len(large))
    (message,) = told(examine, large.assign(leak=column(large, draw)))
    assert message.startswith("the column 'leak' alone explains the target 'y' to 0.9")
    assert "(R²," in message


@pytest.mark.parametrize(
    "column",
    [
        noisy(0.9),
        lambda frame, draw: np.arange(len(frame)) % 1999,
        lambda frame, draw: [f"level {i // 2}" for i in range(len(frame))],
        lambda frame, draw: draw.standard_cauchy(size=len(frame)),
    ],
)
def test_a_good_feature_and_one_of_many_levels_are_no_leaks(
    examine: Examine, frame: pd.DataFrame, column: Column
) -> None:
    draw = np.random.default_rng(1)
    large = pd.concat([frame] * 10, ignore_index=True)
    large["y"] += draw.normal(size=len(large))
    assert told(examine, large.assign(honest=column(large, draw))) == []


@pytest.mark.parametrize("labels", [("low", "high"), ("low", "middle", "high")])
def test_a_feature_that_explains_the_classes(examine: Examine, frame: pd.DataFrame, labels: tuple[str, ...]) -> None:
    draw = np.random.default_rng(1)
    large = pd.concat([frame] * 10, ignore_index=True)
    score = large["y"] + draw.normal(size=len(large))
    large["y"] = pd.qcut(score, len(labels), labels=list(labels)).astype("str")
    leak = score + draw.normal(size=len(large)) * 0.2
    (message,) = told(examine, large.assign(leak=leak), CLASSES)
    assert "alone explains the target 'y' to 0.99" in message
    assert "(AUC," in message
    assert told(examine, large.assign(honest=score + draw.normal(size=len(large)) * 1.5), CLASSES) == []
    rare = large.assign(y=np.where(np.arange(len(large)) < 5, "yes", "no"))
    assert told(examine, rare.assign(first=np.arange(len(large)) < 5), CLASSES) == []


DATES = pd.date_range("2021-01-01", periods=400, freq="D")


@pytest.mark.parametrize(
    "dates",
    [
        DATES,
        DATES.strftime("%d.%m.%Y"),
        DATES.strftime("%m/%d/%Y"),
        DATES.strftime("%Y-%m-%d 12:30"),
        DATES.strftime("%Y%m%d").astype(int),
        DATES.strftime("%d-%b-%Y"),
        DATES.strftime("%d %B %Y"),
        DATES.strftime("%b %d, %Y"),
        DATES.strftime("%d/%m/%y"),
        DATES.strftime("%G-W%V"),
        DATES.strftime("%Y-%m"),
        DATES.strftime("%Y%m").astype(int),
        DATES.tz_localize("Europe/Berlin"),
        DATES.tz_localize("Europe/Berlin").strftime("%Y-%m-%d %H:%M:%S%z"),
        DATES.as_unit("s").astype("int64"),  # whole minutes, in a column called day
        DATES.as_unit("ms").astype("int64"),
        DATES.as_unit("ns").astype("int64") / 1e9,
    ],
)
def test_rows_with_a_date_under_a_split_by_chance(examine: Examine, frame: pd.DataFrame, dates: object) -> None:
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.random, in: data}")
    found = [f for f in examine(frame.assign(day=dates), text=text).findings if f.name == "split.random_of_dated_rows"]
    (finding,) = found
    assert finding.severity == "warning"
    assert finding.message == "the rows carry a date (day), and split.random deals them to the parts by chance"
    assert finding.path == ("stages", "split", "use")
    silenced = examine(frame.assign(day=dates), "advice.silence=split.random_of_dated_rows", text=text)
    assert "split.random_of_dated_rows" not in names(silenced)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("name", ["timestamp", "created_at", "EventTime", "ts"])
def test_odd_seconds_are_moments_where_their_name_says_so(
    examine: Examine, frame: pd.DataFrame, name: str, unit: str
) -> None:
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.random, in: data}")
    moments = (DATES + pd.to_timedelta(np.arange(400) * 37, unit="s")).as_unit(unit).astype("int64")
    found = [f.message for f in examine(frame.assign(**{name: moments}), text=text).findings]
    assert any(f"carry a date ({name})" in message for message in found)


@pytest.mark.parametrize("rows", [120, 200, 400])
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_a_target_with_a_little_noise_is_told_in_a_small_table_too(
    examine: Examine, frame: pd.DataFrame, rows: int, noise: float
) -> None:
    draw = np.random.default_rng(5)
    small = frame.iloc[:rows]
    leak = small["y"] + draw.normal(size=rows) * small["y"].std() * noise
    (message,) = told(examine, small.assign(leak=leak))
    assert message.startswith("the column 'leak' alone explains the target 'y' to 0.9")
    assert told(examine, small.assign(honest=small["y"] + draw.normal(size=rows) * small["y"].std() * 0.5)) == []


def test_a_split_that_is_no_chance_and_columns_that_are_no_dates_are_left_alone(
    examine: Examine, frame: pd.DataFrame
) -> None:
    written = SILENT.replace("{use: toy.holdout, in: data}", "{use: parts.written, in: data, with: {parts: 0000vvtt}}")
    found = names(examine(frame.assign(day=DATES), text=written, registry=registry_with_parts()))
    assert "split.random_of_dated_rows" not in found
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.kfold, in: data}")
    innocent = {
        "year": 1950 + np.arange(400) % 60,
        "code": 30_000_000 + np.arange(400) % 77,
        "version": [f"{i % 13}.{i % 7}.{i}" for i in range(400)],
        "phone": [f"555-{i:04d}" for i in range(400)],
        "number": 1_600_000_000 + np.arange(400) * 1_000_003,
        "revenue": 1_500_000_000.0 + np.arange(400) % 17 * 1234.5,
        "plot": 200_100 + np.arange(400) % 53,
        "rate": 1_600_000_000 + np.arange(400) * 1_003,  # no word for a time, no whole minutes
    }
    assert "split.random_of_dated_rows" not in names(examine(frame.assign(**innocent), text=text))


def test_a_column_of_time_is_enough(examine: Examine, frame: pd.DataFrame) -> None:
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.random, in: data}")
    found = names(examine(frame.assign(hour=np.arange(400) * 1.5), "data.roles={time: hour}", text=text))
    assert "split.random_of_dated_rows" in found


@pytest.mark.parametrize("role", ["ignore", "id"])
def test_a_date_that_is_left_out_dates_the_rows_all_the_same(examine: Examine, frame: pd.DataFrame, role: str) -> None:
    """`automl init` leaves dates out, for nothing installed makes features of them."""
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.random, in: data}")
    found = examine(frame.assign(day=DATES.strftime("%d/%m/%Y")), f"data.roles={{{role}: [day]}}", text=text).findings
    (finding,) = (f for f in found if f.name == "split.random_of_dated_rows")
    assert "carry a date (day)" in finding.message


@pytest.mark.parametrize(
    ("values", "dated"),
    [
        (lambda days: days, True),
        (lambda days: days.tz_localize("Europe/Berlin"), True),
        (lambda days: [day.date() for day in days], True),
        (lambda days: pd.array(days.strftime("%Y%m%d").astype(int), dtype="Int64"), True),
        (lambda days: pd.array([None, *days.strftime("%Y%m%d").astype(int)[1:]], dtype="Int64"), True),
        (lambda days: pd.Categorical(days.strftime("%Y-%m-%d")), True),
        (lambda days: [[1, 2]] * len(days), False),
        (lambda days: pd.array(np.arange(len(days)) + 0.5, dtype="Float64"), False),
        (lambda days: pd.arrays.SparseArray(np.arange(len(days)) * 1.0), False),
        (lambda days: [np.nan] * len(days), False),
        (lambda days: [True, None] * (len(days) // 2), False),
        (lambda days: pd.to_timedelta(np.arange(len(days)), unit="D"), False),
    ],
)
def test_a_column_that_is_left_out_may_hold_anything(
    examine: Examine, frame: pd.DataFrame, values: Callable[[pd.DatetimeIndex], object], dated: bool
) -> None:
    text = SILENT.replace("{use: toy.holdout, in: data}", "{use: split.random, in: data}")
    found = names(examine(frame.assign(day=values(DATES)), "data.roles={ignore: [day]}", text=text))
    assert ("split.random_of_dated_rows" in found) == dated
