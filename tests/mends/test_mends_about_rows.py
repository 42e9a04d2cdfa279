"""Mends that name keys under ``data:``, or stages, for what the rows are like: typed, and checked again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from situations import BASE, TABLE

from automl.cli import main

ROWS = [line.split(",") for line in TABLE.splitlines()]
HEAD, CELLS = ROWS[0], ROWS[1:]
Apply = Callable[[dict[str, Any], str], None]


def table(*more: tuple[str, Callable[[int], str]], separator: str = ",", decimal: str = ".") -> str:
    """The table with columns more."""
    lines = [[*HEAD, *(name for name, _ in more)]]
    for place, cells in enumerate(CELLS):
        row = [*cells[:-1], cells[-1].replace(".", decimal), *(make(place) for _, make in more)]
        lines.append(row)
    return "".join(separator.join(line) + "\n" for line in lines)


def keys(document: dict[str, Any], mend: str) -> None:
    """Type the first ``data: {...}`` of a mend into the file."""
    start = mend.index("data: {")
    depth = 0
    for place in range(start, len(mend)):
        depth += {"{": 1, "}": -1}.get(mend[place], 0)
        if mend[place] == "}" and not depth:
            break
    lay(document, yaml.safe_load(mend[start : place + 1]))


def lay(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            lay(below[key], value)
        else:
            below[key] = value


def stage(document: dict[str, Any], mend: str) -> None:
    """Type the stage that a mend names above the search: ``encode.ordinal ... with columns: [city]``."""
    found = re.search(r"([a-z]+\.[a-z_]+)\b.*?columns: (\[[^]]*\]|\w+)", mend)
    assert found, mend
    search = document["stages"].pop("search")
    evaluate = document["stages"].pop("evaluate")
    document["stages"]["mended"] = {"use": found[1], "in": search["in"], "columns": yaml.safe_load(found[2])}
    document["stages"] |= {"search": search | {"in": "mended"}, "evaluate": evaluate}


def nothing(document: dict[str, Any]) -> None:
    """The file as it is."""


def drop(name: str, after: str) -> Callable[[dict[str, Any]], None]:
    """Leave a stage out."""

    def change(document: dict[str, Any]) -> None:
        below = document["stages"].pop(name)["in"]
        document["stages"][after]["in"] = below

    return change


def space(**dimensions: Any) -> Callable[[dict[str, Any]], None]:
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


SITUATIONS: dict[str, tuple[str, Callable[[dict[str, Any]], None], str, Apply]] = {
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


@pytest.mark.parametrize("name", list(SITUATIONS))
def test_the_mend_of_rows_works_when_it_is_typed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, change, says, apply = SITUATIONS[name]
    Path("houses.csv").write_text(text)
    document = yaml.safe_load(BASE)
    change(document)
    said = paragraphs(document, says)
    assert said, checked(document)
    for paragraph in said:
        mend = paragraph[paragraph.index("mend: ") + 6 :]
        apply(document, mend)
    assert not [one for one in paragraphs(document, says) if one in said], checked(document)


def checked(document: dict[str, Any]) -> str:
    Path("houses.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    done = CliRunner().invoke(main, ["check", "houses.yaml", "--data"])
    assert "Traceback" not in done.output
    return done.output


def paragraphs(document: dict[str, Any], says: str) -> list[str]:
    """What a check says, each finding a paragraph, that has a mend and speaks of this."""
    return [one for one in checked(document).split("\n\n") if says in one and "mend: " in one]
