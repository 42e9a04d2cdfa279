"""A worker may be handed several trials at once; what comes of them is the same."""

from __future__ import annotations

import pytest
from toy_runs import BASELINES, BUDGET, FOLDS, PIPELINE, TUNED, ledger

PACK = "stages.search.with.pack=3"
TWO = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 2}}")


@pytest.mark.parametrize("sets", [(), (TUNED,), (FOLDS,)], ids=["plain", "tuned upstream", "folds"])
@pytest.mark.parametrize("text", [PIPELINE, TWO], ids=["in process", "two workers"])
def test_packs_give_the_ledger_of_single_trials(run_toys, sets: tuple[str, ...], text: str) -> None:
    single, _ = run_toys(BASELINES, *sets, workspace="single")
    packed, _ = run_toys(BASELINES, *sets, PACK, text=text, workspace="packed")
    assert ledger(packed.search) == ledger(single.search)
    assert packed.bundle.read_bytes() == single.bundle.read_bytes()


def test_a_pack_is_pruned_as_single_trials_are(run_toys) -> None:
    sets = ["stages.search.with.tuner=asking.stopping", "stages.search.with.patience=null", f"{BUDGET}.trials=12"]
    single, _ = run_toys(*sets, workspace="single")
    packed, _ = run_toys(*sets, PACK, workspace="packed")
    assert ledger(packed.search) == ledger(single.search)
    assert any(trial.status == "pruned" for trial in packed.search.trials)


def test_what_one_trial_raises_ends_no_other(run_toys) -> None:
    space = "stages.search.with.space={rate: [0.1, 0.2, 0.3, 0.4], fail_above: 0.25}"
    finished, _ = run_toys(space, PACK)
    by_rate = {trial.parameters["rate"]: trial for trial in finished.search.trials}
    assert [by_rate[rate].status for rate in (0.1, 0.2, 0.3, 0.4)] == ["finished", "finished", "failed", "failed"]
    assert by_rate[0.3].error.endswith("epoch 1 raised RuntimeError: the rate is too high for this table")


def test_trials_of_a_pack_train_side_by_side(run_toys) -> None:
    from automl import events

    _, observer = run_toys(PACK, f"{BUDGET}.trials=3", "stages.search.with.patience=null")
    order = [event.trial for event in observer.of(events.TrialEpoch)]
    assert order[:6] == ["t1", "t2", "t3", "t1", "t2", "t3"]


def test_a_pack_whose_worker_died_is_tried_again(run_toys, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = run_toys(workspace="whole")
    fuse = tmp_path / "fuse"
    fuse.touch()
    monkeypatch.setenv("TOY_DIES", str(fuse))
    again, _ = run_toys(PACK, text=TWO, workspace="again")
    assert ledger(again.search) == ledger(whole.search)


def test_a_death_counts_for_nobody_while_it_may_be_the_fault_of_another(run_toys, monkeypatch) -> None:
    """The second trial kills its worker each time; one attempt is all that any trial has."""
    space = "stages.search.with.space={rate: [0.12, 0.2, 0.1]}"
    sets = [space, "stages.search.with.tuner=grid", "stages.search.with.network=odd.net"]
    sets += [f"{BUDGET}.trials=3", "stages.search.retry.attempts=1"]
    monkeypatch.setenv("TOY_DEADLY", "0.15")
    single, _ = run_toys(*sets, text=TWO, workspace="single")
    packed, _ = run_toys(*sets, PACK, text=TWO, workspace="packed")
    assert [trial.status for trial in single.search.trials] == ["finished", "failed", "finished"]
    assert ledger(packed.search) == ledger(single.search)
