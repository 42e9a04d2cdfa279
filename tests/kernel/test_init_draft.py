"""A draft as a file: every value as it was chosen, every reason above it, and names that YAML would misread."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from automl.draft_file import reasons, write_draft
from automl.hookspecs import hookimpl
from automl.plugins import Plugin, Registry
from automl.presets import Because, Draft, Means
from automl.records import Record

NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
HEAD = {"version": 1, "name": "t", "seed": 0}


def written(sections: dict[str, Any], **data: Any) -> str:
    return write_draft(Draft(sections), head=HEAD, data=data, opening=["one", "two"])


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@settings(deadline=None, max_examples=40)
@example("?", ["no", "1e3", "a: b", "# c", "- d"], {"?x": {"? y": 1.0}, ":0": [":"], "null": "~"})
@given(NAMES, st.lists(NAMES, min_size=1, max_size=5), st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_was_chosen_is_what_is_read(target: str, names: list[str], parameters: dict[str, Any]) -> None:
    stage = {"use": "a.b", "in": "data", "columns": names, "with": parameters}
    document = read(
        written({"data": {"roles": Because({"id": names}, "they name rows")}, "stages": {"s": stage}}, target=target)
    )
    assert document == HEAD | {"data": {"target": target, "roles": {"id": names}}, "stages": {"s": stage}}


def test_reasons_stand_above_what_they_are_given_for() -> None:
    inner = {"use": "a.b", "with": {"budget": Because({"time": "1m"}, "Time is short."), "width": 8}}
    sections = {
        "stages": {"fit": Because(inner, "To learn" + " and learn" * 20)},
        "track": Because(["log"], "To remember."),
    }
    lines = written(sections, path="t.csv").splitlines()
    assert lines[:3] == ["# one", "# two", "version: 1"]
    assert lines[lines.index("stages:") + 1].startswith("  # To learn and learn")
    assert lines[lines.index("  fit:") - 1].startswith("  # ")
    assert lines[lines.index("      budget: {time: 1m}") - 1] == "      # Time is short."
    assert lines[lines.index("track: [log]") - 2 : lines.index("track: [log]")] == ["", "# To remember."]
    assert max(map(len, lines)) <= 110
    assert [place for place, _ in reasons(Draft(sections))] == ["stages.fit", "stages.fit.with.budget", "track"]


def test_small_mappings_are_on_one_line_and_empty_sections_left_out() -> None:
    text = written(
        {"stages": {"split": {"use": "a.b", "in": "data", "with": {"test": 0.2}}}, "track": []}, path="t.csv"
    )
    assert "  split: {use: a.b, in: data, with: {test: 0.2}}" in text.splitlines()
    assert "track" not in text


def test_means_are_what_is_offered_and_whose_engines_are_there() -> None:
    registry = Registry()
    plugin = type("P", (), {})()
    offers = [Record("p.here", "none:A", ""), Record("p.not", "none:B", "", requires=("no_such_engine",))]
    plugin.automl_searchers = hookimpl(lambda: offers)
    registry.register(plugin, Plugin("p", "p", "p", "1"))
    assert not registry.set_aside
    means = Means.of(registry)
    assert means.has("searchers", "p.here")
    assert not means.has("searchers", "p.not")
    assert not means.has("networks", "p.here")
