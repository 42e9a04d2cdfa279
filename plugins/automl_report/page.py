"""The report as one self-contained HTML page: nothing is fetched, and a content security policy holds it to that."""

from __future__ import annotations

import importlib.resources
import string
from collections.abc import Mapping, Sequence
from typing import Any

from automl_report.figures.drawing import draw
from automl_report.figures.style import Picture
from automl_report.tables import (
    escape,
    facts_list,
    failures_list,
    leaderboard_table,
    scores_table,
    targets_table,
    winner_table,
)
from automl_report.wording import MINUS, count, number

_TASKS = {
    "regression": "regression",
    "binary": "binary classification",
    "multiclass": "multiclass classification",
}


def render_page(
    document: Mapping[str, Any], predictions: Sequence[Picture], search: Sequence[Picture], resamples: int
) -> str:
    """Write the page from the document and its pictures: those of the predictions and those of the search."""
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in document["remarks"])
    failures = failures_list(document)
    sections = [
        _section(
            "Test scores",
            _how_scored(document, resamples),
            scores_table(document) + f'<ul class="remarks">{remarks}</ul>',
        ),
        _section("Scores of each target", _how_averaged(), targets_table(document)) if document["targets"] else "",
        _section("Predictions of the test rows", "", _pictures(predictions)) if predictions else "",
        _section("The search", _how_searched(document), _pictures(search) + leaderboard_table(document)),
        _section("The winner", _winner_lead(document), winner_table(document)),
        _section("Failed trials", "", failures) if failures else "",
    ]
    return string.Template(_asset("page.html")).substitute(
        title=escape(f"{document['pipeline']}: AutoML report"),
        kicker=escape(_kicker(document["task"])),
        heading=escape(document["pipeline"]),
        verdict=escape(document["verdict"]),
        facts=facts_list(_facts(document)),
        sections="\n".join(section for section in sections if section),
        footer="Written by automl-pipelines. The same figures stand in the JSON file beside this page.",
        style=_asset("page.css"),
    )


def _asset(name: str) -> str:
    return importlib.resources.files("automl_report").joinpath(name).read_text(encoding="utf-8")


def _facts(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    metric, winner, search = document["objective"]["metric"], document["winner"], document["search"]
    score = document["scores"][winner["name"]][metric]
    interval = f"{number(score['low'])} to {number(score['high'])} (95 %)" if score["low"] is not None else ""
    facts = [(f"test {metric}", number(score["value"]), interval)]
    against = document["comparison"]
    if against and against["advantage"] is not None:
        lead = "+" if against["advantage"] > 0 else MINUS if against["advantage"] < 0 else ""
        size = number(abs(against["advantage"]))
        label = document["models"][against["baseline"]]["label"]
        certain = "beyond chance" if against["decided"] else "chance can explain it"
        facts.append((f"lead over {label}", lead + size, certain if against["difference"]["low"] is not None else ""))
    gap = document["gap"]
    facts.append((f"validation {metric}", number(gap["validation"]), f"minus test: {number(gap['difference'])}"))
    failed = f"{search['failed']} failed" if search["failed"] else "none failed"
    facts.append(("trials", f"{search['trials']:,}", failed))
    rows = document["rows"]
    facts.append(("test rows", f"{rows['test']:,}", f"{rows['train']:,} to train and validate"))
    return facts


def _kicker(task: Mapping[str, Any]) -> str:
    positive = f", positive class {task['positive']}" if task["positive"] is not None else ""
    return f"AutoML report · {_TASKS[task['kind']]} of {task['target']}{positive}"


def _how_scored(document: Mapping[str, Any], resamples: int) -> str:
    base = "On rows that nothing in the search has seen, in the target's own unit."
    if document["rows"]["weight"] is not None:
        base += f" Every row counts by its weight ({document['rows']['weight']})."
    if document["task"]["positive"] is not None:
        base += f" Metrics of one class speak of the positive class, {document['task']['positive']}."
    if not resamples:
        return base
    return f"{base} Below each score its 95 % interval, from {count(resamples, 'bootstrap resample')} of the test rows."


def _how_averaged() -> str:
    return "The scores above are the means over the targets; these are of each alone, in its own unit."


def _how_searched(document: Mapping[str, Any]) -> str:
    ended = {
        "trials": "the budget of trials was spent",
        "epochs": "the budget of epochs was spent",
        "time": "the time was up",
        "tuner": "the tuner had no more to ask",
    }
    stopped = document["search"]["stopped_by"]
    trials = count(document["search"]["trials"], "trial")
    pruned = document["search"]["pruned"]
    early = f" ({pruned} stopped early by the tuner)" if pruned else ""
    return (
        f"{trials}{early}; it ended because {ended.get(stopped, stopped)}. Scores are those of the validation rows. "
        "The table has the best twenty trials and all baselines."
    )


def _winner_lead(document: Mapping[str, Any]) -> str:
    winner = document["winner"]
    network = f"network {winner['network']}, " if winner["network"] else ""
    return (
        f"Trial {winner['name']}: {network}learner {winner['learner']}, trained for {count(winner['epochs'], 'epoch')}."
    )


def _section(title: str, lead: str, content: str) -> str:
    intro = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{intro}{content}\n</section>"


def _pictures(pictures: Sequence[Picture]) -> str:
    return f'<div class="pictures">{"".join(_picture(picture) for picture in pictures)}</div>' if pictures else ""


def _picture(picture: Picture) -> str:
    wide = ' class="wide"' if picture.least_width else ""
    size = f' style="min-width:{picture.least_width}px"' if picture.least_width else ""
    return (
        f'<figure{wide} id="{picture.id}"><figcaption><h3>{escape(picture.title)}</h3>'
        f"<p>{escape(picture.caption)}</p></figcaption>"
        f'<div class="frame"><div{size}>{draw(picture)}</div></div></figure>\n'
    )
