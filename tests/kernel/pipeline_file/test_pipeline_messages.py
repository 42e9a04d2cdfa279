"""What people read when a file is wrong, word by word."""

from __future__ import annotations

import pytest

CASES: dict[str, tuple[str, str, str]] = {
    "an unknown key": (
        "seed: 42",
        "sead: 42",
        """\
<text>:3:1: the file has no key 'sead'  (at sead)
  2 | name: houses
  3 | sead: 42
      ^
  expected: one of version, name, seed, vars, data, stages, run, advice, track, extends, profiles
  mend: did you mean 'seed'?""",
    ),
    "a wrong type": (
        "seed: 42",
        "seed: 4.5",
        """\
<text>:3:7: 'seed' has a wrong value  (at seed)
  2 | name: houses
  3 | seed: 4.5
            ^
  expected: a whole number
  found: 4.5""",
    ),
    "a number for a text": (
        "target: price",
        "target: 2020",
        """\
<text>:7:11: 'target': a name or a list of names was expected; what looks like a number goes in quotes  (at data.target)
  6 |   path: "${vars.table}"
  7 |   target: 2020
                ^
  found: 2020""",
    ),
    "a missing target": (
        "target: price",
        "target: prize",
        """\
<text>:7:11: there is no column 'prize'  (at data.target)
  6 |   path: "${vars.table}"
  7 |   target: prize
                ^
  expected: one of id, age, rooms, city, price
  found: 'prize'
  mend: did you mean 'price'?""",
    ),
    "a missing key": (
        "  target: price\n",
        "",
        """\
<text>:5:1: 'data' lacks the key 'target'  (at data)
  4 | vars: {table: houses.csv}
  5 | data:
      ^
  expected: target: the column to predict; a list for several columns of numbers
  found: {path: 'houses.csv', roles: {id: 'id'}}""",
    ),
    "a duplicate key": (
        "seed: 42",
        "seed: 42\nseed: 43",
        """\
<text>:4:1: the key 'seed' stands here twice
  3 | seed: 42
  4 | seed: 43
      ^
  expected: each key once
  found: 'seed' on line 3 as well
  mend: remove one of them""",
    ),
    "a tag": (
        "name: houses",
        "name: !!python/object:os.system houses",
        """\
<text>:2:7: tags are not read: !!python/object:os.system
  1 | version: 1
  2 | name: !!python/object:os.system houses
            ^
  expected: a plain value
  found: !!python/object:os.system
  mend: remove the tag; text that looks like a number goes in quotes""",
    ),
    "broken YAML": (
        "[age, rooms]",
        "[age, rooms",
        """\
<text>:11:106: not readable as YAML: expected ',' or ']', but got '}'
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms, with: {strategy: {tune: [mean, median]}}}
                                                                                                                ^
  mend: check brackets, quotes and indentation; text with ': ' or ' #' in it, or a sign in front, needs quotes""",
    ),
    "an unknown stage": (
        "impute.simple",
        "impute.simpel",
        """\
<text>:11:18: there is no stage 'impute.simpel'  (at stages.numbers.use)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simpel, in: split, columns: [age, rooms], with: {strategy: {tune: [mean, median]}}}
                        ^
  mend: did you mean 'impute.simple'?""",
    ),
    "an unknown input": (
        "in: scaled",
        "in: scald",
        """\
<text>:16:9: there is no stage 'scald' to read from  (at stages.search.in)
  15 |     use: search.network
  16 |     in: scald
               ^
  expected: one of data, split, numbers, codes, scaled, evaluate
  mend: did you mean 'scaled'?""",
    ),
    "a cycle": (
        "in: split,",
        "in: scaled,",
        """\
<text>:11:37: stages read each other in a circle: numbers <- scaled <- codes <- numbers  (at stages.numbers.in)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: scaled, columns: [age, rooms], with: {strategy: {tune: [mean, median]}}}
                                           ^
  mend: let one of them read from an earlier stage or from 'data'""",
    ),
    "a parameter out of range": (
        "test: 0.2",
        "test: 1.2",
        """\
<text>:10:53: 'test' has a wrong value  (at stages.split.with.test)
   9 | stages:
  10 |   split: {use: split.random, in: data, with: {test: 1.2, by: age}}
                                                           ^
  expected: a value below 1.0
  found: 1.2""",
    ),
    "parameters that do not go together": (
        "test: 0.2",
        "test: 0.5, valid: 0.5",
        """\
<text>:10:46: 'split.random': test and valid leave no rows to train on  (at stages.split.with)
   9 | stages:
  10 |   split: {use: split.random, in: data, with: {test: 0.5, valid: 0.5, by: age}}
                                                    ^
  found: {test: 0.5, valid: 0.5, by: 'age'}""",
    ),
    "an unknown parameter": (
        "{strategy:",
        "{stratagy:",
        """\
<text>:11:74: 'impute.simple' has no key 'stratagy'  (at stages.numbers.with.stratagy)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {stratagy: {tune: [mean, median]}}}
                                                                                ^
  expected: one of strategy, fill, limit, option, kernel, widths
  mend: did you mean 'strategy'?""",
    ),
    "a missing parameter": (
        ", with: {min_frequency: 1e-2}",
        "",
        """\
<text>:12:16: 'encode.one_hot' lacks the key 'min_frequency'  (at stages.codes.with)
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {strategy: {tune: [mean, median]}}}
  12 |   codes: {use: encode.one_hot, in: numbers, columns: categorical}
                      ^
  expected: min_frequency: rarer levels are gathered
  found: {}""",
    ),
    "a choice that is none": (
        "[mean, median]",
        "[mean, medain]",
        """\
<text>:11:98: 'strategy' has a wrong value  (at stages.numbers.with.strategy)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {strategy: {tune: [mean, medain]}}}
                                                                                                        ^
  expected: 'mean', 'median', 'most_frequent' or 'constant'
  found: 'medain'
  mend: did you mean 'median'?""",
    ),
    "a range that ends out of range": (
        "strategy: {tune: [mean, median]}",
        "limit: {tune: {int: [1, 1000]}}",
        """\
<text>:11:98: 'limit' has a wrong value  (at stages.numbers.with.limit)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {limit: {tune: {int: [1, 1000]}}}}
                                                                                                        ^
  expected: at most 100
  found: 1000""",
    ),
    "a range upside down": (
        "strategy: {tune: [mean, median]}",
        "limit: {tune: {int: [9, 1]}}",
        """\
<text>:11:88: limit: the range is upside down: 9 is above 1  (at stages.numbers.with.limit)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {limit: {tune: {int: [9, 1]}}}}
                                                                                              ^
  found: {int: [9, 1]}""",
    ),
    "no range for auto": (
        "strategy: {tune: [mean, median]}",
        "limit: {tune: auto}",
        """\
<text>:11:88: no range is known for 'tune: auto' here  (at stages.numbers.with.limit)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: split, columns: [age, rooms], with: {limit: {tune: auto}}}
                                                                                              ^
  mend: write the range: {tune: [...]} or {tune: {float: [low, high]}}""",
    ),
    "a transform before the split": (
        "in: split,",
        "in: data,",
        """\
<text>:11:18: 'impute.simple' learns from the rows, and here it would see the test rows  (at stages.numbers.use)
  10 |   split: {use: split.random, in: data, with: {test: 0.2, by: age}}
  11 |   numbers: {use: impute.simple, in: data, columns: [age, rooms], with: {strategy: {tune: [mean, median]}}}
                        ^
  expected: a split above it
  found: in: data
  mend: in: split""",
    ),
    "a model wanted": (
        "in: search,",
        "in: codes,",
        """\
<text>:24:40: 'evaluate.report' reads a model, and 'codes' gives rows  (at stages.evaluate.in)
  23 |     retry: {attempts: 2}
  24 |   evaluate: {use: evaluate.report, in: codes, gate: {rmse: "<= 0.60"}}
                                              ^
  expected: one of search""",
    ),
    "a variable that is not there": (
        "${vars.table}",
        "${vars.tabel}",
        """\
<text>:6:9: ${vars.tabel} stands for nothing: there is no variable 'tabel'  (at data.path)
  5 | data:
  6 |   path: "${vars.tabel}"
              ^
  expected: one of table
  mend: did you mean 'table'?""",
    ),
    "an environment variable that is not set": (
        "table: houses.csv}",
        'table: "${env:AUTOML_TEST_NOWHERE}"}',
        """\
<text>:4:15: the environment variable AUTOML_TEST_NOWHERE is not set  (at vars.table)
  3 | seed: 42
  4 | vars: {table: "${env:AUTOML_TEST_NOWHERE}"}
                    ^
  mend: set it, or give a default: ${env:AUTOML_TEST_NOWHERE:-value}""",
    ),
    "two mistakes at once": (
        "seed: 42\nvars: {table: houses.csv}",
        "seed: -1\nvars: {table: house.csv}",
        """\
<text>:3:7: 'seed' has a wrong value  (at seed)
  2 | name: houses
  3 | seed: -1
            ^
  expected: at least 0
  found: -1

<text>:4:15: there is no file 'house.csv'  (at data.path)
  3 | seed: -1
  4 | vars: {table: house.csv}
                    ^""",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_message(complaint, good, case):
    right, wrong, message = CASES[case]
    text = good.replace(right, wrong)
    assert text != good
    assert complaint(text) == message


def test_a_mistake_inside_a_profile(complaint, good):
    text = good.replace("{trials: 3}", "{trials: 0, epoch: 3}")
    assert (
        complaint(text, profile="smoke")
        == """\
<text>:28:47: 'trials' has a wrong value  (at stages.search.with.budget.trials)
  27 | profiles:
  28 |   smoke: {stages.search.with.budget: {trials: 0, epoch: 3}}
                                                     ^
  expected: at least 1
  found: 0

<text>:28:50: 'budget' has no key 'epoch'  (at stages.search.with.budget.epoch)
  27 | profiles:
  28 |   smoke: {stages.search.with.budget: {trials: 0, epoch: 3}}
                                                        ^
  expected: one of trials, epochs
  mend: did you mean 'epochs'?"""
    )


def test_mistakes_from_the_command_line(complaint, good):
    sets = ["stages.split.with.test=lots", "stages.serch.with.network=mlp", "seed", "extends=x"]
    assert (
        complaint(good, sets=sets)
        == """\
--set extends=x: the key 'extends' leads nowhere
  expected: names joined with dots, such as stages.search.with.budget

--set seed: a --set has no '='
  expected: key.subkey=value
  found: seed

--set stages.serch.with.network=mlp: the stage 'serch' uses no component  (at stages.serch)
  mend: add 'use', or did you mean 'search'?

--set stages.split.with.test=lots: 'test' has a wrong value  (at stages.split.with.test)
  expected: a number
  found: 'lots'"""
    )


def test_a_long_line_is_cut_around_the_place(complaint, good):
    text = good.replace("seed: 42", "seed: 42 #" + "x" * 300).replace("[age, rooms]", f"[age, {'x' * 90}, rooms, rom]")
    message = complaint(text)
    assert "found: 'rom'" in message
    assert max(len(line) for line in message.splitlines()) < 200
    caret = next(number for number, line in enumerate(message.splitlines()) if line.strip() == "^")
    assert message.splitlines()[caret - 1][message.splitlines()[caret].index("^") :].startswith("xxx")
