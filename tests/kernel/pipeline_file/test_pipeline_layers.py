"""extends, profiles, --set and references."""

from __future__ import annotations

import pytest

from automl.errors import PipelineFileError
from automl.pipeline_file import load
from automl.pipeline_file.layers import Layers
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import plain


@pytest.fixture
def merged(folder):
    """The plain content of files laid over each other."""

    def run(**files):
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text)
        problems = Problems()
        tree = Layers(problems).file(folder / "main.yaml")
        problems.throw()
        return plain(tree)

    return run


def test_mappings_merge_lists_replace_null_deletes(merged):
    found = merged(
        base="a: {x: 1, y: [1, 2], z: {deep: 1}}\nb: 2\nc: 3\n",
        main="extends: base.yaml\na: {x: 5, y: [3], z: {other: 2}}\nb: null\nd: null\n",
    )
    assert found == {"a": {"x": 5, "y": [3], "z": {"deep": 1, "other": 2}}, "c": 3, "d": None}


def test_another_component_brings_its_own_parameters(merged):
    found = merged(
        base="".join(f"{name}: {{use: x, with: {{p: 1}}}}\n" for name in "abc") + "d: {path: f, with: {p: 1}}\n",
        main="extends: base.yaml\na: {use: y, with: {q: 2}}\nb: {use: y}\nc: {use: x, with: {q: 2}}\nd: {use: y}\n",
    )
    assert found == {
        "a": {"use": "y", "with": {"q": 2}},
        "b": {"use": "y"},
        "c": {"use": "x", "with": {"p": 1, "q": 2}},
        "d": {"path": "f", "use": "y"},
    }


def test_later_files_win_and_a_shared_base_is_no_cycle(merged):
    found = merged(
        root="a: 1\nb: 1\nc: 1\n",
        left="extends: root.yaml\nb: 2\n",
        right="extends: [root.yaml]\nc: 3\n",
        main="extends: [left.yaml, right.yaml]\n",
    )
    assert found == {"a": 1, "b": 1, "c": 3}


def test_extends_is_relative_to_the_file(folder, registry, good):
    (folder / "shared").mkdir()
    (folder / "shared" / "base.yaml").write_text(good)
    (folder / "main.yaml").write_text("extends: shared/base.yaml\nname: mine\n")
    found = load(folder / "main.yaml", registry, profile="smoke")
    assert found.name == "mine"
    assert found.stages["search"].params["budget"] == {"trials": 3, "epochs": 50}


def test_a_mistake_is_told_where_it_was_written(folder, registry, good):
    (folder / "base.yaml").write_text(good.replace("seed: 42", "seed: lots"))
    (folder / "main.yaml").write_text("extends: base.yaml\nstages:\n  split: {with: {test: 7}}\n")
    with pytest.raises(PipelineFileError) as caught:
        load("main.yaml", registry)
    places = [(problem.file, problem.line, problem.path) for problem in caught.value.problems]
    assert places == [("base.yaml", 3, "seed"), ("main.yaml", 3, "stages.split.with.test")]


