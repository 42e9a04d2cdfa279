"""``automl plugins test``: pytest over all that a plugin offers, in a process of its own, told offer by offer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from automl.errors import PluginError, did_you_mean
from automl.plugins import Plugin, PluginChoice, Registry

_PYTEST: Final = "import sys, pytest; pytest.register_assert_rewrite('automl.testing'); sys.exit(pytest.main())"
"""The contracts are to tell what they compared; pytest does so for modules that it is told of before their import."""


@dataclass(frozen=True)
class Case:
    """One test that ran: which offer it was for (``components acme.center``), and its failure, if it failed."""

    offer: str
    name: str
    failure: str | None
    skipped: bool


def run_contracts(registry: Registry, choice: PluginChoice, name: str) -> bool:
    """Test all that a plugin offers and print a line for each offer, with what failed; True if nothing did.

    Raises:
        PluginError: there is no such plugin, it was set aside, it offers nothing, or pytest is not installed.
    """
    plugin = find_plugin(registry, name)
    offers = [f"{offer.family} {offer.record.id}" for offer in registry.offers() if offer.plugin == plugin]
    if not offers:
        raise PluginError(f"the {plugin} offers nothing that could be tested")
    click.echo(f"{plugin.name} ({plugin.distribution} {plugin.version})")
    cases = _run(plugin, choice)
    width = max(map(len, offers))
    for offer in offers:
        mine = [case for case in cases if case.offer == offer]
        click.echo(f"  {offer:<{width}}  {_verdict(mine)}")
        for case in mine:
            if case.failure is not None:
                click.echo(f"    {case.name}")
                click.echo("\n".join(f"      {line}" for line in case.failure.splitlines()))
    failed = sum(case.failure is not None for case in cases)
    click.echo(f"\n{failed} of {len(cases)} checks failed" if failed else f"\nall {len(cases)} checks passed")
    return not failed


def find_plugin(registry: Registry, name: str) -> Plugin:
    """The plugin of this name, module or distribution."""
    for plugin in registry.plugins:
        if name in (plugin.name, plugin.module, plugin.distribution) and not (
            plugin.is_built_in and name == plugin.distribution
        ):
            return plugin
    for broken in registry.set_aside:
        if name in (broken.name, broken.distribution):
            raise PluginError(str(broken))
    hint = did_you_mean(name, (plugin.name for plugin in registry.plugins))
    known = f"; {hint}" if hint else ""
    raise PluginError(f"there is no plugin {name!r}{known}; mend: install it, or name its folder: --plugin-dir DIR")


def _verdict(cases: list[Case]) -> str:
    failed = sum(case.failure is not None for case in cases)
    skipped = sum(case.skipped for case in cases)
    text = f"{failed} of {len(cases)} checks FAILED" if failed else f"{len(cases) - skipped} checks passed"
    return f"{text}, {skipped} skipped" if skipped else text


def _run(plugin: Plugin, choice: PluginChoice) -> list[Case]:
    if importlib.util.find_spec("pytest") is None:
        raise PluginError("automl plugins test needs pytest, which is not installed; mend: pip install pytest")
    from automl.testing.offered import TESTED_VARIABLE, Assignment

    folders = tuple(str(folder.resolve()) for folder in choice.folders)
    tested = Assignment(plugin.name, choice.blocked, choice.third_party, folders)
    with tempfile.TemporaryDirectory() as scratch:
        results, settings = Path(scratch, "results.xml"), Path(scratch, "pytest.ini")
        settings.write_text("[pytest]\njunit_family = xunit2\n")  # nobody else's settings
        words = ["--pyargs", "automl.testing.offered", "-c", str(settings), "--rootdir", scratch]
        words += ["-q", "-p", "no:cacheprovider", f"--junitxml={results}"]
        done = subprocess.run(  # noqa: S603 - our own interpreter, and names that were found installed
            [sys.executable, "-c", _PYTEST, *words],
            env=os.environ | {TESTED_VARIABLE: tested.to_json()},
            capture_output=True,
            text=True,
            check=False,
        )
        cases = list(_cases(results)) if results.exists() else []
    if not cases or done.returncode not in (0, 1):
        raise PluginError(f"pytest could not test {plugin.name!r}:\n{done.stdout}{done.stderr}")
    return cases


def _cases(results: Path) -> Iterator[Case]:
    from automl.testing.offered import CLASS_PREFIX

    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - written by the pytest that we ran
        found = [*case.findall("failure"), *case.findall("error")]
        failure = found[0].get("message", found[0].text or "") if found else None
        offer = case.get("classname", "").partition(CLASS_PREFIX)[2]
        yield Case(offer, _check_name(case.get("name", ""), offer), failure, case.find("skipped") is not None)


def _check_name(test: str, offer: str) -> str:
    """``test_stage[acme.center-0-import_is_light]`` as ``0-import_is_light``."""
    _, bracket, inner = test.partition("[")
    identity = offer.partition(" ")[2]
    return inner.removesuffix("]").removeprefix(f"{identity}-") if bracket else test
