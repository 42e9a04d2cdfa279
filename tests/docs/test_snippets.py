"""What the pages tell people to type: pipelines that check, commands that exist, components and keys that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from documents import DOCUMENTS, ROOT, Block, all_blocks, prose
from ruamel.yaml import YAML

from automl.cli import main
from automl.pipeline_file import load, loads
from automl.plugins import PluginChoice, Registry

_WHOLE = re.compile(r"^version: 1$", re.MULTILINE)
_PATH = re.compile(r"examples/data/[\w.]+")
_THIRD_PARTY = "acme."
WHOLE = [block for block in all_blocks("yaml") if _WHOLE.search(block.text) and _THIRD_PARTY not in block.text]
PIPELINES = sorted((ROOT / "pipelines").glob("*.yaml"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_whole_pipelines_check(block: Block, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    named = _PATH.search(block.text)
    assert loads(block.text, registry, header=named is not None and Path(named[0]).exists()).stages


@pytest.mark.parametrize("file", PIPELINES, ids=lambda path: path.name)
def test_shipped_pipelines_check_under_every_profile(
    file: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    profiles = YAML(typ="safe").load(file.read_text(encoding="utf-8")).get("profiles", {})
    for profile in [None, *profiles]:
        assert load(file, registry, profile=profile).stages


def uses(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every ``{use: ID, with: {...}}`` inside a value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("use"), str):
            yield value["use"], value.get("with") or {}
        for inner in value.values():
            yield from uses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from uses(inner)


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=str)
def test_fragments_name_components_and_parameters_that_exist(block: Block, registry: Registry) -> None:
    offers = {offer.record.id: offer for offer in registry.offers()}
    for name, given in uses(YAML(typ="safe").load(block.text)):
        if name.startswith(_THIRD_PARTY):
            continue
        assert name in offers
        fields = offers[name].record.load_to_describe().Params.model_fields
        assert set(given) <= {field.alias or key for key, field in fields.items()}


def commands(text: str) -> Iterator[list[str]]:
    """The words of every line that is a call of ``automl``."""
    for line in text.splitlines():
        words = line.removeprefix("$ ").strip()
        if words.startswith("automl "):
            yield shlex.split(words)[1:]


CONSOLE = [(block, words) for block in all_blocks("console") for words in commands(block.text)]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words call, and what is left for it."""
    command: click.Command = main
    context = click.Context(main, obj=PluginChoice())
    while isinstance(command, click.Group):
        name, inner, rest = command.resolve_command(context, words)
        assert name is not None
        assert inner is not None
        command, words, context = inner, rest, click.Context(inner, parent=context)
    return command, words


@pytest.mark.parametrize(("block", "words"), CONSOLE, ids=lambda part: " ".join(part) if isinstance(part, list) else "")
def test_commands_and_their_options_exist(block: Block, words: list[str]) -> None:
    command, rest = command_of(words)
    rest = rest[: rest.index(">")] if ">" in rest else rest
    command.make_parser(click.Context(command)).parse_args(rest)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_verbs_named_in_prose_exist(document: Path) -> None:
    named = re.findall(r"`automl ([a-z][a-z-]*)", prose(document))
    assert set(named) <= {*main.commands, *Registry.load(third_party=False).ids("commands")}
