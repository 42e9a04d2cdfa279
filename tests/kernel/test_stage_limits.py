"""``retry:`` and ``time:`` of a stage."""

from __future__ import annotations

import pytest
from toy_runs import PIPELINE, stages

from automl.errors import StageError


def flaky(log, failures: int, keys: str) -> str:
    with_ = f"with: {{log: {log}, failures: {failures}}}"
    return stages(f"""
  filled: {{use: toy.fill, in: split}}
  shaky: {{use: trouble.flaky, in: filled, {with_}, {keys}}}
  last: {{use: toy.dummies, in: shaky}}
""")


def test_a_stage_that_fails_is_tried_again(run_toys, tmp_path) -> None:
    log = tmp_path / "log"
    finished, _ = run_toys(text=flaky(log, 2, "retry: {attempts: 3}"))
    assert log.read_text().split() == ["1", "2", "3"]
    assert "shaky" in finished.executed


def test_after_the_last_attempt_every_cause_is_listed(run_toys, tmp_path) -> None:
    with pytest.raises(StageError) as caught:
        run_toys(text=flaky(tmp_path / "log", 9, "retry: {attempts: 2}"))
    text = str(caught.value)
    assert "stages.shaky: component 'trouble.flaky' of plugin 'trouble' (toy-trouble 1.0): failed 2 times:" in text
    assert "\n  1. " in text
    assert "the line is dead (1)" in text
    assert "\n  2. " in text
    assert "the line is dead (2)" in text


def test_without_retry_a_stage_is_tried_once(run_toys, tmp_path) -> None:
    log = tmp_path / "log"
    with pytest.raises(StageError, match=r"the line is dead \(1\)"):
        run_toys(text=flaky(log, 1, "columns: numeric"))
    assert log.read_text().split() == ["1"]


@pytest.mark.parametrize("hangs", [True, False])
def test_a_stage_that_takes_too_long_is_ended(run_toys, hangs: bool) -> None:
    time = "1.5s" if hangs else "10m"
    text = stages(f"""
  filled: {{use: toy.fill, in: split}}
  slow: {{use: trouble.hang, in: filled, with: {{forever: {str(hangs).lower()}}}, time: {time}}}
  last: {{use: toy.dummies, in: slow}}
""")
    if hangs:
        with pytest.raises(
            StageError, match=r"component 'trouble.hang' of plugin 'trouble' .*: it was not done after 1.5 s"
        ):
            run_toys(text=text)
    else:
        finished, _ = run_toys(text=text)
        assert "slow" in finished.executed


def test_a_limited_stage_comes_out_as_an_unlimited_one(run_toys) -> None:
    limited = PIPELINE.replace("target: y}", "target: y, time: 5m}")
    for stage in ("split", "filled", "evaluate"):
        limited = limited.replace(f"  {stage}: {{", f"  {stage}: {{time: 5m, ")
    first, _ = run_toys(text=limited)
    second, _ = run_toys(workspace="other")
    assert first.bundle.read_bytes() == second.bundle.read_bytes()
    assert first.evaluation.metrics == second.evaluation.metrics
    again, _ = run_toys()
    assert again.executed == [], "a time limit is no part of what a value is"


def test_an_error_of_a_limited_stage_is_its_own(run_toys) -> None:
    text = PIPELINE.replace("  filled: {use: toy.fill,", "  filled: {use: toy.refuses, time: 5m,")
    with pytest.raises(
        StageError, match=r"stages.filled: component 'toy.refuses' of plugin .*: fit raised RuntimeError: no luck today"
    ):
        run_toys(text=text)
