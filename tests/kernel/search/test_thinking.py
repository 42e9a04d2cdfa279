"""While a searcher thinks the workers work."""

from __future__ import annotations

import pytest
from toy_runs import BASELINES, BUDGET, PIPELINE, ledger

from automl import events
from automl.errors import PipelineFileError, StagesFailedError, UntrainedError
from automl.selection import Selection
from automl.testing.observers import RecordingObserver

TWO = PIPELINE.replace("{use: in_process}", "{use: local, with: {workers: 2}}")


def thoughtful(seconds: float, start: float = 0.0) -> str:
    return f"stages.search.with.tuner={{use: asking.thoughtful, with: {{seconds: {seconds}, start: {start}}}}}"


def test_a_worker_gets_its_next_trial_while_the_searcher_thinks(run_toys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four trials are asked for; two wait in the queue. They begin although the fifth takes its time."""
    monkeypatch.setenv("TOY_DELAY", "0.01")
    _, observer = run_toys(thoughtful(1.5), f"{BUDGET}.trials=5", text=TWO)
    heard = [event for event in observer.heard if isinstance(event, events.TrialEpoch | events.TrialStarted)]
    fifth = next(i for i, e in enumerate(heard) if isinstance(e, events.TrialStarted) and e.trial == "t5")
    begun = {event.trial for event in heard[:fifth] if isinstance(event, events.TrialEpoch)}
    assert begun == {"t1", "t2", "t3", "t4"}


def test_the_ledger_does_not_depend_on_how_long_it_thinks(run_toys) -> None:
    slow, _ = run_toys(thoughtful(0.1), text=TWO, workspace="slow")
    fast, _ = run_toys("stages.search.with.tuner=asking.draws", workspace="fast")
    assert ledger(slow.search) == ledger(fast.search)


def test_a_budget_that_ends_while_it_thinks_ends_with_the_best_baseline(run_toys) -> None:
    heard = RecordingObserver()
    with pytest.raises(UntrainedError) as caught:
        run_toys(BASELINES, thoughtful(0.1, start=3.0), f"{BUDGET}={{time: 0.5, epochs: 30}}", observers=[heard])
    assert caught.value.result.winner == "toy.mean"
    assert [event.trial for event in heard.of(events.TrialStarted)] == ["toy.mean"]


def test_the_end_of_a_search_says_how_the_workers_spent_their_time(run_toys) -> None:
    _, observer = run_toys(BASELINES)
    (ended,) = observer.of(events.SearchFinished)
    assert list(ended.parts) == ["rows", "start", "build", "compile", "epochs", "scoring", "finish"]
    assert all(seconds >= 0.0 for seconds in ended.parts.values())
    assert ended.parts["epochs"] > 0.0
    assert ended.workers == 1
    assert 0.0 < ended.utilisation <= 1.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("{secnds: 1}", r"there is no parameter 'secnds'; expected one of seconds, start; did you mean 'seconds'"),
        ("{seconds: soon}", r"asking.thoughtful: seconds: Input should be a valid number.*found 'soon'"),
    ],
)
def test_what_a_searcher_does_not_take_is_told(run_toys, parameters: str, message: str) -> None:
    with pytest.raises(PipelineFileError, match=message):
        run_toys(f"stages.search.with.tuner={{use: asking.thoughtful, with: {parameters}}}")


@pytest.mark.parametrize("call", ["start", "ask", "report", "tell"])
def test_a_search_that_fails_leaves_nothing_to_the_next_one(run_toys, call: str) -> None:
    """Trials have the same names in every search, and the executor is the run's."""
    head, _, tail = PIPELINE.partition("  evaluate:")
    search = head.partition("  search:")[2]
    first = search.replace("tuner: random", f"tuner: {{use: asking.broken, with: {{at: {call}}}}}").replace("30", "9")
    both = f"{head.partition('  search:')[0]}  before:{first}  search:{search}  evaluate:{tail}"
    both = both.replace("{use: in_process}", "{use: local, with: {workers: 2}}").replace("[]", "[toy.mean]", 2)
    alone, _ = run_toys(BASELINES, workspace="alone")
    observer = RecordingObserver()
    with pytest.raises(StagesFailedError, match=f"no {call} today") as caught:
        run_toys(text=both, workspace="both", selection=Selection(keep_going=True), observers=[observer])
    assert list(caught.value.failures) == ["before"]
    (ended,) = observer.of(events.SearchFinished)
    assert ledger(ended.result) == ledger(alone.search)
