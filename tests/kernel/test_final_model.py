"""``final: refit``: one more training of the winner, on training and validation rows together."""

from __future__ import annotations

import numpy as np
import pytest
from toy_runs import BASELINES, FOLDS, TUNED, heads, ledger

from automl import events
from automl.columns import TEST
from automl.predictor import Predictor

REFIT = "stages.search.with.final=refit"


@pytest.mark.parametrize("sets", [(), (FOLDS,), (TUNED,), (FOLDS, TUNED)], ids=["plain", "folds", "tuned", "both"])
def test_the_final_model_has_seen_every_row_but_the_test_rows(run_toys, plan_toys, sets) -> None:
    finished, _ = run_toys(REFIT, *sets)
    plan = plan_toys(REFIT, *sets)
    (head,) = finished.search.heads
    part = plan.peek("split", {}).dataset.part
    assert head.bindings["split.fold"] == "whole"
    rows = plan.input("codes", head.bindings).load()
    assert list(rows.frame.index) == list(np.flatnonzero(part != TEST))
    assert (rows.part == 0).all()


def test_it_trains_up_to_the_winners_best_epoch_and_baselines_likewise(run_toys) -> None:
    best, _ = run_toys(BASELINES, workspace="best")
    finished, _ = run_toys(REFIT, BASELINES)
    assert ledger(finished.search) == ledger(best.search), "the ledger is of the search, not of the final training"
    assert [head.bindings for head in finished.search.baselines["toy.mean"]] == [{"split.fold": "whole"}]
    sample = best.search.heads[0].state["weights"]
    assert not np.array_equal(finished.search.heads[0].state["weights"], sample)


def test_it_is_remembered_and_announced_as_no_trial(run_toys) -> None:
    first, observer = run_toys(REFIT, FOLDS)
    assert {event.trial for event in observer.of(events.TrialEpoch)} == {f"t{i}" for i in range(1, 7)}
    again, _ = run_toys(REFIT, FOLDS)
    assert again.executed == []
    assert again.bundle.read_bytes() == first.bundle.read_bytes()


def test_the_bundle_has_one_head_where_folds_have_several(run_toys, registry) -> None:
    several, _ = run_toys(FOLDS, workspace="several")
    one, _ = run_toys(FOLDS, REFIT)
    assert len(heads(several.bundle)) == 3
    assert len(heads(one.bundle)) == 1
    assert Predictor.load(one.bundle, registry).task == Predictor.load(several.bundle, registry).task
