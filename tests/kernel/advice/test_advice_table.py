"""Rules about the table, its target and the columns that stages name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from advice_names import Examine, names, stages
from toy_runs import FOLDS
from toy_written import registry_with_parts

ALONE = ("stages.goal=null", "stages.search.in=codes")
CLASSES = (*ALONE, "stages.search.with.objective=toy.brier")


def test_data_that_cannot_be_what_the_file_says_is_one_error_with_its_place(
    examine: Examine, frame: pd.DataFrame
) -> None:
    (error,) = examine(frame.assign(y=1.0)).findings
    assert (error.name, error.severity, error.path) == ("data.refused", "error", ("data",))
    assert "1 distinct value(s)" in error.message
    assert error.mend == "choose another target (data.target)"
    assert error.where == "<text>:5:7"


def test_a_split_that_is_refused_is_an_error_at_its_stage(examine: Examine, frame: pd.DataFrame) -> None:
    (error,) = examine(frame, "stages.split.with={test: 0.0, valid: 1.0}").findings
    assert (error.name, error.path) == ("data.refused", ("stages", "split"))
    assert error.message == "component 'toy.holdout' of plugin 'toy' (toy 1.0): no training row is left of 400"


@pytest.mark.parametrize("columns", ["[colr]", "{kind: categorical, except: [colr]}", "colr"])
def test_a_misspelt_column_below_the_split_is_an_error(examine: Examine, frame: pd.DataFrame, columns: str) -> None:
    """The header knows it where the stage reads from the split; the examination also where it reads on."""
    text = stages(
        f"  above: {{use: toy.scale, in: split, columns: [x]}}\n"
        f"  last: {{use: toy.dummies, in: above, columns: {columns}}}"
    )
    (finding,) = examine(frame, text=text).findings
    assert (finding.name, finding.severity) == ("columns.unknown", "warning"), "toy.scale does not say what it makes"
    assert finding.mend == "did you mean 'colour'?"


@pytest.mark.parametrize("columns", ["[colour_red]", "[x]", "[made_up_name]"])
def test_names_that_a_stage_above_may_have_made_raise_no_alarm(
    examine: Examine, frame: pd.DataFrame, columns: str
) -> None:
    text = stages(
        f"  above: {{use: toy.dummies, in: split}}\n  last: {{use: toy.scale, in: above, columns: {columns}}}"
    )
    assert names(examine(frame, text=text)) == []


def test_a_column_of_a_kind_that_the_stage_does_not_take(examine: Examine, frame: pd.DataFrame) -> None:
    text = stages("  last: {use: toy.dummies, in: split, columns: [colour, z]}")
    (error,) = examine(frame, text=text).errors
    assert error.name == "columns.kind"
    assert error.message == "the column 'z' is numeric, and 'toy.dummies' takes no numeric columns"
    assert error.expected == "categorical columns"


def test_levels_that_differ_only_in_case_or_blanks(examine: Examine, frame: pd.DataFrame) -> None:
    (finding,) = examine(frame.replace({"colour": {"red": "dark red"}}).assign(
        other=lambda f: np.where(f.index % 7 == 0, "Dark  Red", f["colour"])
    )).findings  # fmt: skip
    assert finding.name == "columns.spelling"
    assert "'Dark  Red' and 'dark red'" in finding.message
    assert "'other'" in finding.message


def test_classes_that_differ_only_in_case(examine: Examine, frame: pd.DataFrame) -> None:
    shouted = frame.assign(y=np.where(frame["y"] > 0, "Yes", np.where(frame["z"] > 0, "yes", "no")))
    assert "levels of the target 'y'" in examine(shouted, *CLASSES).findings[0].message


def test_rows_without_a_target_are_counted(examine: Examine, frame: pd.DataFrame) -> None:
    frame.loc[:6, "y"] = np.nan
    (finding,) = examine(frame).findings
    assert finding.message == "7 of 400 rows have no value of the target 'y'"
    assert finding.path == ("data", "target")


def test_a_class_that_a_part_lacks(examine: Examine, frame: pd.DataFrame) -> None:
    rare = frame.assign(y=np.where(frame["y"] > 0, "high", "low"))
    rare.loc[3, "y"] = "unheard of"
    found = examine(rare, *CLASSES).findings
    assert {finding.name for finding in found} == {"target.absent_class"}
    lacking = " ".join(finding.message for finding in found)
    assert lacking.count("'unheard of'") == 2, "one row is in one of three parts"


def test_a_class_that_a_fold_lacks(examine: Examine, frame: pd.DataFrame) -> None:
    rare = frame.assign(y=np.where(frame["y"] > 0, "high", "low"))
    rare.loc[3, "y"] = "unheard of"
    (found,) = (f for f in examine(rare, FOLDS, *CLASSES).findings if "fold" in f.message)
    assert found.name == "target.absent_class"
    assert "1 of 3 classes of 'y' have no row in " in found.message
    assert " folds (in fold " in found.message


def test_a_metric_for_another_task_is_an_error_where_only_the_rows_tell_the_task(
    examine: Examine, frame: pd.DataFrame
) -> None:
    labelled = frame.assign(y=np.where(frame["y"] > 0, "high", "low"))
    gate = "stages.evaluate.gate={mae: '<= 1'}"
    errors = examine(labelled, "stages.search.with.objective=rmse", gate).errors
    assert sorted((error.name, error.path) for error in errors) == [
        ("metric.task", ("stages", "evaluate", "gate", "mae")),
        ("metric.task", ("stages", "goal", "use")),
        ("metric.task", ("stages", "search", "with", "objective")),
    ]
    rmse = next(error for error in errors if error.path[-1] == "objective")
    assert "the metric 'rmse' is for regression tasks, and the target 'y' makes a binary task" in rmse.message
    assert "log_loss" in str(rmse.expected)
    assert names(examine(labelled, *ALONE)) == []


def test_one_class_in_all_rows_that_are_learned_from_is_an_error_before_anything_runs(
    examine: Examine, frame: pd.DataFrame
) -> None:
    lone = frame.assign(y="low")
    lone.loc[0, "y"] = "high"
    parts = "stages.split={use: parts.written, in: data, with: {parts: t0v0}}"
    errors = examine(lone.head(4), parts, *ALONE, registry=registry_with_parts()).errors
    assert any("has one class, 'low', in the training and validation rows" in error.message for error in errors)


def test_a_split_without_validation_rows_is_an_error_under_a_search(examine: Examine, frame: pd.DataFrame) -> None:
    (error,) = examine(frame, "stages.split.with={test: 0.3, valid: 0.0}").errors
    assert error.message == "the split leaves no validation rows, and without them no trial has a score"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (lambda n: np.full(n, 0.0), "all weights in 'w' are zero"),
        (lambda n: np.r_[-1.0, np.ones(n - 1)], "missing, infinite or negative in 1 rows"),
        (lambda n: np.r_[np.nan, np.nan, np.ones(n - 2)], "missing, infinite or negative in 2 rows"),
        (lambda n: np.r_[np.inf, np.ones(n - 1)], "missing, infinite or negative in 1 rows"),
    ],
)
def test_weights_that_cannot_be_used(examine: Examine, frame: pd.DataFrame, weights: object, said: str) -> None:
    weighted = frame.assign(w=weights(len(frame)))  # type: ignore[operator]
    (error,) = examine(weighted, "data.roles={weight: w}", "stages.search.with.objective=rmse").errors
    assert said in error.message
    assert names(examine(frame.assign(w=np.arange(len(frame)) % 3.0), "data.roles={weight: w}")) == []


def test_stages_before_the_split_are_looked_through_unless_they_branch(examine: Examine, frame: pd.DataFrame) -> None:
    flagged = frame.assign(flag=frame["z"] > 0)
    text = stages("  last: {use: toy.fill, in: split, columns: [nowhere]}")
    flags = "stages.flags={use: toy.flags, in: data}"
    assert names(examine(flagged, flags, "stages.split.in=flags", text=text)) == ["columns.unknown"]
    both = "stages.both={use: toy.flags, in: [data, flags], columns: [flag]}"
    assert names(examine(flagged, flags, both, "stages.split.in=both", text=text)) == []