UNREADABLE = {
    "missing": ("extends: nowhere.yaml\n", "main.yaml:1:10: cannot read 'nowhere.yaml': No such file or directory"),
    "folder": ("extends: .\n", "main.yaml:1:10: cannot read '.': Is a directory"),
    "itself": ("extends: main.yaml\n", "main.yaml:1:10: files extend each other in a circle: main.yaml -> main.yaml"),
    "odd": ("extends: [5]\n", "main.yaml:1:11: 'extends' names files  (at extends)"),
    "NUL": ('extends: "a\\0b"\n', "main.yaml:1:10: cannot read 'a\\x00b': embedded null byte"),
    "list": ("- a\n", "main.yaml:1:1: a pipeline file is a mapping"),
    "empty": ("", "main.yaml:1:1: a pipeline file is a mapping"),
    "broken base": ("extends: broken.yaml\n", "broken.yaml:1:4: there is no anchor &x above"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_files_that_cannot_be_read(folder, registry, case):
    text, message = UNREADABLE[case]
    (folder / "main.yaml").write_text(text)
    (folder / "broken.yaml").write_text("a: *x")
    with pytest.raises(PipelineFileError) as caught:
        load("main.yaml", registry)
    assert str(caught.value).startswith(message)


def test_odd_bytes(folder, registry):
    (folder / "latin.yaml").write_bytes("name: caf\xe9\n".encode("latin-1"))
    with pytest.raises(PipelineFileError, match=r"'latin\.yaml' is not UTF-8 text: byte 0xE9 on line 1"):
        load("latin.yaml", registry)
    (folder / "large.yaml").write_text("# " + "x" * 1_000_000)
    with pytest.raises(PipelineFileError, match=r"'large\.yaml' is too large for a pipeline file"):
        load("large.yaml", registry)
    with pytest.raises(PipelineFileError, match=r"^nowhere\.yaml: cannot read"):
        load("nowhere.yaml", registry)


def test_profiles_take_dotted_keys_and_set_wins(read, good):
    text = good + "  cluster:\n    run.executor: {use: local, with: {workers: 9}}\n    seed: 1\n"
    found = read(text, profile="cluster", sets=["seed=2", "stages.split.with.test=1e-1", "track=[]", "run=null"])
    assert found.seed == 2
    assert found.stages["split"].params["test"] == 0.1
    assert found.track == ()
    assert found.executor.params == {}


def test_a_value_of_the_command_line_may_hold_equals_signs_and_new_sections(read, good):
    text = good.replace("track: [log]\n", "")
    assert read(text, sets=["name=a=b", "track=[{use: log}]"]).name == "a=b"


PROFILES = {
    "unknown": ("smoke:", "smok", "there is no profile 'smok'  (at profiles)"),
    "none": ("profiles:", "smoke", "there is no profile 'smoke'  (at profiles)"),
    "no mapping": ("smoke: 5 #", "smoke", "the profile 'smoke' is not a mapping  (at profiles.smoke)"),
    "odd key": ("smoke: {a..b: 1} #", "smoke", "the key 'a..b' leads nowhere"),
    "a list": ("profiles: [1] #", None, "'profiles' is not a mapping  (at profiles)"),
}


@pytest.mark.parametrize("case", PROFILES)
def test_wrong_profiles(complaint, good, case):
    change, profile, message = PROFILES[case]
    head, tail = good.split("profiles:\n")
    text = (
        head
        if case == "none"
        else head + (change if case == "a list" else "profiles:\n" + tail.replace("smoke:", change))
    )
    assert message in complaint(text, profile=profile)


def test_a_key_of_a_thousand_dots(complaint, good):
    assert "leads nowhere" in complaint(good, sets=[".".join("a" * 1000) + "=1"])


def test_references(read, good, monkeypatch):
    monkeypatch.setenv("AUTOML_TEST_SHARE", "0.3")
    monkeypatch.setenv("AUTOML_TEST_EMPTY", "")
    monkeypatch.setenv("AUTOML_TEST_SIGN", "@home")
    text = good.replace(
        "vars: {table: houses.csv}",
        'vars:\n  ending: csv\n  table: "houses.${vars.ending}"\n  deep: {share: "${env:AUTOML_TEST_SHARE}"}\n'
        "  split: {test: '${vars.deep.share}', valid: 0.1}\n  flag: true\n  nothing: null\n  words: [a, b]",
    )
    text = text.replace("with: {test: 0.2, by: age}", 'with: "${vars.split}"')
    text = text.replace("seed: 42", 'seed: "${env:AUTOML_TEST_EMPTY:-7}"')
    text = text.replace("name: houses", 'name: "x-${vars.flag}-${vars.nothing}-${env:AUTOML_TEST_SIGN:-no}-$5"')
    found = read(text)
    assert found.stages["split"].params == {"test": 0.3, "valid": 0.1}
    assert found.seed == 7
    assert found.name == "x-true--@home-$5"
    assert read(text, sets=['name="${env:AUTOML_TEST_SIGN}"']).name == "@home"
    assert read(text, sets=["vars.ending=csv", "vars.deep.share=0.25"]).stages["split"].params["test"] == 0.25


REFERENCES = {
    "no form": ("${table}", "${table} is no reference  (at data.path)"),
    "not closed": ("${vars.table", "a reference is not closed  (at data.path)"),
    "not a scalar": ("x${vars.words}", "${vars.words} stands inside text  (at data.path)"),
    "below a scalar": (
        "${vars.table.x}",
        "${vars.table.x} stands for nothing: there is no variable 'x'  (at data.path)",
    ),
    "a circle": ("${vars.a}", "variables refer to each other without an end: ${vars.b} -> ${vars.a} -> ${vars.b}"),
    "text bomb": ("${vars.t9}", "references write more than 1,000,000 characters"),
    "list bomb": ("${vars.l9}", "references repeat more than 10,000 values"),
    "deep": ("${vars.deep}", "more than 50 mappings and lists inside each other"),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_wrong_references(complaint, good, case):
    reference, message = REFERENCES[case]
    text = good.replace("${vars.table}", reference)
    variables = ["table: houses.csv", "words: [a, b]"]
    if case == "a circle":
        variables += ['a: "${vars.b}"', 'b: "${vars.a}"']
    if "bomb" in case:
        variables += ["t0: " + "x" * 100, "l0: [1, 1, 1, 1, 1]"]
        for i in range(1, 10):
            variables += ["t{}: '{}'".format(i, f"${{vars.t{i - 1}}}" * 9)] if case == "text bomb" else []
            variables += (
                ["l{}: [{}]".format(i, ", ".join([f"'${{vars.l{i - 1}}}'"] * 9))] if case == "list bomb" else []
            )
    if case == "deep":
        variables += [f"half: {'[' * 30}{']' * 30}", f"deep: {'[' * 30}'${{vars.half}}'{']' * 30}"]
    text = text.replace("vars: {table: houses.csv}", "vars:\n  " + "\n  ".join(variables))
    assert message in complaint(text)


def test_no_vars_at_all(complaint, good):
    message = complaint(good.replace("vars: {table: houses.csv}\n", ""))
    assert "expected: a section 'vars' that defines it" in message


def test_vars_are_a_mapping(complaint, good):
    message = complaint(good.replace("vars: {table: houses.csv}", "vars: [a]").replace("${vars.table}", "houses.csv"))
    assert "'vars' has a wrong value" in message


def test_a_long_chain_of_variables_ends(complaint, good):
    chain = "\n  ".join(f"v{i}: '${{vars.v{i + 1}}}'" for i in range(200))
    text = good.replace("vars: {table: houses.csv}", f"vars:\n  table: '${{vars.v0}}'\n  {chain}\n  v200: houses.csv")
    assert "variables refer to each other without an end" in complaint(text)
