"""The page: self-contained, safe against what data may be called, and drawn by a real browser."""

from __future__ import annotations

import dataclasses
import html.parser
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from report_samples import context

from automl.learning import TaskKind
from automl.model import Model
from automl_report.figures.drawing import draw
from automl_report.figures.style import Chart, Dots, Line, Picture
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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.fetched += [str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("data:")]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)


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
    assert "script" not in _read(page).tags  # the pictures are drawn already


def test_pictures_are_well_formed_and_inside_their_frame(page: str) -> None:
    drawn = [ElementTree.fromstring(svg) for svg in re.findall(r'<svg class="chart".*?</svg>', page, flags=re.S)]
    assert len(drawn) >= 6
    for svg in drawn:
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        texts = list(svg.iter("text"))
        assert len(texts) >= 4
        for text in texts:
            assert -60 <= float(text.attrib["x"]) <= width
            assert -60 <= float(text.attrib["y"]) <= height
        strokes = " ".join(path.attrib.get("d", "") for path in svg.iter("path"))
        assert "nan" not in strokes
        assert "inf" not in strokes


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_texts_of_pictures_are_legible_on_every_screen(made_model: Make, kind: TaskKind) -> None:
    """A picture is as large as its card, so its texts of 12 px come to at least 9 where a card has 310 px."""
    drawn = re.findall(
        r'<figure(.*?)<div class="frame"(.*?)<svg class="chart" viewBox="0 0 (\d+)', _page(made_model(kind)), re.S
    )
    assert drawn
    for _, frame, width in drawn:
        least = re.search(r"min-width:(\d+)px", frame)
        shown = max(310, int(least[1]) if least else 0)
        assert 12 * shown / int(width) >= 9, frame


def test_a_page_is_small(made_model: Make) -> None:
    """With more test rows and trials than it draws of each."""
    for kind in ("regression", "binary", "multiclass"):
        page = _page(made_model(kind, rows=20_000, trials=200))
        assert len(page.encode()) <= 1_500_000, kind


def test_equal_runs_write_equal_pages(made_model: Make) -> None:
    assert _page(made_model("binary")) == _page(made_model("binary"))


def test_a_line_with_gaps_begins_anew_and_dots_have_tips() -> None:
    line = Line([0.0, 1.0, 2.0, 3.0], [1.0, None, float("nan"), 4.0], "#000", "a <b>", step=True)
    dots = Dots([0.0, 1.0], [1.0, 2.0], "#000", tips=["first & best", "second"])
    svg = draw(Picture("p", "t", "c", Chart([line, dots], "x", "y")))
    assert svg.count("M") >= 4
    assert "first &amp; best" in svg
    assert "a &lt;b&gt;" in svg
    (path,) = re.findall(r'class="line" d="([^"]*)"', svg)
    assert path.count("M") == 2


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
    assert "script" not in found.tags


def _browse(page: str, folder: Path, width: int = 1280) -> tuple[str, list[str]]:
    """The page after its scripts ran in a window of so many pixels, and what they complained of."""
    assert CHROMIUM
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=8000",
        f"--window-size={width},900",
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
    pictures = re.findall(r'<figure[^>]* id="([\w-]+)"', page)
    assert {"progress", "learning-score", "learning-loss", "parallel"} < set(pictures)
    assert drawn.count('class="chart"') == len(pictures)
    assert "(none)" in drawn, "the parallel coordinates have a tick for parameters that did not exist"


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_browser_would_refuse_to_fetch(made_model: Make, tmp_path: Path) -> None:
    """The policy in the page is in force: a request that someone sneaks in is blocked and complained of."""
    page = _page(made_model("regression", trials=3)).replace(
        "</footer>", '<img src="http://127.0.0.1:9/x.png"></footer>'
    )
    _, complaints = _browse(page, tmp_path)
    assert any("Content Security Policy" in complaint for complaint in complaints)


MEASURE = """<script>for (const box of document.querySelectorAll(".scroll")) {
  document.body.append(`MEASURED ${box.getAttribute("aria-label")} ${box.scrollWidth} ${box.clientWidth};`);
} document.body.append(`MEASURED page ${document.documentElement.scrollWidth} ${window.innerWidth};`);</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_nothing_scrolls_sideways_in_a_window_of_1280_pixels(made_model: Make, tmp_path: Path) -> None:
    """Long names of models, and as many parameters as a search over preprocessing and networks has."""
    model = made_model("multiclass", classes=tuple(f"class number {place}" for place in range(6)))
    searched = {f"network.optimizer.adamw.parameter_{place}": 0.123456789 * 10**-place for place in range(14)}
    bindings = {"numbers_imputed_and_scaled.strategy": "most_frequent", "shape": "power.yeo_johnson" * 3}
    trials = [
        dataclasses.replace(trial, parameters={**trial.parameters, **searched}, bindings=bindings)
        for trial in model.search.trials
    ]
    page = _page(dataclasses.replace(model, search=dataclasses.replace(model.search, trials=trials)))
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    assert policy is not None
    drawn, _ = _browse(page.replace(policy[0], "").replace("</body>", f"{MEASURE}</body>"), tmp_path)
    found = {
        name: (int(needed), int(there)) for name, needed, there in re.findall(r"MEASURED (\w+) (\d+) (\d+);", drawn)
    }
    assert {"scores", "leaderboard", "winner", "page"} <= set(found)
    assert {name: sizes for name, sizes in found.items() if sizes[0] > sizes[1]} == {}
