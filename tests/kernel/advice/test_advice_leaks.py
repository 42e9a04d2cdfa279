"""Leaks: told where they are, and no alarm where chance or an honest column explains what is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from advice_names import Examine, names

LABELS = "data.task=binary"


def with_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(y=np.where(frame["y"] > 0.3, "high", "low"))


def test_an_honest_table_raises_no_alarm(examine: Examine, frame: pd.DataFrame) -> None:
    assert names(examine(frame)) == []
    assert names(examine(with_labels(frame), "stages.goal=null", "stages.search.in=codes")) == []


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_a_copy_of_the_target(examine: Examine, frame: pd.DataFrame, noise: float) -> None:
    (finding,) = examine(frame.assign(twin=frame["y"] + noise)).findings
    assert (finding.name, finding.severity) == ("leak.copy_of_target", "warning")
    assert "'twin' is a copy of the target 'y'" in finding.message
    assert finding.mend == "data: {roles: {ignore: [twin]}}"


@pytest.mark.parametrize(
    "twin", [lambda y: y, lambda y: y.map({"high": "H", "low": "L"}), lambda y: y == "high", lambda y: (y == "low") * 1]
)
def test_a_copy_of_the_classes_in_other_words(examine: Examine, frame: pd.DataFrame, twin: object) -> None:
    labelled = with_labels(frame)
    found = examine(labelled.assign(twin=twin(labelled["y"])), "stages.goal=null", "stages.search.in=codes")  # type: ignore[operator]
    assert names(found) == ["leak.copy_of_target"]


def test_strict_makes_an_error_of_a_leak_and_silence_wins_over_it(examine: Examine, frame: pd.DataFrame) -> None:
    copied = frame.assign(twin=frame["y"])
    assert [f.name for f in examine(copied, "advice.strict=true").errors] == ["leak.copy_of_target"]
    silenced = examine(copied, "advice={strict: true, silence: [leak.copy_of_target]}")
    assert (names(silenced), silenced.silenced) == ([], ["leak.copy_of_target"])


def test_a_number_that_the_target_follows(examine: Examine, frame: pd.DataFrame) -> None:
    (finding,) = examine(frame.assign(cents=-100 * frame["y"])).findings
    assert finding.name == "leak.determines_target"
    assert "the lower the other" in finding.message


def test_levels_that_determine_the_target(examine: Examine, frame: pd.DataFrame) -> None:
    labelled = with_labels(frame)
    town = [f"{label}-{place}" for label, place in zip(labelled["y"], np.arange(len(labelled)) % 9, strict=True)]
    found = examine(labelled.assign(town=town), "stages.goal=null", "stages.search.in=codes")
    assert names(found) == ["leak.determines_target"]
    assert "18 of them different" in found.findings[0].message


def test_a_number_that_separates_the_classes(examine: Examine, frame: pd.DataFrame) -> None:
    labelled = with_labels(frame)
    score = np.where(labelled["y"] == "high", 5.0, 0.0) + frame["z"].abs().clip(upper=1)
    found = examine(labelled.assign(score=score), "stages.goal=null", "stages.search.in=codes")
    assert names(found) == ["leak.determines_target"]
    assert "each class has a range of its own" in found.findings[0].message


def test_agreement_by_chance_is_no_leak(examine: Examine) -> None:
    """Eight rows agree by luck; so does a column of nearly distinct values, and a class of one row in a thousand."""
    small = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6, 7, 8], "colour": list("aabbaabb"), "y": list("llhhllhh")})
    alone = ("stages.goal=null", "stages.search.in=codes")
    assert "leak" not in " ".join(names(examine(small, *alone)))
    draw = np.random.default_rng(0)
    n = 2000
    rare = pd.DataFrame({"x": draw.normal(size=n), "colour": draw.integers(0, 40, n).astype(str), "y": "no"})
    rare.loc[[5, 800], ["colour", "y"]] = ["only here", "yes"]
    assert "leak" not in " ".join(names(examine(rare, *alone)))


def test_doubled_rows_do_not_make_every_column_determine_the_target(examine: Examine, frame: pd.DataFrame) -> None:
    found = examine(pd.concat([frame, frame], ignore_index=True))
    assert set(names(found)) == {"leak.duplicate_rows"}
    assert len(found.findings) == 2, "validation and test"


def test_a_few_double_rows_are_in_every_table(examine: Examine, frame: pd.DataFrame) -> None:
    assert names(examine(pd.concat([frame, frame.head(1)], ignore_index=True))) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda n: np.arange(n) + 1000, "a running number in the order of the rows"),
        (lambda n: np.random.default_rng(3).permutation(n), "a running number in another order"),
        (lambda n: np.cumsum(np.arange(n) + 1), "a different whole number in every row, ascending"),
        (lambda n: [f"customer {i}" for i in range(n)], "400 levels in 400 rows"),
    ],
)
def test_an_id(examine: Examine, frame: pd.DataFrame, values: object, said: str) -> None:
    (finding,) = examine(frame.assign(key=values(len(frame)))).findings  # type: ignore[operator]
    assert finding.name == "leak.unique_id"
    assert said in finding.message
    assert finding.mend is not None
    assert "{id: [key]}" in finding.mend


def test_rows_in_the_order_of_the_target(examine: Examine, frame: pd.DataFrame) -> None:
    ordered = frame.sort_values("y").assign(key=np.arange(len(frame)))
    found = examine(ordered)
    assert "the target is sorted along it" in next(f for f in found.findings if f.name == "leak.unique_id").message


def test_counts_and_measurements_are_no_ids(examine: Examine, frame: pd.DataFrame) -> None:
    people = np.random.default_rng(4).choice(1_000_000, size=len(frame), replace=False)
    assert names(examine(frame.assign(people=people, exact=frame["z"] * 7))) == []


def test_looking_writes_nothing_of_the_table(examine: Examine, frame: pd.DataFrame, tmp_path: Path) -> None:
    examine(frame)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.pickle"]
