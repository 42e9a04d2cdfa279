"""Files with one mistake each, what the error says of it, and its mend typed as it is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

BASE = """\
version: 1
name: houses
seed: 42
vars: {table: houses.csv}
data: {path: "${vars.table}", target: price}
stages:
  split: {use: split.random, in: data, with: {test: 0.2, valid: 0.2}}
  numbers: {use: impute.simple, in: split, columns: [age, rooms]}
  codes: {use: encode.one_hot, in: numbers, columns: [city]}
  search:
    use: search.network
    in: codes
    with: {network: mlp, tuner: random, budget: {trials: 2}, objective: rmse, space: {depth: [1, 2]}}
  evaluate: {use: evaluate.report, in: search, gate: {rmse: "<= 9"}}
profiles:
  quick: {seed: 7}
"""

TABLE = "age,rooms,city,price\n" + "".join(f"{a},{a % 5},{'ab'[a % 2]},{a * 3.5}\n" for a in range(40))

Type = Callable[[str, str], str]
"""Applies a mend: of the broken text and of what the mend says, the text after typing."""


@dataclass(frozen=True)
class Situation:
    """``old`` becomes ``new`` in the file; then a message with ``says`` has a mend with ``mend`` in it, which is typed.

    ``words`` are what is typed besides the file (``--profile``); ``typed`` changes the text.
    """

    name: str
    old: str
    new: str
    says: str
    mend: str
    typed: Type
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        assert self.old in BASE, self.name
        return BASE.replace(self.old, self.new, 1)


def instead(wrong: str) -> Type:
    """Type the name that is asked about."""

    def typed(text: str, mend: str) -> str:
        found = re.search(r"did you mean '([^']+)'\?", mend)
        assert found, mend
        return re.sub(rf"(?<![\w.]){re.escape(wrong)}(?!\w)", found[1], text)

    return typed


def without(piece: str) -> Type:
    """Remove a piece of the file."""
    return lambda text, _: text.replace(piece, "", 1)


def becomes(old: str, new: str) -> Type:
    """Do by hand what the mend says in words."""

    def typed(text: str, _: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return typed


def key_of(old: str) -> Type:
    """Type the key as it is printed, ``in: split``, in the place of the wrong one."""
    return lambda text, mend: text.replace(old, mend, 1)


def _default(text: str, mend: str) -> str:
    found = re.search(r"\$\{env:\w+:-value\}", mend)
    assert found
    return text.replace("${env:AUTOML_TEST_NOWHERE}", found[0].replace("value", "houses.csv"))


def _quoted(text: str, mend: str) -> str:
    found = re.search(r"put it in quotes: ('.*')", mend)
    assert found
    return text.replace("1: 2", f"{found[1]}: 2")


SPLIT, NUMBERS = "with: {test: 0.2, valid: 0.2}", "in: split, columns: [age, rooms]"
SITUATIONS = [
    Situation("a key", "seed: 42", "sed: 42", "no key 'sed'", "did you mean", instead("sed")),
    Situation("an odd key", "seed: 42", "zzz: 42", "no key 'zzz'", "remove it", without("zzz: 42\n")),
    Situation(
        "a component", "impute.simple", "impute.simpel", "impute.simpel", "did you mean", instead("impute.simpel")
    ),
    Situation("a parameter", "valid: 0.2}", "vaild: 0.2}", "no key 'vaild'", "did you mean", instead("vaild")),
    Situation("a tuner", "tuner: random", "tuner: randm", "'randm'", "did you mean", instead("randm")),
    Situation("a network", "network: mlp", "network: mpl", "'mpl'", "did you mean", instead("mpl")),
    Situation("a metric of a gate", '{rmse: "', '{rmes: "', "no metric 'rmes'", "did you mean", instead("rmes")),
    Situation("an objective", "objective: rmse", "objective: rmes", "'rmes'", "did you mean", instead("rmes")),
    Situation("a dimension", "depth: [1, 2]", "dept: [1, 2]", "'dept'", "did you mean", instead("dept")),
    Situation("a target", "target: price", "target: prize", "no column 'prize'", "did you mean", instead("prize")),
    Situation("a column", "columns: [city]", "columns: [citi]", "'citi'", "did you mean", instead("citi")),
    Situation("an input", "in: numbers", "in: numbrs", "'numbrs'", "did you mean", instead("numbrs")),
    Situation(
        "a variable", "${vars.table}", "${vars.tabel}", "'tabel'", "did you mean", becomes("vars.tabel", "vars.table")
    ),
    Situation("a profile", "profiles:", "profiles:", "quik", "did you mean", instead("quik"), ("--profile", "quik")),
    Situation(
        "columns of a split",
        SPLIT,
        f"{SPLIT}, columns: [age]",
        "takes no columns",
        "remove 'columns'",
        without(", columns: [age]"),
    ),
    Situation(
        "a gate of a transform",
        NUMBERS,
        f'{NUMBERS}, gate: {{rmse: "<= 9"}}',
        "gives no scores",
        "move 'gate' there",
        without(', gate: {rmse: "<= 9"}'),
    ),
    Situation(
        "an unset variable",
        "table: houses.csv",
        'table: "${env:AUTOML_TEST_NOWHERE}"',
        "is not set",
        "set it, or",
        _default,
    ),
    Situation(
        "above the split",
        "in: split, columns",
        "in: data, columns",
        "would see the test rows",
        "in: split",
        lambda text, mend: text.replace("in: data, columns", f"{mend}, columns"),
    ),
    Situation(
        "a second document", "profiles:", "---\nprofiles:", "a second document", "remove '---'", without("---\n")
    ),
    Situation(
        "a merge key",
        "seed: 42",
        "seed: 42\nvars2: {<<: {a: 1}}",
        "merge keys are not read",
        "write the keys out",
        becomes("\nvars2: {<<: {a: 1}}", ""),
    ),
    Situation(
        "a key twice",
        "seed: 42",
        "seed: 42\nseed: 43",
        "stands here twice",
        "remove one of them",
        without("seed: 43\n"),
    ),
    Situation("a tag", "seed: 42", "seed: !!int 42", "tags are not read", "remove the tag", without("!!int ")),
    Situation(
        "a key that is a number",
        "{table: houses.csv}",
        "{table: houses.csv, 1: 2}",
        "a key must be text",
        "put it in quotes",
        _quoted,
    ),
    Situation(
        "a file of no reader",
        'path: "${vars.table}"',
        "path: houses.txt",
        "no reader is known",
        "use: read.csv",
        becomes("path: houses.txt", "path: houses.txt, use: read.csv"),
    ),
    Situation(
        "no table",
        'path: "${vars.table}", ',
        "",
        "neither a file nor a reader",
        "give path: FILE",
        becomes("data: {", "data: {path: houses.csv, "),
    ),
    Situation(
        "two roles",
        "target: price}",
        "target: price, roles: {id: city, ignore: city}}",
        "also under roles.",
        "remove it from one of the two",
        without(", ignore: city"),
    ),
    Situation(
        "two paths",
        "target: price}",
        "target: price, with: {path: houses.csv}}",
        "the path stands here twice",
        "remove one of them",
        without(", with: {path: houses.csv}"),
    ),
    Situation(
        "a tuned executor",
        "profiles:",
        "run: {executor: {use: local, with: {workers: {tune: [1, 2]}}}}\nprofiles:",
        "cannot be tuned",
        "write the value itself",
        becomes("{tune: [1, 2]}", "1"),
    ),
    Situation(
        "all parameters tuned",
        NUMBERS,
        f"{NUMBERS}, with: {{tune: [1, 2]}}",
        "cannot be tuned as a whole",
        "write tune at each parameter",
        becomes("with: {tune: [1, 2]}", "with: {strategy: {tune: [mean, median]}}"),
    ),
    Situation(
        "no range",
        NUMBERS,
        f"{NUMBERS}, with: {{fill: {{tune: auto}}}}",
        "no range is known",
        "write the range",
        becomes("{tune: auto}", "{tune: [1.0, 2.0]}"),
    ),
    Situation(
        "a name", "name: houses", "name: a/b", "cannot be a pipeline's name", "", becomes("name: a/b", "name: a_b")
    ),
    Situation(
        "a positive class of numbers",
        "target: price",
        "target: price, task: regression, positive: 3",
        "positive",
        "remove 'positive'",
        without(", positive: 3"),
    ),
    Situation(
        "metrics of two tasks",
        "objective: rmse",
        "objective: roc_auc",
        "the metric 'rmse' is for regression",
        "or another of these",
        lambda text, mend: text.replace("{rmse:", f"{{{mend.split(',')[0]}:"),
    ),
    Situation(
        "an optimizer alone",
        "depth: [1, 2]",
        "optimizer: {adamw: {learning_rat: 0.001}}",
        "learning_rat",
        "",
        instead("learning_rat"),
    ),
    Situation(
        "a cycle",
        NUMBERS,
        "in: codes, columns: [age, rooms]",
        "stages.numbers.in",
        "let one of them read from an earlier stage",
        becomes("in: codes, columns", "in: split, columns"),
    ),
    Situation(
        "targets of two kinds",
        "target: price",
        "target: [price, city], task: binary",
        "target",
        "make one pipeline for each target",
        becomes("[price, city], task: binary", "price"),
    ),
    Situation(
        "parameters of a component that is not chosen",
        f"numbers: {{use: impute.simple, {NUMBERS}}}",
        f"numbers: {{use: {{tune: [impute.simple, passthrough]}}, {NUMBERS}, with: {{scale.standard: {{}}}}}}",
        "which 'use' does not name",
        "put them under the id",
        becomes("scale.standard: {}", "impute.simple: {}"),
    ),
    Situation(
        "a password in a URL",
        "profiles:",
        'track: [{use: mlflow, with: {tracking_uri: "http://me:word@host"}}]\nprofiles:',
        "tracking_uri",
        "put the whole URL into an environment variable, and write ${env:NAME} here",
        becomes("http://me:word@host", "${env:AUTOML_TEST_URL}"),
    ),
]
