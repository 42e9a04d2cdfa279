"""The verbs about what a pipeline file says: ``config show``, ``describe`` and ``schema``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.cli.calls import load_registry, pipeline_options
from automl.writing import explained, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automl.pipeline_file.explained import Explained
    from automl.pipeline_file.origins import Origin


@click.group()
def config() -> None:
    """See what a pipeline file amounts to."""


@config.command("show")
@pipeline_options
@click.option("--origin", is_flag=True, help="Say of each value, defaults included, where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with origins.")
@click.pass_context
def show(
    ctx: click.Context, file: Path, profile: str | None, sets: tuple[str, ...], origin: bool, as_json: bool
) -> None:
    """Print a pipeline file with its layers merged and its references filled in; secrets show as ***."""
    from automl.pipeline_file import trace

    declaration, values = trace(file, load_registry(ctx), profile=profile, sets=sets)
    if as_json:
        click.echo(json.dumps([_as_json(value) for value in values], indent=1))
    elif origin:
        click.echo("\n".join(_table(values)))
    else:
        click.echo(declaration.text, nl=False)


@click.command()
@click.argument("words", metavar="[FILE] KEY", nargs=-1, required=True)
@click.option("--profile", metavar="NAME", help="Apply a profile of the file.")
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Override a key: seed=7.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
def describe(
    ctx: click.Context, words: tuple[str, ...], profile: str | None, sets: tuple[str, ...], as_json: bool
) -> None:
    """Explain one key of a pipeline, e.g. stages.search.with.space.depth.

    Tells what it means, what may stand there, what stands there and why, and which results another value would
    make anew. FILE may be left out where the folder holds one pipeline file, or one called pipeline.yaml.
    """
    if len(words) > 2:
        raise click.UsageError("expected one key, or a file and a key")
    file = Path(words[0]) if len(words) == 2 else _only_file()
    from automl.pipeline_file import trace
    from automl.pipeline_file.explained import explain_key

    registry = load_registry(ctx)
    declaration, values = trace(file, registry, profile=profile, sets=sets)
    found = explain_key(words[-1], declaration, values, registry)
    click.echo(json.dumps(_explained_as_json(found), indent=1) if as_json else "\n".join(_lines(found)))


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.pass_context
def schema(ctx: click.Context, output: Path | None) -> None:
    """Print the JSON Schema (2020-12) of pipeline files with the installed plugins, for editors."""
    from automl.schema import build_schema

    text = json.dumps(build_schema(load_registry(ctx)), indent=1, ensure_ascii=False)
    if output is None:
        click.echo(text)
        return
    with explained(output.parent):
        output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, f"{text}\n")
    click.echo(f"schema written to {output}; begin a pipeline file with", err=True)
    click.echo(f"# yaml-language-server: $schema={output}", err=True)


def _only_file() -> Path:
    """The pipeline file of the working folder; raises UsageError if it is not clear which."""
    named = Path("pipeline.yaml")
    found = [named] if named.is_file() else sorted([*Path().glob("*.yaml"), *Path().glob("*.yml")])
    if len(found) != 1:
        many = f"this folder holds {len(found)}" if found else "this folder holds none"
        raise click.UsageError(f"expected a pipeline file before the key: {many}")
    return found[0]


def _table(values: Sequence[Origin]) -> list[str]:
    from automl.described import flow

    rows = [(value.key, _cut(flow(value.value)), str(value)) for value in values]
    keys, shown = (max((len(row[place]) for row in rows), default=0) for place in (0, 1))
    return [f"{key:<{keys}}  {value:<{shown}}  {origin}" for key, value, origin in rows]


def _cut(text: str, width: int = 60) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _lines(found: Explained) -> list[str]:
    about = found.about
    rows = [
        ("meaning", about.meaning),
        ("read by", found.reader),
        ("type", about.type),
        ("range", about.range),
        ("default", about.default),
        ("tuned over", about.tuned),
    ]
    lines = [found.key, *(f"  {name:<11} {text}" for name, text in rows if text)]
    lines += _may_hold(found)
    lines += _in_force(found)
    changed = ", ".join(found.invalidates) or "nothing: results do not depend on it"
    return [
        *lines,
        f"  {'a change':<11} makes anew: {changed}" if found.invalidates else f"  {'a change':<11} {changed}",
    ]


def _may_hold(found: Explained) -> list[str]:
    told = [f"{row.name}: {row.meaning} ({', '.join(filter(None, (row.type, row.range)))})" for row in found.keys]
    return [f"  {'' if place else 'may hold':<11} {text}" for place, text in enumerate(told)]


def _in_force(found: Explained) -> list[str]:
    from automl.described import flow

    if not found.values:
        return [f"  {'in force':<11} nothing: the pipeline leaves it out"]
    lines: list[str] = []
    for value in found.values:
        name = "" if value.key == found.key else f"{value.key.removeprefix(found.key).lstrip('.')}: "
        lines.append(f"  {'' if lines else 'in force':<11} {name}{_cut(flow(value.value))}  ({value})")
    return lines


def _as_json(value: Origin) -> dict[str, Any]:
    return {
        "key": value.key,
        "value": value.value,
        "layer": value.layer,
        "source": value.source,
        "reference": value.reference,
    }


def _explained_as_json(found: Explained) -> dict[str, Any]:
    about = found.about
    return {
        "key": found.key,
        "read_by": found.reader,
        "meaning": about.meaning,
        "type": about.type,
        "range": about.range,
        "default": about.default,
        "tuned_over": about.tuned,
        "keys": [dataclasses.asdict(row) for row in found.keys],
        "in_force": [_as_json(value) for value in found.values],
        "invalidates": list(found.invalidates),
    }
