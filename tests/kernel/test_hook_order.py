"""Announcements are called as pluggy orders them: first, last and around; each call is shielded from the others."""

from __future__ import annotations

import logging
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest
from toy_runs import PIPELINE, make_registry

from automl import events, hookimpl
from automl import run as runs
from automl.announcer import Announcer
from automl.hookspecs import PROJECT, Announcements
from automl.observer import Observer
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry

Told = list[str]


def plain(told: Told, name: str) -> Callable[..., None]:
    def run_started(event: Any) -> None:
        told.append(name)

    return run_started


def around(told: Told, name: str) -> Callable[..., Any]:
    def run_started(event: Any) -> Any:
        told.append(f"{name} before")
        result = yield
        told.append(f"{name} after")
        return result

    return run_started


def old_around(told: Told, name: str) -> Callable[..., Any]:
    def run_started(event: Any) -> Any:
        told.append(f"{name} before")
        outcome = yield
        outcome.get_result()
        told.append(f"{name} after")

    return run_started


MARKS: dict[str, tuple[Callable[..., Any], dict[str, bool]]] = {
    "a": (plain, {}),
    "b": (plain, {"trylast": True}),
    "c": (around, {"wrapper": True}),
    "d": (plain, {"tryfirst": True}),
    "e": (old_around, {"hookwrapper": True, "trylast": True}),
    "f": (around, {"wrapper": True, "tryfirst": True}),
    "g": (plain, {"tryfirst": True}),
    "h": (plain, {}),
}


def module(function: Callable[..., Any], **marks: Any) -> types.ModuleType:
    made = types.ModuleType("made")
    made.run_started = hookimpl(**marks)(function)
    return made


def run(tmp_path: Path, plugins: dict[str, Any], observers: tuple[Any, ...] = ()) -> None:
    registry = make_registry()
    for name, plugin in plugins.items():
        registry.register(plugin, Plugin(name, name, f"automl-{name}", "1"))
    assert registry.set_aside == []
    declaration = loads(PIPELINE, registry, sets=["stages.search.with.budget.trials=1"])
    runs.run(declaration, registry, workspace=tmp_path / "work", observers=observers)


def test_the_order_is_pluggys_own(tmp_path: Path) -> None:
    told: Told = []
    run(tmp_path, {name: module(make(told, name), **marks) for name, (make, marks) in MARKS.items()})
    expected: Told = []
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Announcements)
    for name, (make, marks) in MARKS.items():
        manager.register(module(make(expected, name), **marks), name)
    manager.hook.run_started(event=None)
    assert told == expected
    assert told[:5] == ["f before", "c before", "e before", "g", "d"]
    assert told[-1] == "f after"


def test_observers_are_called_in_their_order_before_plugins_and_may_ask_for_another(tmp_path: Path) -> None:
    told: Told = []

    class Early(Observer):
        """Is called first of all."""

        @hookimpl(tryfirst=True)
        def run_started(self, event: Any) -> None:
            told.append("early")

    class Around(Observer):
        """Is called around the others, under a name of its own."""

        @hookimpl(wrapper=True, specname="run_started")
        def start(self, event: Any) -> Any:
            told.append("before")
            yield
            told.append("after")

    class Usual(Observer):
        """Has no mark."""

        def run_started(self, event: Any) -> None:
            told.append(self.name)

    one, two = Usual(), Usual()
    one.name, two.name = "one", "two"
    run(tmp_path, {"a": module(plain(told, "a")), "b": module(plain(told, "b"))}, (one, two, Early(), Around()))
    assert told == ["before", "early", "one", "two", "b", "a", "after"]


def raises_before(event: Any) -> Any:
    raise RuntimeError("not today")
    yield


def raises_after(event: Any) -> Any:
    yield
    raise RuntimeError("not today")


def leaves(event: Any) -> Any:
    yield
    raise SystemExit(3)


def never_yields(event: Any) -> Any:
    if event is None:
        yield


def yields_twice(event: Any) -> Any:
    yield
    yield


def holds_on(event: Any) -> Any:
    yield
    try:
        yield
    except GeneratorExit:
        yield


FAULTY = {
    raises_before: "not today",
    raises_after: "not today",
    leaves: "SystemExit: 3",
    never_yields: "it is a wrapper and did not yield",
    yields_twice: "it is a wrapper and yielded twice",
    holds_on: "generator ignored GeneratorExit",
}


@pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])
@pytest.mark.parametrize("faulty", FAULTY, ids=lambda function: function.__name__)
def test_a_wrapper_that_fails_is_reported_and_is_as_if_it_were_not_there(
    caplog: pytest.LogCaptureFixture, faulty: Callable[..., Any], style: str
) -> None:
    told: Told = []
    marks = {"inner": module(around(told, "inner"), wrapper=True), "plain": module(plain(told, "plain"))}
    outer = {"outer": module(around(told, "outer"), wrapper=True)}
    registry = Registry()
    for name, plugin in {**marks, "faulty": module(faulty, **{style: True}), **outer}.items():
        registry.register(plugin, Plugin(name, name, f"automl-{name}", "1"))
    with caplog.at_level(logging.ERROR):
        Announcer(registry, [])(events.RunStarted("run", "pipeline", Path("run"), "", [], 0))
    assert told == ["outer before", "inner before", "plain", "inner after", "outer after"]
    assert "plugin 'faulty' (automl-faulty 1) failed at run_started" in caplog.text
    assert FAULTY[faulty] in caplog.text


def test_an_observer_that_leaves_ends_no_run_and_is_reported_in_full_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Leaves(Observer):
        """Ends the process wherever it can."""

        id = "leaves"

        def trial_epoch(self, event: Any) -> None:
            raise SystemExit("enough")

    with caplog.at_level(logging.ERROR):
        run(tmp_path, {}, (Leaves(),))
    assert [record.getMessage() for record in caplog.records] == ["observer 'leaves' failed at trial_epoch"]
    assert "enough" in caplog.text


def test_an_interruption_passes_through_every_wrapper(tmp_path: Path) -> None:
    told: Told = []

    class Impatient(Observer):
        """Somebody presses Ctrl-C while it writes."""

        def run_started(self, event: Any) -> None:
            raise KeyboardInterrupt

    class Swallows(Observer):
        """Cleans up, and would go on."""

        @hookimpl(wrapper=True)
        def run_started(self, event: Any) -> Any:
            try:
                yield
            except KeyboardInterrupt:
                told.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, {}, (Impatient(), Swallows()))
    assert told == ["cleaned up"]
