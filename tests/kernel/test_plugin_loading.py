"""Plugins that cannot be used are set aside, saying whose they are and why; the rest works."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_runs import PIPELINE

from automl.errors import MissingExtraError, PipelineFileError, PluginError
from automl.hookspecs import Announcements, Offers, families, hookimpl
from automl.pipeline_file import loads
from automl.plan.versions import code_version
from automl.plugins import Plugin, Registry
from automl.records import Record


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry]:
    """Install a distribution ``automl-acme 1.2`` with one module, and load all plugins."""

    def install(code: str, name: str = "acme") -> Registry:
        (tmp_path / f"automl_{name}.py").write_text(code)
        info = tmp_path / f"automl_{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: automl-{name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[automl]\n{name} = automl_{name}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, f"automl_{name}", raising=False)  # another test's
        return Registry.load()

    return install


HEAD = "from automl.hookspecs import hookimpl\nfrom automl.records import Record\n"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import no_such_engine", "ModuleNotFoundError: No module named 'no_such_engine'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        (
            f"{HEAD}@hookimpl\ndef automl_component():\n    return []",
            "automl_component is no hook; did you mean 'automl_components'?",
        ),
        (f"{HEAD}@hookimpl\ndef automl_metrics(too_much):\n    return []", "Argument"),
        (f"{HEAD}@hookimpl\ndef automl_metrics():\n    raise OSError('disk')", "OSError: disk"),
        (f"{HEAD}@hookimpl\ndef automl_metrics():\n    return 3", "TypeError"),
        (
            f"{HEAD}@hookimpl\ndef automl_searchers():\n    return [Record('random', 'a:B', 'mine')]",
            "it offers 'random' among the searchers, which 'automl' offers already",
        ),
        (
            f"{HEAD}@hookimpl\ndef automl_metrics():\n    return [Record('acme.m', 'a:B', '')] * 2",
            "it offers 'acme.m' among the metrics, which 'acme' offers already",
        ),
    ],
)
def test_a_broken_plugin_is_set_aside_with_its_distribution_version_and_cause(installed, code: str, cause: str) -> None:
    registry = installed(code)
    assert [broken.name for broken in registry.set_aside] == ["acme"]
    text = str(registry.set_aside[0])
    assert text.startswith("plugin 'acme' (automl-acme 1.2) is set aside: ")
    assert cause in text
    assert "acme" not in registry.lock()
    assert "random" in registry.ids("searchers")
    assert not any(name.startswith("acme") for family in ("metrics", "searchers") for name in registry.ids(family))
    assert not registry.manager.has_plugin("acme")


def test_a_broken_plugin_is_fatal_only_where_a_file_needs_it(installed) -> None:
    registry = installed("import no_such_engine")
    with pytest.raises(PluginError) as caught:
        registry.get("components", "acme.scale")
    assert "no 'acme.scale' among the components" in str(caught.value)
    assert "automl-acme 1.2" in str(caught.value)
    assert "no_such_engine" in str(caught.value)


def test_a_plugin_that_is_blocked_is_not_imported(installed, tmp_path: Path) -> None:
    installed("import no_such_engine")
    registry = Registry.load(["acme"])
    assert registry.set_aside == []


def test_a_plugin_comes_in_by_its_entry_point(installed) -> None:
    registry = installed(f"{HEAD}@hookimpl\ndef automl_metrics():\n    return [Record('acme.m', 'automl_acme:M', 'M')]")
    assert registry.lock()["acme"] == "automl-acme 1.2"
    offer = registry.offer("metrics", "acme.m")
    assert (offer.plugin.distribution, offer.plugin.version) == ("automl-acme", "1.2")


def module(**hooks) -> types.ModuleType:
    made = types.ModuleType("made")
    for name, value in hooks.items():
        setattr(made, name, hookimpl(lambda value=value: value))
    return made


def test_a_second_plugin_of_the_same_name_does_not_push_out_the_first() -> None:
    registry = Registry.load()
    first, second = (module(automl_metrics=[Record(name, "a:B", "")]) for name in ("one.m", "two.m"))
    registry.register(first, Plugin("acme", "one", "one", "1"))
    registry.register(second, Plugin("acme", "two", "two", "2"))
    assert str(registry.set_aside[0]) == "plugin 'acme' (two 2) is set aside: another plugin is called 'acme' already"
    assert registry.manager.get_plugin("acme") is first
    assert "one.m" in registry.ids("metrics")
    assert "two.m" not in registry.ids("metrics")


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


def test_a_file_that_names_what_nobody_offers_is_refused_at_its_line(registry) -> None:
    with pytest.raises(PipelineFileError, match=r"did you mean 'toy\.fill'"):
        loads(PIPELINE.replace("toy.fill,", "toy.fil,"), registry)


def test_hooks_are_documented_and_families_match() -> None:
    for kind in (Offers, Announcements):
        for name in families(kind):
            assert getattr(kind, name).__doc__, name


def test_a_lone_module_of_no_distribution_counts_by_its_source(registry) -> None:
    assert "sources " in code_version(registry.offer("components", "toy.fill"))
