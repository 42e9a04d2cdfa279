"""Reading YAML: version 1.2, with places, and nothing that surprises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from automl.errors import PipelineFileError
from automl.pipeline_file.parsing import DEEPEST, parse
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Source, find, plain


def value(text: str):
    problems = Problems()
    node = parse(text, Source("f.yaml", tuple(text.splitlines())), problems)
    problems.throw()
    assert node is not None
    return plain(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("0xFF", 255),
        ("-12", -12),
        ("+.5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_000", "1_000"),
        ("012", 12),
        ("2024-01-01", "2024-01-01"),
        ("12:30:45", "12:30:45"),
        ("'5'", "5"),
        ('"a\\tb"', "a\tb"),
        ("|\n  x\n  y\n", "x\ny\n"),
        ("=", "="),
        ("9" * 200, 1e200),
        ("{a: &x [1, 2], b: *x}", {"a": [1, 2], "b": [1, 2]}),
        ("{'<<': 1}", {"<<": 1}),
        ("--- # one document\na: 1\n...\n", {"a": 1}),
    ],
)
def test_scalars_of_yaml_1_2(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_nan_is_a_number():
    assert math.isnan(value(".nan"))


REFUSED = {
    "tag": ("a: !!str 5", "f.yaml:1:4: tags are not read: !!str"),
    "own tag": ("a: !mine {b: 1}", "f.yaml:1:4: tags are not read: !mine"),
    "bare tag": ("a: ! b", "f.yaml:1:4: tags are not read: !"),
    "merge key": ("x: &x {a: 1}\ny: {<<: *x}", "f.yaml:2:5: merge keys are not read"),
    "number as a key": ("2020: a", "f.yaml:1:1: a key must be text"),
    "null as a key": ("~: a", "f.yaml:1:1: a key must be text"),
    "list as a key": ("? [a]\n: b", "f.yaml:1:3: a key must be text"),
    "unknown anchor": ("a: *x", "f.yaml:1:4: there is no anchor &x above"),
    "recursion": ("a: &x [*x]", "f.yaml:1:8: the alias *x stands inside the value that it repeats"),
    "two documents": ("a: 1\n---\nb: 1", "f.yaml:2:1: a second document begins here"),
    "control character": ("a: 1\nb: \x00", "f.yaml:2:4: the character U+0000 may not stand in a YAML file"),
    "beyond Unicode": ('a: "\\U99999999"', "f.yaml:1:1: not readable as YAML: Python int too large"),
    "half a character": ('a: "\\ud800"', "f.yaml:1:4: half a surrogate pair is no character"),
    "tab": ("a:\n\tb: 1", "f.yaml:2:1: not readable as YAML: found character '\\t' that cannot start any token"),
    "colon": ("a: b: c", "f.yaml:1:5: not readable as YAML: mapping values are not allowed here"),
    "open quote": ("a: 'x", "f.yaml:1:6: not readable as YAML: found unexpected end of stream"),
    "reference without quotes": ("{a: ${vars.b}}", "f.yaml:1:6: not readable as YAML: expected ',' or '}'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    text, message = REFUSED[case]
    with pytest.raises(PipelineFileError) as caught:
        value(text)
    assert str(caught.value).startswith(message)


def test_advice_fits_the_mistake():
    with pytest.raises(PipelineFileError, match="indent with spaces"):
        value("a:\n\tb: 1")
    with pytest.raises(PipelineFileError, match="put references in quotes"):
        value("{a: ${vars.b}}")


def test_all_in_one_go():
    with pytest.raises(PipelineFileError) as caught:
        value("a: 1\na: 2\nb: !x 3\n4: 5\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_aliases_may_not_explode():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    with pytest.raises(PipelineFileError, match="repeat more than 10,000 values"):
        value("\n".join(lines))


def test_depth_is_limited():
    assert value("[" * DEEPEST + "]" * DEEPEST)
    with pytest.raises(PipelineFileError, match="more than 50 mappings and lists inside each other"):
        value("[" * 20_000)
    deep = "[" * 30 + "1" + "]" * 30
    with pytest.raises(PipelineFileError, match="more than 50 mappings and lists inside each other"):
        value(f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}")


def test_places_point_at_the_text():
    text = "a:\n  b: [x, 'yy']\n"
    source = Source("f.yaml", tuple(text.splitlines()))
    node = parse(text, source, Problems())
    found = find(node, ("a", "b", 1))
    assert (found.node.place.line, found.node.place.column) == (2, 10)
    assert (find(node, ("a", "b")).key.line, find(node, ("a", "b")).key.column) == (2, 3)


# Line breaks of YAML 1.1 and Unicode, which ruamel.yaml writes bare and itself reads as line breaks.
LETTERS = st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(LETTERS)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc.<~ 1", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(DOCUMENTS)
def test_what_ruamel_writes_is_read_back(document):
    from io import StringIO

    stream = StringIO()
    YAML(typ="rt", pure=True).dump({"document": document}, stream)
    problems = Problems()
    node = parse(stream.getvalue(), Source("f", ("",)), problems)
    problems.throw()
    assert plain(node) == {"document": document}


@settings(deadline=None)
@given(st.text(st.characters(), max_size=60) | st.text("{}[]:,-?!&*'\"|>%@` \n\t#abc1\\Ux", max_size=60))
def test_any_text_gives_a_value_or_a_problem(text):
    problems = Problems()
    node = parse(text, Source("f", tuple(text.splitlines())), problems)
    assert node is not None or problems
