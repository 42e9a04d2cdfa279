"""What is told of cells that were read otherwise than they look, and what is refused with its place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from advice_names import Examine


def texts(found, name: str) -> list[str]:
    return [str(finding) for finding in found.findings if finding.name == name]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (np.inf, "inf"),
        (-np.inf, "-inf"),
        (1e39, "1e+39"),
        (10**400, "1000"),
        ("1" + "0" * 400, "1000"),
        ("1e400", "1e400"),
    ],
)
def test_cells_beyond_what_a_network_computes_with_are_told_with_their_place(
    frame: pd.DataFrame, examine: Examine, cell: object, shown: str
) -> None:
    x = frame["x"].astype(object)
    x.iloc[[7, 9]] = cell
    (told,) = texts(examine(frame.assign(x=x), "data.kinds.x=numeric"), "data.infinite")
    assert "2 cells of column 'x' are infinite or beyond 3.4e38, the first: " + shown in told
    assert "in row 7" in told
    assert "silence: advice: {silence: [data.infinite]}" in told


@pytest.mark.parametrize("cell", [1e200, np.inf, 10**400, "1" + "0" * 400])
def test_a_target_beyond_it_is_refused_with_its_place(frame: pd.DataFrame, examine: Examine, cell: object) -> None:
    y = frame["y"].astype(object)
    y.iloc[11] = cell
    (told,) = texts(examine(frame.assign(y=y), "data.task=regression"), "data.refused")
    assert "the target 'y' is infinite or beyond 3.4e+38" in told
    assert "row 11 holds " in told


@pytest.mark.parametrize("role", ["weight", "target"])
def test_text_where_numbers_are_needed_is_refused_with_its_place(
    frame: pd.DataFrame, examine: Examine, role: str
) -> None:
    words = pd.Series([f"heavy {place}" if place >= 5 else str(place) for place in range(len(frame))], dtype="str")
    if role == "weight":
        found = examine(frame.assign(w=words), "data.roles={weight: w}")
    else:
        found = examine(frame.assign(y=words), "data.task=regression")
    (told,) = texts(found, "data.refused")
    assert f"column '{'w' if role == 'weight' else 'y'}': row 5 holds 'heavy 5', where a number was expected" in told


def test_columns_without_a_value_and_of_several_types_are_told(frame: pd.DataFrame, examine: Examine) -> None:
    mixed = pd.Series([place if place % 2 else "x" for place in range(len(frame))], dtype=object)
    found = examine(frame.assign(mixed=mixed, nothing=np.nan, none=None))
    (empty,) = texts(found, "data.empty_column")
    assert "2 columns have no value in any row: 'nothing', 'none'" in empty
    assert "mend: leave them out: data: {roles: {ignore: [nothing, none]}}" in empty
    (told,) = texts(found, "data.mixed_types")
    assert "column 'mixed' holds values of several types: numbers, texts; all are read as texts" in told
    quiet = examine(frame)
    assert not [f for f in quiet.findings if f.name.startswith("data.")]
