"""Commands that plugins offer: listed by their summaries, imported when they are called and not before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from distributions import HEAD, install, offering

COMMANDS = """
import pathlib
import click

pathlib.Path(__file__).with_suffix(".imported").touch()


@click.command()
@click.option("--loud", is_flag=True)
@click.pass_obj
def greet(choice, loud):
    \"\"\"Say hello.\"\"\"
    names = [plugin.name for plugin in choice.registry.plugins]
    click.echo(f"hello from {names[-1]}" + "!" * loud)


@click.group()
def acme():
    \"\"\"All about acme.\"\"\"


@acme.command()
def sell():
    from automl.errors import DataError
    raise DataError("sold out")


no_command = 3
"""
OFFERS = f"""{HEAD}
@hookimpl
def automl_commands():
    here = "acme_commands"
    return [
        Record("acme", f"{{here}}:acme", "All that acme does."),
        Record("acme.greet", f"{{here}}:greet", "Greets."),
        Record("acme.wrong", f"{{here}}:no_command", "Is none."),
    ]
"""

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, OFFERS)
    (tmp_path / "acme_commands.py").write_text(COMMANDS)
    return tmp_path


@pytest.fixture
def automl(site: Path) -> Call:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(site)}
        command = [sys.executable, "-m", "automl", *words]
        return subprocess.run(command, cwd=site, env=environment, capture_output=True, text=True, check=False)

    return call


def test_help_lists_them_by_their_summaries_and_imports_none(automl: Call, site: Path) -> None:
    done = automl("--help")
    assert done.returncode == 0, done.stderr
    _, _, listed = done.stdout.partition("Commands of plugins:\n")
    assert [line.split(maxsplit=1) for line in listed.splitlines()] == [
        ["acme", "All that acme does."],
        ["acme.greet", "Greets."],
        ["acme.wrong", "Is none."],
        ["track", "Send to MLflow what it missed."],
    ]
    assert not (site / "acme_commands.imported").exists()


def test_help_lists_only_those_of_the_plugins_that_the_call_has(automl: Call) -> None:
    for flag in ("--no-plugins", "--no-plugins=acme"):
        _, _, listed = automl(flag, "--help").stdout.partition("Commands of plugins:\n")
        assert [line.split()[0] for line in listed.splitlines()] == ["track"]


def test_a_command_is_called_with_its_options_and_finds_the_plugins(automl: Call) -> None:
    done = automl("acme.greet", "--loud")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello from acme!\n", "")


def test_a_group_takes_its_errors_to_the_exit_codes(automl: Call) -> None:
    done = automl("acme", "sell")
    assert (done.returncode, done.stderr) == (1, "error: sold out\n")
    assert "All about acme." in automl("acme", "--help").stdout


def test_what_is_no_command_is_refused(automl: Call) -> None:
    done = automl("acme.wrong")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: acme.wrong: acme_commands:no_command is int, expected a click.Command\n"


def test_our_own_verbs_neither_look_for_nor_import_commands(automl: Call, site: Path) -> None:
    assert automl("plugins", "list").returncode == 0
    assert not (site / "acme_commands.imported").exists()


def test_a_verb_of_our_own_is_not_pushed_out(automl: Call, site: Path) -> None:
    install(site, offering("commands", "check", code="acme_commands:greet"), name="check")
    done = automl("--help")
    assert "warning: automl check is not that of the plugin 'check' (automl-check 1.2)" in done.stderr
    assert "Says check." not in done.stdout
    assert "hello" not in automl("check", "--help").stdout


def test_an_unknown_verb_is_a_wrong_call(automl: Call) -> None:
    done = automl("acme.greeet")
    assert done.returncode == 2
    assert "No such command 'acme.greeet'" in done.stderr


def test_help_comes_with_a_broken_plugin_too(automl: Call, site: Path) -> None:
    install(site, "1 / 0", name="torn")
    done = automl("--help")
    assert done.returncode == 0
    assert done.stderr.startswith("warning: plugin 'torn' (automl-torn 1.2) is set aside: ZeroDivisionError")
    wrong = automl("--no-plugins=nobody", "--help")
    assert (wrong.returncode, wrong.stderr.startswith("error: there is no plugin 'nobody'")) == (2, True)


def test_they_are_shown_and_tested_like_anything_else(automl: Call) -> None:
    shown = automl("plugins", "show", "acme.greet")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("acme.greet  (commands, from acme: automl-acme 1.2)\n\nSay hello.\n")
    tested = automl("plugins", "test", "acme")
    assert tested.returncode == 1
    assert "commands acme.greet  1 checks passed" in tested.stdout
    assert "commands acme.wrong  1 of 1 checks FAILED" in tested.stdout
    assert "it is int, expected a click.Command" in tested.stdout
