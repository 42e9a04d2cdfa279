"""The battery of odd inputs, 1 to 13: what may stand in the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from odd_tables import CLASSES, N, cycle, table

FOLDS = 'stages.split={"use": "split.kfold", "in": "data", "with": {"folds": 3, "test": 0.2}}'


def test_01_a_constant_target_is_refused(bench) -> None:
    assert "1 distinct value" in bench.refuses(table(y=1.0))


def test_02_rows_without_a_target_are_dropped_and_counted(bench) -> None:
    frame = table()
    frame.loc[:4, "y"] = np.nan
    assert f"5 of {N} rows have no value of the target 'y'" in bench.survives(frame).output


def test_03_a_target_without_any_value_is_refused(bench) -> None:
    assert "'y'" in bench.refuses(table(y=pd.Series([None] * N, dtype="float64")))


def test_04_a_class_with_one_row_survives(bench) -> None:
    done = bench.survives(table(y=["rare", *cycle("no", "yes", rows=N - 1)]), *CLASSES)
    assert "rare" in done.output  # told that a part lacks it
    assert set(bench.model.predict(table()).prediction) <= {"no", "yes", "rare"}


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_05_a_class_in_one_part_only_survives(bench, place: int) -> None:
    """One row of its class is somewhere in training, validation or test, wherever the seed puts it."""
    labels = cycle("no", "yes")
    labels[7 * place] = "other"
    bench.survives(table(y=labels), *CLASSES)


def test_06_a_class_that_a_fold_lacks_survives(bench) -> None:
    frame = table(y=["rare", "rare", *cycle("no", "yes", rows=N - 2)])
    assert "rare" in bench.survives(frame, FOLDS, *CLASSES, "stages.search.with.objective=log_loss").output


def test_07_the_words_true_and_false_are_classes(bench) -> None:
    bench.survives(table(y=cycle("true", "false")), *CLASSES)
    assert set(bench.model.predict(table()).prediction) <= {"true", "false"}


def test_08_texts_and_whole_numbers_mixed_are_read_as_texts(bench, recwarn) -> None:
    model = bench.in_memory(table(y=pd.Series(cycle(1, "one"), dtype=object)))
    assert set(model.predict(table()).prediction) <= {"1", "one"}


def test_09_unused_levels_of_a_categorical_target_are_no_classes(bench) -> None:
    labels = pd.Categorical(cycle("no", "yes"), categories=["never", "no", "yes"])
    model = bench.in_memory(table(y=labels))
    assert list(model.task.classes) == ["no", "yes"]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_10_an_infinite_or_huge_target_of_a_regression_is_refused(bench, value: float) -> None:
    frame = table()
    frame.loc[17, "y"] = value
    message = bench.refuses(frame)
    assert "'y'" in message
    assert "17" in message or "18" in message  # the row


def test_11_over_a_thousand_classes_survive(bench) -> None:
    frame = table(rows=2100, y=[f"k{place % 1050}" for place in range(2100)])
    bench.survives(frame, *CLASSES, "stages.evaluate=null")
    assert len(bench.model.task.classes) > 1000


def test_11_three_numbers_without_a_task_are_asked_about(bench) -> None:
    assert "task: regression" in bench.refuses(table(y=cycle(1.5, 2.5, 3.5)))


def test_12_the_target_may_stand_anywhere(bench) -> None:
    bench.survives(table()[["y", "b", "a"]])


def test_13_a_target_that_is_not_there_is_refused_with_the_nearest_name(bench) -> None:
    assert "did you mean 'y'?" in bench.refuses(table(), target="Y")


def test_13_a_target_that_is_a_feature_too_is_refused(bench) -> None:
    assert "'y'" in bench.refuses(table(), roles={"id": ["y"]})
