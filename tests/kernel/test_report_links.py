"""An unchanged report is kept once: the page of the next run is a link to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from toy import Table
from toy_runs import make_registry

from automl import Pipeline
from automl.events import RunFinished
from automl.writing import write_text_once


def run(work: Path, bootstrap: int = 5) -> RunFinished:
    return (
        Pipeline("paged", data=Table(Table.Params()).read(), target="y", registry=make_registry())
        .stage("split", "toy.holdout", after="data")
        .stage("filled", "toy.fill", after="split")
        .stage("codes", "toy.dummies", after="filled")
        .stage(
            "search", "search.network", after="codes", network="toy.net", baselines=["toy.mean"],
            budget={"trials": 3, "epochs": 2},
        )
        .stage("evaluate", "evaluate.report", after="search", bootstrap=bootstrap)
        .executor("in_process")
        .run(workspace=work)
        .finished
    )  # fmt: skip


def test_an_unchanged_page_is_a_link_and_a_changed_one_is_not(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    assert first.report is not None
    assert second.report is not None
    assert first.report != second.report
    assert first.report.samefile(second.report)
    before = first.report.read_bytes()
    same = [file for file in tmp_path.rglob("*") if file.is_file() and before[:2000] in file.read_bytes()]
    assert {file.stat().st_ino for file in same} == {first.report.stat().st_ino}, "the store has the same file"
    assert len(same) == 3
    changed = run(tmp_path, bootstrap=6)
    assert changed.report is not None
    assert not changed.report.samefile(first.report)
    assert first.report.read_bytes() == before
    assert len(before) <= 1_500_000


def test_trials_are_the_same_number_everywhere(tmp_path: Path) -> None:
    """Three trials beside a baseline are three: in the ledger's trials, the report, and what the stage says."""
    finished = run(tmp_path)
    assert finished.search is not None
    assert finished.evaluation is not None
    assert len([trial for trial in finished.search.trials if not trial.is_baseline]) == 3
    assert finished.evaluation.document["search"]["trials"] == 3
    events = (finished.directory / "events.jsonl").read_text()
    assert '"trials": 3' in events
    assert '"trials": 4' not in events


@pytest.mark.parametrize("odd", [lambda folder: folder / "gone", lambda folder: folder])
def test_what_cannot_be_linked_is_written(tmp_path: Path, odd: Callable[[Path], Path]) -> None:
    write_text_once(tmp_path / "page.html", "page", [odd(tmp_path)])
    assert (tmp_path / "page.html").read_text() == "page"


def test_a_page_that_somebody_changed_is_made_anew(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert first.report is not None
    before = first.report.read_text()
    with first.report.open("a") as page:
        page.write("<p>my note</p>")
    second = run(tmp_path)
    assert second.report is not None
    assert second.executed == ["evaluate"]
    assert second.report.read_text() == before
    assert first.report.read_text().endswith("<p>my note</p>")
