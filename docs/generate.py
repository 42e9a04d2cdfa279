"""Writes the reference pages from the code: ``python docs/generate.py``; with ``--check`` exits 1 if one is stale.

Only what this distribution offers is described, so the pages are the same whatever else is installed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from parameters import parameter_table, prose

from automl import cli, events
from automl.advice.rule import Rule
from automl.cli import commands
from automl.components import Component, Reader, Splitter, Stage, Transform
from automl.described import flow
from automl.hookspecs import Announcements, Offers, families
from automl.learning import Learner, Metric
from automl.params import Params
from automl.plugins import Offer, Registry
from automl.presets import Preset

REFERENCE = Path(__file__).parent / "reference"
BY_HAND = {"pipeline-file.md": "Every key of a pipeline file."}
DISTRIBUTION = "automl-pipelines"
NOTICE = "<!-- Written by docs/generate.py from the code; edit the code, then run it. -->"

STAGES = {
    "split": "Which rows train, which validate, which are kept back. Named by `stages.<name>.use`.",
    "impute": "Missing values. Named by `stages.<name>.use`.",
    "clean": "Columns and values that do more harm than good. Named by `stages.<name>.use`.",
    "encode": "Levels as numbers. Named by `stages.<name>.use`.",
    "scale": "Numbers on one scale. Named by `stages.<name>.use`.",
    "power": "Less skew. Named by `stages.<name>.use`.",
    "feature": "New columns from old ones. Named by `stages.<name>.use`.",
    "target": "Transforms of the target, undone in every prediction and score. Named by `stages.<name>.use`.",
    "passthrough": "No step at all, where a search may leave one out. Named by `stages.<name>.use`.",
    "search": "The search for a model. Named by `stages.<name>.use`.",
    "evaluate": "The judgement on the test rows. Named by `stages.<name>.use`.",
}
FAMILIES = {
    "readers": "Where rows come from. The suffix of `data.path` chooses one, or `data.use` names it.",
    "networks": "Architectures. Named by `network:` in a search; their parameters are keys of its `space:`.",
    "learners": "What trains. A network names its learner, whose parameters are keys of the search's `space:` beside "
    "the network's own. The others are baselines: named by `baselines:`, trained with their defaults.",
    "searchers": "What proposes trials. Named by `tuner:` in a search.",
    "executors": "What runs trials. Named by `run.executor`.",
    "observers": "What hears of a run. Named by `track:`.",
    "metrics": "Scores. Named by `objective:` in a search and by `gate:`.",
    "advice": "What is looked at before a run. Named by `advice.silence`; "
    "[what is an error and what a warning](../explanation/advice.md).",
    "presets": "What writes a pipeline for a table. Named by `--preset` of `automl init` and `automl fit`.",
    "commands": "Verbs of plugins, beside those of [the command line](command-line.md).",
}


def pages() -> dict[str, str]:
    """File name to text of every generated page."""
    offers = [offer for offer in Registry.load().offers() if offer.plugin.distribution == DISTRIBUTION]
    found: dict[str, str] = {}
    groups: dict[str, list[Offer]] = {}
    for offer in offers:
        groups.setdefault(_group(offer), []).append(offer)
    for group in sorted(groups):
        write = _WRITERS.get(group, _component)
        intro = STAGES.get(group) or FAMILIES.get(group) or "Named by `stages.<name>.use`."
        found[f"{group}.md"] = _page(f"Reference: {group}", intro, *(write(offer) for offer in groups[group]))
    found["command-line.md"] = _page("Reference: the command line", *_command_line())
    found["hooks.md"] = _page("Reference: hooks and events", *_hooks())
    found["README.md"] = _page("Reference", *_index(groups))
    return found


def _group(offer: Offer) -> str:
    """The page that an offer stands on: its family's, or for stages that of the first part of its id."""
    return offer.record.id.split(".")[0] if offer.family == "components" else offer.family


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip() for part in parts if part.strip())]) + "\n"


