"""Plugins that cannot be used are set aside, saying whose they are and why; the rest works."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from distributions import HEAD, install, offering, write_metadata
from toy_runs import PIPELINE

from automl.errors import MissingExtraError, PipelineFileError, PluginError
from automl.hookspecs import API, Announcements, Offers, families, hookimpl
from automl.pipeline_file import loads
from automl.plan.versions import code_version
from automl.plugins import Plugin, Registry
from automl.records import Record


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, in which distributions can be installed."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("automl_acme", "automl_other"):  # another test's
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.fixture
def installed(site: Path) -> Callable[..., Registry]:
    """Install a distribution ``automl-acme 1.2`` with one module, and load all plugins."""

    def load(code: str) -> Registry:
        install(site, code)
        return Registry.load()

    return load


BROKEN = {
    "no module": ("import no_such_engine", "ModuleNotFoundError: No module named 'no_such_engine'"),
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "leaves": ("raise SystemExit('no licence')", "SystemExit: no licence"),
    "no Python": ("def broken(:", "SyntaxError: invalid syntax"),
    "misspelt": (
        f"{HEAD}@hookimpl\ndef automl_component():\n    return []",
        "automl_component is no hook; did you mean 'automl_components'?",
    ),
    "unmarked": (
        "def automl_metrics():\n    return []",
        "automl_metrics is not marked as a hook; mend: put @hookimpl above it",
    ),
    "arguments of an offer": (
        f"{HEAD}@hookimpl\ndef automl_metrics(too_much):\n    return []",
        "automl_metrics(too_much): this hook is automl_metrics()",
    ),
    "argument of an announcement": (
        f"{HEAD}@hookimpl\ndef run_finished(evnt):\n    pass",
        "run_finished(evnt): this hook is run_finished(event)",
    ),
    "no argument": (f"{HEAD}@hookimpl\ndef run_finished():\n    pass", "this hook is run_finished(event)"),
    "misspelt and unmarked": (
        "def automl_component():\n    return []",
        "automl_component is no hook; did you mean 'automl_components'? mend: rename it, or begin its name with _",
    ),
    "misspelt announcement": (
        "def on_trial_finishd(event):\n    pass",
        "on_trial_finishd is no hook; did you mean 'trial_finished'?",
    ),
    "misspelt target": (
        f"{HEAD}@hookimpl(specname='run_finishd')\ndef done(event):\n    pass",
        "run_finishd is no hook; did you mean 'run_finished'?",
    ),
    "async": (
        f"{HEAD}@hookimpl\nasync def run_finished(event):\n    pass",
        "run_finished is async: hooks are called and not awaited; mend: def instead of async def",
    ),
    "yields": (
        f"{HEAD}@hookimpl\ndef run_finished(event):\n    yield",
        "run_finished yields, so nothing in it would run; mend: @hookimpl(wrapper=True), or no yield",
    ),
    "wrapper that never yields": (
        f"{HEAD}@hookimpl(hookwrapper=True)\ndef run_finished(event):\n    pass",
        "run_finished is marked as a wrapper and has no yield; mend: yield once, or @hookimpl without it",
    ),
    **{
        f"offers with {mark}": (
            f"{HEAD}@hookimpl({mark}=True)\ndef automl_components():\n    yield",
            f"automl_components is marked with {mark}=True: each plugin is asked for its own offers",
        )
        for mark in ("wrapper", "hookwrapper", "tryfirst", "trylast")
    },
    "interrupts no one": (
        "class Skipped(BaseException): pass\nraise Skipped('no display')",
        "Skipped: no display",
    ),
    "hook raises": (f"{HEAD}@hookimpl\ndef automl_metrics():\n    raise OSError('disk')", "OSError: disk"),
    "no list": (
        f"{HEAD}@hookimpl\ndef automl_metrics():\n    return 3",
        "automl_metrics returned int, expected a list of Record",
    ),
    "no records": (
        f"{HEAD}@hookimpl\ndef automl_metrics():\n    return ['acme.m']",
        "automl_metrics returned a list with str in it, expected Record",
    ),
    "id of another": (
        offering("searchers", "random"),
        "it offers 'random' among the searchers, which 'automl' offers already",
    ),
    "id twice": (
        offering("metrics", "acme.m", "acme.m"),
        "it offers 'acme.m' among the metrics, which 'acme' offers already",
    ),
    "id of nobody": (
        offering("networks", "wide"),
        "it offers 'wide' among the networks; an id begins with its entry point's name; mend: call it acme.wide",
    ),
    "id of a stranger": (offering("components", "acmes.scale"), "mend: call it acme.scale"),
    "newer API": (
        f"AUTOML_API = {API + 1}\n{HEAD}@hookimpl\ndef automl_oracles():\n    return []",
        f"it is written for API {API + 1}, this is API {API}; mend: install a newer automl-pipelines",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_set_aside_with_its_distribution_version_and_cause(installed, case: str) -> None:
    code, cause = BROKEN[case]
    registry = installed(code)
    assert [broken.name for broken in registry.set_aside] == ["acme"]
    text = str(registry.set_aside[0])
    assert text.startswith("plugin 'acme' (automl-acme 1.2) is set aside: ")
    assert cause in text
    assert "acme" not in registry.lock()
    assert "random" in registry.ids("searchers")
    assert not any(offer.plugin.name == "acme" for offer in registry.offers())
    assert not registry.manager.has_plugin("acme")


def test_a_hook_that_pluggy_refuses_leaves_nothing_behind() -> None:
    registry = Registry.load()
    made = types.ModuleType("made")

    @hookimpl(wrapper=True)  # a wrapper would have to be a generator
    def automl_metrics() -> list[Record]:
        return []

    made.automl_metrics = automl_metrics
    registry.register(made, Plugin("acme", "made", "automl-acme", "1"))
    assert "automl-acme 1" in str(registry.set_aside[0])
    assert not registry.manager.has_plugin("acme")


ACCEPTED = {
    "default": f"{HEAD}@hookimpl\ndef automl_metrics(prefix='acme.'):\n    return [Record(prefix + 'm', 'a:B', 'x')]",
    "generator": f"{HEAD}@hookimpl\ndef automl_metrics():\n    yield Record('acme.m', 'a:B', 'x')",
    "name of its own": (
        f"{HEAD}@hookimpl(specname='automl_metrics')\ndef scores():\n    return [Record('acme.m', 'a:B', 'x')]"
    ),
    "for other versions": (
        f"{offering('metrics', 'acme.m')}\n@hookimpl(optionalhook=True)\ndef automl_oracles():\n    return []"
    ),
    "helpers": f"{offering('metrics', 'acme.m')}\ndef run_started_at(run): ...\ndef _trial_finishd(event): ...",
    "imported": f"from itertools import count as run_start\n{offering('metrics', 'acme.m')}",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_hooks_of_other_shapes_are_taken(installed, case: str) -> None:
    registry = installed(ACCEPTED[case])
    assert registry.set_aside == []
    assert "acme.m" in registry.ids("metrics")


def test_one_module_is_one_plugin(site: Path) -> None:
    install(site, f"{HEAD}@hookimpl\ndef run_started(event):\n    pass")
    write_metadata(site, "automl-twice", "1", {"again": "automl_acme"})
    (broken,) = Registry.load().set_aside
    assert str(broken) == (
        "plugin 'again' (automl-twice 1) is set aside: its module is the plugin 'acme' already; "
        "mend: one entry point for a module"
    )


@pytest.mark.parametrize("family", sorted(hook.removeprefix("automl_") for hook in families(Offers)))
def test_an_id_is_its_plugins_name_or_begins_with_it(installed, family: str) -> None:
    registry = installed(offering(family, "acme", "acme.x", "acme.deep.y"))
    assert registry.set_aside == []
    assert {"acme", "acme.x", "acme.deep.y"} <= set(registry.ids(family))


def test_a_plugin_for_this_api_and_older_ones_is_taken(installed) -> None:
    registry = installed(f"AUTOML_API = {API}\n{offering('metrics', 'acme.m')}")
    assert registry.set_aside == []
    assert "acme.m" in registry.ids("metrics")


def test_what_is_written_for_a_newer_api_does_not_load() -> None:
    newer = types.SimpleNamespace(id="acme.x", api=API + 1)
    sys.modules["automl_newer"] = types.ModuleType("automl_newer")
    sys.modules["automl_newer"].Newer = newer
    try:
        with pytest.raises(PluginError, match=rf"acme\.x is written for API {API + 1}, this is API {API}; mend: "):
            Record("acme.x", "automl_newer:Newer", "x").load()
    finally:
        del sys.modules["automl_newer"]


def test_a_broken_plugin_is_fatal_only_where_a_file_needs_it(installed) -> None:
    registry = installed("import no_such_engine")
    with pytest.raises(PluginError) as caught:
        registry.get("components", "acme.scale")
    assert "no 'acme.scale' among the components" in str(caught.value)
    assert "automl-acme 1.2" in str(caught.value)
    assert "no_such_engine" in str(caught.value)


def test_a_plugin_comes_in_by_its_entry_point(installed) -> None:
    registry = installed(offering("metrics", "acme.m"))
    assert registry.lock()["acme"] == "automl-acme 1.2"
    offer = registry.offer("metrics", "acme.m")
    assert (offer.plugin.distribution, offer.plugin.version) == ("automl-acme", "1.2")


def test_third_parties_come_after_what_is_built_in(site: Path) -> None:
    """Whatever they are called: an entry point ``aaa`` or ``keras`` of theirs pushes nobody out."""
    install(site, offering("networks", "mlp"), name="aaa")
    write_metadata(site, "automl-imposter", "9.9", {"keras": "automl_aaa"})
    registry = Registry.load()
    assert registry.offer("networks", "mlp").plugin.distribution == "automl-pipelines"
    assert [str(broken) for broken in registry.set_aside] == [
        "plugin 'aaa' (automl-aaa 1.2) is set aside: it offers 'mlp' among the networks, which 'keras' offers already",
        "plugin 'keras' (automl-imposter 9.9) is set aside: another plugin is called 'keras' already",
    ]


def module(**hooks) -> types.ModuleType:
    made = types.ModuleType("made")
    for name, value in hooks.items():
        setattr(made, name, hookimpl(lambda value=value: value))
    return made


def test_a_second_plugin_of_the_same_name_does_not_push_out_the_first() -> None:
    registry = Registry.load()
    first, second = (module(automl_metrics=[Record(name, "a:B", "")]) for name in ("acme.one", "acme.two"))
    registry.register(first, Plugin("acme", "one", "one", "1"))
    registry.register(second, Plugin("acme", "two", "two", "2"))
    assert str(registry.set_aside[0]) == "plugin 'acme' (two 2) is set aside: another plugin is called 'acme' already"
    assert registry.manager.get_plugin("acme") is first
    assert "acme.one" in registry.ids("metrics")
    assert "acme.two" not in registry.ids("metrics")


def test_an_unknown_id_comes_with_a_suggestion() -> None:
    with pytest.raises(PluginError, match=r"no 'randm' among the searchers; did you mean 'random'\?"):
        Registry.load().offer("searchers", "randm")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("no_such_module:Thing", "acme.x: cannot import no_such_module:Thing: ModuleNotFoundError: No module named"),
        ("automl.builtin:Nothing", "cannot import automl.builtin:Nothing: AttributeError: module"),
        ("toy:Fill", "toy:Fill calls itself 'toy.fill', but is offered as 'acme.x'"),
    ],
)
def test_a_record_that_leads_nowhere_says_so(code: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        Record("acme.x", code, "x").load()


def test_a_missing_engine_names_the_extra_that_brings_it() -> None:
    with pytest.raises(MissingExtraError) as caught:
        Record("acme.net", "no_such_module:Net", "net", requires=("no_such_engine",), extra="cpu").load()
    assert str(caught.value) == (
        "acme.net needs the module 'no_such_engine', which is not installed; mend: pip install 'automl-pipelines[cpu]'"
    )
    assert (caught.value.module, caught.value.extra) == ("no_such_engine", "cpu")


def test_a_missing_engine_of_a_third_party_names_the_third_partys_extra(installed) -> None:
    record = "Record('acme.net', 'a:B', 'A net.', requires=('no_such_engine',), extra='gpu')"
    registry = installed(f"{HEAD}@hookimpl\ndef automl_networks():\n    return [{record}]")
    with pytest.raises(MissingExtraError, match=r"mend: pip install 'automl-acme\[gpu\]'"):
        registry.get("networks", "acme.net")


def test_a_file_that_names_what_nobody_offers_is_refused_at_its_line(registry) -> None:
    with pytest.raises(PipelineFileError, match=r"did you mean 'toy\.fill'"):
        loads(PIPELINE.replace("toy.fill,", "toy.fil,"), registry)


def test_hooks_are_documented_and_families_match() -> None:
    for kind in (Offers, Announcements):
        for name in families(kind):
            assert getattr(kind, name).__doc__, name


def test_a_lone_module_of_no_distribution_counts_by_its_source(registry) -> None:
    assert "sources " in code_version(registry.offer("components", "toy.fill"))
