"""``automl plugins test``: the contracts over all that a plugin offers, each test told as it runs."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from automl.errors import PluginError, did_you_mean
from automl.plugins import Plugin, PluginChoice, Registry

if TYPE_CHECKING:
    from automl.cli.watched_tests import Case

SECONDS: Final = 120.0
MEMORY: Final = 4 * 10**9
"""What each test may take, unless the command says otherwise; those of the built-in plugins take a quarter of it."""
_WIDTH: Final = 80


def run_contracts(
    registry: Registry, choice: PluginChoice, name: str, *, seconds: float = SECONDS, memory: int = MEMORY
) -> bool:
    """Test all that a plugin offers; tell of each test as it runs, then in a line of each offer. True if none failed.

    Args:
        registry: the plugins.
        choice: which plugins the call is to have; the tests get the same.
        name: of the plugin, its module or its distribution.
        seconds: how long each test may run.
        memory: bytes that each test may hold.

    Raises:
        PluginError: there is no such plugin, it was set aside, it offers nothing, or pytest is not installed.
    """
    plugin = find_plugin(registry, name)
    offers = [f"{offer.family} {offer.record.id}" for offer in registry.offers() if offer.plugin == plugin]
    if not offers:
        raise PluginError(f"the {plugin} offers nothing that could be tested")
    if importlib.util.find_spec("pytest") is None:
        raise PluginError("automl plugins test needs pytest, which is not installed; mend: pip install pytest")
    from automl.cli.watched_tests import Limits, WatchedTests
    from automl.testing.offered import TESTED_VARIABLE, Assignment

    click.echo(f"{plugin.name} ({plugin.distribution} {plugin.version})")
    folders = tuple(str(folder.resolve()) for folder in choice.folders)
    tested = Assignment(plugin.name, choice.blocked, choice.third_party, folders)
    teller = _Teller()
    cases = WatchedTests(
        "automl.testing.offered",
        {TESTED_VARIABLE: tested.to_json()},
        Limits(seconds, memory),
        teller.begun,
        teller.ended,
    ).run()
    click.echo("")
    width = max(map(len, offers))
    for offer in offers:
        click.echo(f"  {offer:<{width}}  {_verdict([case for case in cases if case.offer == offer])}")
    failed = sum(case.outcome == "failed" for case in cases)
    click.echo(f"\n{failed} of {len(cases)} checks failed" if failed else f"\nall {len(cases)} checks passed")
    return not failed


class _Teller:
    """Writes the name of each test as it begins, and behind it what came of it."""

    def __init__(self) -> None:
        self._offer = ""

    def begun(self, case: Case) -> None:
        if case.offer != self._offer:
            self._offer = case.offer
            click.echo(f"  {case.offer}")
        click.echo(f"    {case.name:<{_WIDTH}}", nl=False)

    def ended(self, case: Case) -> None:
        click.echo(f" {case.outcome.upper() if case.outcome == 'failed' else case.outcome}")
        for line in case.message.splitlines():
            click.echo(f"      {line}")


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


def _verdict(cases: Sequence[Case]) -> str:
    counts = {outcome: sum(case.outcome == outcome for case in cases) for outcome in ("failed", "skipped", "left out")}
    told = [f"{count} {outcome}" for outcome, count in counts.items() if count and outcome != "failed"]
    if counts["failed"]:
        text = f"{counts['failed']} of {len(cases)} checks FAILED"
    else:
        text = f"{len(cases) - sum(counts.values())} checks passed"
    return ", ".join([text, *told])