def _index(groups: dict[str, list[Offer]]) -> Iterator[str]:
    yield "What the engine offers by name, and how to call it. `automl plugins show ID` prints the same in a terminal."
    lines = [f"- [{name.removesuffix('.md')}]({name}): {said}" for name, said in BY_HAND.items()]
    lines.append("- [command-line](command-line.md): every command and option.")
    lines.append("- [hooks](hooks.md): what a plugin may offer and hear of.")
    yield "\n".join(lines)
    rows = ["| page | ids |", "|---|---|"]
    for group in [*STAGES, *sorted(groups.keys() - STAGES.keys() - FAMILIES.keys()), *FAMILIES]:
        ids = ", ".join(f"[`{o.record.id}`]({group}.md#{_anchor(o.record.id)})" for o in groups.get(group, []))
        if ids:
            rows.append(f"| [{group}]({group}.md) | {ids} |")
    yield "\n".join(rows)


def _text(docstring: str) -> str:
    return prose(inspect.cleandoc(docstring))


def _anchor(heading: str) -> str:
    """The fragment that a renderer makes of a heading that is an id in code marks."""
    return "".join(c for c in heading.lower() if c.isalnum() or c in "-_")


# Components


def _component(offer: Offer) -> str:
    component = offer.record.load_to_describe()
    parts = [f"## `{offer.record.id}`", _text(component.__doc__ or offer.record.summary)]
    facts = list(_facts(offer, component))
    if facts:
        parts.append("\n".join(f"- {fact}" for fact in facts))
    params: type[Params] = component.Params
    parts.append(parameter_table(params) if params.model_fields else "No parameters.")
    if component.advice:
        rows = [f"| `{component.id}.{name}` | {prose(said)} |" for name, said in component.advice.items()]
        parts.append("\n".join(["Before a run it may say:", "", "| advice | what it finds |", "|---|---|", *rows]))
    example = _example(offer, component)
    if example:
        parts.append(f"```yaml\n{example}\n```")
    return "\n\n".join(parts)


def _facts(offer: Offer, component: type[Component]) -> Iterator[str]:
    if offer.record.extra:
        yield f"needs `pip install '{DISTRIBUTION}[{offer.record.extra}]'`"
    if offer.record.suffixes:
        yield "chosen by the suffix " + ", ".join(f"`{suffix}`" for suffix in offer.record.suffixes)
    if issubclass(component, Transform):
        yield (
            "takes "
            + ", ".join(sorted(component.accepts))
            + " columns"
            + (": the target alone" if component.on_target else "")
        )
        if component.stateless:
            yield "learns from no rows, so it may stand before the split"
        if component.drops_rows:
            yield "may drop training rows; rows to predict are never dropped"
    if issubclass(component, Learner):
        yield "for " + ", ".join(sorted(component.tasks)) + " tasks"
        if not component.epochwise:
            yield "trains whole in one go, not epoch by epoch"
    if component.weights:
        yield f"weights of rows: {prose(component.weights)}"
    if component.stochastic and issubclass(component, Transform | Stage | Splitter):
        yield "depends on the seed"
    if component.engines:
        yield "engines: " + ", ".join(component.engines)


def _example(offer: Offer, component: type[Component]) -> str | None:
    """The first of the component's own examples that sets something, as a file would write it."""
    example = next((dict(example) for example in component.examples() if example), None)
    if offer.family == "learners" and offer.record.id.startswith("baseline."):
        return f"baselines: [{offer.record.id}]"
    if offer.family in ("networks", "learners"):
        return f"space: {flow(example)}" if example else None
    if issubclass(component, Reader):
        suffix = (offer.record.suffixes or ("",))[0]
        path = {"path": f"table{suffix}"} if "path" in component.Params.model_fields else {}
        rest = {name: value for name, value in (example or {}).items() if name != "path"}
        return "data: " + flow({"use": offer.record.id, **path, **({"with": rest} if rest else {}), "target": "y"})
    use = f"use: {offer.record.id}"
    return f"{use}\nwith: {flow(example)}" if example else use


def _metric(offer: Offer) -> str:
    metric: type[Metric] = offer.record.load()
    facts = [
        "greater is better" if metric.greater_is_better else "smaller is better",
        "for " + ", ".join(sorted(metric.tasks)) + " tasks",
    ]
    rest = _text(metric.__doc__ or "").partition("\n")[2].strip()
    parts = [f"## `{offer.record.id}`", offer.record.summary, rest, "; ".join(facts).capitalize() + "."]
    return "\n\n".join(part for part in parts if part)


