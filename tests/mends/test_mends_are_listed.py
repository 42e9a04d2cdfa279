"""No mend is printed that nobody has typed, unless it is one that cannot be typed, with the reason."""

from __future__ import annotations

import pytest
from collecting import every_mend
from listed import TYPED, UNTYPED


def test_every_mend_is_typed_or_listed_with_its_reason() -> None:
    known = (*TYPED, *(piece for pieces in UNTYPED.values() for piece in pieces))
    strange = [mend for mend in every_mend() if not mend.text.startswith(known)]
    assert not strange, (
        "these mends are typed by no test: "
        + "".join(f"\n  {mend.file}: {mend.text}" for mend in strange)
        + "\nadd a situation that types it (and its beginning to TYPED), or list it in UNTYPED with the reason"
    )


def test_no_list_outlives_its_mends() -> None:
    texts = [mend.text for mend in every_mend()]
    gone = [piece for piece in TYPED if not any(text.startswith(piece) for text in texts)]
    assert not gone, gone


@pytest.mark.parametrize(
    "piece",
    ["remove the tag", "put it in quotes: '...'", "mkdir -p ...", "data: {roles: {ignore: [...]}}"],
)
def test_the_collector_finds_mends_of_every_form(piece: str) -> None:
    assert any(mend.text.startswith(piece) for mend in every_mend())
