"""The page: self-contained, safe against what data may be called, and drawn by a real browser."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from report_samples import context

from automl.learning import TaskKind
from automl.model import Model
from automl_report.stage import ReportStage

Make = Callable[..., Model]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\"'"
VOID = {"meta", "link", "br", "img", "hr", "input"}


class _Structure(html.parser.HTMLParser):
    """Tags that were opened and not closed, ids, and everything that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mismatched: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.payloads: list[str] = []
        self._in_payload = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.fetched += [str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("data:")]
        self._in_payload = given.get("type") == "application/json"

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)
        self._in_payload = False

    def handle_data(self, data: str) -> None:
        if self._in_payload:
            self.payloads.append(data)


def _page(model: Model) -> str:
    return ReportStage(ReportStage.Params(bootstrap=20), 1).run(model, context()).html


def _read(page: str) -> _Structure:
    structure = _Structure()
    structure.feed(page)
    structure.close()
    return structure


@pytest.fixture(params=["regression", "binary", "multiclass"])
def page(request: pytest.FixtureRequest, made_model: Make) -> str:
    return _page(made_model(request.param))


def test_tags_are_balanced_and_ids_unique(page: str) -> None:
    found = _read(page)
    assert (found.open, found.mismatched) == ([], [])
    assert len(found.ids) == len(set(found.ids))
    assert page.startswith("<!DOCTYPE html>")


def test_nothing_is_fetched(page: str) -> None:
    assert _read(page).fetched == []
    assert "default-src 'none'" in page
    assert page.count("plotly.js v") == 1


def test_figures_are_json(page: str) -> None:
    payloads = [json.loads(payload) for payload in _read(page).payloads]
    assert len(payloads) >= 6
    assert all({"data", "layout"} == set(payload) for payload in payloads)


def test_the_verdict_comes_first(made_model: Make) -> None:
    report = ReportStage(ReportStage.Params(bootstrap=20), 1).run(made_model("regression"), context())
    body = report.html.split("<body>")[1]
    assert body.index(report.document["verdict"]) < body.index("<main>")


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_names_from_outside_stay_text(made_model: Make, kind: TaskKind) -> None:
    model = made_model(kind, target=EVIL, pipeline=EVIL, classes=(EVIL, "<i>b</i>", "$title"))
    found = _read(_page(model))
    assert found.mismatched == []
    assert "img" not in found.tags
    assert "i" not in found.tags
    assert found.tags.count("script") == 2 + len(found.payloads)


def _browse(page: str, folder: Path) -> tuple[str, list[str]]:
    """The page after its scripts ran, and what they complained of."""
    assert CHROMIUM
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=8000",
        f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    console = re.findall(r"CONSOLE.*?\] (.*)", done.stderr)
    # Software rendering is slow to read pixels back, and says so; that is the machine and not the page.
    return done.stdout, [line for line in console if "GPU stall due to ReadPixels" not in line]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_a_browser_draws_every_picture_without_a_complaint(made_model: Make, tmp_path: Path, kind: TaskKind) -> None:
    page = _page(made_model(kind, target="<b>price</b>", classes=("a<b", "&amp;", EVIL)))
    drawn, complaints = _browse(page, tmp_path)
    assert complaints == []
    pictures = re.findall(r'<div data-figure="data-([\w-]+)"', page)
    assert {"progress", "learning-score", "learning-loss", "parallel"} < set(pictures)
    assert drawn.count('class="plot-container plotly"') == len(pictures)
    assert drawn.count('class="main-svg"') >= len(pictures)
    assert "(none)" in drawn, "the parallel coordinates have a tick for parameters that did not exist"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_browser_would_refuse_to_fetch(made_model: Make, tmp_path: Path) -> None:
    """The policy in the page is in force: a request that someone sneaks in is blocked and complained of."""
    page = _page(made_model("regression", trials=3)).replace(
        "</footer>", '<img src="http://127.0.0.1:9/x.png"></footer>'
    )
    _, complaints = _browse(page, tmp_path)
    assert any("Content Security Policy" in complaint for complaint in complaints)