def _rule(offer: Offer) -> str:
    rule: type[Rule] = offer.record.load()
    leak = "A leak: an error where `advice.strict` is true." if rule.is_leak else ""
    return "\n\n".join(part for part in (f"## `{offer.record.id}`", _text(rule.__doc__ or ""), leak) if part)


def _preset(offer: Offer) -> str:
    preset: type[Preset] = offer.record.load()
    seconds = f"Made for {preset.seconds:g} seconds of search; `--time` takes the preset that is nearest."
    call = f"```console\n$ automl init data.csv --target price --preset {offer.record.id}\n```"
    return "\n\n".join([f"## `{offer.record.id}`", _text(preset.__doc__ or ""), seconds, call])


def _verb(offer: Offer) -> str:
    command: click.Command = offer.record.load()
    context = click.Context(command, info_name=offer.record.id, parent=_main())
    return "\n\n".join(_command(command, context)).replace(
        f"## `automl {offer.record.id}`", f"## `{offer.record.id}`", 1
    )


_WRITERS: dict[str, Callable[[Offer], str]] = {
    "metrics": _metric,
    "advice": _rule,
    "presets": _preset,
    "commands": _verb,
}
"""Families that a table of parameters and an example do not suit."""


# The command line


def _main() -> click.Context:
    return click.Context(cli.main, info_name="automl", **cli.main.context_settings)


def _command_line() -> Iterator[str]:
    yield _text(commands.__doc__ or "").partition("\n\n")[2]
    yield from _command(cli.main, _main())


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## `{context.command_path}`"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"
    yield _text(command.help or "")
    options = [option.get_help_record(context) for option in command.get_params(context)]
    yield "\n".join(
        [
            "| option | meaning |",
            "|---|---|",
            *(f"| `{_escaped(option[0])}` | {_escaped(option[1])} |" for option in options if option and option[1]),
        ]
    )
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, info_name=name, parent=context))


# Hooks


def _hooks() -> Iterator[str]:
    yield _text(sys.modules[Offers.__module__].__doc__ or "")
    yield (
        "A plugin is a module that the entry-point group `automl` names. Its hooks are functions marked with "
        "`automl.hookimpl`; see [how to write a plugin](../how-to/write-a-plugin.md)."
    )
    yield "## Offers"
    yield _text(Offers.__doc__ or "")
    yield "\n".join(["| hook | |", "|---|---|", *(f"| `{h}` | {_said(Offers, h)} |" for h in families(Offers))])
    yield "## Announcements"
    yield _text(Announcements.__doc__ or "")
    yield ("An observer, or a plugin's module, has a function of the hook's name; it is called as `hook(event=event)`.")
    for hook in families(Announcements):
        event = getattr(events, "".join(word.capitalize() for word in hook.split("_")))
        rows = ["| field | type |", "|---|---|"]
        rows += [f"| `{name}` | `{_escaped(str(kind))}` |" for name, kind in event.__annotations__.items()]
        own = "" if (event.__doc__ or "").startswith(f"{event.__name__}(") else _text(event.__doc__ or "")
        parts = [f"### `{hook}`", _said(Announcements, hook), f"`automl.events.{event.__name__}`.", own]
        yield "\n\n".join(part for part in [*parts, "\n".join(rows)] if part)


def _said(owner: type, hook: str) -> str:
    return _text(getattr(owner, hook).__doc__ or "")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a page is stale.")
def main(check: bool) -> None:
    """Write the reference pages."""
    made = pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    stale = [name for name, text in made.items() if found.get(name) != text]
    gone = sorted(found.keys() - made.keys() - BY_HAND.keys())
    for name in sorted([*stale, *gone]):
        click.echo(f"{'stale' if check else 'written' if name in made else 'removed'}: docs/reference/{name}")
    if check:
        if stale or gone:
            click.echo("mend: python docs/generate.py")
        sys.exit(bool(stale or gone))
    for name in stale:
        (REFERENCE / name).write_text(made[name], encoding="utf-8")
    for name in gone:
        (REFERENCE / name).unlink()


if __name__ == "__main__":
    main()
