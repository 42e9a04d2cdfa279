"""No mend is printed that nobody has typed, unless it is one that cannot be typed, with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from collecting import every_mend
from listed import UNTYPED
from mended_calls import CALLS
from mended_files import SITUATIONS
from mended_flow import FLOW
from mended_rows import SITUATIONS as OF_ROWS
from mended_stages import SITUATIONS as OF_STAGES
from typed import TYPED

OF_RUNS = re.findall(
    r"(?:mend_of|told)\(\s*\"([^\"]+)\"", Path(__file__).with_name("test_mends_of_runs.py").read_text()
)
"""The situations of runs and programs are named where they are."""

WALKED = [
    *(f"file: {situation.name}" for situation in (*SITUATIONS, *FLOW)),
    *(f"rows: {name}" for name in (*OF_ROWS, *OF_STAGES)),
    *(f"call: {call.name}" for call in CALLS),
    *(f"runs: {name}" for name in OF_RUNS),
]


def test_every_mend_is_typed_or_listed_with_its_reason() -> None:
    untypable = tuple(piece for pieces in UNTYPED.values() for piece in pieces)
    strange = [
        mend
        for mend in every_mend()
        if mend.text not in TYPED.get(mend.file, {}) and not mend.text.startswith(untypable)
    ]
    assert not strange, (
        "these mends are typed by no test: "
        + "".join(f"\n  {mend.file}: {mend.text}" for mend in strange)
        + "\nadd a situation that types it, and name it in TYPED, or list it in UNTYPED with the reason"
    )


def test_every_typed_mend_names_a_situation_that_is_walked() -> None:
    named = {name for mends in TYPED.values() for name in mends.values()}
    elsewhere = {name for name in named if name.startswith("test: ")}
    assert all((Path(__file__).parents[1] / name.removeprefix("test: ")).is_file() for name in elsewhere)
    assert named - elsewhere <= set(WALKED)
    assert len(set(WALKED)) == len(WALKED)


def test_no_list_outlives_its_mends() -> None:
    mends = every_mend()
    there = {(mend.file, mend.text) for mend in mends}
    gone = [(file, text) for file, texts in TYPED.items() for text in texts if (file, text) not in there]
    texts = [mend.text for mend in mends]
    gone += [
        (reason, piece)
        for reason, pieces in UNTYPED.items()
        for piece in pieces
        if not any(text.startswith(piece) for text in texts)
    ]
    assert not gone, gone


@pytest.mark.parametrize(
    "piece",
    [
        "remove the tag",
        "put it in quotes: '...'",
        "mkdir -p ...",
        "data: {roles: {ignore: ...}}",
        "put a split stage above it",
        "check the name; it counts from",
    ],
)
def test_the_collector_finds_mends_of_every_form(piece: str) -> None:
    assert any(mend.text.startswith(piece) for mend in every_mend())
