"""``automl init`` and ``automl fit``: from a table to a pipeline file, and on to a model."""

from __future__ import annotations

import re
import shlex
import textwrap
import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.cli.calls import load_pipeline, load_registry
from automl.cli.duration import Duration
from automl.cli.outputs import PipelineOutput, hindrance
from automl.cli.pipeline_commands import carry_out
from automl.errors import DataError, ReadingError, reader_options
from automl.pipeline_file.naming import derived_name, wrong_name
from automl.time_limit import TimeLimit
from automl.writing import write_text

if TYPE_CHECKING:
    from automl.components import Recognised
    from automl.plugins import Registry
    from automl.start import Request, Start
    from automl.table_profile import TableProfile

DEFAULT_PRESET = "balanced"
_WIDTH = 100
_LABEL = 12
_SCHEMA = "automl.schema.json"

_ESCAPE = re.compile(r"\\(?:t|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
"""A tab or an unusual blank, as `automl.errors.reader_options` writes them."""


class PipelineName(click.ParamType[str]):
    """What a pipeline may be called."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if (wrong := wrong_name(str(value))) is not None:
            self.fail(f"{value!r} cannot be a pipeline's name: {wrong}", param, ctx)
        return str(value)


class Names(click.ParamType[tuple[str, ...]]):
    """Column names with commas between them."""

    name = "names"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's own signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else tuple(name.strip() for name in value.split(",") if name.strip())


class ReaderParameter(click.ParamType[tuple[str, str]]):
    """A parameter of a reader, KEY=VALUE."""

    name = "parameter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, sign, text = value.partition("=")
        if not sign or not key:
            self.fail(f"expected KEY=VALUE, such as --with 'separator=;', found {value!r}", param, ctx)
        return key, _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), text)


def reader_option(text: str) -> Callable[[Any], Any]:
    """``--with KEY=VALUE``, several times."""
    return click.option("--with", "reader", type=ReaderParameter(), multiple=True, metavar="KEY=VALUE", help=text)


@dataclass(frozen=True)
class Call:
    """The options that both verbs share, as they were given."""

    request: Request
    preset: str | None
    seconds: float | None
    output: Path
    force: bool
    written: str

    @classmethod
    def of(cls, verb: str, data: Path, target: str, **options: Any) -> Call:
        from automl.start import Request

        reader = dict(options["reader"])
        request = Request(
            str(data), target, options["task"], options["ids"], options["ignore"], reader, options["missing"] or None,
            seed=options["seed"], name=options["name"], positive=options["positive"],
        )  # fmt: skip
        output = options["output"] or Path(f"{derived_name(data.name.split('.', 1)[0])}.yaml")
        return cls(
            request, options["preset"], options["seconds"], output, options["force"], _spelled(verb, request, options)
        )


def _spelled(verb: str, request: Request, options: dict[str, Any]) -> str:
    """The call as one could type it again, options with their defaults left out."""
    words = ["automl", verb, request.path, "--target", request.target]
    if options["preset"]:
        words += ["--preset", options["preset"]]
    if options["seconds"]:
        words += ["--time", f"{options['seconds']:g}s"]
    for option, value in (("--task", request.task), ("--positive", request.positive), ("--name", request.name)):
        words += [option, value] if value else []
    for option, names in (("--id", request.ids), ("--ignore", request.ignore)):
        words += [option, ",".join(names)] if names else []
    for key, value in request.reader.items():
        words += ["--with", f"{key}={value}"]
    for text in request.missing or ():
        words += ["--missing", text]
    return shlex.join([*words, "--seed", str(request.seed)])


def start_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments of both verbs."""
    options = [
        click.argument("data", type=click.Path(path_type=Path)),
        click.option("--target", required=True, metavar="COLUMN", help="The column to predict."),
        click.option("--preset", metavar="NAME", help=f"How much to try: {DEFAULT_PRESET}, or what suits --time."),
        click.option("--time", "seconds", type=Duration(), metavar="2m", help="How long it may take."),
        click.option(
            "--task", type=click.Choice(["regression", "binary", "multiclass"]), help="What the target makes."
        ),
        click.option("--positive", metavar="LABEL", help="Of two classes the one that f1 and the like speak of."),
        click.option("--id", "ids", type=Names(), default=(), metavar="A,B", help="Columns that name a row."),
        click.option("--ignore", type=Names(), default=(), metavar="A,B", help="Columns to leave out."),
        reader_option("A parameter of the reader: 'separator=;'. Otherwise it is found by looking."),
        click.option(
            "--missing", multiple=True, metavar="TEXT",
            help="A text that means no value, in place of ?, NA and N/A; the empty cell always does: --missing ''.",
        ),
        click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True),
        click.option("--name", type=PipelineName(), help="What the pipeline is called; by default as the table."),
        click.option(
            "-o", "--output", type=PipelineOutput(), metavar="FILE",
            help="Where to write the pipeline; by default beside you, named as the table.",
        ),
        click.option("--force", is_flag=True, help="Overwrite that file."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@start_options
@click.pass_context
def init(ctx: click.Context, /, data: Path, target: str, **options: Any) -> None:
    """Look at a table and write a pipeline file that suits it, with reasons. `-o -` prints it."""
    call = Call.of("init", data, target, **options)
    printed = str(call.output) == "-"
    if not printed:
        _refuse_existing(call.output, call.force)
    registry = load_registry(ctx)
    _, start, said = _start(call, registry, call.seconds)
    click.echo(said, err=printed)
    if printed:
        click.echo(start.text, nl=False)
        return
    write_text(call.output, start.text)
    click.echo(_next(call.output))


@click.command()
@start_options
@click.pass_context
def fit(ctx: click.Context, /, data: Path, target: str, **options: Any) -> None:
    """Look at a table, write a pipeline file that suits it, and run it."""
    began = clock.monotonic()
    call = Call.of("fit", data, target, **options)
    limit = None if call.seconds is None else TimeLimit(call.seconds, began)
    registry = load_registry(ctx)
    if not (call.output.exists() and not call.force and _is_by_same_call(call)):
        _refuse_existing(call.output, call.force)
        _, start, said = _start(call, registry, call.seconds, limit)
        click.echo(said)
        write_text(call.output, start.text)
        click.echo(f"{'Written':<{_LABEL}}{call.output}")
    else:
        click.echo(f"{call.output} was written by the same call; it is run as it is. --force looks at the table anew.")
    carry_out(load_pipeline(call.output, registry, None, ()), registry, limit=limit)


def _start(
    call: Call, registry: Registry, seconds: float | None, limit: TimeLimit | None = None
) -> tuple[TableProfile, Start, str]:
    """Look, draft and check. With ``limit``, the search gets what reading, evaluating and saving leave of it.

    Raises click.UsageError for what is wrong with the table or the call.
    """
    from automl.start import draft_pipeline, look_at, nearest_preset, recognise_form

    looked = clock.monotonic()
    opening = [f"Written by: {call.written}", "Every choice has its reason above it; all of them may be changed."]
    if (call.output.parent / _SCHEMA).exists():
        opening.append(f"yaml-language-server: $schema={_SCHEMA}")
    try:
        request, form = recognise_form(call.request, registry)
        table = look_at(request, registry)
        if limit is not None:
            look = clock.monotonic() - looked  # the run reads the table once more
            seconds = max(limit.for_searching(look) - look - clock.monotonic(), 1.0)
            opening.append(f"Of the time, {seconds:.0f} s are for the search; the rest reads, evaluates and saves.")
        preset = call.preset or (nearest_preset(registry, seconds) if seconds else DEFAULT_PRESET)
        start = draft_pipeline(request, table, registry, preset=preset, seconds=seconds, opening=opening)
    except DataError as error:
        told = error.on_command_line() if isinstance(error, ReadingError) else error
        raise click.UsageError(str(told)) from error
    return table, start, _said(call, form, table, start, preset)


def _is_by_same_call(call: Call) -> bool:
    with call.output.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline().rstrip("\n") == f"# Written by: {call.written}"


def _refuse_existing(output: Path, force: bool) -> None:
    if output.exists() and not force:
        raise click.UsageError(f"{output} exists; mend: -o OTHER.yaml, or --force to overwrite it")
    if (wrong := hindrance(output, PipelineOutput.proposed)) is not None:
        raise click.UsageError(wrong)


def _said(call: Call, form: Recognised, table: TableProfile, start: Start, preset: str) -> str:
    """What was found, and what was chosen and why."""
    from automl.draft_file import reasons
    from automl.labels import with_positive_last

    target = table.target
    kinds = [column.kind for column in table.features()]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    found = f"{call.request.path}: {table.rows:,} rows, {len(kinds)} columns to learn from ({counts})"
    if target.classes:
        shown = ", ".join(f"{name} {count / table.rows:.1%}" for name, count in list(target.classes.items())[:5])
        shown += ", ..." if len(target.classes) > 5 else ""
        goal = f"{target.name}: {target.task}, {len(target.classes)} classes ({shown})"
        if target.task == "binary":
            goal += f"; positive: {with_positive_last(target.classes, call.request.positive, target.name)[-1]}"
    else:
        goal = f"{target.name}: regression, {target.minimum:,.4g} to {target.maximum:,.4g}"
    lines = [_entry("Found", found)]
    lines += [_entry("Read as", "; ".join(form.told))] if form.told else []
    lines += [_entry("Target", goal)]
    remarks = [*_doubts(form), *table.odd_cells, *start.draft.remarks]
    lines += [_entry("Note" if number == 0 else "", remark) for number, remark in enumerate(remarks)]
    lines += ["", f"Chosen, with the preset {preset}"]
    lines += [_entry(f"  {place.split('.with.')[-1].split('.')[-1]}", why) for place, why in reasons(start.draft)]
    return "\n".join([*lines, ""])


def _doubts(form: Recognised) -> list[str]:
    """What of the file's form may be otherwise, with the options that say so."""
    told = [f"{text}; to read it so: {reader_options(params)}" for text, params in form.doubts]
    return told + [
        f"{name}: {cell!r} is written otherwise than numbers elsewhere in the table, and stays text"
        for name, cell in form.unread.items()
    ]


def _entry(label: str, text: str) -> str:
    body = textwrap.wrap(text, _WIDTH - _LABEL)
    return f"{label:<{_LABEL}}" + f"\n{'':<{_LABEL}}".join(body)


def _next(output: Path) -> str:
    file = shlex.quote(str(output))
    return "\n".join(
        [
            f"{'Written':<{_LABEL}}{output}",
            f"{'Next':<{_LABEL}}automl run {file} --profile smoke   # does it all fit together? seconds",
            f"{'':<{_LABEL}}automl run {file}",
        ]
    )
