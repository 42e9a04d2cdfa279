"""The verbs about runs that are over: ``automl runs ...`` and ``automl diff``."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.errors import StoreError

if TYPE_CHECKING:
    from automl.run_comparison import Change, RunDiff, ScoreChange
    from automl.run_records import Run


class RunName(click.ParamType["Run"]):
    """A folder, an id or the beginning of one, ``last``, ``last~1``."""

    name = "run"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Run:
        from automl.run_records import find_run

        try:
            return find_run(str(value))
        except StoreError as error:
            self.fail(str(error), param, ctx)


_as_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")


@click.group()
def runs() -> None:
    """See the runs of this folder."""


@runs.command("list")
@_as_json
def list_runs(as_json: bool) -> None:
    """List the runs, the oldest first, with their state and their first test score."""
    from automl import run_records

    found = run_records.list_runs()
    if as_json:
        click.echo(_json([_plain(run) for run in found]))
        return
    if not found:
        click.echo(f"no runs in {run_records.RUNS}")
        return
    rows = [(run.id, _moment(run), run.state, _took(run), _first_score(run)) for run in found]
    for line in _aligned(rows):
        click.echo(line)


@runs.command("show")
@click.argument("run", type=RunName())
@_as_json
def show_run(run: Run, as_json: bool) -> None:
    """Show one run: when, how it ended, scores, data, plugins and files. RUN: a folder, an id's beginning, last~1."""
    if as_json:
        click.echo(_json(_plain(run)))
        return
    for line in _described(run):
        click.echo(line)


@click.command()
@click.argument("before", type=RunName(), metavar="RUN_A")
@click.argument("after", type=RunName(), metavar="RUN_B")
@_as_json
def diff(before: Run, after: Run, as_json: bool) -> None:
    """Compare two runs: file, data, plugins, scores. A run: a folder, an id's beginning, last, last~1."""
    from automl.run_comparison import compare

    found = compare(before, after)
    if as_json:
        click.echo(_json({**asdict(found), "before": before.id, "after": after.id}))
        return
    for line in _diff_lines(found):
        click.echo(line)


def _diff_lines(found: RunDiff) -> Iterator[str]:
    yield from _aligned([("A", found.before.id, found.before.state), ("B", found.after.id, found.after.state)])
    yield from _section("file", found.file)
    yield from _section("data", [_told(change) for change in found.data])
    yield from _section("plugins", [_told(change) for change in found.plugins])
    yield from _section("metrics", _aligned([_scored(change) for change in found.scores]))


def _section(title: str, lines: Sequence[str], empty: str = "no difference") -> Iterator[str]:
    yield ""
    yield title if lines else f"{title}: {empty}"
    yield from (f"  {line}".rstrip() for line in lines)


def _told(change: Change) -> str:
    if change.before is None:
        return f"{change.name}: only in B ({change.after})"
    if change.after is None:
        return f"{change.name}: only in A ({change.before})"
    return f"{change.name}: {change.before} -> {change.after}"


def _scored(change: ScoreChange) -> tuple[str, ...]:
    from automl.cli.figures import figure

    one, other = ("-" if value is None else figure(value) for value in (change.before, change.after))
    difference = "" if change.difference is None else f"{'+' if change.difference >= 0 else ''}{change.difference:.4g}"
    verdict = {"before": "A is better", "after": "B is better", "equal": "equal", None: ""}[change.better]
    return change.name, one, "->", other, difference, verdict


def _described(run: Run) -> Iterator[str]:
    from automl.cli.figures import figure
    from automl.writing import is_half

    yield from _aligned(
        [
            ("run", run.id),
            ("pipeline", run.pipeline or "?"),
            ("state", f"{run.state}{f': {run.error}' if run.error else ''}"),
            ("started", _moment(run)),
            ("took", _took(run) or "?"),
            ("executed", ", ".join(run.executed) or "nothing"),
            (
                "data",
                "not recorded" if run.data is None else f"{run.data.rows:,} rows, {run.data.features:,} columns",
            ),
            *(("missed", sentence) for sentence in run.gates_missed),
        ]
    )
    yield from _section(
        "metrics", _aligned([(name, figure(score.value)) for name, score in run.scores.items()]), "none"
    )
    yield from _section("plugins", _aligned(list(run.plugins.items())), "not recorded")
    yield from _section("files", [str(_near(file)) for file in sorted(run.directory.iterdir()) if not is_half(file)])


def _moment(run: Run) -> str:
    if run.started is None:
        return "?"
    return datetime.datetime.fromtimestamp(run.started, tz=datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _took(run: Run) -> str:
    from automl.cli.figures import duration

    return "" if run.seconds is None else duration(run.seconds)


def _first_score(run: Run) -> str:
    from automl.cli.figures import figure

    return next((f"{name} {figure(score.value)}" for name, score in run.scores.items() if " " not in name), "")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _near(path: Path) -> Path:
    """The path as seen from here, where that is shorter."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _plain(run: Run) -> dict[str, Any]:
    return {**asdict(run), "directory": str(run.directory)}


def _json(document: Any) -> str:
    return json.dumps(_finite(document), indent=1)


def _finite(value: Any) -> Any:
    """NaN and infinities are no JSON: they become null."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value
