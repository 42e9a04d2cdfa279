"""Observers hear of everything in order; one that raises is reported and silences nobody."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pytest
import toy
from toy_runs import BASELINES

from automl import events
from automl.announcer import Announcer, hook_name
from automl.event_log import EventLog
from automl.hookspecs import Announcements, families, hookimpl
from automl.plugins import Plugin, Registry
from automl.testing.observers import RecordingObserver


class Broken:
    """An observer that raises at whatever it hears."""

    def __getattr__(self, name: str):
        if name not in families(Announcements):
            raise AttributeError(name)

        def hear(event) -> None:
            raise RuntimeError("the tracker is down")

        return hear


def test_an_observer_that_raises_is_reported_and_silences_nobody(run_toys, caplog: pytest.LogCaptureFixture) -> None:
    whole, undisturbed = run_toys(workspace="whole")
    with caplog.at_level(logging.ERROR):
        finished, observer = run_toys(observers=[Broken()])
    # Trials are asked for ahead, by a thread of its own: between which epochs they start and end may differ.
    heard, undisturbed_heard = (
        [name for name in one.names() if name not in ("TrialStarted", "TrialEpoch")] for one in (observer, undisturbed)
    )
    assert heard == undisturbed_heard
    assert Counter(observer.names()) == Counter(undisturbed.names())
    assert finished.bundle.read_bytes() == whole.bundle.read_bytes()
    reported = {record.getMessage() for record in caplog.records}
    assert "observer Broken failed at run_started" in reported
    assert "observer Broken failed at trial_epoch" in reported
    assert "the tracker is down" in caplog.text


def test_a_run_is_told_from_beginning_to_end(run_toys) -> None:
    finished, observer = run_toys(BASELINES)
    names = observer.names()
    assert names[0] == "RunStarted"
    assert names[-1] == "RunFinished"
    assert names.count("StageStarted") == names.count("StageFinished") == 7
    begun, done = observer.of(events.SearchStarted)[0], observer.of(events.SearchFinished)[0]
    assert (begun.objective, begun.greater_is_better, begun.tuner, begun.trials) == ("toy.error", False, "random", 6)
    assert begun.workers == 1
    assert done.result.winner == finished.search.winner
    assert [event.trial for event in observer.of(events.TrialStarted)] == ["toy.mean", *(f"t{i}" for i in range(1, 7))]
    assert [event.trial.name for event in observer.of(events.TrialFinished)] == [
        trial.name for trial in finished.search.trials
    ]
    for trial in finished.search.trials:
        scores = [event.metrics["score"] for event in observer.of(events.TrialEpoch) if event.trial == trial.name]
        assert scores == [epoch["score"] for epoch in trial.history]


def test_a_plugin_may_listen_without_offering_anything(registry: Registry) -> None:
    listener = RecordingObserver()
    own = Registry.load()
    own.register(listener, Plugin("listener", "listener", "listener", "1"))
    event = events.StageStarted("a", "b", "first time")
    Announcer(own, [])(event)
    assert listener.heard == [event]


def test_every_event_has_a_hook_and_every_hook_an_event() -> None:
    hooks = {
        hook_name(name) for name, kind in vars(events).items() if getattr(kind, "__module__", "") == events.__name__
    }
    assert hooks == set(families(Announcements))


def test_the_event_log_holds_each_event_as_a_line_of_json(run_toys) -> None:
    finished, observer = run_toys()
    lines = [json.loads(line) for line in (finished.directory / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == [hook_name(name) for name in observer.names()]
    ats = [line["at"] for line in lines]
    assert ats == sorted(ats)
    told = [line for line in lines if line["event"] == "trial_finished"]
    assert [line["score"] for line in told] == [trial.score for trial in finished.search.trials]
    assert not hasattr(EventLog(finished.directory), "no_such_hook")


def test_a_run_leaves_its_resolved_file_ledger_and_report(run_toys) -> None:
    finished, _ = run_toys("seed=5")
    directory = finished.directory
    assert "seed: 5" in (directory / "pipeline.yaml").read_text()
    ledger = [json.loads(line) for line in (directory / "ledger.jsonl").read_text().splitlines()]
    assert [trial["name"] for trial in ledger] == [trial.name for trial in finished.search.trials]
    assert json.loads((directory / "report.json").read_text()) == {"rows": finished.evaluation.document["rows"]}


def test_the_toy_plugin_takes_only_what_it_needs_from_the_hooks() -> None:
    assert hookimpl.project_name == "automl"
    assert callable(toy.automl_components)
