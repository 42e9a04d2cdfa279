"""What is checked against the plugins, the graph and the header of the data."""

from __future__ import annotations

import pytest
import toy_parts

from automl.errors import PipelineFileError
from automl.pipeline_file import Gate, loads
from automl.plugins import Plugin, Registry

CHANGES: dict[str, tuple[str, str, str]] = {
    # sections
    "version": ("version: 1", "version: 2", "1:10: 'version' has a wrong value  (at version)"),
    "no data": ("data:\n", "dat:\n", "the file lacks the key 'data'"),
    "no stages": ("stages:\n", "stagess:\n", "'stagess'"),
    "stage of text": ("in: data, with: {test: 0.2, by: age}}", "in: data}\n  odd: text", "'odd' has a wrong value"),
    "stage's name": ("  scaled:", "  my scale:", "a stage's name is made of letters, digits, '_' and '-'"),
    "stage called data": ("  scaled:", "  data:", "a stage may not be called 'data'"),
    "stage's key": (
        "columns: numeric}",
        "colums: numeric}",
        "13:44: 'scaled' has no key 'colums'  (at stages.scaled.colums)",
    ),
    "no input": ("in: split, ", "", "'numbers' lacks the key 'in'"),
    "input of a number": ("in: split, ", "in: 5, ", "a name or a list of names was expected"),
    "input twice": ("in: split, ", "in: [split, split], ", "a name stands here twice"),
    "selector": ("columns: categorical", "columns: {kinds: categorical}", "a selector takes 'kind'"),
    "selector's kind": ("columns: categorical", "columns: {kind: number}", "a selector takes 'kind'"),
    "memory": ("2GB", "lots", "expected a size such as 512MB or 2GB"),
    "resources": ("cpu: 1,", "cpus: 1,", "'resources' has no key 'cpus'"),
    "attempts": ("attempts: 2", "attempts: 0", "expected: at least 1"),
    "half a thread": ("cpu: 1,", "cpu: 0.5,", "at stages.search.resources.cpu"),
    "gate": ("<= 0.60", "=< 0.60", "24:61: 'rmse': a gate is a comparison and a number, such as"),
    "gate's type": ('"<= 0.60"', "0.6", "put it in quotes: '0.6'"),
    "track": ("track: [log]", "track: log", "'track' has a wrong value"),
    "run": ("run: {executor", "run: {executors", "'run' has no key 'executors'"),
    "a long list": ("name: houses", "name: [1, 2, 3, 4, 5, 6, 7, 8]", "found: a list of 8"),
    # components
    "reader": ('path: "${vars.table}"', "use: read.cvs", "6:8: there is no reader 'read.cvs'"),
    "no reader": ("houses.csv", "houses.xyz", "no reader is known for 'houses.xyz'"),
    "no path": ('  path: "${vars.table}"\n', "", "'data' names neither a file nor a reader"),
    "reader's parameter": (
        "  target:",
        "  with: {delimiter: ''}\n  target:",
        "'delimiter': String should have at least 1",
    ),
    "path twice": ("  target:", "  with: {path: x}\n  target:", "the path stands here twice"),
    "no such path": ("houses.csv", "/a.csv", "there is no file '/a.csv'"),
    "reader without a path": ("  target:", "  use: read.inline\n  target:", "the reader 'read.inline' takes no path"),
    "executor": ("use: local", "use: loco", "there is no executor 'loco'"),
    "executor's parameter": ("workers: 2", "workers: 0", "(at run.executor.with.workers)"),
    "executor's key": ("use: local", "used: local", "'executor' has no key 'used'"),
    "observer": ("[log]", "[{use: log, with: {x: 1}}]", "'log' has no key 'x'  (at track[0].with.x)"),
    "observer's keys": ("[log]", "[{with: {x: 1}}]", "entry 1 of 'track' lacks the key 'use'"),
    "observer's type": ("[log]", "[5]", "entry 1 of 'track' has a wrong value"),
    "broken component": ("use: scale.standard", "use: feature.broken", "cannot import toy_parts:Nowhere"),
    "missing extra": ("use: scale.standard", "use: feature.extra", "feature.extra: cannot import toy_missing_engine"),
    "component's check": ("network: mlp", "network: mpl", "there is no network 'mpl'  (at stages.search.with.network)"),
    "check's path": (
        "width: {int",
        "odd: .inf, width: {int",
        "a dimension is finite  (at stages.search.with.space.odd)",
    ),
    "alias of a parameter": ("use: random, with", "use: random, wth", "one of use, with"),
    "union": ("strategy: {tune: [mean, median]}", "widths: [1, x]", "entry 2 of 'widths' has a wrong value"),
    "union's type": ("strategy: {tune: [mean, median]}", "widths: x", "expected: a whole number or a list"),
    "nested key": ("strategy: {tune: [mean, median]}", "option: {powr: 2}", "did you mean 'power'?"),
    "key of a mapping": ("strategy: {tune: [mean, median]}", "kernel: {rbg: {gamma: 1}}", "'rbg'"),
    "nested in a mapping": ("strategy: {tune: [mean, median]}", "kernel: {rbf: {gama: 1}}", "did you mean 'gamma'?"),
    "gate elsewhere": (
        "columns: numeric}",
        'gate: {rmse: "< 1"}}',
        "'scale.standard' gives no scores to put a gate on",
    ),
    "metric": ("{rmse:", "{rsme:", "there is no metric 'rsme'"),
    "columns of a split": ("in: data, with", "in: data, columns: numeric, with", "'split.random' takes no columns"),
    "kind": ("columns: numeric}", "columns: {kind: text}}", "'scale.standard' takes no text columns"),
    "lacking in a mapping": ("strategy: {tune: [mean, median]}", "kernel: {rbf: {}}", "expected: gamma: width"),
    # tuning
    "tuned reading": ("target: price", "target: {tune: [a, b]}", "reading cannot be tuned  (at data.target)"),
    "tuned split": (
        "test: 0.2,",
        "test: {tune: [0.1, 0.2]},",
        "splitting cannot be tuned  (at stages.split.with.test)",
    ),
    "tuned search": ("epochs: 50", "epochs: {tune: [5, 50]}", "a search tunes the stages above it"),
    "tuned executor": ("workers: 2", "workers: {tune: [1, 2]}", "an executor cannot be tuned"),
    "tuned observer": ("[log]", "[{tune: [log]}]", "an observer cannot be tuned"),
    "tune one value": ("tune: [mean, median]", "tune: mean", "'strategy' cannot be tuned over one value"),
    "tune nothing": ("tune: [mean, median]", "tune: []", "choice takes a list of values"),
    "tune oddly": ("tune: [mean, median]", "tune: {range: [1, 2]}", "expected one of int, float, choice, one_of"),
    "tune a branch": (
        "tune: [mean, median]",
        "tune: {one_of: {a: 5}}",
        "strategy.a: expected its own dimensions as a mapping",
    ),
    "tune a deep branch": (
        "tune: [mean, median]",
        "tune: {one_of: {a: {b: {one_of: {c: [1]}}}}}",
        "strategy.a.b.c: expected its own dimensions as a mapping",
    ),
    "tune a branch's value": (
        "strategy: {tune: [mean, median]}",
        "kernel: {tune: {one_of: {linear: null, rbf: {gamma: {float: [0.1, 11]}}}}}",
        "expected: at most 10",
    ),
    "auto far down": (
        "strategy: {tune: [mean, median]}",
        "kernel: {rbf: {gamma: {tune: auto}}}",
        "no range is known for 'tune: auto' here  (at stages.numbers.with.kernel.rbf.gamma)",
    ),
    "no search": ("use: search.network", "use: evaluate.rows", "no search would try these values"),
    "two searches": ("run: ", "  other: {use: search.network, in: codes}\nrun: ", "2 searches would try these values"),
    "tuned above the split": (
        "  split: {use: split.random, in: data",
        (
            "  raw: {use: clean.clip, in: data, with: {strategy: {tune: [mean, median]}}}\n"
            "  split: {use: split.random, in: raw"
        ),
        "the split 'split' reads from this stage  (at stages.raw.with.strategy)",
    ),
    # connections
    "search without a split": ("in: scaled", "in: data", "'search.network' needs rows that are split"),
    "split twice": ("  scaled:", "  again: {use: split.random, in: split}\n  scaled:", "split already, by split"),
    "two inputs for a split": ("in: data, with", "in: [data, clip], with", "'split.random' takes one input"),
    "join across the split": ("in: codes", "in: [codes, clip]", "only branches of one split can be joined"),
    "model as rows": ("in: codes,", "in: search,", "stages read each other in a circle"),
    "rows from a model": ("run: ", "  late: {use: clean.clip, in: [scaled, search]}\nrun: ", "'search' gives a model"),
    "model from a report": (
        "run: ",
        "  late: {use: evaluate.report, in: evaluate}\nrun: ",
        "'evaluate' gives a report",
    ),
    # the header
    "role": ("{id: id}", "{id: [id, idd]}", "there is no column 'idd'  (at data.roles.id)"),
    "ignored target": ("{id: id}", "{ignore: [price]}", "the column 'price' is the target and also under roles.ignore"),
    "two roles": ("{id: id}", "{id: id, group: id}", "the column 'id' is under roles.id and also under roles.group"),
    "kinds": (
        "target: price",
        "target: price\n  kinds: {agee: numeric}",
        "there is no column 'agee'  (at data.kinds.agee)",
    ),
    "no kind": (
        "target: price",
        "target: price\n  kinds: {age: number}",
        "'age' has a wrong value  (at data.kinds.age)",
    ),
    "selected name": ("[age, rooms]", "[age, room]", "there is no column 'room'  (at stages.numbers.columns)"),
    "one selected name": ("[age, rooms]", "numerik", "mend: did you mean 'numeric'?"),
    "excepted name": ("[age, rooms]", "{except: [room]}", "there is no column 'room'"),
    "selected target": ("[age, rooms]", "[age, price]", "the column 'price' is no feature: it is the target"),
    "selected id": ("[age, rooms]", "[age, id]", "the column 'id' is no feature: it stands under roles.id"),
    "split's column": ("by: age", "by: ages", "10:62: there is no column 'ages'  (at stages.split.with)"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_told(complaint, good, case):
    right, wrong, message = CHANGES[case]
    assert right in good
    text = good.replace(right, wrong)
    if "clip" in wrong and "clean.clip" not in wrong:
        text = text.replace("stages:\n", "stages:\n  clip: {use: clean.clip, in: data}\n")
    assert message in complaint(text)


def test_a_choice_above_the_split(folder):
    text = """version: 1
data: {path: houses.csv, target: price}
stages:
  kept: {use: {tune: [passthrough, feature.expression]}, in: data, with: {feature.expression: {columns: {z: age * 2}}}}
  split: {use: split.random, in: kept}
  search: {use: search.network, in: split, with: {budget: {trials: 1}}}
"""
    with pytest.raises(PipelineFileError, match="the split 'split' reads from this stage") as caught:
        loads(text, Registry.load())
    assert "put the stage below the split: in: split here, in: data at 'split', in: kept at 'search'" in str(
        caught.value
    )


def test_columns_that_share_a_name(complaint, good, folder):
    (folder / "houses.csv").write_text("id,age,age,rooms,price\n")
    assert "columns share a name: 'age'" in complaint(good)


def test_no_split_anywhere(complaint):
    text = "version: 1\ndata: {path: houses.csv, target: price}\nstages: {s: {use: scale.standard, in: data}}\n"
    assert "mend: put a split stage above it" in complaint(text)


def test_a_model_wanted_where_there_is_no_search(complaint):
    text = "version: 1\ndata: {path: houses.csv, target: price}\nstages: {s: {use: evaluate.report, in: data}}\n"
    assert "expected: a search above it" in complaint(text)


def test_two_models_for_one_report(complaint, good):
    text = good.replace("in: search,", "in: [search, other],")
    text = text.replace("run: ", "  other: {use: search.network, in: split}\nrun: ", 1)
    assert "'evaluate.report' takes one input" in complaint(text)


def test_one_mistake_is_not_told_twice_over(complaint, good):
    """Below what is not known nothing is guessed."""
    for right, wrong in [
        ("use: impute.simple", "use: impute.simpel"),
        ("in: scaled", "in: scald"),
        ("use: search.network", "use: search.netwrk"),
        ("with: {strategy", "wiht: {strategy"),
        ("in: split,", "in: data,"),
        ("tune: [mean, median]", "tune: 5"),
        ("${vars.table}", "${vars.tabel}"),
    ]:
        message = complaint(good.replace(right, wrong))
        assert message.count("<text>:") == 1, message


def test_mistakes_in_all_corners_are_told_at_once(good, registry):
    text = good
    for right, wrong in [
        ("seed: 42", "sead: 42"),
        ("target: price", "target: prize"),
        ("test: 0.2", "test: 2"),
        ("strategy:", "stratagy:"),
        ("in: scaled", "in: scald"),
        ("trials: 20", "trials: 0"),
        ("use: local", "use: loco"),
        ("[log]", "[lag]"),
    ]:
        text = text.replace(right, wrong)
    with pytest.raises(PipelineFileError) as caught:
        loads(text, registry)
    problems = caught.value.problems
    assert [problem.line for problem in problems] == [3, 7, 10, 11, 16, 20, 25, 26]
    assert all(problem.column and problem.excerpt for problem in problems)


def test_plugins_that_were_set_aside_are_named(good, folder):
    registry = toy_parts.registry()
    registry.register(object(), Plugin("acme", "automl_acme", "automl-acme", "2.1"))
    registry.register(toy_parts, Plugin("again", "toy_parts", "toy-again", "3.0"))
    with pytest.raises(PipelineFileError, match=r"plugin 'again' \(toy-again 3.0\) is set aside"):
        loads(good.replace("scale.standard", "acme.scale"), registry)


def test_gates():
    assert Gate.parse("<= 0.60") == Gate("<=", 0.6)
    assert Gate.parse(" > -1e-3 ").met(0.0)
    assert Gate.parse(">=1").met(1)
    assert not Gate.parse("<1").met(1)
    assert not Gate.parse("<= 1").met(float("nan"))
    assert str(Gate.parse(">= 0.90")) == ">= 0.9"
    for wrong in ("0.6", "=< 1", "<= ", "< one", "<= 1 or so"):
        with pytest.raises(ValueError, match="a gate is a comparison and a number"):
            Gate.parse(wrong)
