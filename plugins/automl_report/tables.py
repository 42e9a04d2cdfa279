"""The tables of the page, written from the document. All text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from automl_report.wording import DASH, model_label, number, setting

_FAILURES_SHOWN = 10


def scores_table(document: Mapping[str, Any]) -> str:
    """Metrics down, models across; the best of each metric is marked."""
    models = document["models"]
    header = ["metric", *(model["label"] for model in models.values())]
    rows = []
    for metric, about in document["metrics"].items():
        scores = {name: document["scores"][name][metric] for name in models}
        known = [score["value"] for score in scores.values() if score["value"] is not None]
        best = (max if about["greater_is_better"] else min)(known, default=None)
        title = escape(f"{about['label']}; {'higher' if about['greater_is_better'] else 'lower'} is better")
        arrow = "↑" if about["greater_is_better"] else "↓"
        name = f'<th scope="row" title="{title}"><code>{escape(metric)}</code> <span class="way">{arrow}</span></th>'
        rows.append(name + "".join(_score_cell(score, best) for score in scores.values()))
    return _table(header, rows, "scores")


def targets_table(document: Mapping[str, Any]) -> str:
    """Targets and metrics down, models across."""
    models = document["models"]
    rows = [
        f'<th scope="row">{escape(target)}: <code>{escape(metric)}</code></th>'
        + "".join(f'<td class="num">{number(scores[name][metric])}</td>' for name in models)
        for target, scores in document["targets"].items()
        for metric in document["metrics"]
    ]
    return _table(["target", *(model["label"] for model in models.values())], rows, "targets")


def _score_cell(score: Mapping[str, float | None], best: float | None) -> str:
    mark = ' class="num best"' if best is not None and score["value"] == best else ' class="num"'
    interval = ""
    if score["low"] is not None:
        interval = f'<span class="interval">{number(score["low"])} {DASH} {number(score["high"])}</span>'
    return f"<td{mark}>{number(score['value'])}{interval}</td>"


def leaderboard_table(document: Mapping[str, Any]) -> str:
    """Best first, on the validation rows; baselines are marked, the winner too."""
    metric = document["objective"]["metric"]
    header = ["#", "model", f"validation {metric}", "best epoch", "epochs", "seconds", "parameters"]
    rows = []
    for entry in document["leaderboard"]:
        baseline = entry["name"].startswith("baseline.")
        label = model_label(entry["name"], entry["network"] or entry["learner"])
        mark = ' <span class="tag">baseline</span>' if baseline else ""
        if entry["status"] == "pruned":
            mark = ' <span class="tag">stopped early</span>'
        if entry["name"] == document["winner"]["name"]:
            mark = ' <span class="tag win">winner</span>'
        settings = {**entry["bindings"], **entry["parameters"]}
        cells = [
            _number_cell(entry["place"]),
            f'<th scope="row">{escape(label)}{mark}</th>',
            f'<td class="num">{number(entry["score"])}</td>',
            _number_cell(entry["best_epoch"] or DASH),
            _number_cell(entry["epochs"] or DASH),
            f'<td class="num">{entry["seconds"] or 0:.1f}</td>',
            f'<td class="settings">{_settings(settings)}</td>',
        ]
        rows.append("".join(cells))
    return _table(header, rows, "leaderboard")


def winner_table(document: Mapping[str, Any]) -> str:
    """The winner's parameters, and those of the stages before it that were searched along."""
    winner = document["winner"]
    rows = [
        f'<th scope="row"><code>{escape(name)}</code></th><td>{escape(setting(value))}</td><td>{where}</td>'
        for where, values in (("preprocessing", winner["bindings"]), ("network", winner["parameters"]))
        for name, value in values.items()
    ]
    if not rows:
        return "<p>Nothing was tuned.</p>"
    return _table(["parameter", "value", "of"], rows, "winner")


def failures_list(document: Mapping[str, Any]) -> str:
    """Causes of failed trials, equal ones together; empty if none failed."""
    causes: dict[str, list[str]] = {}
    for failure in document["failures"]:
        causes.setdefault(failure["error"].strip().splitlines()[-1], []).append(failure["name"])
    shown = list(causes.items())[:_FAILURES_SHOWN]
    items = "".join(
        f"<li><strong>{escape(_names(names))}</strong>: <code>{escape(cause)}</code></li>" for cause, names in shown
    )
    rest = len(causes) - len(shown)
    return f"<ul>{items}</ul>" + (f"<p>{rest} more causes are in the JSON file.</p>" if rest else "") if items else ""


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def facts_list(facts: Iterable[tuple[str, str, str]]) -> str:
    """Tiles: a label, a figure, and a note below it."""
    tiles = (
        f"<div><dt>{escape(label)}</dt><dd>{escape(figure)}<small>{escape(note)}</small></dd></div>"
        for label, figure, note in facts
    )
    return f'<dl class="facts">{"".join(tiles)}</dl>'


def escape(text: object) -> str:
    return html.escape(str(text), quote=True)


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{escape(name)}&nbsp;=&nbsp;{escape(setting(value))}" for name, value in values.items()) or DASH


def _number_cell(value: object) -> str:
    return f'<td class="num">{escape(value)}</td>'


def _table(header: Sequence[str], rows: Sequence[str], name: str) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in header)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}"><table class="{escape(name)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
