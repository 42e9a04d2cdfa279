"""What a run leaves to say: what was found, what it is worth, where it lies, and what to type next."""

from __future__ import annotations

import math
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from automl.cli.board import short_name
from automl.cli.figures import counted, duration, figure, parameters
from automl.events import RunFinished
from automl.model import SearchResult, TrialRecord

if TYPE_CHECKING:
    from rich.text import Text

_INDENT = 11
_SAME = 0.01
"""Scores nearer to each other than this share of the baseline's count as about equal."""


@dataclass(frozen=True)
class Line:
    """A line of a section; ``whole`` ones (paths, commands) are never broken, so that they can be copied."""

    text: str
    style: str = ""
    whole: bool = False


Sections = list[tuple[str, list[Line]]]


def print_summary(finished: RunFinished, links: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Print the closing summary, by default to standard output."""
    from rich.console import Console

    console = Console(file=sys.stdout if stream is None else stream, highlight=False)
    console.print(summary(finished, links, min(console.width, 100)), soft_wrap=True)


def summary(finished: RunFinished, links: Mapping[str, str], width: int = 80) -> Text:
    """The closing summary of a run, broken at ``width`` columns.

    Args:
        finished: the event that told of the run's end.
        links: what trackers offer to open, by label: a page or a command.
        width: columns; at least 40.
    """
    from rich.text import Text

    text = Text()
    for label, lines in sections(finished, links):
        text.append(f"\n{label:<{_INDENT}}", "bold")
        for number, line in enumerate(lines):
            pieces = [line.text] if line.whole else textwrap.wrap(line.text, width - _INDENT, subsequent_indent="  ")
            for place, piece in enumerate(pieces):
                text.append("" if number == place == 0 else " " * _INDENT)
                text.append(piece, line.style).append("\n")
    return text


def sections(finished: RunFinished, links: Mapping[str, str]) -> Sections:
    """The summary's parts in order: a label and its lines each."""
    found: Sections = [("Done", [Line(_executed(finished))])]
    if finished.search is not None:
        winner = _winner(finished.search)
        found.append(("Best", _best(finished.search, winner)))
        found.append(("Scores", _scores(finished, winner)))
        comparison = _comparison(finished, winner)
        if comparison:
            found.append(("Compared", comparison))
    if finished.evaluation is not None and finished.evaluation.warnings:
        found.append(("Warnings", [Line(sentence, "yellow") for sentence in finished.evaluation.warnings]))
    if finished.gates_missed:
        found.append(("Missed", [Line(gate, "bold red") for gate in finished.gates_missed]))
    found.append(("Files", _places(finished, links)))
    if finished.bundle is not None:
        command = f"automl predict {shlex.quote(_near(finished.bundle))} new_rows.csv"
        found.append(("Next", [Line(command, "bold cyan", whole=True)]))
    return found


def _executed(finished: RunFinished) -> str:
    executed, cached = len(finished.executed), len(finished.cached)
    took = f"in {duration(finished.seconds)}"
    if not executed:
        return f"{took}; nothing executed: all {counted(cached, 'stage')} unchanged"
    if not cached:
        return f"{took}; {counted(executed, 'stage')} executed"
    return f"{took}; {counted(executed, 'stage')} executed ({', '.join(finished.executed)}), {cached} unchanged"


def _winner(search: SearchResult) -> TrialRecord:
    return next(trial for trial in search.trials if trial.name == search.winner)


def _best(search: SearchResult, winner: TrialRecord) -> list[Line]:
    trials = [trial for trial in search.trials if not trial.is_baseline]
    failed = sum(trial.status == "failed" for trial in trials)
    pruned = sum(trial.status == "pruned" for trial in trials)
    apart = [f"{number} {what}" for number, what in ((pruned, "stopped early"), (failed, "failed")) if number]
    count = counted(len(trials), "trial") + (f" ({', '.join(apart)})" if apart else "")
    ended = {
        "trials": "",
        "epochs": "; the epochs were spent",
        "time": "; the time was up",
        "tuner": "; the tuner had nothing more to try",
    }
    place = f"a baseline; {count}" if winner.is_baseline else f"best of {count}"
    lines = [Line(f"{_name(winner)}, {place}{ended[search.stopped_by]}", "bold")]
    if winner.parameters:
        lines.append(Line(parameters(winner.parameters)))
    if winner.bindings:
        lines.append(Line("with " + ", ".join(f"{name} {value}" for name, value in winner.bindings.items())))
    if winner.is_baseline:
        lines.append(Line("No network could be trained: the model is a baseline.", "yellow"))
    return lines


def _scores(finished: RunFinished, winner: TrialRecord) -> list[Line]:
    search = finished.search
    assert search is not None
    assert winner.score is not None, "a winner has a score"
    lines = [Line(f"validation  {search.objective} {figure(winner.score)}")]
    if search.task.positive is not None:
        lines.insert(0, Line(f"positive    {search.task.positive}"))
    if finished.evaluation is not None:
        metrics = dict(finished.evaluation.metrics)
        first = {name: metrics.pop(name) for name in [search.objective] if name in metrics}
        lines.append(Line("test        " + ", ".join(f"{n} {figure(v)}" for n, v in (first | metrics).items())))
    return lines


def _comparison(finished: RunFinished, winner: TrialRecord) -> list[Line]:
    """The winner beside each baseline: on the test rows where they were scored, on the validation rows else."""
    search = finished.search
    assert search is not None
    metric, report = search.objective, finished.evaluation
    if report is not None and metric in report.metrics:
        where, own = "test", report.metrics[metric]
        others = {name: scores[metric] for name, scores in report.baselines.items() if metric in scores}
    else:
        where, own = "validation", winner.score or 0.0
        others = {trial.name: trial.score for trial in search.trials if trial.is_baseline and trial.score is not None}
    others.pop(winner.name, None)
    if not others:
        return []
    higher = search.greater_is_better
    sign = -1.0 if higher else 1.0
    ranked = sorted(others.items(), key=lambda item: (math.isnan(item[1]), sign * item[1]))
    subject, best = _subject(winner), "higher" if higher else "lower"
    lines = [Line(f"{metric} on the {where} rows; {best} is better")]
    names = [subject, *(short_name(name) for name, _ in ranked)]
    figures = [figure(own), *(figure(score) for _, score in ranked)]
    gains = [None, *(_gain(own, score, higher) for _, score in ranked)]
    for name, score, gain in zip(_padded(names), _padded(figures), gains, strict=True):
        said = "" if gain is None else f"  {subject} is {_said(gain)}"
        style = "green" if gain and gain > 0 else "red" if gain and gain < 0 else ""
        lines.append(Line(f"{name}  {score}{said}".rstrip(), style, whole=True))
    lines += _verdict(short_name(ranked[0][0]), _gain(own, ranked[0][1], higher), subject, winner.is_baseline)
    return lines


def _verdict(name: str, gain: float | None, subject: str, is_baseline: bool) -> list[Line]:
    """One plain sentence on the strongest baseline, ``name``; of a model that is a baseline itself another one."""
    if gain is None:
        return []
    if is_baseline:
        if gain > _SAME:
            return [Line(f"{subject} is the best of the baselines.")]
        return [
            Line(
                f"{name} predicts better than {subject}." if gain < -_SAME else f"{subject} and {name} are about equal."
            )
        ]
    if gain < -_SAME:
        return [
            Line(
                f"{name} predicts better than {subject}. More trials or time may turn this; until then, prefer {name}.",
                "yellow",
            )
        ]
    if gain <= _SAME:
        return [Line(f"{subject} and {name} are about equal; {name} is the simpler one.", "yellow")]
    return [Line(f"{subject} beats every baseline.", "green")]


def _gain(own: float, other: float, higher: bool) -> float | None:
    """How much better ``own`` is, as a share of the other score; None where that share means nothing."""
    gain = own - other if higher else other - own
    if gain == 0:
        return 0.0
    share = gain / abs(other) if other else math.nan
    return share if math.isfinite(share) else None


def _said(gain: float) -> str:
    if abs(gain) < 0.0005:
        return "as good"
    size = f"{abs(gain) * 100:.1f} %" if abs(gain) < 10 else "far"
    return f"{size} {'better' if gain > 0 else 'worse'}"


def _subject(winner: TrialRecord) -> str:
    if winner.is_baseline:
        return short_name(winner.name)
    return "the network" if winner.network else "the model"


def _name(winner: TrialRecord) -> str:
    return f"{short_name(winner.name)} ({winner.network or winner.learner})"


def _padded(texts: Sequence[str]) -> list[str]:
    width = max(len(text) for text in texts)
    return [f"{text:<{width}}" for text in texts]


def _places(finished: RunFinished, links: Mapping[str, str]) -> list[Line]:
    places = {"model": finished.bundle, "report": finished.report, "run": finished.directory}
    shown = {label: _near(path) for label, path in places.items() if path is not None} | dict(links)
    return [
        Line(f"{label}  {place}", whole=True) for label, place in zip(_padded(list(shown)), shown.values(), strict=True)
    ]


def _near(path: Path) -> str:
    """The path as one types it here: relative where it lies below the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
