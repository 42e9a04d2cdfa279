"""The contract suite of observers; inherit it and say how to make one.

::

    class TestMine(ObserverContract):
        def make_observer(self, folder: Path) -> Observer:
            return MyObserver(MyObserver.Params(path=str(folder / "log.txt")))
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automl.announcer import hook_name
from automl.hookspecs import PROJECT, Announcements, families
from automl.testing.announcements import failed_run, from_the_future, interrupted_run, whole_run

_GIVE_UP = 60.0
"""Seconds after which a thread counts as left behind; no test measures time."""


class ObserverContract:
    """What every observer does.

    An author supplies ``make_observer``, which returns a new one that writes nowhere but into the given folder, and
    not at all over the network. The runs that it hears of have their folders there as well.
    """

    def make_observer(self, folder: Path) -> Any:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _leaves_no_threads(self) -> Iterator[None]:
        """Every test ends as it began; threads may take a moment to end."""
        before = set(threading.enumerate())
        yield
        give_up = time.monotonic() + _GIVE_UP
        while (left := [t for t in threading.enumerate() if t not in before]) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not left, f"threads left behind: {left}; mend: end them when the run has finished or failed"

    def test_its_hooks_are_announcements(self, tmp_path: Path) -> None:
        known = families(Announcements)
        kind = type(self.make_observer(tmp_path))
        marked = [name for name in dir(kind) if hasattr(getattr(kind, name), f"{PROJECT}_impl")]
        strange = sorted(set(marked) - set(known))
        assert not strange, f"nobody announces {strange}; known are {known}"
        assert any(hasattr(kind, name) for name in known), "it hears nothing"

    def test_it_hears_a_whole_run(self, tmp_path: Path) -> None:
        announce(self.make_observer(tmp_path), whole_run(tmp_path / "runs" / "one"))

    def test_it_hears_a_run_that_fails(self, tmp_path: Path) -> None:
        announce(self.make_observer(tmp_path), failed_run(tmp_path / "runs" / "one"))

    def test_it_hears_a_run_that_fails_at_once(self, tmp_path: Path) -> None:
        events = failed_run(tmp_path / "runs" / "one")
        announce(self.make_observer(tmp_path), [events[0], events[-1]])

    def test_it_hears_a_failure_before_any_start(self, tmp_path: Path) -> None:
        announce(self.make_observer(tmp_path), failed_run(tmp_path / "runs" / "one")[-1:])

    def test_it_hears_a_run_that_is_interrupted(self, tmp_path: Path) -> None:
        events = interrupted_run(tmp_path / "runs" / "one")
        announce(self.make_observer(tmp_path), events)
        announce(self.make_observer(tmp_path), [events[0], events[-1]])
        announce(self.make_observer(tmp_path), events[-1:])

    def test_it_hears_a_run_whose_stages_were_all_cached(self, tmp_path: Path) -> None:
        events = whole_run(tmp_path / "runs" / "one")
        announce(self.make_observer(tmp_path), [events[0], events[2], events[-1]])

    def test_it_hears_every_announcement_by_itself(self, tmp_path: Path) -> None:
        events = [*whole_run(tmp_path / "runs" / "one")[1:], failed_run(tmp_path / "runs" / "two")[-1]]
        for event in events:
            announce(self.make_observer(tmp_path), [event])

    def test_it_hears_announcements_in_any_order(self, tmp_path: Path) -> None:
        events = whole_run(tmp_path / "runs" / "one")
        announce(self.make_observer(tmp_path), [events[0], *events[-2:0:-1], events[-1]])

    def test_it_hears_two_runs_one_after_the_other(self, tmp_path: Path) -> None:
        observer = self.make_observer(tmp_path)
        announce(observer, failed_run(tmp_path / "runs" / "one"))
        announce(observer, whole_run(tmp_path / "runs" / "two"))

    def test_it_takes_events_that_have_grown(self, tmp_path: Path) -> None:
        announce(self.make_observer(tmp_path), map(from_the_future, whole_run(tmp_path / "runs" / "one")))

    def test_links_are_text_before_and_after(self, tmp_path: Path) -> None:
        observer = self.make_observer(tmp_path)
        assert_links(observer)
        announce(observer, whole_run(tmp_path / "runs" / "one"))
        assert_links(observer)
        assert dict(observer.links) == dict(observer.links)


def announce(observer: Any, told: Iterable[Any]) -> None:
    """Tell an observer as the engine does, except that what it raises is not passed over."""
    for event in told:
        heard = getattr(observer, hook_name(type(event).__name__), None)
        if heard is not None:
            heard(event=event)


def assert_links(observer: Any) -> None:
    links = dict(observer.links)
    assert all(isinstance(text, str) and text for pair in links.items() for text in pair), f"links are text: {links}"
