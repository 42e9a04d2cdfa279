"""The observer that remembers what it heard, heard through the plugin manager."""

from __future__ import annotations

from automl.events import StageCached, StageStarted
from automl.hookspecs import Announcements, families
from automl.plugins import Registry
from automl.testing.observers import RecordingObserver


def test_it_keeps_events_in_order() -> None:
    registry, observer = Registry(), RecordingObserver()
    registry.manager.register(observer)
    started, cached = StageStarted("scaled", "scale.standard", "new"), StageCached("split", "split.random", {})
    registry.manager.hook.stage_started(event=started)
    registry.manager.hook.stage_cached(event=cached)
    assert observer.heard == [started, cached]
    assert observer.names() == ["StageStarted", "StageCached"]
    assert observer.of(StageCached) == [cached]


def test_it_hears_every_announcement() -> None:
    registry, observer = Registry(), RecordingObserver()
    registry.manager.register(observer)
    for name in families(Announcements):
        getattr(registry.manager.hook, name)(event=name)
    assert observer.heard == families(Announcements)
