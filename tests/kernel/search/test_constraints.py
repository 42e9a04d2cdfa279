"""A network that is larger than allowed is not trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toy_runs import BASELINES, BUDGET, FOLDS, PIPELINE

from automl import events
from automl.errors import SearchError

DROP = "stages.codes={use: {tune: [toy.dummies, toy.drop]}, in: filled, columns: categorical}"
"""Three columns of colours more, or none: six parameters or three."""


def test_a_trial_above_the_bound_fails_with_its_size_and_the_search_goes_on(run_toys, tmp_path: Path) -> None:
    path = tmp_path / "diary"
    finished, _ = run_toys(
        DROP,
        f"{BUDGET}.trials=12",
        "stages.search.with.max_parameters=4",
        f"stages.search.with.tuner={{use: asking.diary, with: {{path: {path}}}}}",
    )
    by_codes = {trial.bindings["codes.use"]: trial for trial in finished.search.trials}
    refused, kept = by_codes["toy.dummies"], by_codes["toy.drop"]
    assert refused.status == "failed"
    assert refused.error == "6 parameters, at most 4 are allowed"
    assert refused.excess == pytest.approx(0.5)
    assert kept.status == "finished"
    assert kept.excess == 0.0
    assert finished.search.winner != refused.name
    tells = [json.loads(line) for line in path.read_text().splitlines()]
    assert [tells_of[2] for tells_of in tells if tells_of[:2] == ["tell", refused.number]] == [None]


def test_where_every_network_is_too_large_the_first_one_says_so(run_toys) -> None:
    with pytest.raises(SearchError, match="all 6 trials failed; the first: t1: 6 parameters, at most 2 are allowed"):
        run_toys("stages.search.with.max_parameters=2")


def test_a_refusal_is_remembered(run_toys) -> None:
    first, _ = run_toys(DROP, "stages.search.with.max_parameters=4")
    again, observer = run_toys(DROP, "stages.search.with.max_parameters=4", f"{BUDGET}.trials=7")
    assert [t.excess for t in again.search.trials[:6]] == [t.excess for t in first.search.trials]
    assert [event.cached for event in observer.of(events.TrialFinished)] == [True] * 6 + [False]


def test_of_several_folds_the_first_tells_the_cause_and_all_of_them_the_excess(
    run_toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever fold is done first, and also when the failures of an earlier run are recalled."""
    diaries = []
    for count in (1, 2):
        if count == 2:
            monkeypatch.setenv("TOY_FIRST", str(tmp_path / "first"))
            monkeypatch.setenv("TOY_OTHERS", "2")
        for again in (False, True):
            diary = tmp_path / f"diary {count} {again}"
            with pytest.raises(SearchError, match="the only trial failed: t1") as caught:
                run_toys(
                    FOLDS,
                    BASELINES,
                    f"{BUDGET}={{trials: 1, epochs: {9 + again}}}",
                    "stages.search.with.network=odd.refused",
                    f"stages.search.with.tuner={{use: asking.diary, with: {{path: {diary}}}}}",
                    text=PIPELINE.replace("{use: in_process}", f"{{use: local, with: {{workers: {count}}}}}"),
                    workspace=f"{count} workers",
                )
            diaries.append((str(caught.value), diary.read_text()))
    assert len(set(diaries)) == 1


def test_the_bound_is_the_searchs_and_not_the_final_trainings(run_toys) -> None:
    """A category more on all rows is no reason to lose the search."""
    rows = "data.with={rows: 14}"
    finished, _ = run_toys(rows, "stages.search.with.final=refit", "stages.search.with.max_parameters=5")
    assert finished.search.winner
