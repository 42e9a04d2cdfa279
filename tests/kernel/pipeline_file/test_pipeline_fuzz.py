"""Whatever is done to a file, it is read or it is refused with a PipelineFileError."""

from __future__ import annotations

import copy
from io import StringIO

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from toy_parts import GOOD

from automl.errors import PipelineFileError
from automl.pipeline_file import loads

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ODD = st.sampled_from(
    [
        *(None, True, -1, 0, 1e300, float("inf"), float("nan")),
        *("", "auto", "data", "split", "${vars.table}", "${vars.", "\u00e9\u2028"),
        *([], {}, [[]], [1], ["age", "age"], {"": 1}, {"kind": "numeric"}, {"use": "local"}, {"one_of": {"a": 1}}),
        *({"tune": [1, 2]}, {"tune": {"int": [1, 3]}}, {"tune": "auto"}),
        {"a.b": {"tune": {"one_of": {"x": {"y": [1, 2]}}}}},
    ]
)


def survives(text: str, registry, **options) -> None:
    try:
        found = loads(text, registry, **options)
    except PipelineFileError:
        return
    assert loads(found.text, registry).stages == found.stages or "nan" in found.text


def spots(node, path=()):
    """Every path in a plain value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from spots(value, (*path, step))


@RELAXED
@given(data=st.data())
def test_changed_values(data, registry, folder):
    document = YAML(typ="safe", pure=True).load(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(spots(document))))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        match data.draw(st.sampled_from(["change", "drop", "rename", "move"])):
            case "drop":
                del parent[path[-1]]
            case "rename" if isinstance(parent, dict):
                parent[data.draw(st.text("abc.-é ", max_size=4))] = parent.pop(path[-1])
            case "move":
                other = data.draw(st.sampled_from(list(spots(document))))
                source = document
                for step in other:
                    source = source[step]
                parent[path[-1]] = copy.deepcopy(source)
            case _:
                parent[path[-1]] = copy.deepcopy(data.draw(ODD))
        if not list(spots(document)):
            break
    stream = StringIO()
    YAML(typ="rt", pure=True).dump(document, stream)
    survives(stream.getvalue(), registry, profile=data.draw(st.sampled_from([None, "smoke"])))


@RELAXED
@given(data=st.data())
def test_changed_text(data, registry, folder):
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 12, len(text))))
        text = text[:start] + data.draw(st.text("{}[]:,-\n #&*!'\"$x1.\\", max_size=3)) + text[end:]
    survives(text, registry, profile="smoke")


@RELAXED
@given(changes=st.lists(st.text("stages.plitwhn=[]{}1,:", max_size=20) | st.text(max_size=10), max_size=3))
def test_changes_of_the_command_line(changes, registry, folder):
    survives(GOOD, registry, sets=changes)
