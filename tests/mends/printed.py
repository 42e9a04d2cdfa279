"""Ties what is listed as typed to the situation that types it: the situation has to print it."""

from __future__ import annotations

import re

from typed import TYPED


def check_tied(name: str, said: str) -> None:
    """Every mend that is listed under this situation is in what it printed."""
    flat = " ".join(said.split())
    for mends in TYPED.values():
        for text, situation in mends.items():
            assert situation != name or re.search(as_pattern(text), flat), f"{name} does not print {text!r}: {flat}"


def as_pattern(text: str) -> str:
    """``...`` stands for what is filled in."""
    return ".*".join(re.escape(piece) for piece in text.split("..."))
