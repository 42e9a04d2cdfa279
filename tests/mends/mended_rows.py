"""Tables and files of which a check says something about the rows, and how the mends of it are typed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from mended_files import TABLE
from ruamel.yaml import YAML

ROWS = [line.split(",") for line in TABLE.splitlines()]
HEAD, CELLS = ROWS[0], ROWS[1:]
Apply = Callable[[dict[str, Any], str], object]
Change = Callable[[dict[str, Any]], object]
YAML_SAFE = YAML(typ="safe")
"""As pipeline files are read: YAML 1.2."""


def table(*more: tuple[str, Callable[[int], str]], separator: str = ",", decimal: str = ".") -> str:
    """The table with columns more."""
    lines = [[*HEAD, *(name for name, _ in more)]]
    for place, cells in enumerate(CELLS):
        row = [*cells[:-1], cells[-1].replace(".", decimal), *(make(place) for _, make in more)]
        lines.append(row)
    return "".join(separator.join(line) + "\n" for line in lines)


def keys(document: dict[str, Any], mend: str) -> None:
    """Type the first ``data: {...}`` of a mend into the file, and what the same says of stages that name a column."""
    lay(document, {"data": piece(mend, "data")})
    named = mend.split(" or ", 1)[0]
    for key, left, name in re.findall(r"(columns|except): (\[[^]]*\]) at '(\w+)'", named):
        inner = document["stages"][name] if key == "columns" else document["stages"][name]["columns"]
        inner[key] = YAML_SAFE.load(left)
    if "remove the stage" in named:
        taken_out(document, named)


def taken_out(document: dict[str, Any], mend: str) -> None:
    """Remove a stage, and let its readers read what it read, as the mend says."""
    name = re.search(r"remove the stage '(\w+)'", mend)
    assert name, mend
    del document["stages"][name[1]]
    for read, reader in re.findall(r"in: (\[[^]]*\]|\w+) at '(\w+)'", mend):
        document["stages"][reader]["in"] = YAML_SAFE.load(read)


def piece(mend: str, key: str) -> Any:
    """The value that a mend prints behind a key."""
    start = re.search(rf"(?<![\w.]){key}: ", mend)
    assert start, mend
    text, depth = mend[start.end() :], 0
    for place, sign in enumerate(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign, 0)
        if depth == 0 and (sign in "}]" or text[place + 1 : place + 2] in (" ", ",", ";", ")", "")):
            return YAML_SAFE.load(text[: place + 1])
    raise AssertionError(mend)


def lay(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            lay(below[key], value)
        elif value is None:
            below.pop(key, None)
        else:
            below[key] = copy.deepcopy(value)


def stage(document: dict[str, Any], mend: str) -> None:
    """Type the stage that a mend names above the search: ``encode.ordinal ... with columns: [city]``."""
    found = re.search(r"([a-z]+\.[a-z_]+)\b.*?columns: (\[[^]]*\]|\w+)", mend)
    assert found, mend
    search = document["stages"].pop("search")
    evaluate = document["stages"].pop("evaluate")
    document["stages"]["mended"] = {"use": found[1], "in": search["in"], "columns": YAML_SAFE.load(found[2])}
    document["stages"] |= {"search": search | {"in": "mended"}, "evaluate": evaluate}


def nothing(document: dict[str, Any]) -> None:
    """The file as it is."""


def drop(name: str, after: str) -> Change:
    """Leave a stage out."""

    def change(document: dict[str, Any]) -> None:
        below = document["stages"].pop(name)["in"]
        document["stages"][after]["in"] = below

    return change


def space(**dimensions: Any) -> Change:
    """Search over these dimensions, behind a scaler."""

    def change(document: dict[str, Any]) -> None:
        stages = document["stages"]
        stages["codes"]["in"] = "scaled"
        search, evaluate, codes = stages.pop("search"), stages.pop("evaluate"), stages.pop("codes")
        stages["scaled"] = {"use": "scale.standard", "in": "numbers", "columns": "numeric"}
        search["with"]["space"] = dimensions
        stages |= {"codes": codes, "search": search, "evaluate": evaluate}

    return change


def in_space(*left_out: str, **dimensions: Any) -> Apply:
    """Type into the space what a mend says in words."""

    def apply(document: dict[str, Any], _: str) -> None:
        found = document["stages"]["search"]["with"]["space"]
        for name in left_out:
            del found[name]
        found |= dimensions

    return apply


SITUATIONS: dict[str, tuple[str, Change, str, Apply]] = {
    "semicolons": (table(separator=";"), nothing, "separator", keys),
    "semicolons and decimal commas": (table(separator=";", decimal=","), nothing, "separator", keys),
    "tabs": (table(separator="\t"), nothing, "separator", keys),
    "text reaches the network": (table(), drop("codes", "search"), "categorical", stage),
    "gaps reach the network": (
        table(("size", lambda n: "" if n % 7 == 0 else str(n % 11))),
        nothing,
        "missing values that no stage fills",
        stage,
    ),
    "an empty column": (table(("empty", lambda _: "")), nothing, "have no value in any row", keys),
    "a copy of the target": (table(("copy", lambda n: str(n * 3.5))), nothing, "'copy'", keys),
    "an empty column reaches the network": (
        table(("empty", lambda _: "")),
        nothing,
        "that no stage fills, and 'keras'",
        stage,
    ),
    "a few words among numbers": (
        table(("size", lambda n: "unknown" if n == 3 else str(n % 11))),
        nothing,
        "are not numbers: 'unknown'",
        keys,
    ),
    "a running number": (table(), nothing, "is a running number", keys),
    "what determines the target": (table(), nothing, "determines the target", keys),
    "l2 with Adam": (
        table(),
        space(l2=[0.01, 0.1], optimizer="adam"),
        "l2 is tried with",
        in_space("l2", optimizer={"adamw": {"weight_decay": 0.01}}),
    ),
    "selu beside batch_norm": (
        table(),
        space(activation="selu", batch_norm=True),
        "selu",
        in_space(activation="elu"),
    ),
    "a loss for another task": (table(), space(loss="cross_entropy"), "does not fit the", in_space(loss="auto")),
    "unscaled numbers": (table(), nothing, "that no stage scales", stage),
}
