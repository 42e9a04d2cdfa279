"""Pipelines of which a check of the rows says something about a stage, and how the mends of it are typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mended_files import TABLE
from mended_rows import Apply, Change, keys, lay, nothing, piece, stage, table, taken_out

Situations = dict[str, tuple[str, Change, str, Apply]]


def stages(**changes: Any) -> Change:
    """The file with keys of its stages laid over; ``None`` removes one."""

    def change(document: dict[str, Any]) -> None:
        for name, given in changes.items():
            lay(document["stages"].setdefault(name, {}), given)

    return change


def data(**changes: Any) -> Change:
    return lambda document: lay(document["data"], changes)


def both(*changes: Change) -> Change:
    def change(document: dict[str, Any]) -> None:
        for one in changes:
            one(document)

    return change


def typed(stage: str, key: str, *under: str) -> Apply:
    """Type a key of a mend into a stage, below ``under``."""

    def apply(document: dict[str, Any], mend: str) -> None:
        value = piece(mend, key)
        for step in reversed((*under, key)):
            value = {step: value}
        lay(document["stages"][stage], value)

    return apply


def whole(document: dict[str, Any], mend: str) -> None:
    """Type the ``stages: {...}`` of a mend."""
    lay(document["stages"], piece(mend, "stages"))


def removed(stage: str, key: str, *under: str) -> Apply:
    """Remove the key that a mend names in quotes."""

    def apply(document: dict[str, Any], mend: str) -> None:
        assert f"remove '{key}'" in mend
        found = document["stages"][stage]
        for step in under:
            found = found[step]
        del found[key]

    return apply


def beside(apply: Apply, change: Change) -> Apply:
    """The mend, and that of another mistake which is told only then."""

    def both_of_them(document: dict[str, Any], mend: str) -> None:
        apply(document, mend)
        change(document)

    return both_of_them


def first_name(stage: str, *under: str) -> Apply:
    """Put the first name of a mend in the place of the only one that is asked for."""

    def apply(document: dict[str, Any], mend: str) -> None:
        found = document["stages"][stage]
        for step in under[:-1]:
            found = found[step]
        name = re.match(r"[\w.]+", mend)
        assert name, mend
        old = found[under[-1]]
        found[under[-1]] = {name[0]: next(iter(old.values()))} if isinstance(old, dict) else [name[0]]

    return apply


def target(make: Callable[[int], str], rows: int = 40) -> str:
    """The table with another target, or with fewer rows."""
    lines = TABLE.splitlines()
    return "\n".join(
        [lines[0], *(f"{line.rpartition(',')[0]},{make(n)}" for n, line in enumerate(lines[1 : rows + 1]))]
    )


BINARY = {"search": {"with": {"objective": "roc_auc"}}, "evaluate": {"gate": None}}
DATED = table(("day", lambda n: f"2024-01-{1 + n % 28:02d}"))

SITUATIONS: Situations = {
    "no validation part": (
        TABLE,
        stages(split={"with": {"valid": 0}}),
        "no validation rows",
        whole,
    ),
    "a gate without a score": (
        target(lambda n: "0"[: n % 2] or str(n)),
        both(
            stages(evaluate={"gate": {"rmse": None, "mape": "<= 9"}}),
        ),
        "the gate on mape cannot be kept",
        first_name("evaluate", "gate"),
    ),
    "a metric without a test score": (
        target(lambda n: "0"[: n % 2] or str(n)),
        stages(evaluate={"with": {"metrics": ["mape"]}}),
        "mape is not defined in the test part",
        first_name("evaluate", "with", "metrics"),
    ),
    "a transform of another target": (
        target(lambda n: "ab"[n % 2]),
        both(
            stages(goal={"use": "target.log", "in": "codes"}, search={"in": "goal"}),
            stages(search={"with": {"objective": None}}, evaluate={"gate": None}),
        ),
        "does not take the target",
        taken_out,
    ),
    "few numbers as a target": (
        target(lambda n: str(n % 4)),
        nothing,
        "amounts or classes?",
        keys,
    ),
    "a class more than two": (
        target(lambda n: "abc"[n % 3]),
        both(data(task="binary"), stages(search={"with": {"objective": "log_loss"}}, evaluate={"gate": None})),
        "expects 2",
        keys,
    ),
    "several targets of which one is few": (
        TABLE,
        both(data(target=["price", "rooms"]), stages(numbers={"columns": ["age"]})),
        "amounts or classes?",
        keys,
    ),
    "several targets of which one is two numbers": (
        table(("sold", lambda n: str(n % 2))),
        data(target=["price", "sold"]),
        "since there are several targets",
        keys,
    ),
    "several targets of which one is text": (
        TABLE,
        both(data(target=["price", "city"]), stages(codes={"columns": "categorical"})),
        "since there are several targets",
        keys,
    ),
    "no feature": (
        "age,price\n" + "".join(f"{n % 7},{n * 3.5}\n" for n in range(40)),
        both(
            data(roles={"ignore": ["age"]}),
            stages(numbers={"columns": "numeric"}, codes={"columns": "categorical"}),
        ),
        "there is no feature column",
        lambda document, _: document["data"]["roles"].pop("ignore"),
    ),
    "one class to learn from": (
        target(lambda n: "b" if n < 5 else "a"),
        both(stages(split={"with": {"test": 0.5}}, **BINARY), lambda document: document.update(seed=12)),
        "has one class",
        typed("split", "use"),
    ),
    "strata by a date": (
        DATED,
        stages(split={"use": "split.stratified", "with": {"by": "day"}}),
        "makes no strata",
        beside(removed("split", "by", "with"), data(roles={"ignore": ["day"]})),
    ),
    "strata of one row each": (
        "street,age,price\n" + "".join(f"s{n},{n % 7},{n * 3.5}\n" for n in range(40)),
        both(
            stages(split={"use": "split.stratified", "with": {"by": "street"}}),
            stages(numbers={"columns": ["age"]}, codes={"columns": ["street"]}),
        ),
        "leave none for the",
        beside(typed("split", "use"), stages(split={"with": {"by": None}})),
    ),
    "folds of strata of one row each": (
        "street,age,price\n" + "".join(f"s{n},{n % 7},{n * 3.5}\n" for n in range(40)),
        both(
            stages(split={"use": "split.kfold", "with": {"by": "street", "valid": None}}),
            stages(numbers={"columns": ["age"]}, codes={"columns": ["street"]}),
        ),
        "leave none for the",
        beside(typed("split", "with"), stages(split={"with": {"by": None}})),
    ),
    "bins of levels": (
        TABLE,
        stages(split={"use": "split.stratified", "with": {"by": "city", "bins": 3}}),
        "cannot be cut",
        removed("split", "bins", "with"),
    ),
    "strata of numbers": (
        TABLE,
        stages(split={"use": "split.stratified", "with": {"by": "age"}}),
        "is numeric, so it needs `bins`",
        typed("split", "bins", "with"),
    ),
    "strata of numbers that are levels": (
        TABLE,
        stages(split={"use": "split.stratified", "with": {"by": "rooms"}}, codes={"columns": "categorical"}),
        "is numeric, so it needs `bins`",
        keys,
    ),
    "bins without rows": (
        TABLE,
        stages(split={"use": "split.stratified", "with": {"by": "age", "bins": [-20, -10, 20, 60]}}),
        "bins hold no row",
        typed("split", "bins", "with"),
    ),
    "more folds than rows": (
        target(lambda n: str(n * 3.5), rows=9),
        both(
            data(task="regression"),
            stages(split={"use": "split.kfold", "with": {"folds": 30, "valid": None, "stratified": False}}),
        ),
        "cannot fill 30 folds",
        typed("split", "folds", "with"),
    ),
    "a level a row": (
        "street,age,price\n" + "".join(f"s{n % 250},{n % 7},{n * 3.5}\n" for n in range(500)),
        stages(numbers={"columns": ["age"]}, codes={"columns": ["street"]}),
        "levels in the training rows",
        typed("codes", "with"),
    ),
    "a level a row in one column": (
        "street,age,price\n" + "".join(f"s{n % 250},{n % 7},{n * 3.5}\n" for n in range(500)),
        stages(numbers={"columns": ["age"]}, codes={"columns": ["street"]}),
        "levels in the training rows",
        typed("codes", "use"),
    ),
    "a column of another kind": (
        TABLE,
        stages(numbers={"columns": ["age"]}, codes={"columns": ["city", "rooms"]}),
        "takes no numeric columns",
        keys,
    ),
    "adagrad on a deep network": (
        TABLE,
        stages(search={"with": {"space": {"depth": 4, "optimizer": "adagrad"}}}),
        "adagrad is tried",
        typed("search", "optimizer", "with", "space"),
    ),
    "adagrad on a deep network, kept": (
        TABLE,
        stages(search={"with": {"space": {"depth": 4, "optimizer": "adagrad"}}}),
        "adagrad is tried",
        typed("search", "depth", "with", "space"),
    ),
    "an initializer for another activation": (
        TABLE,
        stages(search={"with": {"space": {"initializer": "lecun_normal", "activation": "relu"}}}),
        "does not fit relu",
        typed("search", "initializer", "with", "space"),
    ),
    "heavy tails": (
        target(lambda n: str(1e6 if n == 20 else n * 1.5)),
        stages(search={"with": {"space": {"loss": "mse"}}}),
        "heavy tails",
        typed("search", "space", "with"),
    ),
    "a power of zeros": (
        TABLE,
        stages(numbers={"use": "power.box_cox", "columns": ["rooms"], "with": {"standardize": True}}),
        "Box-Cox needs x > 0",
        typed("numbers", "shift", "with"),
    ),
    "l2 with AdamW": (
        TABLE,
        stages(search={"with": {"space": {"l2": [0.01, 0.1], "optimizer": "adamw"}}}),
        "l2 is tried with adamw",
        lambda document, _: document["stages"]["search"]["with"]["space"].pop("l2"),
    ),
    "a positive class of amounts": (
        TABLE,
        data(positive="3.5"),
        "makes a regression",
        lambda document, _: document["data"].pop("positive"),
    ),
    "weights that are negative": (
        table(("w", lambda n: str(n - 3))),
        data(roles={"weight": "w"}),
        "weight",
        lambda document, _: lay(document["data"], {"roles": {"weight": None, "ignore": ["w"]}}),
    ),
    "a column whose name YAML reads otherwise": (
        table(('"size: m2, net"', lambda n: str(n * 3.5))),
        stages(search={"with": {"space": {"depth": 1}}}),
        "'size: m2, net'",
        keys,
    ),
    "levels under such a name reach the network": (
        table(("no", lambda n: "xyz"[n % 3]), ("a # b", lambda n: "xyz"[n % 3]), ("1", lambda n: "xyz"[n % 3])),
        nothing,
        "are categorical, and reach",
        stage,
    ),
    "gaps under such a name reach the network": (
        table(('"x, y: z"', lambda n: "" if n % 7 == 0 else str(n % 11))),
        nothing,
        "missing values that no stage fills",
        stage,
    ),
    "a column that a stage names alone": (
        table(("twin", lambda n: str(n * 3.5))),
        both(
            data(roles={"ignore": ["rooms"]}),
            stages(numbers={"columns": ["age"]}, alone={"use": "scale.standard", "in": "numbers", "columns": ["twin"]}),
            stages(codes={"in": "alone"}),
        ),
        "'twin'",
        keys,
    ),
    "numbers with another decimal sign": (
        table(("size", lambda n: f"{n % 9},5"), separator=";", decimal=","),
        data(**{"with": {"separator": ";", "thousands": " "}}),
        "expected numbers with the decimal sign",
        keys,
    ),
}
