"""Branches come together column by column, by what happened to each column; the predictor replays it."""

from __future__ import annotations

import numpy as np
import pytest
from toy import Table
from toy_runs import FOLDS, heads, stages

from automl.errors import PipelineFileError, PlanError
from automl.predictor import Predictor

TWO_BRANCHES = stages("""
  numbers: {use: toy.fill, in: split, columns: [x]}
  codes: {use: toy.dummies, in: split, columns: [colour]}
  last: {use: toy.scale, in: [numbers, codes], columns: [x, z]}
""")


@pytest.mark.parametrize("split", ["stages.split.use=toy.holdout", FOLDS], ids=["holdout", "folds"])
def test_branches_that_change_different_columns_come_together(run_toys, plan_toys, split: str) -> None:
    finished, _ = run_toys(split, text=TWO_BRANCHES)
    plan = plan_toys(split, text=TWO_BRANCHES)
    joined = plan.materialize("last", finished.search.heads[0].bindings).dataset
    assert list(joined.frame.columns) == ["x", "z", "y", "colour_blue", "colour_green", "colour_red"]
    assert not joined.frame["x"].isna().any()
    for below in heads(finished.bundle):
        assert set(below) == {"numbers", "codes", "last", "%head"}


@pytest.mark.parametrize("order", ["[numbers, codes]", "[codes, numbers]"])
def test_the_predictor_replays_the_join(run_toys, plan_toys, registry, order: str) -> None:
    text = TWO_BRANCHES.replace("[numbers, codes]", order)
    finished, _ = run_toys(text=text)
    plan = plan_toys(text=text)
    rows = plan.materialize("last", {}).dataset
    raw = Table(Table.Params()).read().loc[rows.frame.index]
    fitted = registry.get("learners", "toy.descent").fitted.from_state(finished.search.heads[0].state)
    by_hand = fitted.apply(rows.frame[rows.named("feature")])["prediction"]
    predicted = Predictor.load(finished.bundle, registry).predict(raw)["prediction"]
    np.testing.assert_allclose(predicted, by_hand, rtol=1e-12)


def test_a_branch_that_went_further_wins_its_columns(run_toys, plan_toys) -> None:
    text = stages("""
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  scaled: {use: toy.scale, in: filled, columns: [x]}
  last: {use: toy.scale, in: [filled, codes, scaled], columns: [z]}
""")
    run_toys(text=text)
    plan = plan_toys(text=text)
    filled, scaled, last = (plan.materialize(name, {}).dataset.frame for name in ("filled", "scaled", "last"))
    assert last["x"].equals(scaled["x"])
    assert not last["x"].equals(filled["x"])


def test_a_column_changed_in_two_branches_is_an_error_that_names_both(run_toys) -> None:
    text = stages("""
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  here: {use: toy.scale, in: codes, columns: [x]}
  there: {use: toy.scale, in: codes, columns: [x, z]}
  last: {use: toy.scale, in: [here, there]}
""")
    with pytest.raises(PlanError) as caught:
        run_toys(text=text)
    assert str(caught.value) == (
        "column 'x' was changed by two branches: 'here' (data > filled > here) and 'there' (data > filled > there); "
        "mend: chain the stages, or narrow `columns` of one"
    )


def test_branches_of_two_splits_cannot_come_together(run_toys) -> None:
    text = stages("""
  other: {use: toy.holdout, in: data}
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: other}
  last: {use: toy.scale, in: [filled, codes]}
""")
    with pytest.raises(PipelineFileError, match="only branches of one split can be joined"):
        run_toys(text=text)


def test_a_column_dropped_in_one_branch_stays_dropped(run_toys, plan_toys, registry) -> None:
    text = stages("""
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  without: {use: toy.drop, in: filled, columns: [z]}
  last: {use: toy.scale, in: [codes, without], columns: [x]}
""")
    finished, _ = run_toys(text=text)
    assert "z" not in plan_toys(text=text).materialize("last", {}).dataset.frame
    raw = Table(Table.Params()).read()
    assert len(Predictor.load(finished.bundle, registry).predict(raw)) == len(raw)


def test_a_column_dropped_in_one_branch_and_changed_in_another_is_an_error(run_toys) -> None:
    text = stages("""
  filled: {use: toy.fill, in: split}
  codes: {use: toy.dummies, in: filled}
  without: {use: toy.drop, in: codes, columns: [z]}
  scaled: {use: toy.scale, in: codes, columns: [z]}
  last: {use: toy.scale, in: [without, scaled], columns: [x]}
""")
    with pytest.raises(PlanError, match=r"column 'z' .*'without' \(data > filled > -without\).*'scaled'"):
        run_toys(text=text)


def test_rows_dropped_in_one_branch_are_dropped_from_the_joined_table(run_toys, plan_toys, registry) -> None:
    text = stages("""
  filled: {use: toy.fill, in: split}
  dropped: {use: toy.drop_high, in: filled, columns: [x]}
  codes: {use: toy.dummies, in: filled}
  last: {use: toy.scale, in: [codes, dropped], columns: [z]}
""")
    finished, _ = run_toys(text=text)
    plan = plan_toys(text=text)
    codes, dropped, last = (plan.materialize(name, {}).dataset for name in ("codes", "dropped", "last"))
    assert last.frame.index.equals(dropped.frame.index)
    assert len(last.frame) == len(codes.frame) - 3
    lost = codes.frame.index.difference(last.frame.index)
    assert (codes.part[codes.frame.index.isin(lost)] == 0).all(), "only training rows may go"
    raw = Table(Table.Params()).read()
    assert len(Predictor.load(finished.bundle, registry).predict(raw)) == len(raw)


def test_a_split_takes_one_branch(run_toys) -> None:
    text = stages("""
  plain: {use: toy.flags, in: data}
  last: {use: toy.fill, in: split}
""").replace("split: {use: toy.holdout, in: data}", "split: {use: toy.holdout, in: [data, plain]}")
    with pytest.raises(PipelineFileError, match=r"'toy\.holdout' takes one input"):
        run_toys(text=text)
