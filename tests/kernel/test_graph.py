"""The plan as a picture: Mermaid, Graphviz, and a page that is laid out here."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_folder import automl, enter_toy_folder
from toy_runs import TUNED

from automl.explain import Forecast
from automl.graph_drawing import Box, Layout, dot, mermaid, page, svg

_SVG = "{http://www.w3.org/2000/svg}"


def box(name: str, *inputs: str, state: str = "run", component: str = "toy.fill", reason: str = "") -> Box:
    return Box(Forecast(name, component, state, reason), inputs)  # type: ignore[arg-type]


BRANCHES = [
    box("data", state="unchanged", component="toy.table"),
    box("split", "data", state="unchanged", component="toy.holdout"),
    box("numbers", "split", state="tuned", reason="bound in the search by numbers.strategy"),
    box("places", "split", reason="first time"),
    box("placed", "places", state="waits"),
    box("search", "numbers", "placed", "split", state="waits"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


def test_mermaid_has_a_box_for_each_stage_its_state_and_the_edges() -> None:
    lines = mermaid(BRANCHES).splitlines()
    assert lines[0] == "flowchart TD"
    assert '  s2["numbers<br/>toy.fill<br/>tuned"]:::tuned' in lines
    assert [line.strip() for line in lines if "-->" in line] == [
        "s0 --> s1", "s1 --> s2", "s1 --> s3", "s3 --> s4", "s2 --> s5", "s4 --> s5", "s1 --> s5",
    ]  # fmt: skip
    assert sum("classDef" in line for line in lines) == 4


def test_names_cannot_break_out_of_the_text() -> None:
    odd = [box('a"] --> b', component="<script>alert(1)</script>", reason='x" & <y>')]
    assert mermaid(odd).splitlines()[1].count('"') == 2
    assert '"a\\"] --> b"' in dot(odd)
    assert "<script" not in page("<script>", odd)
    assert "x&quot; &amp; &lt;y&gt;" in page("t", odd)


def test_dot_has_states_reasons_and_edges() -> None:
    text = dot(BRANCHES)
    assert text.startswith("digraph pipeline {\n")
    assert text.endswith("}\n")
    assert r'"numbers" [label="numbers\ntoy.fill\ntuned", tooltip="bound in the search by numbers.strategy"' in text
    assert '"places" -> "placed";' in text


def test_the_page_stands_alone_and_tells_states_and_reasons() -> None:
    text = page("toys", BRANCHES)
    assert not re.search(r"(?:src|href)=|@import|<script|url\((?!#)", text)
    assert text.count("<rect") == len(BRANCHES)
    for said in ("bound in the search by numbers.strategy", "first time", "in the store, would not run"):
        assert said in text


def test_the_picture_is_wellformed_and_titled() -> None:
    root = ElementTree.fromstring(svg(BRANCHES))
    titles = [title.text for title in root.iter(f"{_SVG}title")]
    assert titles[2] == "tuned: bound in the search by numbers.strategy"
    assert titles[3] == "run: first time"
    assert len(root.findall(f"{_SVG}g/{_SVG}path")) == 7


@given(st.lists(st.lists(st.integers(0, 10), max_size=3), min_size=1, max_size=12))
def test_boxes_never_overlap_and_edges_point_down(links: list[list[int]]) -> None:
    boxes = [
        box(
            f"stage{number}" * (number % 3 + 1),
            *{f"stage{up % number}" * (up % number % 3 + 1) for up in ups if number},
        )
        for number, ups in enumerate(links)
    ]
    layout = Layout(boxes)
    for one, other in itertools.combinations(layout.places.values(), 2):
        assert one.y != other.y or abs(one.x - other.x) >= (one.width + other.width) / 2
    for place in layout.places.values():
        assert place.width / 2 <= place.x <= layout.width - place.width / 2
        assert 0 < place.y < layout.height
    for lower in boxes:
        for upper in lower.inputs:
            assert layout.places[upper].y < layout.places[lower.name].y
    ends = [tuple(map(float, re.findall(r"-?[\d.]+", path)[1::2])) for path in layout.edges()]
    assert all(heights[0] < heights[-1] for heights in ends)


def test_the_command_draws_the_states_of_the_file_at_hand(folder: Path) -> None:
    assert automl("run", "toys.yaml").exit_code == 0
    unchanged = automl("graph", "toys.yaml")
    assert unchanged.exit_code == 0
    assert unchanged.stdout.count(":::unchanged") == 7
    tuned = automl("graph", "toys.yaml", "--dot", "--set", TUNED)
    assert r'"filled" [label="filled\ntoy.fill\ntuned"' in tuned.stdout
    assert r'"search" [label="search\nsearch.network\nrun"' in tuned.stdout
    written = automl("graph", "toys.yaml", "--html", "-o", "graph.html", "--set", "seed=4")
    assert written.stderr == "7 stages drawn in graph.html\n"
    assert "seed: 3 -&gt; 4" in (folder / "graph.html").read_text()


def test_a_wrong_file_is_no_picture(folder: Path) -> None:
    assert automl("graph", "none.yaml").exit_code == 2
