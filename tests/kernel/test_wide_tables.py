"""Tables of hundreds of columns: they are handled in blocks, and give what narrow ones give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_runs import BASELINES, BUDGET, FOLDS, PIPELINE

from automl import events
from automl.dataset import Dataset
from automl.errors import UntrainedError
from automl.pipeline_file.reach import Reach, join
from automl.plan.histories import graft
from automl.store import Store
from automl.wide_frames import WIDE, float_columns, frame_of

START = "stages.search.with.start_with=[{slow.seconds: 0.41}]"


def wide(rows: int = 12, numbers: int = WIDE + 5, others: int = 3) -> pd.DataFrame:
    """Numbers with gaps, and between them texts, booleans and dates."""
    rng = np.random.default_rng(4)
    columns: dict[str, object] = {}
    for place in range(numbers):
        columns[f"n{place}"] = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
        if place < others:
            columns[f"c{place}"] = pd.array(rng.choice(["a", "b", None], rows), dtype="str")
            columns[f"b{place}"] = pd.array(rng.choice([True, False, None], rows), dtype="boolean")
            columns[f"d{place}"] = pd.date_range("2026-01-01", periods=rows).array
    return pd.DataFrame(columns)


@given(count=st.sampled_from([0, 1, WIDE, WIDE + 1]), others=st.integers(0, 2))
def test_taken_apart_and_put_together_a_frame_is_the_same(count: int, others: int) -> None:
    frame = wide(numbers=count, others=others)
    numbers = float_columns(frame)
    arrays = {name: numbers[name] if name in numbers else frame[name].array for name in frame.columns}
    again = frame_of(arrays, frame.index)
    if len(frame.columns):
        pd.testing.assert_frame_equal(again, frame)


def test_a_wide_dataset_comes_out_of_the_store_as_it_went_in(tmp_path: Path) -> None:
    frame = wide()
    kinds = {"n": "numeric", "c": "categorical", "b": "boolean", "d": "datetime"}
    dataset = Dataset.make(frame, dict.fromkeys(frame.columns, "feature"), {n: kinds[n[0]] for n in frame.columns})
    store = Store(tmp_path)
    with store.locked():
        held = store.put("0" * 32, {}, dataset=dataset).dataset
    loaded = Store(tmp_path).get("0" * 32).dataset
    for found in (held, loaded):
        pd.testing.assert_frame_equal(found.frame, frame)
        assert found.fingerprint == dataset.fingerprint
    # Alike in memory, too: a sum over a row may depend on that in its last digit.
    lie = [found.frame[list(float_columns(frame))].to_numpy().flags.f_contiguous for found in (held, loaded)]
    assert lie[0] == lie[1]


def test_a_stage_that_writes_a_column_twice_is_refused() -> None:
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    output = pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])
    with pytest.raises(Exception, match=r"made: writes the column 'a' twice; mend: "):
        graft(frame, ["a"], output, "made")


def test_joined_branches_of_many_columns() -> None:
    names = tuple(f"x{place}" for place in range(2000))
    met = join([Reach(names), Reach(names[::2], names[1::2])])
    assert (met.as_read, met.touched) == (names[::2], names[1::2])
    assert met.may_hold("x1")
    assert not met.may_hold("x2000")


def test_no_fold_is_begun_once_the_time_is_up(run_toys) -> None:
    """Preparing a fold takes longer than training on it: the baseline gets all three, the first trial one more."""
    begun: list[str] = []

    class Listener:
        def stage_started(self, event: events.StageStarted) -> None:
            begun.append(event.stage)

    text = PIPELINE.replace(
        "filled: {", "slow: {use: trouble.slow, in: split, with: {seconds: {tune: [0.4, 0.41]}}}\n  filled: {"
    )
    text = text.replace("use: toy.fill, in: split", "use: toy.fill, in: slow")
    with pytest.raises(UntrainedError):
        run_toys(FOLDS, BASELINES, f"{BUDGET}={{time: 1.4, epochs: 2}}", START, text=text, observers=[Listener()])
    assert 3 <= sum(stage.startswith("slow") for stage in begun) < 6
